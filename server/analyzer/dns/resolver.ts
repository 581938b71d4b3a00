import type { ClusterModel } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import { clusterDomainsOf } from "./cluster-domain.js";
import { clusterNetworkOf } from "./cluster-network.js";

/** How a pod resolves names, by its dnsPolicy and dnsConfig (Kubernetes: "DNS for Services and Pods"). */
export type Resolver = {
  /** cluster: the cluster's DNS; node: what its node's resolv.conf says; own: its dnsConfig alone. */
  readonly from: "cluster" | "node" | "own";
  /** Name servers of the dnsConfig: beside the cluster's or node's, or alone. */
  readonly nameServers: readonly string[];
  /** Search domains in order; those of the node's resolv.conf, which objects don't show, are left out. */
  readonly searches: readonly string[];
  /** Names with fewer dots go through the search domains first. */
  readonly ndots: number;
  /** Whether ndots was written. */
  readonly isNdotsGiven: boolean;
};

/** What the kubelet writes for pods of the cluster's DNS. */
const clusterNdots = 5;
/** What resolvers take when nothing is written (resolv.conf(5)). */
const plainNdots = 1;

/** The domain that kubelets give to pods: as configured, else the one that the cluster's DNS serves. */
export const podDomainOf = (model: ClusterModel): string =>
  clusterNetworkOf(model).domain ?? clusterDomainsOf(model)[0] ?? "";

/** How a pod resolves names. */
export const resolverOf = (model: ClusterModel, pod: PodObject): Resolver => {
  const from = sourceOf(pod);
  const isCluster = from === "cluster";
  return {
    from,
    nameServers: pod.dnsNameservers,
    searches: [
      ...(isCluster ? clusterSearches(pod.namespace, podDomainOf(model)) : []),
      ...pod.dnsSearches,
    ],
    ndots: pod.dnsNdots ?? (isCluster ? clusterNdots : plainNdots),
    isNdotsGiven: pod.dnsNdots !== undefined,
  };
};

/** A pod on the host network with ClusterFirst falls back to its node's resolver. */
const sourceOf = ({ dnsPolicy, hostNetwork }: PodObject): Resolver["from"] => {
  if (dnsPolicy === "None") return "own";
  if (dnsPolicy === "Default" || (dnsPolicy === "ClusterFirst" && hostNetwork)) return "node";
  return "cluster";
};

/** Whether a pod's look-ups go to the cluster's DNS, by its dnsPolicy. */
export const usesClusterDns = (pod: PodObject): boolean => sourceOf(pod) === "cluster";

/** The search domains of the cluster's DNS for pods of a namespace. */
export const clusterSearches = (namespace: string, domain: string): readonly string[] => [
  `${namespace}.svc.${domain}`,
  `svc.${domain}`,
  domain,
];
