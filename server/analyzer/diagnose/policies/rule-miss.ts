import type { NetworkPolicyObject, PortRule } from "../../model/objects.js";
import { type FitContext, isInBlock, type PeerFit, rangesOf } from "../../pair/peer-fit.js";
import { otherProtocols } from "../../pair/port-fit.js";
import { type RuleFit, ruleFits } from "../../pair/rule-fit.js";
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

/** What a rule lacks to let a connection through, the nearest first. */
const missKinds = [
  "named-port",
  "protocol",
  "port",
  "block-except",
  "block-pods",
  "namespace",
  "peer",
] as const;

/** Why one rule does not let a connection through; what it lacks decides the code. */
export type RuleMiss = {
  readonly policy: NetworkPolicyObject;
  readonly kind: (typeof missKinds)[number];
  readonly rule: RuleFit;
  /** Whether the rule is about DNS only: port 53 and nothing else. */
  readonly isDnsOnly: boolean;
};

/** What every rule of policies lacks to let a connection through, the nearest first. */
export const ruleMissesOf = (
  context: FitContext,
  policies: readonly NetworkPolicyObject[],
  connection: DeniedConnection,
): readonly RuleMiss[] => {
  const { direction, subject, peer } = connection;
  const destination = direction === "egress" ? peer : subject;
  return policies
    .flatMap((policy) =>
      ruleFits(context, policy, direction, { peer, destination }).map(
        (rule): RuleMiss => ({
          policy,
          rule,
          kind: kindOf(context, rule, connection),
          isDnsOnly: rule.ports?.every(isDnsPort) ?? false,
        }),
      ),
    )
    .sort((one, other) => compareMisses(one, other, connection));
};

const compareMisses = (one: RuleMiss, other: RuleMiss, connection: DeniedConnection): number =>
  missKinds.indexOf(one.kind) - missKinds.indexOf(other.kind) ||
  portRank(other.rule.fit, connection) - portRank(one.rule.fit, connection) ||
  lacks(one) - lacks(other) ||
  compareNames(one.policy.name, other.policy.name) ||
  one.rule.ref.index - other.rule.ref.index;

const compareNames = (one: string, other: string): number =>
  one < other ? -1 : one > other ? 1 : 0;

const lacks = ({ rule }: RuleMiss): number => rule.nearest?.unmet.length ?? 0;

const portRank = (ports: ConnectionSet, { protocol, port }: DeniedConnection): number => {
  const has = port === 0 ? ports[protocol].length > 0 : containsConnection(ports, protocol, port);
  return has ? 1 : 0;
};

const kindOf = (
  context: FitContext,
  { nearest, unresolved, fit }: RuleFit,
  { peer, protocol, port }: DeniedConnection,
): RuleMiss["kind"] => {
  if (nearest !== undefined) return peerKind(context, nearest, peer);
  if (unresolved.length > 0) return "named-port";
  return port !== 0 && otherProtocols(fit, { protocol, port }).length > 0 ? "protocol" : "port";
};

const peerKind = (
  context: FitContext,
  { peer, unmet }: PeerFit,
  end: PolicyEndpoint,
): RuleMiss["kind"] => {
  if (peer.kind !== "ipBlock") {
    return unmet.every(({ of }) => of === "namespace") ? "namespace" : "peer";
  }
  const { block } = peer;
  const ranges = rangesOf(end, context);
  if (!ranges.some((range) => isInBlock({ ...block, except: [] }, range))) return "peer";
  return ranges.some((range) => isInBlock(block, range)) ? "block-pods" : "block-except";
};

const isDnsPort = (port: PortRule): boolean =>
  port.kind === "named"
    ? /^dns(-|$)/.test(port.name)
    : port.first === port.last && (port.first === 53 || port.first === 5353);
