import type { Labels } from "../model/label-selector.js";
import type { ContainerPort } from "../model/objects.js";
import type { AddressAtoms } from "./address-atoms.js";
import type { PolicyEnd } from "./policy-end.js";
import type { PolicyTerms } from "./policy-terms.js";

/**
 * Texts that are equal for ends that no policy tells apart: namespace, the labels and port names that policies mention,
 * and the stretch of addresses.
 */
export class EndSigner {
  readonly #terms: PolicyTerms;
  readonly #atoms: AddressAtoms;
  /** The last one of each namespace. */
  readonly #namespaces = new Map<string, { readonly labels: Labels; readonly key: string }>();

  constructor(parts: {
    readonly terms: PolicyTerms;
    readonly atoms: AddressAtoms;
  }) {
    this.#terms = parts.terms;
    this.#atoms = parts.atoms;
  }

  /** The signature of an end that is a pod or a host. */
  keyOf(end: PolicyEnd): string {
    const addresses = this.addressKeyOf(end);
    if (end.kind === "host" || end.pod === undefined)
      return `host\n${this.nodeKeyOf(end)}\n${addresses}`;
    const { namespace, labels } = end.pod;
    return `${this.#namespaceKey(namespace, end.namespaceLabels)}\n${labelsKey(labels, this.#terms.podKeys)}\n${this.portKeyOf(end)}\n${addresses}`;
  }

  /** Equal for pods on which every port name of a policy stands for the same ports. */
  portKeyOf({ kind, pod }: PolicyEnd): string {
    if (kind !== "pod" || pod === undefined || pod.ports.length === 0) return "";
    return portsKey(pod.ports, this.#terms.portNames);
  }

  #namespaceKey(name: string, labels: Labels): string {
    const known = this.#namespaces.get(name);
    if (known?.labels === labels) return known.key;
    const key = JSON.stringify([name, Object.entries(labels).sort(byFirst)]);
    this.#namespaces.set(name, { labels, key });
    return key;
  }

  /** Equal for hosts that no selector of nodes tells apart. */
  nodeKeyOf({ node }: PolicyEnd): string {
    return node === undefined ? "?" : `=${labelsKey(node.labels, this.#terms.nodeKeys)}`;
  }

  /** Equal for ends whose addresses no policy tells apart, known or not. */
  addressKeyOf({ addresses }: PolicyEnd): string {
    return addresses.length === 0 ? "" : this.#atoms.keyOf(addresses);
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
