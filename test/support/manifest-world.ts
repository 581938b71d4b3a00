import { createWorld, type WorldOptions } from "../../server/analyzer/create-world.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../server/analyzer/model/objects.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { parseManifests } from "../../server/kube/manifests/parse-manifests.js";

/** The world of the manifests in one text, as if they stood in a file in.yaml. */
export const manifestWorld = (
  text: string,
  options: Omit<WorldOptions, "model" | "locate" | "problems"> = {},
): PolicyWorld => {
  const { objects, problems, locate } = parseManifests([{ file: "in.yaml", text }]);
  return createWorld({ ...options, model: new ClusterModel(objects), locate, problems });
};

/** The world of objects built by hand. */
export const objectWorld = (
  objects: readonly ClusterObject[],
  options: Omit<WorldOptions, "model"> = {},
): PolicyWorld => createWorld({ ...options, model: new ClusterModel(objects) });
