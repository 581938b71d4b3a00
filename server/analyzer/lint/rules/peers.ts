import { workloadText } from "../../model/cluster-model.js";
import {
  everything,
  type LabelSelector,
  selectorText,
  selects,
} from "../../model/label-selector.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  TieredPeer,
} from "../../model/objects.js";
import { nearestLabels } from "../../near-labels.js";
import type { Finding, LintRule, ObjectPath } from "../finding.js";
import { countText, peerText } from "../finding-text.js";
import { nearLabelSetsMax } from "../limits.js";
import type { LintContext } from "../lint-context.js";
import { rulesInForce } from "../policy-rules.js";

type PodsPeer = Extract<NetworkPolicyPeer, { kind: "pods" }>;

/** A peer that selects no pod permits nothing: a slip in a label, or something that is not there (any more). */
export const peerSelectsNothing: LintRule = {
  id: "CW002",
  title: "peer-selects-nothing",
  severity: "low",
  summary: "A peer of a rule selects no pod.",
  *run(context) {
    for (const policy of context.policies()) {
      for (const { rule, path, listKey } of rulesInForce(policy)) {
        for (const [index, peer] of (rule.peers ?? []).entries()) {
          const finding = emptyPeerFinding(context, peer, policy.namespace);
          if (finding === undefined) continue;
          yield { object: policy, path: [...path, listKey, index], ...finding };
        }
      }
    }
    yield* emptyTieredPeers(context);
  },
};

const emptyTieredPeers = function* (context: LintContext): Iterable<Finding> {
  for (const policy of context.model.tieredPolicies) {
    for (const direction of ["ingress", "egress"] as const) {
      for (const [number, rule] of policy[direction].entries()) {
        for (const [index, peer] of rule.peers.entries()) {
          const finding = emptyPeerFinding(context, podsPeerFrom(peer), "");
          if (finding === undefined) continue;
          const list = direction === "ingress" ? "from" : "to";
          yield {
            object: policy,
            path: ["spec", direction, number, list, index],
            ...finding,
          };
        }
      }
    }
  }
};

const podsPeerFrom = (peer: TieredPeer): NetworkPolicyPeer | undefined => {
  if (peer.kind === "namespaces") return { kind: "pods", namespaceSelector: peer.selector };
  if (peer.kind !== "pods") return undefined;
  const { namespaceSelector, podSelector } = peer;
  return { kind: "pods", namespaceSelector, podSelector };
};

const emptyPeerFinding = (
  context: LintContext,
  peer: NetworkPolicyPeer | undefined,
  namespace: string,
): Finding | undefined => {
  if (peer === undefined || peer.kind === "ipBlock") return undefined;
  if (context.podsOfPeer(peer, namespace).length > 0) return undefined;
  const what = peerText(peer, namespace);
  const namespaces =
    peer.namespaceSelector === undefined
      ? [namespace]
      : context.namespacesOf(peer.namespaceSelector);
  if (namespaces.length === 0) {
    const sets = context.namespaceNames.map((name) => context.model.namespace(name).labels);
    const hint = hintFor(peer.namespaceSelector ?? everything, sets);
    const labels = selectorText(peer.namespaceSelector ?? everything);
    return hint === undefined
      ? {
          message: `The peer (${what}) matches nothing: no namespace of this model has ${labels}.`,
          fix: "Nothing, if that namespace comes from elsewhere; else correct the selector or label the namespace.",
        }
      : { ...hint, message: `No namespace has ${labels}. ${hint.message}` };
  }
  const confused = confusedWorkload(context, peer, namespaces);
  if (confused !== undefined) return confused;
  const pods = namespaces.flatMap((name) => context.endpointsIn(name));
  const hint = hintFor(peer.podSelector ?? everything, context.labelSetsOf(pods));
  return hint === undefined
    ? {
        message: `The peer (${what}) matches no pod of this model.`,
        fix: "Nothing, if those pods come from elsewhere; else correct or remove the peer.",
      }
    : { ...hint, message: `The peer (${what}) matches no pod. ${hint.message}` };
};

