import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { NodeObject, PodObject } from "../model/objects.js";
import { type IpFamily, type IpRange, parseCidr, parseIp } from "../sets/ip.js";
import {
  allAddresses,
  type IpSet,
  intersectIps,
  ipSetOf,
  isSubsetOfIps,
  subtractIps,
} from "../sets/ip-set.js";
import { FamilyCensus } from "./family-census.js";

/** What the address of one family can be: one address where it is known. */
export type PossibleAddresses = { readonly family: IpFamily; readonly possible: IpSet };

/** Whether an address is in a set: for certain, not at all, or it depends on which one it is. */
export type AddressMatch = "yes" | "no" | "maybe";

/** Compares what an address can be with a set. Where there is no address, nothing matches. */
export const matchAddresses = (
  set: IpSet,
  addresses: readonly PossibleAddresses[],
): AddressMatch => {
  let yes = 0;
  let no = 0;
  for (const { possible } of addresses) {
    if (intersectIps(possible, set).length === 0) no++;
    else if (isSubsetOfIps(possible, set)) yes++;
  }
  if (no === addresses.length) return "no";
  return yes === addresses.length ? "yes" : "maybe";
};

/** The addresses of one range. */
export const addressesOfRange = (range: IpRange): readonly PossibleAddresses[] => [
  { family: range.family, possible: [range] },
];

const cidrs = (texts: readonly string[]): IpSet =>
  ipSetOf(texts.map(parseCidr).filter((range) => range !== undefined));

/** Where pods get their addresses when nothing else is said: RFC 1918, RFC 6598, RFC 4193. */
const privateAddresses = cidrs([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
]);

/** What no node has as its address: this host, loopback, link-local, multicast, reserved. */
const notOfNodes = cidrs([
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "::/127",
  "fe80::/10",
  "ff00::/8",
]);

/** What addresses pods and nodes of a model have, or can have where they are not known. */
export class AddressSpace {
  readonly #model: ClusterModel;
  readonly #families: FamilyCensus;
  readonly #known = new WeakMap<readonly string[], readonly PossibleAddresses[]>();
  #unknownPod: readonly PossibleAddresses[] | undefined;
  #unknownNode: readonly PossibleAddresses[] | undefined;

  constructor(model: ClusterModel) {
    this.#model = model;
    this.#families = new FamilyCensus(model);
  }

  /** The families that addresses of the model show; IPv4 when there are none. */
  get families(): readonly IpFamily[] {
    return this.#families.shown;
  }

  /** Takes up a change of the model; whether families, or what is not known, can be something else now. */
  apply(change: ModelChange): boolean {
    const families = this.families.join();
    const [pod, node] = [this.#unknownPod, this.#unknownNode];
    this.#families.apply(change);
    const areFamiliesNew = this.families.join() !== families;
    if (!areFamiliesNew && change.object.kind !== "Node") return false;
    this.#unknownPod = undefined;
    this.#unknownNode = undefined;
    const isSameStill = isSame(pod, this.unknownPod) && isSame(node, this.unknownNode);
    // Who holds the arrays tells by them what is not known.
    if (isSameStill) [this.#unknownPod, this.#unknownNode] = [pod, node];
    return areFamiliesNew || !isSameStill;
  }

  /** What the address of a pod that has none yet can be: one array until it changes. */
  get unknownPod(): readonly PossibleAddresses[] {
    this.#unknownPod ??= this.#possible(
      [...this.#model.nodes].flatMap(({ podCidrs }) => podCidrs),
      privateAddresses,
    );
    return this.#unknownPod;
  }

  /** What the address of a node that shows none can be: one array until it changes. */
  get unknownNode(): readonly PossibleAddresses[] {
    this.#unknownNode ??= this.#possible(
      [...this.#model.nodes].flatMap(({ ips }) => ips.map(hostCidr)),
      subtractIps(allAddresses(), notOfNodes),
    );
    return this.#unknownNode;
  }

  /** Whether addresses stand for what is not known. */
  isUnknown(addresses: readonly PossibleAddresses[]): boolean {
    return addresses === this.#unknownPod || addresses === this.#unknownNode;
  }

  /** The addresses of a pod that has a network of its own. */
  ofPod(pod: PodObject): readonly PossibleAddresses[] {
    const known = this.#addressesOf(pod.ips);
    return known.length > 0 ? known : this.unknownPod;
  }

  /** The addresses of a pod on the host network: its own, its host's, its node's, or those of any node. */
  ofHostPod(pod: PodObject, node: NodeObject | undefined): readonly PossibleAddresses[] {
    const own = this.#addressesOf(pod.ips);
    if (own.length > 0) return own;
    const host = pod.hostIp === undefined ? [] : addressesFromTexts([pod.hostIp]);
    return host.length > 0 ? host : this.ofNode(node);
  }

  /** The addresses of a node; of any node when it is not known which. */
  ofNode(node: NodeObject | undefined): readonly PossibleAddresses[] {
    const known = node === undefined ? [] : this.#addressesOf(node.ips);
    return known.length > 0 ? known : this.unknownNode;
  }

  #addressesOf(texts: readonly string[]): readonly PossibleAddresses[] {
    let addresses = this.#known.get(texts);
    if (addresses === undefined) {
      addresses = addressesFromTexts(texts);
      this.#known.set(texts, addresses);
    }
    return addresses;
  }

  /** For each family of the cluster the given blocks, or the fallback where there are none of it. */
  #possible(blocks: readonly string[], fallback: IpSet): readonly PossibleAddresses[] {
    const given = cidrs(blocks);
    return this.families.map((family) => {
      const own = given.filter((range) => range.family === family);
      return {
        family,
        possible: own.length > 0 ? own : fallback.filter((range) => range.family === family),
      };
    });
  }
}

const isSame = (
  before: readonly PossibleAddresses[] | undefined,
  now: readonly PossibleAddresses[],
): boolean => before === undefined || addressesText(before) === addressesText(now);

/** A text that is equal for equal addresses. */
export const addressesText = (addresses: readonly PossibleAddresses[]): string =>
  addresses
    .map(({ possible }) => possible.map(({ family, first, last }) => `${family}:${first}-${last}`))
    .join(";");

const hostCidr = (ip: string): string => `${ip}/${ip.includes(":") ? 128 : 32}`;

const addressesFromTexts = (texts: readonly string[]): readonly PossibleAddresses[] => {
  const ranges = texts.flatMap((text) => {
    const address = parseIp(text);
    return address === undefined
      ? []
      : [{ family: address.family, first: address.value, last: address.value }];
  });
  return ([4, 6] as const).flatMap((family) => {
    const possible = ipSetOf(ranges.filter((range) => range.family === family));
    return possible.length > 0 ? [{ family, possible }] : [];
  });
};
