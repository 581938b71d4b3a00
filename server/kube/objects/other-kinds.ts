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
