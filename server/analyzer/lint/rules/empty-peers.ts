import { workloadText } from "../../model/cluster-model.js";
import { everything, selectorText, selects } from "../../model/label-selector.js";
import type { NetworkPolicyPeer } from "../../model/objects.js";
import type { NearLabels } from "../../near-labels.js";
import { namespacesWith, workloadWithLabels } from "../empty-selection.js";
import type { Finding, LintRule } from "../finding.js";
import { countText, namesText, nearText, peerText, podsPeerFrom } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { peerSites, tieredPeerSites } from "../policy-rules.js";
import { isAndTrap, isOrTrapPart } from "./and-or.js";

type PodsPeer = Extract<NetworkPolicyPeer, { kind: "pods" }>;

/** A peer that selects no pod permits nothing: a slip in a label, or something that is not there (any more). */
export const peerSelectsNothing: LintRule = {
  id: "CW002",
  title: "peer-selects-nothing",
  severity: "low",
  summary: "A peer of a rule selects no pod.",
  *run(context) {
    for (const site of peerSites(context)) {
      const { policy, peer, peerPath } = site;
      const finding = emptyPeerFinding(context, peer, policy.namespace);
      if (finding === undefined || isAndTrap(context, peer, policy.namespace)) continue;
      if (!isOrTrapPart(context, site)) yield { object: policy, path: peerPath, ...finding };
    }
    for (const { policy, peer, peerPath } of tieredPeerSites(context)) {
      const finding = emptyPeerFinding(context, podsPeerFrom(peer), "");
      if (finding !== undefined) yield { object: policy, path: peerPath, ...finding };
    }
  },
};

const emptyPeerFinding = (
  context: LintContext,
  peer: NetworkPolicyPeer | undefined,
  namespace: string,
): Finding | undefined => {
  if (peer === undefined || peer.kind === "ipBlock") return undefined;
  if (context.groupsOfPeer(peer, namespace).length > 0) return undefined;
  const names =
    peer.namespaceSelector === undefined
      ? [namespace]
      : context.namespacesOf(peer.namespaceSelector);
  return names.length === 0
    ? noNamespaceFinding(context, peer)
    : noPodFinding(context, peer, { namespace, names });
};

const noNamespaceFinding = (context: LintContext, peer: PodsPeer): Finding => {
  const selector = peer.namespaceSelector ?? everything;
  const base = `The peer matches nothing: no namespace of this model has ${selectorText(selector)}.`;
  const near = context.nearLabelsOfNamespaces(selector);
  if (near !== undefined) return nearFinding(base, near);
  return {
    message: base,
    fix: "Nothing, if that namespace comes from elsewhere; else correct the selector or label the namespace.",
  };
};

const noPodFinding = (
  context: LintContext,
  peer: PodsPeer,
  { namespace, names }: { readonly namespace: string; readonly names: readonly string[] },
): Finding => {
  const selector = peer.podSelector ?? everything;
  const base = `The peer (${peerText(peer, namespace)}) matches no pod of this model.`;
  const special =
    confusedWorkloadFinding(context, peer, names) ?? hostNetworkFinding(context, peer, names);
  if (special !== undefined) return special;
  const near = context.nearLabelsOfPods(selector, names);
  if (near !== undefined) return nearFinding(base, near);
  const elsewhere = peer.namespaceSelector === undefined ? namespacesWith(context, selector) : [];
  if (elsewhere.length > 0) {
    return {
      severity: "medium",
      message: `${base} Pods with ${selectorText(selector)} are in ${namesText(elsewhere)}, and a podSelector alone looks at the policy's own namespace only.`,
      fix: `Add a namespaceSelector to the same list item: kubernetes.io/metadata.name: ${elsewhere[0]}.`,
    };
  }
  return {
    message: base,
    fix: "Nothing, if those pods come from elsewhere; else correct or remove the peer.",
  };
};

const nearFinding = (base: string, near: NearLabels): Finding => ({
  severity: near.slip ? "medium" : "low",
  message: `${base} ${nearText(near)}`,
  fix: `Select by labels that are there, such as ${near.text}.`,
});

const confusedWorkloadFinding = (
  context: LintContext,
  { podSelector }: PodsPeer,
  namespaces: readonly string[],
): Finding | undefined => {
  if (podSelector === undefined || podSelector.requirements.length === 0) return undefined;
  for (const namespace of namespaces) {
    const workload = workloadWithLabels(context.workloadsIn(namespace), podSelector);
    if (workload === undefined || selects(podSelector, workload.template.labels)) continue;
    return {
      severity: "medium",
      message: `The peer selects ${selectorText(podSelector)}, which is on ${workloadText(workload)} itself; its pods do not have it, and policies look at pods only.`,
      fix: "Select labels of spec.template.metadata.labels, or add these labels there.",
    };
  }
  return undefined;
};

const hostNetworkFinding = (
  context: LintContext,
  { podSelector = everything }: PodsPeer,
  namespaces: readonly string[],
): Finding | undefined => {
  const pods = namespaces
    .flatMap((name) => context.bystandersIn(name))
    .filter((pod) => context.isOnHostNetwork(pod) && selects(podSelector, pod.labels));
  if (pods.length === 0) return undefined;
  return {
    severity: "medium",
    message: `The peer matches only pods on the host network (${namesText(context.workloadsOf(pods))}), which have the addresses of their nodes: network plugins do not match them by labels.`,
    fix: `Allow the addresses of the nodes (${countText(pods.length, "pod")}) with an ipBlock, or take the pods off the host network.`,
  };
};
