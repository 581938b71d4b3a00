import { allId, type ConnectionId, noneId } from "../sets/connection-table.js";
import type { CompiledRule } from "./compiled-policy.js";
import { type RuleAnswers, type RuleUnion, rulesInOrder } from "./evaluate-rules.js";
import type { PriorityGroup, SubjectRules, TierRules } from "./policy-book.js";

/** Two rules of equal priority with different actions, and the connections that both would decide. */
export type Disagreement = {
  readonly rule: CompiledRule;
  readonly other: CompiledRule;
  readonly connections: ConnectionId;
};

/** What can become of connections in one tier. A connection may stand in several. */
type TierOutcomes = {
  readonly accepted: ConnectionId;
  readonly denied: ConnectionId;
  readonly passed: ConnectionId;
  /** Those that no rule decides for certain. */
  readonly remaining: ConnectionId;
};

/** Whether anything about these rules and this peer is open: without it, nothing is undetermined. */
export const hasOpenQuestions = (
  rules: SubjectRules,
  { matches }: RuleAnswers,
  { certain, possible }: RuleUnion,
): boolean => {
  if (rules.unmodelled.length > 0 || certain !== possible) return true;
  if ([...rules.admin, ...rules.baseline].some((group) => group.length > 1)) return true;
  const isOpen = (rule: CompiledRule): boolean => {
    const match = matches(rule);
    return match !== "yes" && match !== "no";
  };
  for (const tier of [rules.admin, rules.baseline]) {
    for (const rule of rulesInOrder(tier)) if (isOpen(rule)) return true;
  }
  return false;
};

/**
 * The connections that could be allowed as well as denied: for each, all outcomes are followed that a rule that may or
 * may not match, and policies of equal priority in any order, leave possible. Who wants to know which rules of equal
 * priority disagree gives a list for them.
 */
export const undeterminedConnections = (
  rules: SubjectRules,
  answers: RuleAnswers,
  { certain, possible }: RuleUnion,
  disagreements?: Disagreement[],
): ConnectionId => {
  const { table } = answers;
  const admin = tierOutcomes(rules.admin, allId, { answers, disagreements });
  const reach = table.union(admin.remaining, admin.passed);
  let { accepted, denied } = admin;
  if (rules.networkPolicies.length > 0) {
    accepted = table.union(accepted, table.intersect(reach, possible));
    denied = table.union(denied, table.subtract(reach, certain));
  } else {
    const baseline = tierOutcomes(rules.baseline, reach, { answers, disagreements });
    const byDefault = table.union(baseline.remaining, baseline.passed);
    accepted = table.union(accepted, table.union(baseline.accepted, byDefault));
    denied = table.union(denied, baseline.denied);
  }
  return rules.unmodelled.length > 0 ? allId : table.intersect(accepted, denied);
};

type Context = {
  readonly answers: RuleAnswers;
  readonly disagreements: Disagreement[] | undefined;
};

const tierOutcomes = (
  groups: readonly PriorityGroup[],
  reach: ConnectionId,
  context: Context,
): TierOutcomes => {
  const { table } = context.answers;
  let outcomes: TierOutcomes = {
    accepted: noneId,
    denied: noneId,
    passed: noneId,
    remaining: reach,
  };
  for (const group of groups) {
    const entering = outcomes.remaining;
    const taken = group.map((member) => policyOutcomes(member, entering, context.answers));
    for (const one of taken) {
      outcomes = {
        accepted: table.union(outcomes.accepted, one.accepted),
        denied: table.union(outcomes.denied, one.denied),
        passed: table.union(outcomes.passed, one.passed),
        remaining: table.intersect(outcomes.remaining, one.remaining),
      };
    }
    if (context.disagreements !== undefined) {
      noteDisagreements(taken, context.answers, context.disagreements);
    }
  }
  return outcomes;
};

/** What a rule may decide. */
type Taken = { readonly rule: CompiledRule; readonly connections: ConnectionId };

type PolicyOutcomes = TierOutcomes & { readonly taken: readonly Taken[] };

/** What one policy can do with the connections that may reach it. */
const policyOutcomes = (
  { rules }: TierRules,
  reach: ConnectionId,
  { table, matches, connections }: RuleAnswers,
): PolicyOutcomes => {
  const outcomes = { accept: noneId, deny: noneId, pass: noneId };
  const taken: Taken[] = [];
  let remaining = reach;
  for (const rule of rules) {
    const match = matches(rule);
    if (match === "no") continue;
    const own = table.intersect(remaining, connections(rule));
    if (own === noneId) continue;
    taken.push({ rule, connections: own });
    outcomes[rule.action] = table.union(outcomes[rule.action], own);
    if (match === "yes") remaining = table.subtract(remaining, own);
  }
  return {
    accepted: outcomes.accept,
    denied: outcomes.deny,
    passed: outcomes.pass,
    remaining,
    taken,
  };
};

/** Notes each pair of rules of different policies of one group that take the same connections and do not do the same. */
const noteDisagreements = (
  policies: readonly PolicyOutcomes[],
  { table }: RuleAnswers,
  disagreements: Disagreement[],
): void => {
  policies.forEach((policy, index) => {
    const others = policies.slice(index + 1).flatMap(({ taken }) => taken);
    for (const { rule, connections } of policy.taken) {
      for (const { rule: other, connections: theirs } of others) {
        const both = table.intersect(connections, theirs);
        if (both === noneId || rule.action === other.action) continue;
        disagreements.push({ rule, other, connections: both });
      }
    }
  });
};