const hintFor = (
  selector: LabelSelector,
  labelSets: readonly Readonly<Record<string, string>>[],
): Finding | undefined => {
  const near = nearestLabels(selector, labelSets.slice(0, nearLabelSetsMax));
  if (near === undefined) return undefined;
  return {
    severity: near.slip ? "medium" : "low",
    message: `Did you mean ${near.text}?`,
    fix: `Select by labels that are there, such as ${near.text}.`,
  };
};

const confusedWorkload = (
  context: LintContext,
  { podSelector }: PodsPeer,
  namespaces: readonly string[],
): Finding | undefined => {
  if (podSelector === undefined || podSelector.requirements.length === 0) return undefined;
  for (const namespace of namespaces) {
    const workload = context
      .workloadsIn(namespace)
      .find(
        ({ labels }) =>
          podSelector.requirements.some(({ key }) => Object.hasOwn(labels, key)) &&
          selects(podSelector, labels),
      );
    if (workload === undefined) continue;
    return {
      severity: "medium",
      message: `The peer selects ${selectorText(podSelector)}, which are labels of ${workloadText(workload)} itself; its pods do not have them.`,
      fix: "Select labels of spec.template.metadata.labels, or add these labels there.",
    };
  }
  return undefined;
};

/**
 * One list item with both selectors means AND, two items mean OR; one dash makes the difference (Kubernetes
 * documentation, "Behavior of to and from selectors").
 */
export const orInsteadOfAnd: LintRule = {
  id: "CW003",
  title: "peers-or-not-and",
  severity: "medium",
  summary:
    "A namespaceSelector and a podSelector stand in two list items, so either is enough, where both seem meant.",
  *run(context) {
    for (const policy of context.policies()) {
      for (const { rule, path, listKey } of rulesInForce(policy)) {
        for (const { index, namespaces, pods } of splitPeers(rule)) {
          const finding = splitFinding(context, policy, { namespaces, pods });
          if (finding === undefined) continue;
          yield { object: policy, path: [...path, listKey, index] as ObjectPath, ...finding };
        }
      }
    }
  },
};

type Split = { readonly namespaces: LabelSelector; readonly pods: LabelSelector };

/** A namespaceSelector alone, directly before or after a podSelector alone. */
const splitPeers = function* (
  rule: NetworkPolicyRule,
): Iterable<Split & { readonly index: number }> {
  const peers = rule.peers ?? [];
  for (let index = 0; index + 1 < peers.length; index++) {
    const pair = peers.slice(index, index + 2).filter((peer) => peer.kind === "pods");
    const namespaces = pair.find((peer) => peer.podSelector === undefined)?.namespaceSelector;
    const pods = pair.find((peer) => peer.namespaceSelector === undefined)?.podSelector;
    if (namespaces !== undefined && pods !== undefined && pods.key !== "") {
      yield { index, namespaces, pods };
      index++;
    }
  }
};

const splitFinding = (
  context: LintContext,
  policy: NetworkPolicyObject,
  { namespaces, pods }: Split,
): Finding | undefined => {
  const wide = context.podsOf(namespaces, everything);
  const meant = context.podsOf(namespaces, pods);
  const own = context.selected(policy.namespace, pods);
  const ownWide = context.namespacesOf(namespaces).includes(policy.namespace);
  // Pods of the own namespace are what the podSelector alone is for; without any, it can only be meant for the others.
  const surely = own.length === 0 && meant.length > 0;
  if (!surely && (meant.length === 0 || ownWide)) return undefined;
  const extra = wide.length - meant.length;
  return {
    severity: surely && extra > 0 ? "high" : "low",
    message:
      `Two list items mean OR: this lets in all pods of namespaces with ${selectorText(namespaces)} (${countText(wide.length, "pod")}) and pods with ${selectorText(pods)} of namespace ${policy.namespace} (${countText(own.length, "pod")}). ` +
      `As one item it would be the ${countText(meant.length, "pod")} that ${meant.length === 1 ? "has" : "have"} both.`,
    fix: "Remove the dash before the second selector if both are meant; else say in an annotation that either is.",
  };
};
