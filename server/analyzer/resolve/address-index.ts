import { type ClusterModel, isFinished } from "../model/cluster-model.js";
import type { NodeObject, PodObject, ServiceObject } from "../model/objects.js";
import { ipText, parseIp } from "../sets/ip.js";

/** Who holds an address in a model, in the order of their names. */
export type AddressHolders = {
  /** Live pods with an address of their own; more than one is a fault of the cluster. */
  readonly pods: PodObject[];
  /** Live pods on the host network of a node that has the address. */
  readonly hostPods: PodObject[];
  readonly nodes: NodeObject[];
  /** Services with the address as ClusterIP. */
  readonly services: ServiceObject[];
  /** Services with the address as external or load-balancer address. */
  readonly externalServices: ServiceObject[];
};

type Index = { readonly revision: number; readonly holders: Map<string, AddressHolders> };

// One index a model, made anew when the model has changed: a question by address is rare and looks once.
const indices = new WeakMap<ClusterModel, Index>();

/** The one spelling of an address that others are compared in; as written when it is none. */
export const canonicalIp = (text: string): string => {
  const address = parseIp(text);
  return address === undefined ? text : ipText(address);
};

/** Who holds an address, in any spelling. */
export const holdersOf = (model: ClusterModel, address: string): AddressHolders =>
  indexOf(model).holders.get(canonicalIp(address)) ?? nobody();

const nobody = (): AddressHolders => ({
  pods: [],
  hostPods: [],
  nodes: [],
  services: [],
  externalServices: [],
});

const indexOf = (model: ClusterModel): Index => {
  const known = indices.get(model);
  if (known?.revision === model.revision) return known;
  const index = { revision: model.revision, holders: holdersByAddress(model) };
  indices.set(model, index);
  return index;
};

const holdersByAddress = (model: ClusterModel): Map<string, AddressHolders> => {
  const holders = new Map<string, AddressHolders>();
  const at = (address: string): AddressHolders => {
    const key = canonicalIp(address);
    const known = holders.get(key) ?? nobody();
    holders.set(key, known);
    return known;
  };
  for (const pod of model.pods) {
    const list = pod.hostNetwork ? "hostPods" : "pods";
    if (!isFinished(pod)) for (const ip of pod.ips) at(ip)[list].push(pod);
  }
  for (const node of model.nodes) {
    for (const ip of node.ips) at(ip).nodes.push(node);
  }
  for (const service of model.services) addService(at, service);
  for (const { pods, hostPods, nodes, services, externalServices } of holders.values()) {
    for (const list of [pods, hostPods, services, externalServices]) list.sort(byQualifiedName);
    nodes.sort((one, other) => (one.name < other.name ? -1 : 1));
  }
  return holders;
};

type Named = { readonly namespace: string; readonly name: string };

const byQualifiedName = (one: Named, other: Named): number =>
  `${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1;

const addService = (at: (address: string) => AddressHolders, service: ServiceObject): void => {
  for (const ip of service.clusterIps.filter((each) => each !== "None"))
    at(ip).services.push(service);
  for (const ip of [...service.externalIps, ...service.loadBalancerIps]) {
    at(ip).externalServices.push(service);
  }
};
