import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PortRule,
} from "../../model/objects.js";
import {
  type FitContext,
  isInBlock,
  networkPolicyPeerFit,
  rangesOf,
  type Unmet,
} from "../../pair/peer-fit.js";
import { otherProtocols, portsFit, unresolvedNames } from "../../pair/port-fit.js";
import type { Direction, PolicyEndpoint } from "../../policy/decision.js";
import { type ConnectionSet, containsConnection, type Protocol } from "../../sets/connections.js";

/** The connection that a direction does not let through. */
export type DeniedConnection = {
  readonly direction: Direction;
  /** Whose policies deny: the source for egress, the destination for ingress. */
  readonly subject: PolicyEndpoint;
  readonly peer: PolicyEndpoint;
  readonly protocol: Protocol;
  /** 0: any. */
  readonly port: number;
};

/** Why one rule does not let a connection through; what it lacks decides the code. */
export type RuleMiss = {
  readonly policy: NetworkPolicyObject;
  /** 0-based. */
  readonly index: number;
  readonly kind:
    | "named-port"
    | "protocol"
    | "port"
    | "block-except"
    | "block-pods"
    | "namespace"
    | "peer";
  /** What the nearest peer of the rule wants and the end does not have. */
  readonly unmet: readonly Unmet[];
  /** That peer. */
  readonly nearest?: NetworkPolicyPeer;
  /** What the rule's ports allow. */
  readonly ports: ConnectionSet;
  /** Whether the rule is about DNS only: port 53 and nothing else. */
  readonly isDnsOnly: boolean;
};

// The nearest miss first.
const kinds: readonly RuleMiss["kind"][] = [
  "named-port",
  "protocol",
  "port",
  "block-except",
  "block-pods",
  "namespace",
  "peer",
];

/** What every rule of policies lacks to let a connection through, the nearest first. */
export const ruleMissesOf = (
  context: FitContext,
  policies: readonly NetworkPolicyObject[],
  connection: DeniedConnection,
): readonly RuleMiss[] =>
  policies
    .flatMap((policy) =>
      policy[connection.direction].map((rule, index) =>
        missOf(context, { policy, rule, index }, connection),
      ),
    )
    .sort(
      (one, other) =>
        kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
        fits(other, connection) - fits(one, connection) ||
        one.unmet.length - other.unmet.length ||
        (one.policy.name < other.policy.name ? -1 : one.policy.name > other.policy.name ? 1 : 0) ||
        one.index - other.index,
    );

const fits = ({ ports }: RuleMiss, connection: DeniedConnection): number =>
  hasPort(ports, connection) ? 1 : 0;

const hasPort = (ports: ConnectionSet, { protocol, port }: DeniedConnection): boolean =>
  port === 0 ? ports[protocol].length > 0 : containsConnection(ports, protocol, port);

type PlacedRule = {
  readonly policy: NetworkPolicyObject;
  readonly rule: NetworkPolicyRule;
  readonly index: number;
};

const missOf = (
  context: FitContext,
  { policy, rule, index }: PlacedRule,
  connection: DeniedConnection,
): RuleMiss => {
  const destination = connection.direction === "egress" ? connection.peer : connection.subject;
  const ports = portsFit(rule.ports, destination);
  const base = { policy, index, ports, isDnsOnly: isDnsOnly(rule) };
  const near = nearestPeer(context, { policy, rule }, connection.peer);
  if (near === undefined || near.unmet.length === 0) {
    return { ...base, kind: portMiss(rule, destination, { ports, connection }), unmet: [] };
  }
  return { ...base, kind: peerMiss(context, near, connection.peer), ...near };
};

type NearPeer = { readonly nearest: NetworkPolicyPeer; readonly unmet: readonly Unmet[] };

/** The peer that lacks the least; undefined for a rule that is for everyone. */
const nearestPeer = (
  context: FitContext,
  { policy, rule }: Pick<PlacedRule, "policy" | "rule">,
  end: PolicyEndpoint,
): NearPeer | undefined =>
  rule.peers
    ?.map((peer) => ({
      nearest: peer,
      unmet: networkPolicyPeerFit(context, end, { peer, namespace: policy.namespace }).unmet,
    }))
    .sort((one, other) => one.unmet.length - other.unmet.length)[0];

const portMiss = (
  rule: NetworkPolicyRule,
  destination: PolicyEndpoint,
  { ports, connection }: { readonly ports: ConnectionSet; readonly connection: DeniedConnection },
): RuleMiss["kind"] => {
  if (unresolvedNames(rule.ports, destination).length > 0) return "named-port";
  const { protocol, port } = connection;
  return port !== 0 && otherProtocols(ports, { protocol, port }).length > 0 ? "protocol" : "port";
};

const peerMiss = (
  context: FitContext,
  { nearest, unmet }: NearPeer,
  end: PolicyEndpoint,
): RuleMiss["kind"] => {
  if (nearest.kind === "ipBlock") {
    const { block } = nearest;
    const ranges = rangesOf(end, context);
    const whole = { ...block, except: [] };
    if (!ranges.some((range) => isInBlock(whole, range))) return "peer";
    return ranges.some((range) => isInBlock(block, range)) ? "block-pods" : "block-except";
  }
  return unmet.every(({ of }) => of === "namespace") ? "namespace" : "peer";
};

const isDnsOnly = ({ ports }: NetworkPolicyRule): boolean => ports?.every(isDnsPort) ?? false;

const isDnsPort = (port: PortRule): boolean =>
  port.kind === "named"
    ? /^dns(-|$)/.test(port.name)
    : port.first === port.last && (port.first === 53 || port.first === 5353);
