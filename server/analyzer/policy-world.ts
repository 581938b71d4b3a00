import type { LocationView, ModelView } from "./answers.js";
import type { ClusterModel } from "./model/cluster-model.js";
import type { Origin } from "./model/objects.js";
import type { PolicyEngine } from "./policy/engine.js";

/**
 * Where a part of an object stands in the manifests; `path` leads from the object's root ("spec", "ingress", 0). Without
 * an origin, or where the path is not in the text, the nearest known place, else file "" and line 0.
 */
export type Locate = (
  origin: Origin | undefined,
  path: readonly (string | number)[],
) => LocationView;

/** What every question is asked of: a model, the policies compiled under a profile, and where things stand. */
export type PolicyWorld = {
  readonly model: ClusterModel;
  readonly engine: PolicyEngine;
  readonly locate: Locate;
  readonly view: ModelView;
  /** The folders and files that the model was read from, as words that commands are given; none of a live model. */
  readonly inputs: readonly string[];
};

/** The places of objects that come from no manifest. */
export const noLocations: Locate = () => ({ file: "", line: 0 });
