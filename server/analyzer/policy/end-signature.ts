import type { ClusterModel } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import type { ContainerPort } from "../model/objects.js";
import type { AddressAtoms } from "./address-atoms.js";
import type { PolicyEnd } from "./policy-end.js";
import type { PolicyTerms } from "./policy-terms.js";
import { type AddressSpace, addressesText, type PossibleAddresses } from "./possible-addresses.js";

/**
 * Texts that are equal for ends that no policy tells apart: namespace, the labels and port names that policies mention,
 * and the stretch of addresses.
 */
export class EndSigner {
  readonly #model: ClusterModel;
  readonly #space: AddressSpace;
  readonly #terms: PolicyTerms;
  readonly #atoms: AddressAtoms;
  readonly #namespaces = new Map<string, string>();
  readonly #unknown = new WeakMap<readonly PossibleAddresses[], string>();

  constructor(parts: {
    readonly model: ClusterModel;
    readonly space: AddressSpace;
    readonly terms: PolicyTerms;
    readonly atoms: AddressAtoms;
  }) {
    this.#model = parts.model;
    this.#space = parts.space;
    this.#terms = parts.terms;
    this.#atoms = parts.atoms;
  }

  /** Reads the labels of a namespace again; whether they were used and are others now. */
  renewNamespace(name: string): boolean {
    const before = this.#namespaces.get(name);
    this.#namespaces.delete(name);
    return before !== undefined && this.#namespaceKey(name) !== before;
  }

  /** The signature of an end that is a pod or a host. */
  keyOf(end: PolicyEnd): string {
    const addresses = this.addressKeyOf(end);
    if (end.kind === "host" || end.pod === undefined)
      return `host\n${this.nodeKeyOf(end)}\n${addresses}`;
    const { namespace, labels } = end.pod;
    return `${this.#namespaceKey(namespace)}\n${labelsKey(labels, this.#terms.podKeys)}\n${this.portKeyOf(end)}\n${addresses}`;
  }

  /** Equal for pods on which every port name of a policy stands for the same ports. */
  portKeyOf({ kind, pod }: PolicyEnd): string {
    if (kind !== "pod" || pod === undefined || pod.ports.length === 0) return "";
    return portsKey(pod.ports, this.#terms.portNames);
  }

  #namespaceKey(name: string): string {
    let key = this.#namespaces.get(name);
    if (key === undefined) {
      const labels = Object.entries(this.#model.namespace(name).labels).sort(byFirst);
      key = JSON.stringify([name, labels]);
      this.#namespaces.set(name, key);
    }
    return key;
  }

  /** Equal for hosts that no selector of nodes tells apart. */
  nodeKeyOf({ node }: PolicyEnd): string {
    return node === undefined ? "?" : `=${labelsKey(node.labels, this.#terms.nodeKeys)}`;
  }

  /** Equal for ends whose addresses no policy tells apart. */
  addressKeyOf({ addresses }: PolicyEnd): string {
    if (addresses.length === 0) return "";
    if (!this.#space.isUnknown(addresses)) return this.#atoms.keyOf(addresses);
    let key = this.#unknown.get(addresses);
    if (key === undefined) {
      key = `?${addressesText(addresses)}`;
      this.#unknown.set(addresses, key);
    }
    return key;
  }
}

const byFirst = ([one]: [string, string], [other]: [string, string]): number =>
  one < other ? -1 : 1;

/** Labels whose key is among the given, sorted; quoted, since values that were never validated may hold anything. */
const labelsKey = (labels: Labels, keys: ReadonlySet<string>): string => {
  const texts: string[] = [];
  for (const key in labels) {
    if (keys.has(key)) texts.push(JSON.stringify([key, labels[key]]));
  }
  return texts.length > 1 ? texts.sort().join() : (texts[0] ?? "");
};

const portsKey = (ports: readonly ContainerPort[], names: ReadonlySet<string>): string => {
  const texts = new Set<string>();
  for (const { name, protocol, port } of ports) {
    if (name !== undefined && names.has(name)) texts.add(JSON.stringify([name, protocol, port]));
  }
  return [...texts].sort().join();
};
