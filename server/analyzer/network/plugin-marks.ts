import type { ClusterModel } from "../model/cluster-model.js";

/** What shows a network plugin or policy engine, and whether it enforces NetworkPolicies. */
export type PluginMark = {
  readonly name: string;
  /** Names of the DaemonSets that the project's own manifests and charts install. */
  readonly daemonSet: RegExp;
  readonly labels: readonly (readonly [string, string])[];
  readonly configMaps: readonly { readonly namespace: string; readonly name: string }[];
  readonly nodeAnnotation?: RegExp;
  /** Undefined: depends on what objects don't show. */
  readonly enforces: (model: ClusterModel) => boolean | undefined;
};

const always = (): boolean => true;

/** k3s puts flannel and a policy controller into its own process; the controller can be switched off by a flag. */
const isK3s = (model: ClusterModel): boolean =>
  [...model.nodes].some(
    ({ labels, annotations }) =>
      labels["node.kubernetes.io/instance-type"] === "k3s" ||
      Object.keys(annotations).some((key) => key.startsWith("k3s.io/")),
  );

const ciliumEnforces = (model: ClusterModel): boolean =>
  ["kube-system", "cilium"].every(
    (namespace) => model.configMap(namespace, "cilium-config")?.data["enable-policy"] !== "never",
  );

/** The AWS plugin enforces where its ConfigMap switches its policy agent on (AWS VPC CNI documentation). */
const awsEnforces = (model: ClusterModel): boolean | undefined =>
  model.configMap("kube-system", "amazon-vpc-cni")?.data["enable-network-policy-controller"] ===
  "true"
    ? true
    : undefined;

/** The plugins that are told apart, the one that carries packets before engines that only enforce. */
export const pluginMarks: readonly PluginMark[] = [
  {
    name: "canal",
    daemonSet: /^(rke2-)?canal$/,
    labels: [["k8s-app", "canal"]],
    configMaps: [{ namespace: "kube-system", name: "canal-config" }],
    enforces: always,
  },
  {
    name: "flannel",
    daemonSet: /^kube-flannel(-ds.*)?$/,
    labels: [
      ["app", "flannel"],
      ["k8s-app", "flannel"],
    ],
    configMaps: [
      { namespace: "kube-flannel", name: "kube-flannel-cfg" },
      { namespace: "kube-system", name: "kube-flannel-cfg" },
    ],
    nodeAnnotation: /^flannel\.alpha\.coreos\.com\/backend-type$/,
    enforces: (model) => (isK3s(model) ? undefined : false),
  },
  {
    name: "calico",
    daemonSet: /^(rke2-)?calico-node$/,
    labels: [["k8s-app", "calico-node"]],
    configMaps: [{ namespace: "kube-system", name: "calico-config" }],
    nodeAnnotation: /^projectcalico\.org\//,
    enforces: always,
  },
  {
    name: "cilium",
    daemonSet: /^(cilium|anetd)$/,
    labels: [["k8s-app", "cilium"]],
    configMaps: [
      { namespace: "kube-system", name: "cilium-config" },
      { namespace: "cilium", name: "cilium-config" },
    ],
    nodeAnnotation: /^(network|io)\.cilium(\.io)?\//,
    enforces: ciliumEnforces,
  },
  {
    name: "antrea",
    daemonSet: /^antrea-agent$/,
    labels: [["component", "antrea-agent"]],
    configMaps: [{ namespace: "kube-system", name: "antrea-config" }],
    enforces: always,
  },
  {
    name: "ovn-kubernetes",
    daemonSet: /^ovnkube-node$/,
    labels: [["app", "ovnkube-node"]],
    configMaps: [],
    nodeAnnotation: /^k8s\.ovn\.org\//,
    enforces: always,
  },
  {
    name: "weave",
    daemonSet: /^weave-net$/,
    labels: [["name", "weave-net"]],
    configMaps: [],
    enforces: always,
  },
  {
    name: "aws-vpc-cni",
    daemonSet: /^aws-node$/,
    labels: [["k8s-app", "aws-node"]],
    configMaps: [{ namespace: "kube-system", name: "amazon-vpc-cni" }],
    enforces: awsEnforces,
  },
  {
    name: "kindnet",
    daemonSet: /^kindnet$/,
    labels: [["k8s-app", "kindnet"]],
    configMaps: [],
    // From kind 0.24 on.
    enforces: () => undefined,
  },
  {
    name: "kube-router",
    daemonSet: /^kube-router$/,
    labels: [["k8s-app", "kube-router"]],
    configMaps: [{ namespace: "kube-system", name: "kube-router-cfg" }],
    enforces: always,
  },
  {
    name: "kube-network-policies",
    daemonSet: /^kube-network-policies$/,
    labels: [["app", "kube-network-policies"]],
    configMaps: [],
    enforces: always,
  },
  {
    name: "azure-npm",
    daemonSet: /^azure-npm$/,
    labels: [["k8s-app", "azure-npm"]],
    configMaps: [],
    enforces: always,
  },
];
