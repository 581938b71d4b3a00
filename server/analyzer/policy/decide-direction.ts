import type { ConnectionId } from "../sets/connection-table.js";
import { noneId } from "../sets/connection-table.js";
import { allConnections, type ConnectionSet, noConnections } from "../sets/connections.js";
import type { CompiledRule } from "./compiled-policy.js";
import type {
  Direction,
  DirectionDecision,
  Doubt,
  EvaluatedPolicy,
  Exemption,
  Part,
} from "./decision.js";
import {
  evaluateRules,
  type RuleAnswers,
  type RuleUnion,
  rulesInOrder,
  unionOfRules,
} from "./evaluate-rules.js";
import type { PriorityGroup, SubjectRules } from "./policy-book.js";
import {
  type Disagreement,
  hasOpenQuestions,
  undeterminedConnections,
} from "./possible-outcomes.js";

/** The decision of a direction in which no policy is asked. */
export const exemptDirection = (direction: Direction, reason: Exemption): DirectionDecision => ({
  direction,
  isolated: false,
  policies: [],
  allowed: allConnections,
  undetermined: noConnections,
  parts: [{ by: "exemption", reason, connections: allConnections }],
  doubts: [],
});

/** Decides one direction with everything that decided it. */
export const decideDirection = (rules: SubjectRules, answers: RuleAnswers): DirectionDecision => {
  const { table } = answers;
  const parts: Part[] = [];
  const union = unionOfRules(rules, answers);
  const allowed = evaluateRules(rules, answers, union, {
    tier: (rule, connections) => {
      const part = tierPart(rule, table.get(connections));
      if (part !== undefined) parts.push(part);
    },
    isolated: (reach) => {
      parts.push(...networkPolicyParts(rules, answers, { reach, union }));
    },
    byDefault: (connections) => {
      parts.push({ by: "default", connections: table.get(connections) });
    },
  });
  const disagreements: Disagreement[] = [];
  const undetermined = hasOpenQuestions(rules, answers, union)
    ? undeterminedConnections(rules, answers, union, disagreements)
    : noneId;
  return {
    direction: rules.direction,
    isolated: rules.networkPolicies.length > 0,
    policies: policiesOf(rules),
    allowed: table.get(allowed),
    undetermined: table.get(undetermined),
    parts,
    doubts: doubtsOf(rules, answers, { undetermined, disagreements }),
  };
};

const tierPart = ({ ref, action }: CompiledRule, connections: ConnectionSet): Part | undefined =>
  ref.policy.kind === "NetworkPolicy"
    ? undefined
    : { by: "tier", tier: ref.policy.tier, action, rule: ref, connections };

/** Every rule that allows is named; what none of them allows is denied by all that isolate. */
const networkPolicyParts = (
  { networkPolicies, direction }: SubjectRules,
  { table, matches, connections }: RuleAnswers,
  { reach, union }: { readonly reach: ConnectionId; readonly union: RuleUnion },
): readonly Part[] => {
  const parts: Part[] = [];
  for (const rule of networkPolicies.flatMap((policy) => policy[direction])) {
    if (matches(rule) !== "yes") continue;
    const taken = table.intersect(reach, connections(rule));
    if (taken === noneId) continue;
    parts.push({
      by: "networkpolicy",
      action: "accept",
      rule: rule.ref,
      connections: table.get(taken),
    });
  }
  const denied = table.subtract(reach, union.certain);
  if (denied === noneId) return parts;
  const policies = networkPolicies.map(({ policy }) => policy);
  parts.push({
    by: "networkpolicy",
    action: "deny",
    policies,
    connections: table.get(denied),
  });
  return parts;
};

const policiesOf = (rules: SubjectRules): readonly EvaluatedPolicy[] => {
  const inTier = (groups: readonly PriorityGroup[]): readonly EvaluatedPolicy[] =>
    groups.flatMap((group) => group.map(({ policy }) => policy));
  return [
    ...inTier(rules.admin),
    ...rules.networkPolicies.map(({ policy }) => policy),
    ...inTier(rules.baseline),
  ];
};

/** What makes the undetermined connections so: each doubt with its share of them. */
const doubtsOf = (
  rules: SubjectRules,
  answers: RuleAnswers,
  {
    undetermined,
    disagreements,
  }: { readonly undetermined: ConnectionId; readonly disagreements: readonly Disagreement[] },
): readonly Doubt[] => {
  if (undetermined === noneId) return [];
  const { table } = answers;
  const share = (connections: ConnectionId): ConnectionSet | undefined => {
    const own = table.intersect(connections, undetermined);
    return own === noneId ? undefined : table.get(own);
  };
  const doubts: Doubt[] = rules.unmodelled.map((policy) => ({
    reason: "unmodelled-policy",
    policy,
    connections: allConnections,
  }));
  for (const rule of everyRule(rules)) {
    const match = answers.matches(rule);
    if (match === "yes" || match === "no") continue;
    const connections = share(answers.connections(rule));
    if (connections !== undefined) doubts.push({ reason: match, rule: rule.ref, connections });
  }
  for (const { rule, other, connections: both } of disagreements) {
    const connections = share(both);
    if (connections === undefined) continue;
    doubts.push({ reason: "equal-priority", rule: rule.ref, other: other.ref, connections });
  }
  return doubts;
};

function* everyRule(rules: SubjectRules): Iterable<CompiledRule> {
  yield* rulesInOrder(rules.admin);
  if (rules.networkPolicies.length === 0) yield* rulesInOrder(rules.baseline);
  for (const policy of rules.networkPolicies) yield* policy[rules.direction];
}
