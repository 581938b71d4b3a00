import { assertNever } from "../../../common/assert.js";
import type { DoubtView } from "../answers.js";
import type { Doubt, PairDecision, PolicyEndpoint } from "../policy/decision.js";
import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
} from "../sets/connections.js";
import { connectionsView, policyTitle, ruleTitle } from "./views.js";

/** Why some of the asked connections of a pair can't be told: the doubts of both directions that bear on them. */
export const doubtsOf = (decision: PairDecision, asked: ConnectionSet): readonly DoubtView[] => {
  const open = intersectConnections(asked, decision.undetermined);
  const found = new Map<string, DoubtView>();
  const { source, destination } = decision;
  for (const [doubts, ends] of [
    [decision.egress.doubts, { subject: source, peer: destination }],
    [decision.ingress.doubts, { subject: destination, peer: source }],
  ] as const) {
    for (const doubt of doubts) {
      const connections = intersectConnections(doubt.connections, open);
      if (isEmptyConnections(connections)) continue;
      const view = doubtView({ ...doubt, connections }, ends);
      if (!found.has(view.text)) found.set(view.text, view);
    }
  }
  return [...found.values()];
};

/** The end whose policies are asked, and the one that their rules go by. */
export type DoubtEnds = { readonly subject: PolicyEndpoint; readonly peer: PolicyEndpoint };

/** Why something can't be told, as answers show it. */
export const doubtView = (doubt: Doubt, ends: DoubtEnds): DoubtView => ({
  reason: doubt.reason,
  text: doubtText(doubt, ends),
  connections: connectionsView(doubt.connections),
});

const doubtText = (doubt: Doubt, { subject, peer }: DoubtEnds): string => {
  switch (doubt.reason) {
    case "unmodelled-policy":
      return `${policyTitle(doubt.policy)} selects ${endText(subject)} and is of a kind that is not evaluated`;
    case "unknown-address":
      return `${ruleTitle(doubt.rule)} goes by address, and ${addressText(peer)}`;
    case "domain-name":
      return `${ruleTitle(doubt.rule)} goes by DNS name: which addresses it covers can't be told from objects`;
    case "equal-priority":
      return `${ruleTitle(doubt.rule)} and ${ruleTitle(doubt.other)} have equal priority and disagree: the API leaves their order undefined`;
    case "undefined-by-api":
      return `the API does not define ${doubt.what}`;
    case "model-incomplete":
      return `the model does not say ${doubt.what}`;
    default:
      return assertNever(doubt);
  }
};

/** What is not known of an end's address: the address itself, or which of several is used. */
const addressText = (end: PolicyEndpoint): string => {
  const ips = addressesOf(end);
  return ips.length > 1
    ? `covers some of the addresses of ${endText(end)} only (${ips.join(", ")}): which one is used can't be told`
    : `the address of ${endText(end)} is not known`;
};

const addressesOf = (end: PolicyEndpoint): readonly string[] => {
  if (end.kind === "addresses") return [];
  return end.kind === "pod" ? end.pod.ips : end.node.ips;
};

/** "shop/web-1", "node n1", "the client": an end in a sentence. */
const endText = (end: PolicyEndpoint): string => {
  switch (end.kind) {
    case "pod":
      return `${end.pod.namespace}/${end.pod.name}`;
    case "node":
      return end.node.name === "" ? "the node" : `node ${end.node.name}`;
    case "addresses":
      return "the peer";
    default:
      return assertNever(end);
  }
};
