import type { LintRule, LintRuleInfo } from "./finding.js";
import { orInsteadOfAnd, peerSelectsNothing } from "./rules/peers.js";
import {
  hostNetworkPodSelected,
  namespaceAbsent,
  policySelectsNothing,
  selectsEndedPods,
  tieredSelectsNothing,
  workloadLabels,
} from "./rules/subjects.js";

/** Every rule that looks at the model, by id. */
export const lintRules: readonly LintRule[] = [
  policySelectsNothing,
  peerSelectsNothing,
  orInsteadOfAnd,
  hostNetworkPodSelected,
  selectsEndedPods,
  namespaceAbsent,
  tieredSelectsNothing,
  workloadLabels,
];

/** Suppressions that can't be used; `lint` runs it on what it has read of them. */
export const suppressionFaultRule: LintRuleInfo = {
  id: "CW050",
  title: "suppression-invalid",
  severity: "medium",
  summary: "A suppression has no reason, names no rule, or can't be read.",
};

/** Suppressions that were of no use; `lint` runs it when all other rules have run. */
export const suppressionUnusedRule: LintRuleInfo = {
  id: "CW051",
  title: "suppression-unused",
  severity: "low",
  summary: "A suppression suppresses nothing.",
};
