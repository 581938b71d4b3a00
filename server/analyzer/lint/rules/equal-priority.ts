import { groupBy } from "../../../../common/group-by.js";
import type { PodObject, TieredPolicyObject } from "../../model/objects.js";
import { actionOf } from "../../policy/closed-rule.js";
import { fixedConnections, namedPortsOf } from "../../policy/rule-connections.js";
import { intersectConnections, isEmptyConnections } from "../../sets/connections.js";
import { intersectIps } from "../../sets/ip-set.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { type TieredRuleSite, tieredRuleSites } from "../policy-rules.js";
import { type RuleShape, shapeOfTieredRule } from "../rule-cover.js";
import { stoppedFinding } from "../stopped-finding.js";

/** The API leaves the order of policies with equal priority open. */
export const equalPriorityConflict: LintRule = {
  id: "CW040",
  title: "equal-priority-conflict",
  severity: "medium",
  summary: "Two cluster-wide policies of equal priority disagree about the same connections.",
  *run(context) {
    const groups = groupBy(
      tieredRuleSites(context),
      ({ policy, direction }) => `${policy.tier} ${policy.priority} ${direction}`,
    );
    const reported = new Set<string>();
    const { equalPriorityPairsMax } = context.bounds;
    let pairs = 0;
    for (const sites of groups.values()) {
      for (const [one, other] of disagreeing(sites)) {
        if (pairs++ >= equalPriorityPairsMax) {
          yield stoppedFinding("conflicts of priority", equalPriorityPairsMax);
          return;
        }
        const key = `${objectText(one.policy)} ${objectText(other.policy)}`;
        if (reported.has(key) || !overlap(context, one, other)) continue;
        reported.add(key);
        yield {
          message: `${objectText(one.policy)} and this policy have priority ${other.policy.priority} in one tier, and their ${other.direction} rules disagree (${actionOf(one.rule)}, ${actionOf(other.rule)}) about the same connections: the API does not say which one goes first.`,
          fix: "Give them different priorities; the lower number goes first.",
          object: other.policy,
          path: ["spec", "priority"],
        };
      }
    }
  },
};

const disagreeing = function* (
  sites: readonly TieredRuleSite[],
): Iterable<readonly [TieredRuleSite, TieredRuleSite]> {
  for (const [index, one] of sites.entries()) {
    for (const other of sites.slice(index + 1)) {
      if (one.policy === other.policy || actionOf(one.rule) === actionOf(other.rule)) continue;
      yield [one, other];
    }
  }
};

const overlap = (context: LintContext, one: TieredRuleSite, other: TieredRuleSite): boolean =>
  portsOverlap(one, other) &&
  haveCommon(subjects(context, one.policy), subjects(context, other.policy)) &&
  peersOverlap(context, one, other);

const subjects = (context: LintContext, policy: TieredPolicyObject): readonly PodObject[] =>
  context.tieredSubjectsOf(policy);

const haveCommon = (ones: readonly PodObject[], others: readonly PodObject[]): boolean => {
  const known = new Set(ones);
  return others.some((pod) => known.has(pod));
};

// Names of ports may well stand for the numbers of the other rule.
const portsOverlap = ({ rule: one }: TieredRuleSite, { rule: other }: TieredRuleSite): boolean =>
  namedPortsOf(one.ports).length > 0 ||
  namedPortsOf(other.ports).length > 0 ||
  !isEmptyConnections(
    intersectConnections(fixedConnections(one.ports), fixedConnections(other.ports)),
  );

const peersOverlap = (
  context: LintContext,
  { rule: one }: TieredRuleSite,
  { rule: other }: TieredRuleSite,
): boolean => {
  const [shape, otherShape] = [shapeOfTieredRule(one), shapeOfTieredRule(other)];
  return (
    shape.everyone ||
    otherShape.everyone ||
    intersectIps(shape.addresses, otherShape.addresses).length > 0 ||
    shape.others.some((text) => otherShape.others.includes(text)) ||
    haveCommon(podsOf(context, shape), podsOf(context, otherShape))
  );
};

const podsOf = (context: LintContext, { scopes }: RuleShape): readonly PodObject[] =>
  scopes.flatMap(({ namespaces, pods }) => context.selected(namespaces, pods));
