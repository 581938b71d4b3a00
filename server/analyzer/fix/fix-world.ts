import { modelView } from "../create-world.js";
import { ClusterModel } from "../model/cluster-model.js";
import { PolicyEngine } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import type { AddedPolicy } from "./manifest-yaml.js";

/** The world as it would be with policies added; the given one is left as it is. */
export const worldWith = (world: PolicyWorld, policies: readonly AddedPolicy[]): PolicyWorld => {
  const model = new ClusterModel(world.model.objects());
  for (const object of policies) model.apply({ kind: "upsert", object });
  const { source, problems, ageS } = world.view;
  return {
    model,
    engine: new PolicyEngine(model, world.engine.profile),
    locate: world.locate,
    view: modelView(model, {
      source: source === "cluster" ? "cluster" : "manifests",
      problems,
      ageS,
    }),
  };
};
