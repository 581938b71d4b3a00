import type { ClusterObject, ObjectMeta } from "../../analyzer/model/objects.js";
import { configMapOf } from "./config-map.js";
import { endpointSliceOf } from "./endpoint-slice.js";
import { endpointsOf } from "./endpoints.js";
import { eventOf } from "./event.js";
import type { Field } from "./field.js";
import type { MetaRules } from "./metadata.js";
import { networkPolicyOf } from "./network-policy.js";
import { nodeOf } from "./node.js";
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
  /** One raw object may stand for none or for several of the model. */
  readonly read: (object: Field, meta: ObjectMeta) => readonly ClusterObject[];
};

/** The rule of a kind in a version, such as "apps/v1" and "Deployment". */
export const kindRuleOf = (apiVersion: string, kind: string): KindRule | undefined =>
  kindRules.get(`${apiVersion} ${kind}`);

/** The version of a kind that this program reads; undefined for kinds it does not. */
export const versionOf = (kind: string): string | undefined => versions.get(kind);

const namespaced = (
  read: KindRule["read"] | ((object: Field, meta: ObjectMeta) => ClusterObject),
  name: MetaRules["name"] = "subdomain",
): KindRule => ({ scope: "namespaced", name, read: listed(read) });

const cluster = (
  read: KindRule["read"] | ((object: Field, meta: ObjectMeta) => ClusterObject),
  name: MetaRules["name"] = "subdomain",
): KindRule => ({ scope: "cluster", name, read: listed(read) });

const listed =
  (
    read: KindRule["read"] | ((object: Field, meta: ObjectMeta) => ClusterObject),
  ): KindRule["read"] =>
  (object, meta) => {
    const result = read(object, meta);
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
