import type { Field } from "./field.js";
import type { Condition } from "./selector-cover.js";
import {
  conditionOfSelector,
  directionsWithRules,
  type PolicyDirection,
  type UnmodelledReader,
  unmodelled,
} from "./unmodelled-policy.js";

const both: readonly PolicyDirection[] = ["ingress", "egress"];
const nobody: Condition = { kind: "not", part: { kind: "all" } };

/** Namespace whose AuthorizationPolicies count for the whole mesh, unless the mesh is configured otherwise. */
const istioRootNamespace = "istio-system";

const authorizationPolicyInNamespace = unmodelled((object) => {
  const spec = object.field("spec");
  const isAudit = spec.field("action").value === "AUDIT";
  const isAttached = spec.field("targetRef").present || spec.field("targetRefs").items().length > 0;
  return {
    condition: isAttached ? undefined : conditionOfSelector(spec.field("selector"), "pod"),
    directions: isAudit ? [] : ["ingress"],
  };
});

/** Reads an Istio AuthorizationPolicy: ingress of the pods that it selects; one of the root namespace of all pods. */
export const authorizationPolicyOf: UnmodelledReader = (object, meta, type) =>
  authorizationPolicyInNamespace(
    object,
    meta.namespace === istioRootNamespace
      ? { ...meta, namespace: "", name: `${meta.namespace}/${meta.name}` }
      : meta,
    type,
  );

/** Reads an Antrea NetworkPolicy or ClusterNetworkPolicy: appliedTo of the policy and of its rules. */
export const antreaPolicyOf = unmodelled((object) => {
  const spec = object.field("spec");
  const rules = both.flatMap((direction) => spec.field(direction).items());
  const applied = [spec, ...rules].flatMap((part) => part.field("appliedTo").items());
  return {
    condition: { kind: "or", parts: applied.map(antreaPeer) },
    directions: directionsWithRules(spec, { ingress: ["ingress"], egress: ["egress"] }),
  };
});

const antreaPeer = (peer: Field): Condition => {
  if (peer.field("nodeSelector").present || peer.field("service").present) return nobody;
  if (peer.field("group").present || peer.field("serviceAccount").present)
    return { kind: "unknown" };
  return {
    kind: "and",
    parts: [
      conditionOfSelector(peer.field("podSelector"), "pod"),
      conditionOfSelector(peer.field("namespaceSelector"), "namespace"),
    ],
  };
};

/** Reads an egress firewall of OVN-Kubernetes or OpenShift SDN: egress of every pod of the namespace. */
export const egressFirewallOf = unmodelled((object) => ({
  condition: { kind: "all" },
  directions: directionsWithRules(object.field("spec"), { ingress: [], egress: ["egress"] }),
}));

/** Reads an AWS SecurityGroupPolicy: both directions of the pods that it selects. */
export const securityGroupPolicyOf = unmodelled((object) => {
  const spec = object.field("spec");
  return {
    condition: {
      kind: "and",
      parts: [conditionOfSelector(spec.field("podSelector"), "pod"), { kind: "unknown" }],
    },
    directions: both,
  };
});

/** Reads a policy of a kind that nothing is known of: spec.podSelector where it is a label selector. */
export const unknownPolicyOf = unmodelled((object) => {
  const podSelector = object.field("spec").field("podSelector");
  return {
    condition: podSelector.present ? conditionOfSelector(podSelector, "pod") : undefined,
    directions: both,
  };
});
