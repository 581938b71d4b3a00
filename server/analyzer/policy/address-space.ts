import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { NodeObject, PodObject } from "../model/objects.js";
import { type IpFamily, parseCidr } from "../sets/ip.js";
import { allAddresses, type IpSet, ipSetOf, subtractIps } from "../sets/ip-set.js";
import { AddressCensus } from "./address-census.js";
import { addressesFromTexts, type PossibleAddresses } from "./possible-addresses.js";

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
  readonly #census: AddressCensus;
  readonly #known = new WeakMap<readonly string[], readonly PossibleAddresses[]>();
  #unknownPod: readonly PossibleAddresses[] | undefined;
  #unknownNode: readonly PossibleAddresses[] | undefined;

  constructor(model: ClusterModel) {
    this.#census = new AddressCensus(model);
  }

  /** The families that addresses of the model show; IPv4 when there are none. */
  get families(): readonly IpFamily[] {
    return this.#census.families;
  }

  /** Takes up a change of the model; whether families, or what is not known, may be something else now. */
  apply(change: ModelChange): boolean {
    if (!this.#census.apply(change)) return false;
    this.#unknownPod = undefined;
    this.#unknownNode = undefined;
    return true;
  }

  /** What the address of a pod that has none yet can be: one array until it changes. */
  get unknownPod(): readonly PossibleAddresses[] {
    this.#unknownPod ??= this.families.map((family) => {
      const own = this.#census.podCidrs(family);
      return { family, possible: own.length > 0 ? own : ofFamily(privateAddresses, family) };
    });
    return this.#unknownPod;
  }

  /** What the address of a node that shows none can be: one array until it changes. */
  get unknownNode(): readonly PossibleAddresses[] {
    this.#unknownNode ??= this.families.map((family) => ({
      family,
      possible: ofFamily(subtractIps(allAddresses(), notOfNodes), family),
    }));
    return this.#unknownNode;
  }

  /** The addresses of a pod that has a network of its own. */
  ofPod(pod: PodObject): readonly PossibleAddresses[] {
    const known = this.#addressesOf(pod.ips);
    return known.length > 0 ? known : this.unknownPod;
  }

  /** The addresses of a pod on the host network: its own, its host's, or its node's. */
  ofHostPod(pod: PodObject, node: NodeObject | undefined): readonly PossibleAddresses[] {
    const own = this.#addressesOf(pod.ips);
    if (own.length > 0) return own;
    const host = pod.hostIp === undefined ? [] : addressesFromTexts([pod.hostIp]);
    return host.length > 0 ? host : this.ofNode(node);
  }

  /** The addresses of a node. */
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
}

const ofFamily = (set: IpSet, family: IpFamily): IpSet =>
  set.filter((range) => range.family === family);
