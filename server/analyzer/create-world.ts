import type { ModelView, ProblemView } from "./answers.js";
import type { ClusterModel } from "./model/cluster-model.js";
import { PolicyEngine } from "./policy/engine.js";
import { type ProfileName, profileDefault, profiles } from "./policy/profile.js";
import { type Locate, noLocations, type PolicyWorld } from "./policy-world.js";

/** What a world is made of. */
export type WorldOptions = {
  readonly model: ClusterModel;
  /** The default profile when left out. */
  readonly profile?: ProfileName;
  /** Where things stand; nowhere when left out. */
  readonly locate?: Locate;
  /** manifests when left out. */
  readonly source?: "manifests" | "cluster";
  /** What could not be used as it stands. */
  readonly problems?: readonly ProblemView[];
  /** Seconds since the model was last brought up to date. */
  readonly ageS?: number;
  /** What commands that ask the same again have to be given; nothing when left out. */
  readonly inputs?: readonly string[];
};

/** Compiles the policies of a model under a profile, for questions to be asked of. */
export const createWorld = ({
  model,
  profile = profileDefault,
  locate = noLocations,
  source = "manifests",
  problems = [],
  ageS = 0,
  inputs = [],
}: WorldOptions): PolicyWorld => ({
  model,
  engine: new PolicyEngine(model, profiles[profile]),
  locate,
  view: modelView(model, { source, problems, ageS }),
  inputs,
});

/** What answers say of the model that they were computed from. */
export const modelView = (
  model: ClusterModel,
  {
    source,
    problems,
    ageS,
  }: Pick<ModelView, "problems" | "ageS"> & Required<Pick<WorldOptions, "source">>,
): ModelView => ({
  source,
  namespaces: model.namespaceNames().size,
  pods: model.podCount,
  policies:
    model.networkPolicyCount + countOf(model.tieredPolicies) + countOf(model.unmodelledPolicies),
  services: countOf(model.services),
  problems,
  ageS,
});

const countOf = (objects: Iterable<unknown>): number => {
  let count = 0;
  for (const _ of objects) count++;
  return count;
};
