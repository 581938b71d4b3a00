import type { ClusterObject, ObjectMeta } from "../../analyzer/model/objects.js";
import { calicoPolicyOf } from "./calico-policy.js";
import { ciliumPolicyOf } from "./cilium-policy.js";
import { configMapOf } from "./config-map.js";
import { endpointSliceOf } from "./endpoint-slice.js";
import { endpointsOf } from "./endpoints.js";
import { eventOf } from "./event.js";
import type { Field } from "./field.js";
import type { MetaRules } from "./metadata.js";
import { networkPolicyOf } from "./network-policy.js";
import { nodeOf } from "./node.js";
import { isBuiltInGroup } from "./other-kinds.js";
import {
  antreaPolicyOf,
  authorizationPolicyOf,
  egressFirewallOf,
  securityGroupPolicyOf,
  unknownPolicyOf,
} from "./other-policies.js";
import { podOf } from "./pod.js";
import { serviceOf } from "./service.js";
import {
  adminNetworkPolicyOf,
  baselineAdminNetworkPolicyOf,
  clusterNetworkPolicyOf,
} from "./tiered-versions.js";
import { workloadOf } from "./workload.js";

/** How objects of one kind and version are read. */
export type KindRule = MetaRules & {
  /** A version that API servers no longer serve, or never did: the one to write instead. */
  readonly insteadWrite?: string;
  /** A policy that is not evaluated: what it says of the pods that it selects is unknown. */
  readonly isUnmodelled?: true;
  /** One raw object may stand for none or for several of the model. */
  readonly read: (object: Field, meta: ObjectMeta, type: ObjectType) => readonly ClusterObject[];
};

/** Version and kind of an object, also where its list says them. */
export type ObjectType = { readonly apiVersion: string; readonly kind: string };

type Reader = (
  object: Field,
  meta: ObjectMeta,
  type: ObjectType,
) => ClusterObject | readonly ClusterObject[];

/** The rule of a kind in a version, such as "apps/v1" and "Deployment". */
export const kindRuleOf = (apiVersion: string, kind: string): KindRule | undefined =>
  kindRules.get(`${apiVersion} ${kind}`) ??
  otherPolicies.get(`${groupOf(apiVersion)} ${kind}`) ??
  unknownPolicyRule(apiVersion, kind);

/** "apps" of "apps/v1"; "" of "v1". */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";

/** The version of a kind that this program reads; undefined for kinds it does not. */
export const versionOf = (kind: string): string | undefined => versions.get(kind);

const namespaced = (read: Reader, name: MetaRules["name"] = "subdomain"): KindRule => ({
  scope: "namespaced",
  name,
  read: listed(read),
});

const cluster = (read: Reader, name: MetaRules["name"] = "subdomain"): KindRule => ({
  scope: "cluster",
  name,
  read: listed(read),
});

const listed =
  (read: Reader): KindRule["read"] =>
  (object, meta, type) => {
    const result = read(object, meta, type);
    return "kind" in result ? [result] : result;
  };

const deployment = namespaced(
  workloadOf({ kind: "Deployment", scaled: true, selector: "required" }),
);
const statefulSet = namespaced(
  workloadOf({ kind: "StatefulSet", scaled: true, selector: "required" }),
);
const daemonSet = namespaced(
  workloadOf({ kind: "DaemonSet", scaled: false, selector: "required" }),
);
const replicaSet = namespaced(
  workloadOf({ kind: "ReplicaSet", scaled: true, selector: "required" }),
);
const cronJob = namespaced(workloadOf({ kind: "CronJob", scaled: false, selector: "none" }));
const networkPolicy = namespaced(networkPolicyOf);
const tiered = cluster(clusterNetworkPolicyOf);

/** Before apps/v1 the selector was the template's labels when left out. */
const old = (kind: "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"): KindRule => ({
  ...namespaced(workloadOf({ kind, scaled: kind !== "DaemonSet", selector: "optional" })),
  insteadWrite: "apps/v1",
});

