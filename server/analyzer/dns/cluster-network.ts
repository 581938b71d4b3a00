import type { ClusterModel } from "../model/cluster-model.js";

/** What the cluster's own configuration says of its network. */
export type ClusterNetwork = {
  /** Ranges of ClusterIPs; empty when not known. */
  readonly serviceSubnets: readonly string[];
  /** Domain of Services that the kubelets were given; undefined when not known. */
  readonly domain: string | undefined;
  /** Name servers that the kubelets give to pods; empty when not known. */
  readonly nameServers: readonly string[];
  /** Which objects say so. */
  readonly by: readonly string[];
};

/**
 * Reads kubeadm's ConfigMaps: kubeadm-config (serviceSubnet, dnsDomain) and kubelet-config (clusterDNS, clusterDomain).
 * Their values are YAML of a fixed shape, of which single lines are read.
 */
export const clusterNetworkOf = (model: ClusterModel): ClusterNetwork => {
  const kubeadm = model.configMap("kube-system", "kubeadm-config");
  const kubelet = model.configMap("kube-system", "kubelet-config");
  const cluster = kubeadm?.data["ClusterConfiguration"] ?? "";
  const node = kubelet?.data["kubelet"] ?? "";
  return {
    serviceSubnets: wordsOf(lineOf(cluster, "serviceSubnet")),
    domain: lineOf(node, "clusterDomain") || lineOf(cluster, "dnsDomain") || undefined,
    nameServers: listOf(node, "clusterDNS"),
    by: [
      ...(kubeadm === undefined ? [] : ["ConfigMap kube-system/kubeadm-config"]),
      ...(kubelet === undefined ? [] : ["ConfigMap kube-system/kubelet-config"]),
    ],
  };
};

/** The value of "key: value", without quotes; "" where there is none. */
const lineOf = (yaml: string, key: string): string =>
  new RegExp(`^[ \\t]*${key}:[ \\t]*["']?([^"'\\s#]+)`, "m").exec(yaml)?.[1] ?? "";

const wordsOf = (text: string): readonly string[] => text.split(",").filter((word) => word !== "");

/** The items of "key:" with lines "- item", or of "key: [a, b]". */
const listOf = (yaml: string, key: string): readonly string[] => {
  const inline = new RegExp(`^[ \\t]*${key}:[ \\t]*\\[([^\\]]*)\\]`, "m").exec(yaml);
  if (inline !== null)
    return (inline[1] ?? "")
      .split(",")
      .map(bare)
      .filter((word) => word !== "");
  const block = new RegExp(`^[ \\t]*${key}:[ \\t]*\\n((?:[ \\t]*-[^\\n]*\\n?)+)`, "m").exec(yaml);
  return (block?.[1] ?? "")
    .split("\n")
    .map((line) => bare(line.replace(/^[ \t]*-/, "")))
    .filter((word) => word !== "");
};

const bare = (text: string): string => text.trim().replace(/^["']|["']$/g, "");
