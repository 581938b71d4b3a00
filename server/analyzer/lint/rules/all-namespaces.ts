import type { NetworkPolicyPeer } from "../../model/objects.js";
import { isForDnsOnly } from "../dns-ports.js";
import type { Finding, LintRule } from "../finding.js";
import { portText } from "../finding-text.js";
import { type PeerSite, peerSites, ruleText, tieredRuleSites } from "../policy-rules.js";
import { opensEveryPort } from "../port-lists.js";
import { isForAllPods } from "../tier-guard.js";

/** namespaceSelector: {} is every namespace, also those that others make later. */
export const allNamespacesPeer: LintRule = {
  id: "CW019",
  title: "all-namespaces-peer",
  severity: "low",
  summary: "A rule is for the pods of all namespaces.",
  *run(context) {
    for (const site of peerSites(context)) {
      const finding = wideFinding(site);
      if (finding !== undefined) yield { object: site.policy, path: site.peerPath, ...finding };
    }
    for (const site of tieredRuleSites(context)) {
      const { policy, rule, path, direction } = site;
      if (policy.tier !== "admin" || rule.action !== "accept" || !isForAllPods(rule)) continue;
      yield {
        severity: "high",
        message: `${ruleText(site)} accepts every ${direction} connection of the subject with pods of all namespaces on every port, and as it stands in the Admin tier no NetworkPolicy can restrict that.`,
        fix: "Name the peers and ports, or use Pass so that NetworkPolicies decide.",
        object: policy,
        path,
      };
    }
  },
};

const wideFinding = (site: PeerSite): Finding | undefined => {
  const { peer, direction, rule } = site;
  if (peer.kind !== "pods" || peer.namespaceSelector?.key !== "") return undefined;
  if (isForDnsOnly(rule.ports)) return undefined;
  const ports = rule.ports?.map(portText).join(", ") ?? "every port";
  const some = hasPodLabels(peer);
  if (direction === "egress") {
    if (some || !opensEveryPort(rule.ports)) return undefined;
    return {
      message: `${ruleText(site)} lets the pods out to all pods of all namespaces on ${ports}.`,
      fix: "Select the namespaces that are needed, such as kubernetes.io/metadata.name: NAME.",
    };
  }
  if (some) {
    return {
      severity: "info",
      message: `${ruleText(site)} goes by labels of pods in any namespace: whoever may make a pod somewhere can give it these labels.`,
      fix: "Select the namespace as well, such as kubernetes.io/metadata.name: NAME.",
    };
  }
  return {
    severity: opensEveryPort(rule.ports) ? "medium" : "low",
    message: `${ruleText(site)} lets in all pods of all namespaces on ${ports}.`,
    fix: "Select the namespaces that are needed, such as kubernetes.io/metadata.name: NAME.",
  };
};

const hasPodLabels = ({ podSelector }: Extract<NetworkPolicyPeer, { kind: "pods" }>): boolean =>
  podSelector !== undefined && podSelector.key !== "";
