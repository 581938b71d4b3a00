import type { LintRule, LintRuleInfo } from "./finding.js";
import { andInsteadOfOr, orInsteadOfAnd } from "./rules/and-or.js";
import { dnsEgressForgotten, dnsPortWrong, dnsTcpForgotten } from "./rules/dns-egress.js";
import { dnsPodsIsolated } from "./rules/dns-pods.js";
import { peerSelectsNothing } from "./rules/empty-peers.js";
import {
  policySelectsNothing,
  selectsEndedPods,
  tieredSelectsNothing,
  workloadLabels,
} from "./rules/empty-subjects.js";
import { hostNetworkPodSelected } from "./rules/host-network.js";
import { namedPortAmbiguous, namedPortUnresolved } from "./rules/named-ports.js";
import { namespaceAbsent, namespaceWithoutPolicy, noDefaultDeny } from "./rules/namespaces.js";
import { pluginEnforcesNothing } from "./rules/plugin.js";
import {
  egressOnlyIsolatesIngress,
  emptyList,
  policyTypesContradict,
} from "./rules/policy-types.js";
import { portProtocolMismatch } from "./rules/port-protocol.js";
import { portRangeTrap } from "./rules/port-ranges.js";
import { servicePortUsed } from "./rules/service-ports.js";

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
  pluginEnforcesNothing,
  hostNetworkPodSelected,
  selectsEndedPods,
  namespaceAbsent,
  namespaceWithoutPolicy,
  noDefaultDeny,
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
