import { groupBy } from "../../../../common/group-by.js";
import { selects } from "../../model/label-selector.js";
import type { NetworkPolicyObject } from "../../model/objects.js";
import { impliesSelector } from "../../model/selector-cover.js";
import { actionOf } from "../../policy/closed-rule.js";
import type { Direction } from "../../policy/decision.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import {
  type RuleSite,
  rulesInForce,
  ruleText,
  type TieredRuleSite,
  tieredRuleSites,
} from "../policy-rules.js";
import { coversRule, shapeOfRule, shapeOfTieredRule } from "../rule-cover.js";
import { isForAllPods } from "../tier-guard.js";

/** What the Admin tier decides never gets to NetworkPolicies. */
export const overriddenByAdmin: LintRule = {
  id: "CW038",
  title: "overridden-by-admin-tier",
  severity: "info",
  summary:
    "A NetworkPolicy, or a rule of one, has no effect because the Admin tier decides before it.",
  *run(context) {
    const admin = [...tieredRuleSites(context)].filter(({ policy }) => policy.tier === "admin");
    if (admin.length === 0) return;
    const byNamespace = groupBy(context.policies, ({ namespace }) => namespace);
    for (const [namespace, policies] of byNamespace) {
      const { labels } = context.model.namespace(namespace);
      const sites = admin.filter(({ policy: { subject } }) =>
        selects(subject.kind === "pods" ? subject.namespaceSelector : subject.selector, labels),
      );
      if (sites.length === 0) continue;
      for (const policy of policies) yield* overriddenParts(context, policy, sites);
    }
  },
};

const overriddenParts = function* (
  context: LintContext,
  policy: NetworkPolicyObject,
  admin: readonly TieredRuleSite[],
) {
  for (const direction of policy.isolates) {
    const deciding = decidingRules(policy, admin, direction);
    const all = deciding.find(({ rule }) => isForAllPods(rule));
    if (all !== undefined) {
      yield {
        severity: "low" as const,
        message: `${objectText(all.policy)} decides every ${direction} connection with pods before this policy is asked (${actionOf(all.rule)}): it has no say about them.`,
        fix: "Use Pass in the Admin tier where NetworkPolicies are to decide, or remove the policy.",
        object: policy,
        path: ["spec", direction],
      };
      continue;
    }
    for (const site of rulesInForce(policy)) {
      if (site.direction !== direction) continue;
      const denial = deciding.find((other) => denies(context, other, site));
      if (denial === undefined) continue;
      yield {
        message: `${ruleText(site)} allows what ${objectText(denial.policy)} denies in the Admin tier: it has no effect.`,
        fix: "Nothing, if the denial is meant; else ask the administrator of the cluster for a rule before it.",
        object: policy,
        path: site.path,
      };
    }
  }
};

/** Admin rules for all pods of a policy, up to the first one that passes something on. */
const decidingRules = (
  { podSelector }: NetworkPolicyObject,
  admin: readonly TieredRuleSite[],
  direction: Direction,
): readonly TieredRuleSite[] => {
  const ours = admin.filter((site) => site.direction === direction);
  const pass = ours.findIndex(({ rule }) => actionOf(rule) === "pass");
  return (pass === -1 ? ours : ours.slice(0, pass)).filter(
    ({ policy: { subject } }) =>
      subject.kind === "namespaces" || impliesSelector(podSelector, subject.podSelector),
  );
};

const denies = (context: LintContext, admin: TieredRuleSite, site: RuleSite): boolean =>
  actionOf(admin.rule) === "deny" &&
  coversRule(context, shapeOfTieredRule(admin.rule), shapeOfRule(site.rule, site.policy.namespace));
