import type { MissView } from "../answers.js";
import type { Direction, EvaluatedPolicy, PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
} from "../sets/connections.js";
import { missRulesMax } from "./limits.js";
import { peerHint } from "./miss-hints.js";
import { noRulesText, peerMismatchText } from "./miss-text.js";
import type { Denied, MissQuestion, RankedMiss } from "./misses.js";
import { unmetText } from "./peer-fit.js";
import { portMiss } from "./port-miss.js";
import { type RuleFit, ruleFits } from "./rule-fit.js";
import { policyView, ruleTitle, ruleView } from "./views.js";

/** How near the kinds of misses are. */
const ranks = {
  overridden: 1,
  "named-port-unresolved": 2,
  "protocol-mismatch": 3,
  "port-mismatch": 4,
  "peer-mismatch": 6,
  "no-rules": 100,
} as const;

/** A slip of the finger is nearer than any other peer that is not selected. */
const slipRank = 5;

/** The misses of the NetworkPolicies that isolate the subject, and those of their rules that a tier overrides. */
export const networkPolicyMisses = (
  world: PolicyWorld,
  question: MissQuestion,
  denied: Denied,
): readonly RankedMiss[] => {
  const { pair, direction } = question;
  const isDenying = !isEmptyConnections(denied.byNetworkPolicies);
  let budget = missRulesMax;
  return pair[direction].policies.flatMap((policy) => {
    if (policy.kind !== "NetworkPolicy" || budget <= 0) return [];
    budget -= policy[direction].length;
    if (policy[direction].length === 0) return isDenying ? [noRules(world, question, policy)] : [];
    return fitsOf(world, question, policy).flatMap(
      (fit) =>
        overridden(world, fit, denied.byTier, denied) ??
        (isDenying ? [ruleMiss(world, question, fit, denied.byNetworkPolicies)] : []),
    );
  });
};

/** The misses of rules of ordered policies that would accept, in tiers that have a say over what is denied. */
export const tieredMisses = (
  world: PolicyWorld,
  question: MissQuestion,
  denied: Denied,
): readonly RankedMiss[] => {
  const { pair, direction } = question;
  let budget = missRulesMax;
  return pair[direction].policies.flatMap((policy) => {
    if (policy.kind === "NetworkPolicy" || budget <= 0) return [];
    budget -= policy[direction].length;
    const concerned = policy.tier === "admin" ? denied.missing : denied.byBaseline;
    return fitsOf(world, question, policy).flatMap(
      (fit) =>
        overridden(world, fit, denied.missing, denied) ??
        (isEmptyConnections(concerned) ? [] : [ruleMiss(world, question, fit, concerned)]),
    );
  });
};

const fitsOf = (
  { model, engine }: PolicyWorld,
  { pair, direction }: MissQuestion,
  policy: EvaluatedPolicy,
): readonly RuleFit[] =>
  ruleFits({ model, profile: engine.profile }, policy, direction, {
    peer: peerOf(pair, direction),
    destination: pair.destination,
  });

const peerOf = (pair: MissQuestion["pair"], direction: Direction): PolicyEndpoint =>
  direction === "egress" ? pair.destination : pair.source;

const noRules = (
  { locate }: PolicyWorld,
  { direction, names }: MissQuestion,
  policy: EvaluatedPolicy,
): RankedMiss => ({
  rank: ranks["no-rules"],
  miss: {
    kind: "no-rules",
    policy: policyView(locate, policy),
    unmet: [],
    text: noRulesText(policy, {
      direction,
      subject: direction === "ingress" ? names.destination : names.source,
    }),
    hint: "",
  },
});

/** A rule that holds both the peer and denied connections: something else decided before. None where it does not. */
const overridden = (
  { locate }: PolicyWorld,
  { ref, nearest, fit }: RuleFit,
  among: ConnectionSet,
  { decider }: Denied,
): readonly RankedMiss[] | undefined => {
  const common = intersectConnections(fit, among);
  if (nearest !== undefined || isEmptyConnections(common)) return undefined;
  const by = decider(
    common,
    ref.policy.kind === "NetworkPolicy" ? "networkpolicy" : ref.policy.tier,
  );
  if (by === "") return [];
  const miss: MissView = {
    kind: "overridden",
    policy: policyView(locate, ref.policy),
    rule: ruleView(locate, ref),
    unmet: [],
    text: `${ruleTitle(ref)} would allow it, but ${by} decides before`,
    hint: "",
  };
  return [{ rank: ranks.overridden, miss }];
};

/** What keeps a rule from letting denied connections through. */
const ruleMiss = (
  world: PolicyWorld,
  question: MissQuestion,
  rule: RuleFit,
  missing: ConnectionSet,
): RankedMiss => {
  const { ref, nearest } = rule;
  const base = {
    policy: policyView(world.locate, ref.policy),
    rule: ruleView(world.locate, ref),
  };
  if (nearest === undefined) {
    const found = portMiss(question, rule, missing);
    return { rank: ranks[found.kind], miss: { ...base, unmet: [], ...found } };
  }
  const end = peerOf(question.pair, question.direction);
  const hint = peerHint(world.model, nearest, end);
  const isSlip = hint.startsWith("did you mean");
  const { unmet } = nearest;
  const peer = question.direction === "egress" ? question.names.destination : question.names.source;
  return {
    rank: isSlip ? slipRank : ranks["peer-mismatch"] + Math.min(unmet.length, 50),
    miss: {
      ...base,
      kind: "peer-mismatch",
      unmet: unmet.map(unmetText),
      text: peerMismatchText(rule, { peer, unmet, missing }),
      hint,
    },
  };
};
