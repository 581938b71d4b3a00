import fc from "fast-check";
import { everything } from "../../server/analyzer/model/label-selector.js";
import type { ClusterObject, UnmodelledPolicyObject } from "../../server/analyzer/model/objects.js";
import { labelled } from "./policy-parts.js";
import { randomObjects } from "./random-pair-model.js";

const unmodelled = (namespace: string): UnmodelledPolicyObject => ({
  kind: "UnmodelledPolicy",
  namespace,
  name: "l7",
  labels: {},
  annotations: {},
  apiVersion: "cilium.io/v2",
  policyKind: "CiliumNetworkPolicy",
  podSelector: namespace === "a" ? labelled("app", "x") : everything,
  selectorUnderstood: true,
  directions: ["ingress"],
});

/** A small cluster in which some things can't be told: pods without an address, policies that are not evaluated. */
export const randomListObjects: fc.Arbitrary<readonly ClusterObject[]> = fc
  .tuple(randomObjects, fc.nat(3), fc.constantFrom([], [], ["a"], ["b"]))
  .map(([objects, blankEvery, namespaces]) => [
    ...objects.map((object, index) =>
      object.kind === "Pod" && blankEvery > 0 && index % (blankEvery + 1) === 0
        ? { ...object, ips: [] }
        : object,
    ),
    ...namespaces.map(unmodelled),
  ]);
