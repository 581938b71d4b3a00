import type { LintRule, LintRuleInfo } from "./finding.js";
import { overriddenByAdmin } from "./rules/admin-tier.js";
import { allNamespacesPeer } from "./rules/all-namespaces.js";
import { andInsteadOfOr, orInsteadOfAnd } from "./rules/and-or.js";
import { cidrHostBits, oneFamilyOnly } from "./rules/cidr-form.js";
import { tooManyRules } from "./rules/complexity.js";
import { dnsEgressForgotten, dnsPortWrong, dnsTcpForgotten } from "./rules/dns-egress.js";
import { dnsPodsIsolated } from "./rules/dns-pods.js";
import { duplicatePolicy } from "./rules/duplicates.js";
import { peerSelectsNothing } from "./rules/empty-peers.js";
import {
  policySelectsNothing,
  selectsEndedPods,
  tieredSelectsNothing,
  workloadLabels,
} from "./rules/empty-subjects.js";
import { equalPriorityConflict } from "./rules/equal-priority.js";
import { exceptWithoutEffect } from "./rules/except.js";
import { generatedLabel } from "./rules/generated-labels.js";
import { hostNetworkPodSelected } from "./rules/host-network.js";
import { ipBlockHoldsPods, ipBlockHoldsService } from "./rules/ip-blocks.js";
import { namedPortAmbiguous, namedPortUnresolved } from "./rules/named-ports.js";
import { namespaceAbsent, namespaceWithoutPolicy, noDefaultDeny } from "./rules/namespaces.js";
import { oneSidedPermission } from "./rules/one-sided.js";
import { egressToEverywhere } from "./rules/open-egress.js";
import { ingressFromEverywhere } from "./rules/open-ingress.js";
import {
  baselinePass,
  deprecatedApi,
  orderedRuleUnreachable,
  unknownPeer,
} from "./rules/ordered-rules.js";
import { pluginEnforcesNothing } from "./rules/plugin.js";
import {
  egressOnlyIsolatesIngress,
  emptyList,
  policyTypesContradict,
} from "./rules/policy-types.js";
import { portProtocolMismatch } from "./rules/port-protocol.js";
import { portRangeTrap } from "./rules/port-ranges.js";
import { publicServiceBlocked } from "./rules/public-services.js";
import { redundantPolicy, redundantRule } from "./rules/redundancy.js";
import { objectRefused } from "./rules/refused.js";
import { egressRulesForgotten } from "./rules/sealed-pods.js";
import { servicePortUsed } from "./rules/service-ports.js";
import { sourceAddressHidden } from "./rules/source-address.js";
import { unmodelledPolicy } from "./rules/unmodelled.js";

/** Every rule that looks at the model, by id. */
export const lintRules: readonly LintRule[] = [
  policySelectsNothing,
  peerSelectsNothing,
  orInsteadOfAnd,
  andInsteadOfOr,
  dnsEgressForgotten,
  dnsTcpForgotten,
  dnsPortWrong,
  dnsPodsIsolated,
  namedPortUnresolved,
  namedPortAmbiguous,
  portProtocolMismatch,
  portRangeTrap,
  servicePortUsed,
  policyTypesContradict,
  egressOnlyIsolatesIngress,
  emptyList,
  ingressFromEverywhere,
  egressToEverywhere,
  allNamespacesPeer,
  ipBlockHoldsPods,
  ipBlockHoldsService,
  exceptWithoutEffect,
  cidrHostBits,
  oneFamilyOnly,
  sourceAddressHidden,
  pluginEnforcesNothing,
  hostNetworkPodSelected,
  selectsEndedPods,
  namespaceAbsent,
  namespaceWithoutPolicy,
  noDefaultDeny,
  tieredSelectsNothing,
  duplicatePolicy,
  redundantRule,
  workloadLabels,
  redundantPolicy,
  orderedRuleUnreachable,
  overriddenByAdmin,
  baselinePass,
  equalPriorityConflict,
  unknownPeer,
  egressRulesForgotten,
  publicServiceBlocked,
  deprecatedApi,
  oneSidedPermission,
  unmodelledPolicy,
  generatedLabel,
  tooManyRules,
  objectRefused,
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
