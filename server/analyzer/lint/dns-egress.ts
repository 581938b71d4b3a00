import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PodObject,
} from "../model/objects.js";
import type { DirectionDecision } from "../policy/decision.js";
import { fixedConnections, namedPortsOf } from "../policy/rule-connections.js";
import { containsConnection } from "../sets/connections.js";
import { parseIp } from "../sets/ip.js";
import { type ClusterDns, clusterDnsOf, type DnsServer, nodeLocalAddress } from "./dns-servers.js";
import { dnsQuestionsMax } from "./limits.js";
import type { LintContext } from "./lint-context.js";
import { memo } from "./memo.js";

/** What pods that are isolated for egress, and let out to something, can do about names. */
export type DnsEgress = {
  /** The policies that isolate them for egress; one or more has rules. */
  readonly policies: readonly NetworkPolicyObject[];
  readonly pods: readonly PodObject[];
  readonly udp: boolean;
  readonly tcp: boolean;
  /** Servers that they may reach on UDP 53, where that is not the port they answer on. */
  readonly wrongPort: readonly DnsServer[];
  /** Whether they may reach the cache on their node; true where there is none. */
  readonly nodeCache: boolean;
};

const found = new WeakMap<LintContext, readonly DnsEgress[]>();

/**
 * How pods that are isolated for egress reach the cluster's DNS, those with equal policies at once. Pods that may reach
 * nothing at all are left out, they need no names; so are pods that use other name servers. At most `dnsQuestionsMax`
 * pairs of pod and server are asked about.
 */
export const dnsEgressOf = (context: LintContext): readonly DnsEgress[] => {
  const known = found.get(context);
  if (known !== undefined) return known;
  const dns = clusterDnsOf(context);
  const budget = { questions: dnsQuestionsMax };
  const result = isolatedClasses(context).map((one) =>
    dns.servers.length === 0
      ? { ...one, ...guessedEgress(context, one.policies) }
      : { ...one, ...judgedEgress(context, one.pods[0] as PodObject, { dns, budget }) },
  );
  found.set(context, result);
  return result;
};

type IsolatedClass = Pick<DnsEgress, "policies" | "pods">;

/** Pods by the policies that have a say about their egress. */
const isolatedClasses = (context: LintContext): readonly IsolatedClass[] => {
  const classes = new Map<string, { policies: NetworkPolicyObject[]; pods: PodObject[] }>();
  const tiers = context.tieredPolicies.map((policy) => new Set(context.tieredSubjectsOf(policy)));
  for (const group of context.groups) {
    const policies = context
      .policiesOf(group)
      .filter(({ isolates }) => isolates.includes("egress"));
    if (!policies.some(({ egress }) => egress.length > 0)) continue;
    const pods = group.pods.filter(usesClusterDns);
    const [first] = pods;
    if (first === undefined) continue;
    const names = policies.map(({ name }) => name).join(" ");
    const tiersText = tiers.map((subjects) => (subjects.has(first) ? 1 : 0)).join("");
    const key = `${group.namespace}/${names}/${tiersText}`;
    memo(classes, key, () => ({ policies, pods: [] })).pods.push(...pods);
  }
  return [...classes.values()];
};

const usesClusterDns = ({ dnsPolicy, hostNetwork }: PodObject): boolean =>
  dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);

type Judged = Pick<DnsEgress, "udp" | "tcp" | "wrongPort" | "nodeCache">;

const allFine: Judged = { udp: true, tcp: true, wrongPort: [], nodeCache: true };

/** What the policies say of the servers that the model has; past the budget everything counts as fine. */
const judgedEgress = (
  context: LintContext,
  pod: PodObject,
  asked: { readonly dns: ClusterDns; readonly budget: { questions: number } },
): Judged => {
  const { servers, nodeCaches } = asked.dns;
  asked.budget.questions -= servers.length;
  if (asked.budget.questions < 0) return allFine;
  const { engine } = context.world;
  const source = { kind: "pod", pod } as const;
  const ways = servers.map((server) => ({
    server,
    egress: engine.decide(source, { kind: "pod", pod: server.pod }).egress,
  }));
  const udp = ways.some(({ server, egress }) => mayUse(egress, "UDP", server.udpPort));
  return {
    udp,
    tcp: ways.some(({ server, egress }) => mayUse(egress, "TCP", server.tcpPort)),
    wrongPort: ways
      .filter(({ server, egress }) => server.udpPort !== 53 && mayUse(egress, "UDP", 53))
      .map(({ server }) => server),
    nodeCache: nodeCaches.length === 0 || reachesNodeCache(context, pod),
  };
};

/** Doubt counts as allowed: a finding needs certainty. */
const mayUse = (egress: DirectionDecision, protocol: "TCP" | "UDP", port: number): boolean =>
  containsConnection(egress.allowed, protocol, port) ||
  containsConnection(egress.undetermined, protocol, port);

const reachesNodeCache = (context: LintContext, pod: PodObject): boolean => {
  const { engine } = context.world;
  if (engine.profile.ownNodeAllowed.includes("egress")) return true;
  const address = parseIp(nodeLocalAddress);
  if (address === undefined) return true;
  const range = { family: address.family, first: address.value, last: address.value };
  const { egress } = engine.decide({ kind: "pod", pod }, { kind: "addresses", range });
  return mayUse(egress, "UDP", 53);
};

/** Without servers in the model: whether some rule could be meant for them. */
const guessedEgress = (context: LintContext, policies: readonly NetworkPolicyObject[]): Judged => {
  const [{ namespace } = { namespace: "" }] = policies;
  const rules = policies
    .flatMap(({ egress }) => egress)
    .filter((rule) => mayHoldDns(rule, namespace));
  const ordered = context.tieredPolicies.some(({ egress }) =>
    egress.some(({ action }) => action === "accept"),
  );
  const udp = ordered || rules.some((rule) => allowsDns(rule, "UDP"));
  const tcp = ordered || rules.some((rule) => allowsDns(rule, "TCP"));
  return { ...allFine, udp, tcp };
};

const mayHoldDns = ({ peers }: NetworkPolicyRule, namespace: string): boolean =>
  peers === undefined ||
  peers.some((peer: NetworkPolicyPeer) =>
    peer.kind === "ipBlock"
      ? true
      : peer.namespaceSelector !== undefined || /^(kube-system|openshift-dns)$/.test(namespace),
  );

const allowsDns = ({ ports }: NetworkPolicyRule, protocol: "TCP" | "UDP"): boolean => {
  const fixed = fixedConnections(ports);
  return (
    containsConnection(fixed, protocol, 53) ||
    containsConnection(fixed, protocol, 5353) ||
    namedPortsOf(ports).some(
      (port) => /^dns/.test(port.name) && (port.protocol ?? protocol) === protocol,
    )
  );
};
