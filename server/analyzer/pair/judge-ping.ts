import type { DoubtView } from "../answers.js";
import type { DirectionDecision, PairDecision } from "../policy/decision.js";
import { noConnections } from "../sets/connections.js";
import type { JudgedWay } from "./judge-way.js";
import { connectionsView, policyTitle } from "./views.js";
import type { Way } from "./ways.js";

/**
 * Judges ICMP: policies name TCP, UDP and SCTP only, and what they do to anything else is undefined (Kubernetes
 * documentation, "Network traffic filtering"). Where no policy has a say, it is allowed.
 */
export const judgePing = (
  { through }: Way,
  decision: PairDecision,
): Pick<JudgedWay, "allowed" | "undetermined" | "verdict" | "doubts"> => {
  const texts = [
    ...(through?.leg.servicePort === undefined
      ? []
      : ["whether the address of a Service answers ICMP"]),
    ...[decision.egress, decision.ingress].filter(hasPolicies).map(textOf),
  ];
  const doubts: readonly DoubtView[] = texts.map((what) => ({
    reason: "undefined-by-api",
    text: `the API does not define ${what}`,
    connections: connectionsView(noConnections),
  }));
  return {
    allowed: noConnections,
    undetermined: noConnections,
    verdict: doubts.length === 0 ? "allowed" : "unknown",
    doubts,
  };
};

const hasPolicies = ({ policies, doubts }: DirectionDecision): boolean =>
  policies.length > 0 || doubts.length > 0;

const textOf = ({ direction, policies }: DirectionDecision): string => {
  const [first, ...more] = policies;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const names = first === undefined ? "the policies" : `${policyTitle(first)}${others}`;
  return `what ${names} mean${first !== undefined && more.length === 0 ? "s" : ""} for ${direction} of ICMP`;
};
