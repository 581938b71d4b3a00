import { everything, type LabelSelector, selectorText } from "../../model/label-selector.js";
import type { NetworkPolicyPeer, NetworkPolicyRule } from "../../model/objects.js";
import type { Finding, LintRule } from "../finding.js";
import { countText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { type PeerSite, peerSites, type RuleSite, ruleSites } from "../policy-rules.js";

/**
 * One list item with both selectors means AND, two items mean OR; one dash makes the difference (Kubernetes
 * documentation, "Behavior of to and from selectors").
 */
export const orInsteadOfAnd: LintRule = {
  id: "CW003",
  title: "peers-or-not-and",
  severity: "high",
  summary:
    "A namespaceSelector and a podSelector stand in two list items, so either is enough, where both seem meant.",
  *run(context) {
    for (const site of ruleSites(context)) {
      for (const split of splitPeers(site.rule)) {
        const finding = splitFinding(context, site, split);
        if (finding === undefined) continue;
        yield { object: site.policy, path: [...site.path, site.listKey, split.index], ...finding };
      }
    }
  },
};

type Split = {
  readonly index: number;
  readonly namespaces: LabelSelector;
  readonly pods: LabelSelector;
};

/** A namespaceSelector alone, directly before or after a podSelector alone. */
const splitPeers = ({ peers = [] }: NetworkPolicyRule): readonly Split[] => {
  const splits: Split[] = [];
  for (let index = 0; index + 1 < peers.length; index++) {
    const pair = peers.slice(index, index + 2).filter((peer) => peer.kind === "pods");
    const namespaces = pair.find((peer) => peer.podSelector === undefined)?.namespaceSelector;
    const pods = pair.find((peer) => peer.namespaceSelector === undefined)?.podSelector;
    if (namespaces === undefined || pods === undefined || pods.key === "") continue;
    splits.push({ index, namespaces, pods });
    index++;
  }
  return splits;
};

/** Whether a peer is half of two list items that surely should be one. */
export const isOrTrapPart = (context: LintContext, site: PeerSite): boolean =>
  splitPeers(site.rule).some(
    (split) =>
      [split.index, split.index + 1].includes(Number(site.peerPath.at(-1))) &&
      splitFinding(context, site, split)?.severity === "high",
  );

const splitFinding = (
  context: LintContext,
  { policy, direction }: RuleSite,
  { namespaces, pods }: Split,
): Finding | undefined => {
  const wide = context.selected(namespaces, everything);
  const meant = context.selected(namespaces, pods);
  const own = context.selected(policy.namespace, pods);
  const ownIsWide = context.namespacesOf(namespaces).includes(policy.namespace);
  // Pods of the own namespace are what a podSelector alone is for; without any, it can only be meant for the others.
  const surely = own.length === 0 && meant.length > 0 && meant.length < wide.length;
  if (!surely && (meant.length === 0 || ownIsWide || own.length === 0)) return undefined;
  const [labels, names] = [selectorText(pods), selectorText(namespaces)];
  const verb = direction === "ingress" ? "lets in" : "lets out to";
  return {
    severity: surely ? "high" : "low",
    message:
      `Two list items mean OR: the rule ${verb} all ${countText(wide.length, "pod")} of namespaces with ${names}, and pods with ${labels} of namespace ${policy.namespace} (${own.length === 0 ? "there are none" : countText(own.length, "pod")}). ` +
      `As one item it would be the ${countText(meant.length, "pod")} with ${labels} in namespaces with ${names}.`,
    fix: "Remove the dash before the second selector, so that both stand in one list item; if either is meant, suppress this with the reason.",
  };
};

/** One list item with both selectors, where only two would select anything. */
export const andInsteadOfOr: LintRule = {
  id: "CW004",
  title: "peers-and-not-or",
  severity: "medium",
  summary:
    "A namespaceSelector and a podSelector stand in one list item and together select nothing, where each alone selects pods.",
  *run(context) {
    for (const { policy, peer, peerPath } of peerSites(context)) {
      if (peer.kind !== "pods" || !isAndTrap(context, peer, policy.namespace)) continue;
      const { namespaceSelector = everything, podSelector = everything } = peer;
      const [labels, names] = [selectorText(podSelector), selectorText(namespaceSelector)];
      const wide = context.selected(namespaceSelector, everything);
      const own = context.selected(policy.namespace, podSelector);
      yield {
        message:
          `One list item with two selectors means AND: no pod of namespaces with ${names} has ${labels}, so the peer matches nothing. ` +
          `Each alone would match: ${countText(own.length, "pod")} of namespace ${policy.namespace} with ${labels}, and the ${countText(wide.length, "pod")} of namespaces with ${names}.`,
        fix: "Put a dash before the second selector if either is meant; else correct the labels.",
        object: policy,
        path: peerPath,
      };
    }
  },
};

/** Whether both selectors of a peer select nothing together, while each alone selects pods. */
export const isAndTrap = (
  context: LintContext,
  peer: NetworkPolicyPeer,
  namespace: string,
): boolean => {
  if (peer.kind !== "pods") return false;
  const { namespaceSelector, podSelector } = peer;
  if (namespaceSelector === undefined || podSelector === undefined) return false;
  if (namespaceSelector.key === "" || podSelector.key === "") return false;
  return (
    context.groupsOf(namespaceSelector, podSelector).length === 0 &&
    context.groupsOf(namespace, podSelector).length > 0 &&
    context.groupsOf(namespaceSelector, everything).length > 0 &&
    !context.namespacesOf(namespaceSelector).includes(namespace)
  );
};
