import type { LabelSelector } from "../model/label-selector.js";
import { everything } from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyObject,
  NetworkPolicyRule,
  PortRule,
  TieredAction,
  TieredPeer,
  TieredPolicyObject,
  TieredRule,
} from "../model/objects.js";
import type { ConnectionSet } from "../sets/connections.js";
import type { IpFamily } from "../sets/ip.js";
import { type IpSet, ipSetOf, subtractIps } from "../sets/ip-set.js";
import { actionOf, closureOf } from "./closed-rule.js";
import type { Direction, EvaluatedPolicy, RuleRef } from "./decision.js";
import { fixedConnections, type NamedPort, namedPortsOf } from "./rule-connections.js";

/** Pods of a namespace, or of the namespaces that a selector selects. */
export type PodMatcher = {
  readonly kind: "pods";
  /** A name, or a selector of namespaces. */
  readonly namespace: string | LabelSelector;
  readonly podSelector: LabelSelector;
};

/** What a rule's peers come down to. */
export type PeerMatcher =
  | PodMatcher
  /** Everything inside and outside the cluster. */
  | { readonly kind: "everyone" }
  /** All address blocks of the rule in one set, holes taken out. */
  | { readonly kind: "addresses"; readonly set: IpSet }
  | { readonly kind: "nodes"; readonly selector: LabelSelector }
  /** DNS names: nobody knows which addresses they stand for. */
  | { readonly kind: "names" };

/** A rule made ready for matching. */
export type CompiledRule = {
  readonly ref: RuleRef;
  readonly action: TieredAction;
  /** Any of them; an empty list matches nothing. */
  readonly peers: readonly PeerMatcher[];
  /** Connections whatever the destination is. */
  readonly fixed: ConnectionSet;
  /** Ports that the destination pod resolves. */
  readonly named: readonly NamedPort[];
};

/** A policy made ready for matching. */
export type CompiledPolicy<P extends EvaluatedPolicy = EvaluatedPolicy> = {
  readonly policy: P;
  readonly subject: PodMatcher;
  readonly egress: readonly CompiledRule[];
  readonly ingress: readonly CompiledRule[];
};

/** Makes a NetworkPolicy ready; rules of a direction that it does not isolate are left out, since they have no effect. */
export const compileNetworkPolicy = (
  policy: NetworkPolicyObject,
  families: readonly IpFamily[],
): CompiledPolicy<NetworkPolicyObject> => {
  const rulesOf = (direction: Direction): readonly CompiledRule[] =>
    policy.isolates.includes(direction)
      ? policy[direction].map((rule, index) => ({
          ref: { policy, direction, index },
          action: "accept",
          peers: networkPolicyPeers(rule, policy.namespace, families),
          ...portsOf(rule.ports),
        }))
      : [];
  return {
    policy,
    subject: { kind: "pods", namespace: policy.namespace, podSelector: policy.podSelector },
    egress: rulesOf("egress"),
    ingress: rulesOf("ingress"),
  };
};

/** Makes an ordered policy ready. */
export const compileTieredPolicy = (
  policy: TieredPolicyObject,
  families: readonly IpFamily[],
): CompiledPolicy<TieredPolicyObject> => {
  const rulesOf = (direction: Direction): readonly CompiledRule[] =>
    policy[direction].map((rule, index) => ({
      ref: { policy, direction, index },
      ...whatMatches(rule, direction, families),
    }));
  const { subject } = policy;
  return {
    policy,
    subject:
      subject.kind === "namespaces"
        ? { kind: "pods", namespace: subject.selector, podSelector: everything }
        : {
            kind: "pods",
            namespace: subject.namespaceSelector,
            podSelector: subject.podSelector,
          },
    egress: rulesOf("egress"),
    ingress: rulesOf("ingress"),
  };
};

type Ports = Pick<CompiledRule, "fixed" | "named">;

const portsOf = (ports: readonly PortRule[] | undefined): Ports => ({
  fixed: fixedConnections(ports),
  named: namedPortsOf(ports),
});

const whatMatches = (
  rule: TieredRule,
  direction: Direction,
  families: readonly IpFamily[],
): Pick<CompiledRule, "action" | "peers"> & Ports => {
  const action = actionOf(rule);
  switch (closureOf(rule)) {
    case "accepts-nothing":
      return { action, peers: [], ...portsOf(undefined) };
    case "denies-everything":
      return { action, peers: [{ kind: "everyone" }], ...portsOf(undefined) };
    case undefined:
      return { action, peers: tieredPeers(rule, direction, families), ...portsOf(rule.ports) };
  }
};

const networkPolicyPeers = (
  { peers }: NetworkPolicyRule,
  namespace: string,
  families: readonly IpFamily[],
): readonly PeerMatcher[] => {
  if (peers === undefined) return [{ kind: "everyone" }];
  const matchers: PeerMatcher[] = [];
  const blocks: IpBlock[] = [];
  for (const peer of peers) {
    if (peer.kind === "ipBlock") blocks.push(peer.block);
    else {
      matchers.push({
        kind: "pods",
        namespace: peer.namespaceSelector ?? namespace,
        podSelector: peer.podSelector ?? everything,
      });
    }
  }
  if (blocks.length > 0) matchers.push({ kind: "addresses", set: setOfBlocks(blocks, families) });
  return matchers;
};

const tieredPeers = (
  rule: TieredRule,
  direction: Direction,
  families: readonly IpFamily[],
): readonly PeerMatcher[] => {
  const blocks = rule.peers.flatMap((peer) => (peer.kind === "networks" ? peer.blocks : []));
  const matchers = rule.peers.flatMap((peer) => tieredPeer(peer, direction));
  if (direction === "egress" && blocks.length > 0) {
    matchers.push({ kind: "addresses", set: setOfBlocks(blocks, families) });
  }
  return matchers;
};

/** Sources can only be pods (ClusterNetworkPolicyIngressPeer), so that other kinds of peers match no source. */
const tieredPeer = (peer: TieredPeer, direction: Direction): PeerMatcher[] => {
  switch (peer.kind) {
    case "namespaces":
      return [{ kind: "pods", namespace: peer.selector, podSelector: everything }];
    case "pods":
      return [{ kind: "pods", namespace: peer.namespaceSelector, podSelector: peer.podSelector }];
    case "nodes":
      return direction === "egress" ? [{ kind: "nodes", selector: peer.selector }] : [];
    case "domainNames":
      return direction === "egress" ? [{ kind: "names" }] : [];
    case "networks":
    case "unknown":
      return [];
  }
};

/**
 * The addresses of blocks, of the given families. A hole belongs to its own block only: another block may hold what this
 * one leaves out (ipBlock.except).
 */
export const setOfBlocks = (
  blocks: readonly IpBlock[],
  families: readonly IpFamily[] = [4, 6],
): IpSet =>
  ipSetOf(
    blocks
      .filter(({ range }) => families.includes(range.family))
      .flatMap(({ range, except }) => subtractIps([range], ipSetOf(except))),
  );
