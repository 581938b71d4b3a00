import type { NetworkPolicyObject } from "../../model/objects.js";
import { impliesSelector } from "../../model/selector-cover.js";
import type { Direction } from "../../policy/decision.js";
import type { Finding, LintRule, ObjectPath } from "../finding.js";
import { countText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";

const typeName = (direction: Direction): string => (direction === "ingress" ? "Ingress" : "Egress");

/** policyTypes wins over the sections (networking/v1 NetworkPolicySpec.policyTypes). */
export const policyTypesContradict: LintRule = {
  id: "CW014",
  title: "policy-types-contradict-rules",
  severity: "high",
  summary:
    "A policy has rules of a direction that its policyTypes leave out, so they have no effect.",
  *run(context) {
    for (const policy of context.policies) {
      for (const direction of ["ingress", "egress"] as const) {
        const rules = policy[direction].length;
        if (rules === 0 || policy.isolates.includes(direction)) continue;
        yield {
          message: `The policy has ${countText(rules, `${direction} rule`)}, but its policyTypes do not name ${typeName(direction)}: the rules have no effect, and nothing is restricted ${direction === "ingress" ? "on the way in" : "on the way out"}.`,
          fix: `Add ${typeName(direction)} to policyTypes, or remove the ${direction} section.`,
          object: policy,
          path: ["spec", direction],
        };
      }
    }
  },
};

/** Without policyTypes, every policy isolates ingress, also one that has egress rules only (networking/v1 defaults). */
export const egressOnlyIsolatesIngress: LintRule = {
  id: "CW015",
  title: "egress-only-isolates-ingress",
  severity: "medium",
  summary: "A policy with egress rules only has no policyTypes, so it denies all ingress as well.",
  *run(context) {
    for (const policy of context.policies) {
      if (policy.policyTypesGiven || policy.egress.length === 0 || policy.ingress.length > 0)
        continue;
      if (isIsolatedAnyway(context, policy)) continue;
      yield {
        message:
          "The policy has only egress rules and no policyTypes. The default is then [Ingress, Egress], so it also denies every connection to its pods that no other policy allows.",
        fix: "Write policyTypes: [Egress] if ingress is not meant, or policyTypes: [Ingress, Egress] if it is.",
        object: policy,
        path: ["spec"],
      };
    }
  },
};

/** Whether other policies that say so isolate the same pods for ingress: then nothing depends on the default. */
const isIsolatedAnyway = (context: LintContext, policy: NetworkPolicyObject): boolean =>
  context
    .policiesIn(policy.namespace)
    .some(
      (other) =>
        other !== policy &&
        other.isolates.includes("ingress") &&
        (other.policyTypesGiven || other.ingress.length > 0 || other.egress.length === 0) &&
        impliesSelector(policy.podSelector, other.podSelector),
    );

/** An empty list means what an absent one means: everything for peers and ports, no isolation for egress. */
export const emptyList: LintRule = {
  id: "CW016",
  title: "empty-list-means-everything",
  severity: "medium",
  summary:
    "A list of peers, ports or rules is written as [], which reads like nothing and means everything.",
  *run(context) {
    for (const policy of context.policies) {
      for (const path of policy.emptyLists ?? []) {
        const finding = emptyListFinding(policy, path);
        if (finding !== undefined) yield { object: policy, path, ...finding };
      }
    }
  },
};

const emptyListFinding = (policy: NetworkPolicyObject, path: ObjectPath): Finding | undefined => {
  const [, section, index, key] = path;
  const direction: Direction = section === "egress" ? "egress" : "ingress";
  if (index === undefined) return emptySectionFinding(policy, direction);
  if (!policy.isolates.includes(direction)) return undefined;
  if (key === "ports") {
    return {
      message: `"ports: []" means every port of every protocol, as if it were not written.`,
      fix: "List the ports that are meant; remove the line if all are.",
    };
  }
  if (key !== (direction === "ingress" ? "from" : "to")) return undefined;
  const open = policy[direction][Number(index)]?.ports === undefined;
  return {
    severity: open ? "high" : "medium",
    message: `"${key}: []" means everyone, inside and outside the cluster${open ? ", on every port" : ""}; to match nobody, leave out the rule.`,
    fix: `Remove the rule to ${direction === "ingress" ? "let nobody in" : "let nothing out"}, or list the peers that are meant.`,
  };
};

/** An empty section denies all where the direction is isolated; elsewhere it does nothing. */
const emptySectionFinding = (
  policy: NetworkPolicyObject,
  direction: Direction,
): Finding | undefined => {
  if (policy.isolates.includes(direction)) return undefined;
  return {
    message: `"${direction}: []" has no effect: ${policy.policyTypesGiven ? `policyTypes do not name ${typeName(direction)}` : "without policyTypes only ingress is isolated"}, so all ${direction} stays allowed.`,
    fix: `Write policyTypes with ${typeName(direction)} to deny all ${direction}, or remove the line.`,
  };
};
