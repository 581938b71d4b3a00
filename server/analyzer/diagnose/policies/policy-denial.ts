import type { NetworkPolicyObject } from "../../model/objects.js";
import { peerHint, portNameHint } from "../../pair/miss-hints.js";
import { type FitContext, unmetText } from "../../pair/peer-fit.js";
import { policyName, ruleText } from "../../pair/views.js";
import type { DirectionDecision, EvaluatedPolicy, RuleRef } from "../../policy/decision.js";
import { connectionsText, containsConnection } from "../../sets/connections.js";
import type { Code } from "../catalogue/catalogue.js";
import { type DeniedConnection, type RuleMiss, ruleMissesOf } from "./rule-miss.js";

/** What denies a connection in one direction, and what comes nearest to allowing it. */
export type Denial = {
  readonly code: Code;
  /** The policies that deny: those that isolate, or the one whose rule denies. */
  readonly policies: readonly EvaluatedPolicy[];
  /** The rule that denies, or the one that comes nearest. */
  readonly rule?: RuleRef;
  /** "ingress: none", "ingress: no rule selects the source". */
  readonly ruleWords: string;
  /** What the nearest rule lacks, as a clause; "" where there is no rule. */
  readonly detail: string;
  /** "did you mean app=web?", or "". */
  readonly hint: string;
};

/** Why a direction denies a connection; undefined where it does not. */
export const denialOf = (
  context: FitContext,
  decision: DirectionDecision,
  connection: DeniedConnection,
): Denial | undefined => {
  for (const part of decision.parts) {
    const { protocol, port } = connection;
    const concerned =
      port === 0
        ? part.connections[protocol].length > 0
        : containsConnection(part.connections, protocol, port);
    if (!concerned) continue;
    if (part.by === "tier" && part.action === "deny") return tierDenial(part.rule, connection);
    if (part.by === "networkpolicy" && part.action === "deny") {
      return networkPolicyDenial(context, part.policies, connection);
    }
  }
  return undefined;
};

const tierDenial = (rule: RuleRef, { direction }: DeniedConnection): Denial => ({
  code: direction === "ingress" ? "NETPOL_INGRESS_DENIED" : "NETPOL_EGRESS_DENIED",
  policies: [rule.policy],
  rule,
  ruleWords: `${direction} rule ${rule.index + 1}`,
  detail: `${ruleText(rule)} denies it`,
  hint: "",
});

const networkPolicyDenial = (
  context: FitContext,
  policies: readonly NetworkPolicyObject[],
  connection: DeniedConnection,
): Denial => {
  const { direction } = connection;
  const misses = ruleMissesOf(context, policies, connection);
  // What lets a pod out to DNS only lets it out to nobody that it works with.
  const miss = misses.find(({ isDnsOnly }) => !isDnsOnly);
  const isDns = connection.port === 53;
  const nearest = miss ?? (isDns ? misses[0] : undefined);
  if (nearest === undefined) {
    return {
      code: direction === "ingress" ? "NETPOL_INGRESS_DENIED" : "NETPOL_EGRESS_DENIED",
      policies,
      ruleWords: misses.length === 0 ? `${direction}: none` : `${direction}: DNS only`,
      detail: misses.length === 0 ? "" : "its rules allow DNS only",
      hint: "",
    };
  }
  return {
    code: codeOf(nearest, direction),
    policies,
    rule: nearest.rule.ref,
    ruleWords: `${direction}: no rule matches`,
    detail: detailOf(nearest, connection),
    hint: hintOf(context, nearest, connection),
  };
};

const codeOf = ({ kind }: RuleMiss, direction: "ingress" | "egress"): Code => {
  const ingress = direction === "ingress";
  switch (kind) {
    case "named-port":
      return "NETPOL_NAMED_PORT_UNRESOLVED";
    case "protocol":
      return "NETPOL_PROTOCOL_MISMATCH";
    case "port":
      return ingress ? "NETPOL_INGRESS_PORT_NOT_ALLOWED" : "NETPOL_EGRESS_PORT_NOT_ALLOWED";
    case "block-except":
      return "NETPOL_IPBLOCK_EXCEPT";
    case "block-pods":
      return "NETPOL_IPBLOCK_PODS";
    case "namespace":
      return "NETPOL_NS_SELECTOR_MISS";
    case "peer":
      return ingress ? "NETPOL_INGRESS_SRC_NOT_SELECTED" : "NETPOL_EGRESS_PEER_NOT_ALLOWED";
  }
};

const detailOf = ({ kind, policy, rule }: RuleMiss, { direction }: DeniedConnection): string => {
  const title = `${direction} rule ${rule.ref.index + 1} of ${policyName(policy)}`;
  switch (kind) {
    case "named-port":
      return `${title} allows port ${rule.unresolved.join(", ")}, which the destination does not have`;
    case "protocol":
    case "port":
      return `${title} allows ${connectionsText(rule.fit)} only`;
    default:
      return `${title} wants ${rule.nearest?.unmet.map(unmetText).join(", ") ?? ""}`;
  }
};

/** What was probably meant by the rule that comes nearest. */
const hintOf = (
  { model }: FitContext,
  { kind, rule }: RuleMiss,
  { peer, subject, direction }: DeniedConnection,
): string => {
  if (rule.nearest !== undefined) return peerHint(model, rule.nearest, peer);
  const destination = direction === "egress" ? peer : subject;
  return kind === "named-port" ? portNameHint(rule.unresolved, destination) : "";
};
