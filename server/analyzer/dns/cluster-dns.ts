import type { ClusterModel } from "../model/cluster-model.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { canonicalIp, holdersOf } from "../resolve/address-index.js";
import { seesServicesOf } from "../seen-objects.js";
import { clusterNetworkOf } from "./cluster-network.js";

/** The DNS that pods with dnsPolicy ClusterFirst ask. */
export type ClusterDns = {
  /** Undefined where the model has none. */
  readonly service: ServiceObject | undefined;
  /** How the Service was found: by the address that pods ask, or by the marks that installers put on it; "" without. */
  readonly foundBy: "name server" | "labels" | "name" | "";
  /** Addresses that pods ask; empty when nothing says so. */
  readonly nameServers: readonly string[];
  /** Pods of a cache on every node. */
  readonly nodeCaches: readonly PodObject[];
  /** Whether the model would have it if it were there: it has live pods of the system, and sees its Services. */
  readonly isSystemKnown: boolean;
};

/** Whether an address is one that node caches listen on: link-local, 169.254.20.10 unless it is set otherwise. */
export const isNodeCacheAddress = (text: string): boolean =>
  /^169\.254\.|^fe80:/i.test(text.trim());

/**
 * The cluster's DNS. What pods ask decides: the Service that has the kubelets' clusterDNS address. Where no object gives
 * that address, the Service that carries the marks of a DNS Service, whatever it is called; its name comes last.
 */
export const clusterDnsOf = (world: Pick<PolicyWorld, "model" | "view">): ClusterDns => {
  const { model, view } = world;
  const { nameServers } = clusterNetworkOf(model);
  const asked = nameServers.filter((address) => !isNodeCacheAddress(address));
  const nodeCaches = nodeCachesOf(model);
  const isSystemKnown = view.source === "cluster" || hasSystemPods(world);
  const byAddress = asked.flatMap((address) => holdersOf(model, address).services)[0];
  const base = { nodeCaches, isSystemKnown };
  if (byAddress !== undefined) {
    return { ...base, service: byAddress, foundBy: "name server", nameServers };
  }
  if (asked.length > 0) return { ...base, service: undefined, foundBy: "", nameServers };
  const byMark = serviceByMarks(model) ?? serviceByName(model);
  if (byMark === undefined) return { ...base, service: undefined, foundBy: "", nameServers };
  const addresses = byMark.service.clusterIps.filter((ip) => ip !== "None");
  return {
    ...base,
    ...byMark,
    nameServers: [...nameServers, ...addresses],
  };
};

type Found = Pick<ClusterDns, "foundBy"> & { readonly service: ServiceObject };

/** Labels that installers put on the Service of the cluster's DNS. */
const serviceMarks: readonly (readonly [string, RegExp])[] = [
  ["k8s-app", /^(kube-dns|coredns)$/],
  ["kubernetes.io/name", /^(CoreDNS|KubeDNS)$/],
  ["dns.operator.openshift.io/owning-dns", /^default$/],
  ["app.kubernetes.io/name", /^coredns$/],
];

const serviceByMarks = (model: ClusterModel): Found | undefined => {
  const marked = [...model.services].filter(
    (service) => hasMark(service) && service.clusterIps[0] !== "None" && answersDns(service),
  );
  const [service] = marked.sort((one, other) => rankOf(one) - rankOf(other) || compare(one, other));
  return service === undefined ? undefined : { service, foundBy: "labels" };
};

const hasMark = ({ labels }: ServiceObject): boolean =>
  serviceMarks.some(([key, value]) => Object.hasOwn(labels, key) && value.test(labels[key] ?? ""));

/** A metrics Service of CoreDNS carries its labels too; one without ports is a DNS Service that has lost them. */
const answersDns = ({ ports }: ServiceObject): boolean =>
  ports.length === 0 || ports.some(({ port, name = "" }) => port === 53 || /^dns/.test(name));

const systemNamespaces = ["kube-system", "openshift-dns"];

const rankOf = ({ namespace }: ServiceObject): number =>
  systemNamespaces.includes(namespace) ? 0 : 1;

const compare = (one: ServiceObject, other: ServiceObject): number =>
  `${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1;

const names: readonly { readonly namespace: string; readonly name: string }[] = [
  { namespace: "kube-system", name: "kube-dns" },
  { namespace: "kube-system", name: "coredns" },
  { namespace: "kube-system", name: "rke2-coredns-rke2-coredns" },
  { namespace: "openshift-dns", name: "dns-default" },
];

const serviceByName = (model: ClusterModel): Found | undefined => {
  const service = names
    .map(({ namespace, name }) => model.service(namespace, name))
    .find((each) => each !== undefined);
  return service === undefined ? undefined : { service, foundBy: "name" };
};

const hasSystemPods = (world: Pick<PolicyWorld, "model" | "view">): boolean =>
  systemNamespaces.some(
    (namespace) =>
      seesServicesOf(world, namespace) &&
      [...world.model.podsIn(namespace)].some(({ phase, expanded }) => phase !== "" && !expanded),
  );

const nodeCachesOf = (model: ClusterModel): readonly PodObject[] =>
  [...model.podsIn("kube-system")]
    .filter(({ labels }) => /^node-?local-?dns$/.test(labels["k8s-app"] ?? ""))
    .sort((one, other) => (one.name < other.name ? -1 : 1));

/** Whether an address is that of the cluster's DNS: its Service's, one of its pods', or a node cache's. */
export const isClusterDnsAddress = (
  model: ClusterModel,
  { service, nameServers }: ClusterDns,
  address: string,
): boolean => {
  if (isNodeCacheAddress(address)) return true;
  const ip = canonicalIp(address.trim());
  const known = [...nameServers, ...(service?.clusterIps ?? [])].map(canonicalIp);
  if (known.includes(ip)) return true;
  const { selector = {}, namespace = "" } = service ?? {};
  const keys = Object.keys(selector);
  return holdersOf(model, ip).pods.some(
    (pod) =>
      pod.namespace === namespace &&
      keys.length > 0 &&
      keys.every((key) => Object.hasOwn(pod.labels, key) && pod.labels[key] === selector[key]),
  );
};
