import type { MissView } from "../answers.js";
import type { Direction, DirectionDecision, PairDecision, RuleRef } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { missesMax } from "./limits.js";
import { networkPolicyMisses, tieredMisses } from "./rule-misses.js";
import { subjectMisses } from "./subject-misses.js";
import { policyTitle, policyView, ruleTitle, ruleView } from "./views.js";

/** What was missed: a direction of a pair, and what was asked of it. */
export type MissQuestion = {
  readonly pair: PairDecision;
  readonly direction: Direction;
  readonly asked: ConnectionSet;
  /** The ends as sentences name them. */
  readonly names: { readonly source: string; readonly destination: string };
  /** The Service's port where it was translated. */
  readonly servicePort?: number;
};

/** A miss and how near it is: the smallest first. */
export type RankedMiss = { readonly miss: MissView; readonly rank: number };

/**
 * Why the policies of one direction do not let the asked connections through, the nearest miss first: the rule that denies,
 * rules that are overridden, that differ in a port's name, protocol or number, that do not select the peer, policies
 * without rules. At most `missesMax`.
 */
export const missesOf = (world: PolicyWorld, question: MissQuestion): readonly MissView[] => {
  const decision = question.pair[question.direction];
  const missing = subtractConnections(question.asked, decision.allowed);
  if (isEmptyConnections(missing)) return [];
  const denied = deniedBy(decision, missing);
  const ranked = [
    ...tierDenials(world, decision, missing),
    ...networkPolicyMisses(world, question, denied),
    ...tieredMisses(world, question, denied),
    ...subjectMisses(world, question, denied),
  ];
  return ranked
    .map((one, index) => ({ ...one, index }))
    .sort((one, other) => one.rank - other.rank || one.index - other.index)
    .slice(0, missesMax)
    .map(({ miss }) => miss);
};

/** What denies the missing connections. */
export type Denied = {
  readonly missing: ConnectionSet;
  /** By ordered rules, of any tier. */
  readonly byTier: ConnectionSet;
  /** By the baseline tier. */
  readonly byBaseline: ConnectionSet;
  readonly byNetworkPolicies: ConnectionSet;
  /** "AdminNetworkPolicy 'a' Ingress rule x": what decides a connection before a policy of a tier is asked. */
  readonly decider: (connections: ConnectionSet, tier: Tier) => string;
};

/** Where a policy stands in the order of evaluation. */
export type Tier = "admin" | "networkpolicy" | "baseline";

const deniedBy = (decision: DirectionDecision, missing: ConnectionSet): Denied => {
  const sets = {
    byTier: noConnections,
    byBaseline: noConnections,
    byNetworkPolicies: noConnections,
  };
  const deciders: Decider[] = [];
  for (const part of decision.parts) {
    const connections = intersectConnections(part.connections, missing);
    if (isEmptyConnections(connections)) continue;
    if (part.by === "tier" && part.action !== "accept") {
      deciders.push({
        title: ruleTitle(part.rule),
        tier: part.tier,
        action: part.action,
        connections,
      });
      if (part.action === "pass") continue;
      sets.byTier = unionConnections(sets.byTier, connections);
      if (part.tier === "baseline")
        sets.byBaseline = unionConnections(sets.byBaseline, connections);
    } else if (part.by === "networkpolicy" && part.action === "deny") {
      const title = part.policies.map(policyTitle).join(", ");
      deciders.push({ title, tier: "networkpolicy", action: "deny", connections });
      sets.byNetworkPolicies = unionConnections(sets.byNetworkPolicies, connections);
    }
  }
  return {
    missing,
    ...sets,
    decider: (connections, tier) => deciderOf(deciders, connections, tier),
  };
};

type Decider = {
  readonly title: string;
  readonly tier: Tier;
  readonly action: "deny" | "pass";
  readonly connections: ConnectionSet;
};

/** A rule that passes connections on keeps the rest of its own tier from deciding, and no other. */
const deciderOf = (deciders: readonly Decider[], connections: ConnectionSet, tier: Tier): string =>
  deciders.find(
    (one) =>
      (one.action === "deny" || one.tier === tier) &&
      !isEmptyConnections(intersectConnections(one.connections, connections)),
  )?.title ?? "";

const tierDenials = (
  { locate }: PolicyWorld,
  { parts }: DirectionDecision,
  missing: ConnectionSet,
): readonly RankedMiss[] =>
  parts.flatMap((part) => {
    if (part.by !== "tier" || part.action !== "deny") return [];
    if (isEmptyConnections(intersectConnections(part.connections, missing))) return [];
    return [{ rank: 0, miss: denialOf(locate, part.rule) }];
  });

const denialOf = (locate: PolicyWorld["locate"], rule: RuleRef): MissView => ({
  kind: "tier-denies",
  policy: policyView(locate, rule.policy),
  rule: ruleView(locate, rule),
  unmet: [],
  text: `${ruleTitle(rule)} denies it; NetworkPolicies ${rule.policy.kind !== "NetworkPolicy" && rule.policy.tier === "admin" ? "can't change that" : "for the pod come before it"}`,
  hint: "",
});
