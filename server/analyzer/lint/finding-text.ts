import { selectorText } from "../model/label-selector.js";
import type { ClusterObject, NetworkPolicyPeer, PortRule, TieredPeer } from "../model/objects.js";
import type { NearLabels } from "../near-labels.js";
import type { Direction } from "../policy/decision.js";
import { namesInMessageMax } from "./limits.js";

/** "NetworkPolicy default/web", "ClusterNetworkPolicy deny-all". */
export const objectText = (object: ClusterObject): string => {
  const kind = object.kind === "UnmodelledPolicy" ? object.policyKind : object.kind;
  return `${kind} ${object.namespace === "" ? "" : `${object.namespace}/`}${object.name}`;
};

/** "a, b, c and 4 more". */
export const namesText = (names: readonly string[]): string => {
  const shown = names.slice(0, namesInMessageMax).join(", ");
  const more = names.length - namesInMessageMax;
  return more > 0 ? `${shown} and ${more} more` : shown;
};

/** "1 pod", "3 pods". */
export const countText = (count: number, word: string): string =>
  `${count} ${count === 1 ? word : word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`}`;

/** "Did you mean app=web?" where it looks like a slip, else what comes nearest. */
export const nearText = ({ text, slip }: NearLabels): string =>
  slip ? `Did you mean ${text}?` : `The nearest that there is has ${text}.`;

/** A peer in words: "pods with app=web in namespaces with team=a". */
export const peerText = (peer: NetworkPolicyPeer, namespace: string): string => {
  if (peer.kind === "ipBlock") return `addresses ${peer.block.text}`;
  const { podSelector, namespaceSelector } = peer;
  const pods =
    podSelector === undefined || podSelector.key === ""
      ? "all pods"
      : `pods with ${selectorText(podSelector)}`;
  if (namespaceSelector === undefined) return `${pods} in namespace ${namespace}`;
  return namespaceSelector.key === ""
    ? `${pods} in all namespaces`
    : `${pods} in namespaces with ${selectorText(namespaceSelector)}`;
};

/** A peer of an ordered policy that goes by labels, as one of a NetworkPolicy; undefined for any other. */
export const podsPeerFrom = (peer: TieredPeer): NetworkPolicyPeer | undefined => {
  if (peer.kind === "namespaces") return { kind: "pods", namespaceSelector: peer.selector };
  if (peer.kind !== "pods") return undefined;
  const { namespaceSelector, podSelector } = peer;
  return { kind: "pods", namespaceSelector, podSelector };
};

/** A port of a rule: "TCP 80", "TCP 8000-8010", "UDP", "port named http". */
export const portText = (port: PortRule): string => {
  if (port.kind === "named") return `the port named ${port.name}`;
  const { protocol, first, last } = port;
  if (first === 1 && last === 65_535) return `all ${protocol} ports`;
  return first === last ? `${protocol} ${first}` : `${protocol} ${first}-${last}`;
};

/** "for ingress", "for egress", "for ingress and egress". */
export const directionsText = (directions: readonly Direction[]): string =>
  `for ${directions.join(" and ")}`;