const kindRules: ReadonlyMap<string, KindRule> = new Map<string, KindRule>([
  ["v1 Namespace", cluster((_, meta): ClusterObject => ({ kind: "Namespace", ...meta }), "label")],
  ["v1 Pod", namespaced(podOf)],
  ["v1 Service", namespaced(serviceOf, "label")],
  ["v1 Endpoints", namespaced(endpointsOf)],
  ["v1 Node", cluster(nodeOf)],
  ["v1 ConfigMap", namespaced(configMapOf)],
  ["v1 Event", namespaced(eventOf, "any")],
  ["events.k8s.io/v1 Event", namespaced(eventOf, "any")],
  [
    "v1 ReplicationController",
    namespaced(workloadOf({ kind: "ReplicationController", scaled: true, selector: "map" })),
  ],
  ["apps/v1 Deployment", deployment],
  ["apps/v1 StatefulSet", statefulSet],
  ["apps/v1 DaemonSet", daemonSet],
  ["apps/v1 ReplicaSet", replicaSet],
  ["apps/v1beta1 Deployment", old("Deployment")],
  ["apps/v1beta1 StatefulSet", old("StatefulSet")],
  ["apps/v1beta2 Deployment", old("Deployment")],
  ["apps/v1beta2 StatefulSet", old("StatefulSet")],
  ["apps/v1beta2 DaemonSet", old("DaemonSet")],
  ["apps/v1beta2 ReplicaSet", old("ReplicaSet")],
  ["extensions/v1beta1 Deployment", old("Deployment")],
  ["extensions/v1beta1 DaemonSet", old("DaemonSet")],
  ["extensions/v1beta1 ReplicaSet", old("ReplicaSet")],
  ["batch/v1 Job", namespaced(workloadOf({ kind: "Job", scaled: false, selector: "none" }))],
  ["batch/v1 CronJob", cronJob],
  ["batch/v1beta1 CronJob", { ...cronJob, insteadWrite: "batch/v1" }],
  ["discovery.k8s.io/v1 EndpointSlice", namespaced(endpointSliceOf)],
  ["networking.k8s.io/v1 NetworkPolicy", networkPolicy],
  ["extensions/v1beta1 NetworkPolicy", { ...networkPolicy, insteadWrite: "networking.k8s.io/v1" }],
  ["policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy", tiered],
  ["policy.networking.k8s.io/v1beta1 ClusterNetworkPolicy", tiered],
  ["policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy", cluster(adminNetworkPolicyOf)],
  [
    "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy",
    cluster(baselineAdminNetworkPolicyOf),
  ],
]);

const versions: ReadonlyMap<string, string> = new Map(
  [...kindRules]
    .filter(([, { insteadWrite }]) => insteadWrite === undefined)
    .map(([key]) => key.split(" ") as [string, string])
    .map(([apiVersion, kind]) => [kind, apiVersion] as const)
    .reverse(),
);

const unmodelledRule = (rule: KindRule): KindRule => ({ ...rule, isUnmodelled: true });
const otherIn = (read: Reader): KindRule => unmodelledRule(namespaced(read, "any"));
const otherOf = (read: Reader): KindRule => unmodelledRule(cluster(read, "any"));

/** Policies that are not evaluated, by API group and kind: their versions do not differ in what is read. */
const otherPolicies: ReadonlyMap<string, KindRule> = new Map<string, KindRule>([
  ["projectcalico.org NetworkPolicy", otherIn(calicoPolicyOf)],
  ["projectcalico.org GlobalNetworkPolicy", otherOf(calicoPolicyOf)],
  ["crd.projectcalico.org NetworkPolicy", otherIn(calicoPolicyOf)],
  ["crd.projectcalico.org GlobalNetworkPolicy", otherOf(calicoPolicyOf)],
  ["cilium.io CiliumNetworkPolicy", otherIn(ciliumPolicyOf)],
  ["cilium.io CiliumClusterwideNetworkPolicy", otherOf(ciliumPolicyOf)],
  ["security.istio.io AuthorizationPolicy", otherIn(authorizationPolicyOf)],
  ["crd.antrea.io NetworkPolicy", otherIn(antreaPolicyOf)],
  ["crd.antrea.io ClusterNetworkPolicy", otherOf(antreaPolicyOf)],
  ["k8s.ovn.org EgressFirewall", otherIn(egressFirewallOf)],
  ["network.openshift.io EgressNetworkPolicy", otherIn(egressFirewallOf)],
  ["vpcresources.k8s.aws SecurityGroupPolicy", otherIn(securityGroupPolicyOf)],
]);

/** Groups that have policies without effect on connections between pods: staged ones, those of secondary networks. */
const withoutEffect: ReadonlySet<string> = new Set([
  "projectcalico.org",
  "crd.projectcalico.org",
  "k8s.cni.cncf.io",
]);

const unknownPolicyRule = (apiVersion: string, kind: string): KindRule | undefined => {
  const group = groupOf(apiVersion);
  if (!kind.endsWith("NetworkPolicy") || isBuiltInGroup(group) || withoutEffect.has(group)) {
    return undefined;
  }
  return /^Cluster|^Global|Clusterwide/.test(kind) ? anyClusterPolicy : anyPolicy;
};

const anyPolicy = otherIn(unknownPolicyOf);
const anyClusterPolicy = otherOf(unknownPolicyOf);
