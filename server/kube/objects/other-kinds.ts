import { workloadKinds } from "../../analyzer/model/objects.js";

/** Kinds of Kubernetes itself that are not part of the model. */
const builtInKinds: ReadonlySet<string> = new Set(
  `APIService Binding CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus
  ControllerRevision CSIDriver CSINode CSIStorageCapacity CustomResourceDefinition DeviceClass FlowSchema
  HorizontalPodAutoscaler IPAddress Ingress IngressClass Lease LimitRange LocalSubjectAccessReview MutatingAdmissionPolicy
  MutatingAdmissionPolicyBinding MutatingWebhookConfiguration NodeMetrics PersistentVolume PersistentVolumeClaim PodDisruptionBudget
  PodMetrics PodSecurityPolicy PodTemplate PriorityClass PriorityLevelConfiguration ResourceClaim ResourceClaimTemplate
  ResourceQuota ResourceSlice Role RoleBinding RuntimeClass Secret SelfSubjectAccessReview SelfSubjectRulesReview
  ServiceAccount ServiceCIDR StorageClass StorageVersionMigration SubjectAccessReview TokenRequest TokenReview
  ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
  VolumeAttributesClass Scale Status Eviction NodeProxyOptions DeleteOptions Event ConfigMap
  Kustomization Component Config EncryptionConfiguration KubeletConfiguration KubeProxyConfiguration ClusterConfiguration InitConfiguration
  GatewayClass Gateway HTTPRoute GRPCRoute TCPRoute UDPRoute TLSRoute ReferenceGrant BackendTLSPolicy VolumeSnapshot
  VolumeSnapshotClass VolumeSnapshotContent`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** Whether a kind is one of Kubernetes' own that is not part of the model. */
export const isBuiltInKind = (kind: string): boolean => builtInKinds.has(kind);

const oldGroups: ReadonlySet<string> = new Set([
  "",
  "apps",
  "batch",
  "extensions",
  "autoscaling",
  "policy",
]);

/** Whether an API group is Kubernetes' own. */
export const isBuiltInGroup = (group: string): boolean =>
  oldGroups.has(group) || group.endsWith(".k8s.io");

/** Groups that connections depend on: Kubernetes has no kind in them but those that are known here. */
const networkGroups: ReadonlySet<string> = new Set([
  "",
  "apps",
  "batch",
  "discovery.k8s.io",
  "extensions",
  "networking.k8s.io",
  "policy.networking.k8s.io",
]);

/** Kinds of others that make pods, besides those that are named like a workload of Kubernetes. */
const podMakers: ReadonlySet<string> = new Set([
  "apps.kruise.io CloneSet",
  "apps.openshift.io DeploymentConfig",
  "argoproj.io Rollout",
  "kubevirt.io VirtualMachine",
  "kubevirt.io VirtualMachineInstance",
  "serving.knative.dev Service",
]);

/** Kinds of meshes and network plugins that can refuse connections and are not named like a network policy. */
const refusers: ReadonlySet<string> = new Set([
  "access.smi-spec.io TrafficTarget",
  "consul.hashicorp.com ServiceIntentions",
  "crd.nsx.vmware.com SecurityPolicy",
  "k8s.ovn.org ClusterUserDefinedNetwork",
  "k8s.ovn.org UserDefinedNetwork",
  "kuma.io MeshTrafficPermission",
  "kuma.io TrafficPermission",
  "networking.istio.io Sidecar",
  "policy.linkerd.io AuthorizationPolicy",
  "policy.linkerd.io Server",
  "policy.linkerd.io ServerAuthorization",
  "security.istio.io PeerAuthentication",
]);

/** What it means that objects of a kind are not read. */
export type KindConcern =
  | "makes-pods"
  | "may-refuse"
  /** Holds objects that are made when it is rendered. */
  | "template"
  /** Kubernetes has no such kind where connections depend on it: it may be a slip, or newer than this program. */
  | "not-known"
  | "none";

/** What it means that objects of a kind that is not part of the model are not read. */
export const kindConcern = (group: string, kind: string): KindConcern => {
  const key = `${group} ${kind}`;
  if (refusers.has(key)) return "may-refuse";
  if (key === "template.openshift.io Template") return "template";
  if (networkGroups.has(group)) return "not-known";
  const isWorkload = (workloadKinds as readonly string[]).includes(kind) && !isBuiltInGroup(group);
  return isWorkload || podMakers.has(key) ? "makes-pods" : "none";
};
