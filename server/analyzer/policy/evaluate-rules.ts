import { assertNever } from "../../../common/assert.js";
import type { ConnectionId, ConnectionTable } from "../sets/connection-table.js";
import { allId, noneId } from "../sets/connection-table.js";
import type { CompiledRule } from "./compiled-policy.js";
import type { Match } from "./match-peer.js";
import type { PriorityGroup, SubjectRules } from "./policy-book.js";

/** What rules say of one peer. */
export type RuleAnswers = {
  readonly table: ConnectionTable;
  readonly matches: (rule: CompiledRule) => Match;
  /** The connections that a rule names for this destination. */
  readonly connections: (rule: CompiledRule) => ConnectionId;
};

/** What decided connections, told while rules are evaluated. */
export type PartRecorder = {
  readonly tier: (rule: CompiledRule, connections: ConnectionId) => void;
  /** NetworkPolicies isolate the subject and decide these connections. */
  readonly isolated: (reach: ConnectionId) => void;
  readonly byDefault: (connections: ConnectionId) => void;
};

/** What the rules of NetworkPolicies allow together: those that match for certain, and with those that may match. */
export type RuleUnion = { readonly certain: ConnectionId; readonly possible: ConnectionId };

/** What one tier leaves. */
type TierResult = {
  readonly accepted: ConnectionId;
  /** Connections that the next tier decides: not matched here, or passed on. */
  readonly remaining: ConnectionId;
  readonly passed: ConnectionId;
};

/** NetworkPolicies add up, in no order. */
export const unionOfRules = (
  { networkPolicies, direction }: SubjectRules,
  { table, matches, connections }: RuleAnswers,
): RuleUnion => {
  let certain = noneId;
  let possible = noneId;
  for (const policy of networkPolicies) {
    for (const rule of policy[direction]) {
      const match = matches(rule);
      if (match === "no") continue;
      possible = table.union(possible, connections(rule));
      if (match === "yes") certain = table.union(certain, connections(rule));
    }
  }
  return { certain, possible };
};

/**
 * The connections that the rules of one direction allow, rules that may or may not match taken as not matching. Admin
 * tier first; then, where NetworkPolicies isolate the subject in this direction, they have the last word; else the
 * baseline tier; else everything is allowed (ClusterNetworkPolicy API, "Tier").
 */
export const evaluateRules = (
  rules: SubjectRules,
  answers: RuleAnswers,
  { certain }: RuleUnion,
  record?: PartRecorder,
): ConnectionId => {
  const { table } = answers;
  const admin = evaluateTier(rules.admin, allId, answers, record);
  const reach = table.union(admin.remaining, admin.passed);
  if (rules.networkPolicies.length > 0) {
    if (reach !== noneId) record?.isolated(reach);
    return table.union(admin.accepted, table.intersect(reach, certain));
  }
  const baseline = evaluateTier(rules.baseline, reach, answers, record);
  // A baseline Pass leaves the connection to the default, as no match does.
  if (baseline.remaining !== noneId) record?.byDefault(baseline.remaining);
  return table.union(
    admin.accepted,
    table.union(baseline.accepted, table.union(baseline.remaining, baseline.passed)),
  );
};

/** For each connection the first rule that matches decides; the others stay for later rules. */
const evaluateTier = (
  groups: readonly PriorityGroup[],
  reach: ConnectionId,
  { table, matches, connections }: RuleAnswers,
  record: PartRecorder | undefined,
): TierResult => {
  let remaining = reach;
  let accepted = noneId;
  let passed = noneId;
  for (const rule of rulesInOrder(groups)) {
    if (remaining === noneId) break;
    if (matches(rule) !== "yes") continue;
    const taken = table.intersect(remaining, connections(rule));
    if (taken === noneId) continue;
    remaining = table.subtract(remaining, taken);
    switch (rule.action) {
      case "accept":
        accepted = table.union(accepted, taken);
        break;
      case "pass":
        passed = table.union(passed, taken);
        break;
      case "deny":
        break;
      default:
        assertNever(rule.action);
    }
    record?.tier(rule, taken);
  }
  return { accepted, remaining, passed };
};

/** Every rule of a tier, the first to be asked first. */
export function* rulesInOrder(groups: readonly PriorityGroup[]): Iterable<CompiledRule> {
  for (const group of groups) {
    for (const { rules } of group) yield* rules;
  }
}
