import { type ClusterModel, isFinished } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import type { NodeObject, PodObject } from "../model/objects.js";
import type { IpFamily } from "../sets/ip.js";
import type { AddressSpace } from "./address-space.js";
import type { PolicyEndpoint } from "./decision.js";
import { addressesOfRange, type PossibleAddresses } from "./possible-addresses.js";
import type { Profile } from "./profile.js";

/** An end of a connection as rules see it. */
export type PolicyEnd = {
  /** What selectors and address blocks take it for. */
  readonly kind: "pod" | "host" | "addresses";
  /** Undefined for a node and for addresses. */
  readonly pod?: PodObject;
  /** Labels of the pod's namespace; of a host and of addresses there are none. */
  readonly namespaceLabels: Labels;
  /** Name of the node it runs on, or is. */
  readonly nodeName?: string;
  /** That node, when the model has it. */
  readonly node?: NodeObject;
  /** What its address can be; empty when the profile lets no address block see it. */
  readonly addresses: readonly PossibleAddresses[];
};

/** What ends are made from. */
export type EndSources = {
  readonly model: ClusterModel;
  readonly profile: Profile;
  readonly space: AddressSpace;
};

const noLabels: Labels = {};

/** Whether a pod is taken for its node: on the host network, where the profile says so. */
export const isHostPod = (pod: PodObject, profile: Profile): boolean =>
  pod.hostNetwork && profile.hostNetworkPods === "node";

/** Whether a pod is an endpoint that policies know. */
export const isListed = (pod: PodObject, { listsEndedPods }: Profile): boolean =>
  listsEndedPods || !isFinished(pod);

/** Makes an endpoint ready for matching. */
export const endOfEndpoint = (endpoint: PolicyEndpoint, sources: EndSources): PolicyEnd => {
  switch (endpoint.kind) {
    case "pod":
      return endOfPod(endpoint.pod, sources);
    case "node":
      return endOfNode(endpoint.node, sources);
    case "addresses":
      return {
        kind: "addresses",
        namespaceLabels: noLabels,
        addresses: addressesOfRange(endpoint.range),
      };
  }
};

const endOfPod = (pod: PodObject, { model, profile, space }: EndSources): PolicyEnd => {
  const placed = pod.nodeName === undefined ? {} : { nodeName: pod.nodeName };
  if (!isHostPod(pod, profile)) {
    return {
      kind: "pod",
      pod,
      namespaceLabels: model.namespace(pod.namespace).labels,
      ...placed,
      addresses: profile.ipBlockMatchesPods ? space.ofPod(pod) : [],
    };
  }
  const node = pod.nodeName === undefined ? undefined : model.node(pod.nodeName);
  return {
    kind: "host",
    pod,
    namespaceLabels: noLabels,
    ...placed,
    ...(node === undefined ? {} : { node }),
    addresses: profile.ipBlockMatchesNodes ? space.ofHostPod(pod, node) : [],
  };
};

const endOfNode = (node: NodeObject, { profile, space }: EndSources): PolicyEnd => ({
  kind: "host",
  namespaceLabels: noLabels,
  nodeName: node.name,
  node,
  addresses: profile.ipBlockMatchesNodes ? space.ofNode(node) : [],
});

/** A family of addresses that a connection is judged in; "" where addresses of an end are not told apart by family. */
export type JudgedFamily = "" | IpFamily;

/** Judged once, whatever the family. */
export const everyFamily: readonly JudgedFamily[] = [""];

/**
 * The families that a connection between two ends can use: those that both have. Where an end has no address that counts,
 * those of the other; where they have none in common, it is judged by whatever addresses there are.
 */
export const sharedFamilies = (one: PolicyEnd, other: PolicyEnd): readonly JudgedFamily[] => {
  if (one.addresses.length < 2 && other.addresses.length < 2) return everyFamily;
  if (one.addresses.length === 0) return familiesOf(other);
  if (other.addresses.length === 0) return familiesOf(one);
  const shared = familiesOf(one).filter((family) => familiesOf(other).includes(family));
  return shared.length === 0 ? everyFamily : shared;
};

/** The families of an end's addresses. */
export const familiesOf = ({ addresses }: PolicyEnd): readonly IpFamily[] =>
  addresses.map(({ family }) => family);

/** An end with its address of one family, where it has one; else as it is. */
export const endInFamily = (end: PolicyEnd, family: JudgedFamily): PolicyEnd => {
  if (family === "" || end.addresses.length < 2) return end;
  const addresses = end.addresses.filter((each) => each.family === family);
  return addresses.length === 0 ? end : { ...end, addresses };
};
