import type { Edit, Mutant } from "./mutant.js";

// Faults in how ordered policies are read and judged, numbered as in the list of faults that implementations have.

const reading = "server/kube/objects/tiered-versions.ts";
const rules = "server/analyzer/policy/evaluate-rules.ts";
const book = "server/analyzer/policy/policy-book.ts";

const fault = (id: string, text: string, file: string, find: string, replace: string): Mutant => ({
  id,
  fault: text,
  suite: "documentation",
  edits: [{ file, find, replace } satisfies Edit],
});

const notMatched = 'if (matches(rule) !== "yes") continue;';
const isolatedVerdict = "return table.union(admin.accepted, table.intersect(reach, certain));";

const ignoredDeny = (tier: string): string =>
  `if (matches(rule) !== "yes" || (rule.action === "deny" && "tier" in rule.ref.policy && rule.ref.policy.tier === "${tier}")) continue;`;

/** The faults of ordered policies. */
export const tierMutants: readonly Mutant[] = [
  fault(
    "22",
    "AdminNetworkPolicy priority reversed",
    book,
    "one.priority - other.priority ||",
    "other.priority - one.priority ||",
  ),
  fault(
    "23",
    "the last matching rule of an AdminNetworkPolicy wins",
    rules,
    "for (const { rules } of group) yield* rules;",
    "for (const { rules } of group) yield* [...rules].reverse();",
  ),
  fault(
    "24",
    "Pass means Allow",
    rules,
    "passed = table.union(passed, taken);",
    "accepted = table.union(accepted, taken);",
  ),
  fault(
    "25",
    "Pass means no match (later rules of the same tier still apply)",
    rules,
    notMatched,
    'if (matches(rule) !== "yes" || rule.action === "pass") continue;',
  ),
  fault(
    "26",
    "an admin Allow does not bypass NetworkPolicies",
    rules,
    isolatedVerdict,
    "return table.intersect(table.union(reach, admin.accepted), certain);",
  ),
  fault("27", "an admin Deny is ignored", rules, notMatched, ignoredDeny("admin")),
  fault(
    "28",
    "an AdminNetworkPolicy isolates its subject (implicit deny)",
    rules,
    "if (rules.networkPolicies.length > 0) {",
    "if (rules.networkPolicies.length > 0 || rules.admin.length > 0) {",
  ),
  fault(
    "29",
    "the baseline policy applies even if a NetworkPolicy selects the pod in that direction",
    rules,
    isolatedVerdict,
    `const allowed = table.intersect(reach, certain);
    const last = evaluateTier(rules.baseline, allowed, answers, undefined);
    return table.union(
      admin.accepted,
      table.union(last.accepted, table.union(last.remaining, last.passed)),
    );`,
  ),
  fault(
    "30",
    "the baseline policy is skipped if a NetworkPolicy selects the pod in any direction",
    book,
    'baseline: priorityGroups(tiered, "baseline", direction),',
    `baseline:
        this.#lookupIn(pod.namespace).find(pod.labels).length > 0
          ? []
          : priorityGroups(tiered, "baseline", direction),`,
  ),
  fault("31", "a baseline Deny is ignored", rules, notMatched, ignoredDeny("baseline")),
  fault(
    "32",
    "an admin rule without protocol matches any protocol",
    reading,
    'return isRange ? rangeOf(field, protocol) : numberOf(field.field("port"), protocol);',
    `const any = field.field("protocol").present ? [protocol] : transportProtocols;
  return any.flatMap((each) =>
    isRange ? rangeOf(field, each) : numberOf(field.field("port"), each),
  );`,
  ),
  fault(
    "33",
    "the end of an admin portRange is exclusive",
    reading,
    'return [{ kind: "numbers", protocol, first, last }];',
    'return [{ kind: "numbers", protocol, first, last: last - 1 }];',
  ),
  fault(
    "34",
    "admin namedPort ignored",
    reading,
    'return name === undefined ? [] : [{ kind: "named", name }];',
    'return name === undefined ? [] : [{ kind: "named", name: "" }];',
  ),
];
