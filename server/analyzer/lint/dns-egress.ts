import { usesClusterDns } from "../dns/resolver.js";
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
import { type DnsServer, type DnsServers, dnsServersOf, nodeLocalAddress } from "./dns-servers.js";
import type { LintContext } from "./lint-context.js";

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

/** What was found, and whether all was looked at. */
export type DnsEgressSearch = { readonly found: readonly DnsEgress[]; readonly exhausted: boolean };

const searches = new WeakMap<LintContext, DnsEgressSearch>();

/**
 * How pods that are isolated for egress reach the cluster's DNS, those with equal labels at once. Pods that may reach
 * nothing at all are left out, they need no names; so are pods that use other name servers. It stops when `dnsStepsMax`
 * policies have been asked.
 */
export const dnsEgressOf = (context: LintContext): DnsEgressSearch => {
  const known = searches.get(context) ?? searchDnsEgress(context);
  searches.set(context, known);
  return known;
};

const searchDnsEgress = (context: LintContext): DnsEgressSearch => {
  const dns = dnsServersOf(context);
  const found: DnsEgress[] = [];
  let steps = 0;
  for (const group of context.groups) {
    const policies = context
      .policiesOf(group)
      .filter(({ isolates }) => isolates.includes("egress"));
    const pods = group.pods.filter(usesClusterDns);
    const [pod] = pods;
    if (pod === undefined || !policies.some(({ egress }) => egress.length > 0)) continue;
    steps += policies.length * Math.max(1, dns.servers.length);
    if (steps > context.bounds.dnsStepsMax) return { found, exhausted: true };
    const judged =
      dns.servers.length === 0 ? guessedEgress(context, policies) : judgedEgress(context, pod, dns);
    found.push({ policies, pods, ...judged });
  }
  return { found, exhausted: false };
};

type Judged = Pick<DnsEgress, "udp" | "tcp" | "wrongPort" | "nodeCache">;

const allFine: Judged = { udp: true, tcp: true, wrongPort: [], nodeCache: true };

/** What the policies say of the servers that the model has. */
const judgedEgress = (
  context: LintContext,
  pod: PodObject,
  { servers, nodeCaches }: DnsServers,
): Judged => {
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
