import { groupBy } from "../../../../common/group-by.js";
import type { NetworkPolicyObject, PodObject } from "../../model/objects.js";
import { type DnsEgress, dnsEgressOf } from "../dns-egress.js";
import { dnsServersOf, nodeLocalAddress } from "../dns-servers.js";
import type { Finding, LintRule } from "../finding.js";
import { namesText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { stoppedFinding } from "../stopped-finding.js";

/** Queries go over UDP first: without it no name resolves (RFC 7766). */
export const dnsEgressForgotten: LintRule = {
  id: "CW005",
  title: "dns-egress-forgotten",
  severity: "high",
  summary: "Pods that are isolated for egress may reach something, but not the cluster's DNS.",
  *run(context) {
    const lacking = dnsEgressOf(context).found.filter(
      ({ udp, wrongPort }) => !udp && wrongPort.length === 0,
    );
    for (const { policy, policies, pods } of byPolicy(lacking)) {
      yield {
        // Who goes by address only can do without names.
        severity: policies.some(hasPodPeers) ? "high" : "medium",
        message: `${whoText(context, pods)} may open connections to what the egress rules list, but not to the cluster's DNS on UDP ${portOf(context, "udpPort")}: names do not resolve.`,
        fix: dnsFix(context),
        object: policy,
        path: ["spec", "egress"],
      };
    }
    if (dnsEgressOf(context).exhausted) {
      yield stoppedFinding("pods without DNS", context.bounds.dnsStepsMax);
    }
  },
};

/** Answers that do not fit a datagram are asked for again over TCP (RFC 7766, section 5). */
export const dnsTcpForgotten: LintRule = {
  id: "CW006",
  title: "dns-tcp-forgotten",
  severity: "medium",
  summary:
    "Pods that are isolated for egress may reach the cluster's DNS over UDP, but not over TCP.",
  *run(context) {
    const lacking = dnsEgressOf(context).found.filter(({ udp, tcp }) => udp && !tcp);
    // Where the model shows no servers their port is not known: that of the rule for UDP is meant.
    const port = dnsServersOf(context).servers[0]?.tcpPort;
    for (const { policy, pods } of byPolicy(lacking)) {
      yield {
        message: `${whoText(context, pods)} may ask the cluster's DNS over UDP only: answers that are too long for a datagram are asked for again over TCP${port === undefined ? "" : ` (port ${port})`} and time out.`,
        fix: `Add ${port === undefined ? "the same port with protocol: TCP" : `{protocol: TCP, port: ${port}}`} beside the UDP port of the rule for DNS.`,
        object: policy,
        path: ["spec", "egress"],
      };
    }
  },
};

/** Policies see the port of the pod, not that of the Service: OpenShift's DNS pods listen on 5353. */
export const dnsPortWrong: LintRule = {
  id: "CW007",
  title: "dns-port-wrong",
  severity: "high",
  summary:
    "Egress to the cluster's DNS is allowed on port 53 only, where its pods or the cache on the node answer elsewhere.",
  *run(context) {
    const wrong = dnsEgressOf(context).found.filter(
      ({ udp, wrongPort }) => !udp && wrongPort.length > 0,
    );
    for (const { policy, pods } of byPolicy(wrong)) {
      const port = portOf(context, "udpPort");
      yield {
        message: `${whoText(context, pods)} may reach the DNS pods on port 53, but they listen on ${port}: 53 is the port of their Service, and policies see the port of the pod.`,
        fix: `Allow UDP and TCP ${port}; allow 53 as well where the plugin judges the Service's port.`,
        object: policy,
        path: ["spec", "egress"],
      };
    }
    const uncached = dnsEgressOf(context).found.filter(({ udp, nodeCache }) => udp && !nodeCache);
    for (const { policy, pods } of byPolicy(uncached)) {
      yield {
        message: `${whoText(context, pods)} may reach the DNS pods, but not the NodeLocal DNSCache that queries go to (${nodeLocalAddress} on the node).`,
        fix: `Allow UDP and TCP 53 to ipBlock ${nodeLocalAddress}/32 as well.`,
        object: policy,
        path: ["spec", "egress"],
      };
    }
  },
};

type Lacking = {
  readonly policy: NetworkPolicyObject;
  readonly policies: readonly NetworkPolicyObject[];
  readonly pods: readonly PodObject[];
};

/** One finding a policy: the first that has egress rules stands for all of them. */
const byPolicy = (lacking: readonly DnsEgress[]): readonly Lacking[] => {
  const first = ({ policies }: DnsEgress): NetworkPolicyObject =>
    policies.find(({ egress }) => egress.length > 0) as NetworkPolicyObject;
  return [...groupBy(lacking, first)].map(([policy, members]) => ({
    policy,
    policies: members.flatMap(({ policies }) => policies),
    pods: members.flatMap(({ pods }) => pods),
  }));
};

const hasPodPeers = ({ egress }: NetworkPolicyObject): boolean =>
  egress.some(({ peers }) => peers?.every(({ kind }) => kind === "ipBlock") !== true);

const whoText = (context: LintContext, pods: readonly PodObject[]): string =>
  namesText(context.workloadsOf(pods));

const portOf = (context: LintContext, key: "udpPort" | "tcpPort"): number =>
  dnsServersOf(context).servers[0]?.[key] ?? 53;

const dnsFix = (context: LintContext): Finding["fix"] => {
  const [server] = dnsServersOf(context).servers;
  const namespace = server?.pod.namespace ?? "kube-system";
  const ports = `UDP and TCP ${portOf(context, "udpPort")}`;
  return `Add an egress rule to namespace ${namespace} (kubernetes.io/metadata.name: ${namespace}) on ${ports}.`;
};
