import { type LabelSelector, type Labels, selects } from "../model/label-selector.js";
import type { CompiledRule, PeerMatcher, PodMatcher } from "./compiled-policy.js";
import type { PolicyEnd } from "./policy-end.js";
import { matchAddresses } from "./possible-addresses.js";

/** Whether a rule's peers hold an end; where it can't be told, why. */
export type Match = "yes" | "no" | "unknown-address" | "domain-name";

/** Whether any peer of a rule holds an end. */
export const matchRule = ({ peers }: CompiledRule, end: PolicyEnd): Match => {
  let match: Match = "no";
  for (const peer of peers) {
    const one = matchPeer(peer, end);
    if (one === "yes") return "yes";
    if (one !== "no") match = one;
  }
  return match;
};

/** Whether one peer holds an end. */
export const matchPeer = (peer: PeerMatcher, end: PolicyEnd): Match => {
  switch (peer.kind) {
    case "everyone":
      return "yes";
    case "pods":
      return end.kind === "pod" &&
        end.pod !== undefined &&
        selectsPod(peer, end.pod, end.namespaceLabels)
        ? "yes"
        : "no";
    case "addresses": {
      const match = matchAddresses(peer.set, end.addresses);
      return match === "maybe" ? "unknown-address" : match;
    }
    case "nodes":
      return matchNode(peer.selector, end);
    case "names":
      return end.kind === "addresses" ? "domain-name" : "no";
  }
};

/** Whether a matcher selects a pod, which must not be one that is taken for its node. */
export const selectsPod = (
  { namespace, podSelector }: PodMatcher,
  pod: { readonly namespace: string; readonly labels: Labels },
  namespaceLabels: Labels,
): boolean =>
  (typeof namespace === "string"
    ? namespace === pod.namespace
    : selects(namespace, namespaceLabels)) && selects(podSelector, pod.labels);

/** A host whose node is not known can be any node. */
const matchNode = (selector: LabelSelector, end: PolicyEnd): Match => {
  if (end.kind !== "host") return "no";
  if (selector.requirements.length === 0) return "yes";
  if (end.node === undefined) return "unknown-address";
  return selects(selector, end.node.labels) ? "yes" : "no";
};
