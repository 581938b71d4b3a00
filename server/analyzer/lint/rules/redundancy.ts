import type { NetworkPolicyObject } from "../../model/objects.js";
import { duplicatesOf } from "../duplicate-policies.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { PolicyCover } from "../policy-cover.js";
import { type RuleSite, rulesInForce, ruleText } from "../policy-rules.js";
import { stoppedFinding } from "../stopped-finding.js";

/** What others make needless, found together since one excludes another. */
type Needless = {
  readonly policies: ReadonlyMap<NetworkPolicyObject, readonly NetworkPolicyObject[]>;
  readonly rules: readonly { readonly site: RuleSite; readonly cover: RuleSite }[];
  readonly exhausted: boolean;
};

const found = new WeakMap<LintContext, Needless>();

const needlessOf = (context: LintContext): Needless => {
  const known = found.get(context) ?? findNeedless(context);
  found.set(context, known);
  return known;
};

const findNeedless = (context: LintContext): Needless => {
  const cover = new PolicyCover(context);
  const gone = new Set<NetworkPolicyObject>(duplicatesOf(context).keys());
  const policies = new Map<NetworkPolicyObject, readonly NetworkPolicyObject[]>();
  const rules: { site: RuleSite; cover: RuleSite }[] = [];
  // Of two that cover each other the later name goes.
  for (const policy of [...context.policies].reverse()) {
    if (cover.exhausted) break;
    if (gone.has(policy)) continue;
    const wider = cover.widerThan(policy).filter((other) => !gone.has(other));
    const covers = isDefaultDeny(policy) ? undefined : coversOfPolicy(cover, policy, wider);
    if (covers !== undefined) {
      gone.add(policy);
      policies.set(policy, covers);
      continue;
    }
    for (const site of rulesInForce(policy)) {
      const other = coverOfRule(cover, site, wider);
      if (other !== undefined) rules.push({ site, cover: other });
    }
  }
  return { policies, rules, exhausted: cover.exhausted };
};

/** A default deny is worth having of its own, whatever else isolates the same pods. */
const isDefaultDeny = (policy: NetworkPolicyObject): boolean =>
  policy.podSelector.key === "" && rulesInForce(policy).length === 0;

/** The policies that together do all that a policy does; undefined when they do not. */
const coversOfPolicy = (
  cover: PolicyCover,
  policy: NetworkPolicyObject,
  wider: readonly NetworkPolicyObject[],
): readonly NetworkPolicyObject[] | undefined => {
  const covers = new Set<NetworkPolicyObject>();
  for (const direction of policy.isolates) {
    const other = wider.find(({ isolates }) => isolates.includes(direction));
    if (other === undefined) return undefined;
    covers.add(other);
  }
  for (const site of rulesInForce(policy)) {
    const other = cover.coverOf(site, wider);
    if (other === undefined) return undefined;
    covers.add(other.policy);
  }
  return [...covers];
};

/** A rule that covers another one: of a wider policy, or of its own; of two equal rules the later one is needless. */
const coverOfRule = (
  cover: PolicyCover,
  site: RuleSite,
  wider: readonly NetworkPolicyObject[],
): RuleSite | undefined => {
  const own = rulesInForce(site.policy).find(
    (other) =>
      other.rule !== site.rule &&
      cover.covers(other, site) &&
      (other.index < site.index || !cover.covers(site, other)),
  );
  if (own !== undefined) return own;
  const other = cover.coverOf(site, wider);
  if (other === undefined) return undefined;
  const isEqual = other.policy.podSelector.key === site.policy.podSelector.key;
  const mutual = isEqual && cover.covers(site, other);
  return mutual && other.policy.name > site.policy.name ? undefined : other;
};

/** A rule that another one covers changes nothing. */
export const redundantRule: LintRule = {
  id: "CW034",
  title: "redundant-rule",
  severity: "low",
  summary: "A rule allows only what another rule allows the same pods anyway.",
  *run(context) {
    const { rules, exhausted } = needlessOf(context);
    for (const { site, cover } of rules) {
      const where = cover.policy === site.policy ? "" : ` of ${objectText(cover.policy)}`;
      yield {
        message: `${ruleText(site)} allows nothing that ${ruleText(cover).toLowerCase()}${where} does not allow.`,
        fix: "Remove it, or narrow the other rule if that one is too wide.",
        object: site.policy,
        path: site.path,
      };
    }
    if (exhausted) yield stoppedFinding("redundant rules", context.bounds.coverageStepsMax);
  },
};

/** A policy that others cover in every direction and rule changes nothing. */
export const redundantPolicy: LintRule = {
  id: "CW036",
  title: "redundant-policy",
  severity: "low",
  summary: "Other policies isolate the same pods and allow all that a policy allows.",
  *run(context) {
    for (const [policy, covers] of needlessOf(context).policies) {
      yield {
        message: `${covers.map(objectText).join(" and ")} ${covers.length === 1 ? "isolates" : "isolate"} the same pods and ${covers.length === 1 ? "allows" : "allow"} everything that this policy allows: without it nothing would change.`,
        fix: "Remove it, or narrow the others if they are too wide.",
        object: policy,
        path: ["spec"],
      };
    }
  },
};
