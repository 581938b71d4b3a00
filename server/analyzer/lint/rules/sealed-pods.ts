import type { NetworkPolicyObject } from "../../model/objects.js";
import type { LintRule } from "../finding.js";
import { namesText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import type { PodGroup } from "../pod-index.js";

/** Egress in policyTypes without a section for it denies all egress: right for a database, forgotten for most others. */
export const egressRulesForgotten: LintRule = {
  id: "CW042",
  title: "egress-rules-forgotten",
  severity: "info",
  summary:
    "A policy with ingress rules isolates its pods for egress too, and nothing lets them out.",
  *run(context) {
    for (const policy of context.policies) {
      if (!sealsByOmission(policy)) continue;
      const sealed = context
        .groupsOf(policy.namespace, policy.podSelector)
        .filter((group) => !isLetOut(context, group));
      if (sealed.length === 0) continue;
      const names = namesText(context.workloadsOf(sealed.flatMap(({ pods }) => pods)));
      yield {
        message: `policyTypes name Egress and the policy has no egress rules, nor has any other for these pods: ${names} may open no connection, not even to the cluster's DNS.`,
        fix: `Nothing, if that is meant (say so with "egress: []"); else add egress rules, or take Egress out of policyTypes.`,
        object: policy,
        path: ["spec", "policyTypes"],
      };
    }
  },
};

/** An empty list that is written says that it is meant. */
const sealsByOmission = ({ isolates, ingress, egress, emptyLists = [] }: NetworkPolicyObject) =>
  isolates.includes("egress") &&
  ingress.length > 0 &&
  egress.length === 0 &&
  !emptyLists.some((path) => path.length === 2 && path[1] === "egress");

const isLetOut = (context: LintContext, group: PodGroup): boolean =>
  context
    .policiesOf(group)
    .some(({ isolates, egress }) => isolates.includes("egress") && egress.length > 0) ||
  context.tieredPolicies.some(({ tier, egress }) => tier === "admin" && egress.length > 0);
