import { selectorText } from "../model/label-selector.js";
import type { ClusterObject, NetworkPolicyPeer } from "../model/objects.js";
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
