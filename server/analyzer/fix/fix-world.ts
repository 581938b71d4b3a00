import { createWorld } from "../create-world.js";
import { ClusterModel } from "../model/cluster-model.js";
import type { PolicyWorld } from "../policy-world.js";
import type { AddedPolicy } from "./manifest-yaml.js";

/** The world as it would be with policies added; the given one is left as it is. */
export const worldWith = (
  { model, engine, locate, view, inputs }: PolicyWorld,
  policies: readonly AddedPolicy[],
): PolicyWorld => {
  const copy = new ClusterModel(model.objects());
  for (const object of policies) copy.apply({ kind: "upsert", object });
  const { problems, ageS } = view;
  const source = view.source === "cluster" ? "cluster" : "manifests";
  const profile = engine.profile.name;
  return createWorld({ model: copy, profile, locate, source, problems, ageS, inputs });
};
