import type { DiffAnswer } from "../answers.js";
import { createWorld } from "../create-world.js";
import type { ClusterObject } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { applyChanges } from "./apply-changes.js";
import { diffWorlds } from "./diff-worlds.js";

/** A model with changes applied, and what that does to connections. */
export type WhatIfAnswer = { readonly world: PolicyWorld; readonly diff: DiffAnswer };

/**
 * What would change if objects were applied to a model, which stays as it is. Throws QuestionError for changes that say
 * nothing sensible.
 */
export const whatIf = (world: PolicyWorld, changes: readonly ClusterObject[]): WhatIfAnswer => {
  const { source, problems, ageS } = world.view;
  const after = createWorld({
    model: applyChanges(world.model, changes),
    profile: world.engine.profile.name,
    locate: world.locate,
    source: source === "cluster" ? "cluster" : "manifests",
    problems,
    ageS,
    inputs: world.inputs,
  });
  return { world: after, diff: diffWorlds(world, after) };
};
