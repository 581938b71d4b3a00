import fc from "fast-check";
import type { ClusterObject, PodObject } from "../../server/analyzer/model/objects.js";
import { unmodelledPolicyObject } from "./cluster-objects.js";
import { labelled } from "./policy-parts.js";
import { randomObjects } from "./random-pair-model.js";

const unmodelled = (namespace: string) =>
  unmodelledPolicyObject(
    `${namespace}/l7`,
    namespace === "a" ? { podSelector: labelled("app", "x") } : {},
  );

/** How a pod is less known than it was: without an address, without a node, with a second address. */
const blurred = (pod: PodObject, how: number, index: number): PodObject => {
  switch (how) {
    case 1:
      return { ...pod, ips: [] };
    case 2: {
      const { nodeName: _, ...rest } = pod;
      return rest;
    }
    case 3:
      return { ...pod, ips: [...pod.ips, `fd00::${index + 1}`] };
    default:
      return pod;
  }
};

/** A small cluster in which some things can't be told: addresses, nodes, policies that are not evaluated. */
export const randomListObjects: fc.Arbitrary<readonly ClusterObject[]> = fc
  .tuple(
    randomObjects,
    fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), { minLength: 6, maxLength: 6 }),
    fc.constantFrom([], [], ["a"], ["b"]),
  )
  .map(([objects, blurs, namespaces]) => [
    ...objects.map((object, index) =>
      object.kind === "Pod" ? blurred(object, blurs[index % blurs.length] ?? 0, index) : object,
    ),
    ...namespaces.map(unmodelled),
  ]);
