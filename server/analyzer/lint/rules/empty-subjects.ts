import { workloadText } from "../../model/cluster-model.js";
import { everything, type LabelSelector, selectorText } from "../../model/label-selector.js";
import type { NetworkPolicyObject, TieredPolicyObject } from "../../model/objects.js";
import { nearestLabels } from "../../near-labels.js";
import { type EmptySelection, emptyPoliciesOf } from "../empty-selection.js";
import type { Finding, LintRule } from "../finding.js";
import { countText, namesText, nearText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";

const selectorPath = ["spec", "podSelector"];

/**
 * A policy's podSelector looks at all labels of pods of its own namespace, and an empty one selects every pod there: that
 * is no fault.
 */
export const policySelectsNothing: LintRule = {
  id: "CW001",
  title: "policy-selects-nothing",
  severity: "medium",
  summary: "A NetworkPolicy's podSelector selects no pod of its namespace.",
  *run(context) {
    for (const { policy, why } of emptyPoliciesOf(context)) {
      const finding = unmatchedFinding(policy, why);
      if (finding !== undefined) yield { object: policy, path: selectorPath, ...finding };
    }
  },
};

const unmatchedFinding = (
  policy: NetworkPolicyObject,
  why: EmptySelection,
): Finding | undefined => {
  const { namespace } = policy;
  const selector = selectorText(policy.podSelector);
  if (why.kind === "no-pods") {
    return why.elsewhere.length > 0
      ? strayFinding(policy, why.elsewhere)
      : {
          severity: "info",
          message: `The policy selects no pod: this model has no pods in namespace ${namespace}.`,
          fix: "Nothing, if the pods come from elsewhere; else put the policy into the namespace of its pods.",
        };
  }
  if (why.kind !== "no-match") return undefined;
  if (why.near === undefined && why.elsewhere.length > 0) {
    return strayFinding(policy, why.elsewhere);
  }
  const base = `No pod of namespace ${namespace} has ${selector}, so the policy protects nothing.`;
  if (why.near === undefined) {
    return {
      message: base,
      fix: "Correct the podSelector, or remove the policy if its pods are gone.",
    };
  }
  return {
    severity: why.near.slip ? "high" : "medium",
    message: `${base} ${nearText(why.near)}`,
    fix: `Select pods by labels that they have, such as ${why.near.text}.`,
  };
};

const strayFinding = (
  { namespace, podSelector }: NetworkPolicyObject,
  elsewhere: readonly string[],
): Finding => ({
  message: `No pod of namespace ${namespace} has ${selectorText(podSelector)}, so the policy protects nothing. Such pods are in ${elsewhere.length === 1 ? "namespace" : "namespaces"} ${namesText(elsewhere)}.`,
  fix: `Set metadata.namespace to the namespace of the pods (${namesText(elsewhere)}): a policy selects pods of its own namespace only.`,
});

/** Pods that have ended, or that are scaled away, are no endpoints. */
export const selectsEndedPods: LintRule = {
  id: "CW028",
  title: "selects-ended-pods",
  severity: "info",
  summary: "A policy selects only pods that have ended or workloads without replicas.",
  *run(context) {
    for (const { policy, why } of emptyPoliciesOf(context)) {
      const what = goneText(why);
      if (what === undefined) continue;
      yield {
        message: `The policy selects only ${what}: it has no effect now.`,
        fix: "Nothing, if such pods come back; else remove the policy.",
        object: policy,
        path: selectorPath,
      };
    }
  },
};

const goneText = (why: EmptySelection): string | undefined => {
  if (why.kind === "scaled-to-zero") {
    return `${workloadText(why.workload)}, which has no pods now`;
  }
  if (why.kind !== "ended") return undefined;
  const names = namesText(why.pods.map(({ name }) => name));
  const verb = why.pods.length === 1 ? "has" : "have";
  return `${countText(why.pods.length, "pod")} that ${verb} ended (${names})`;
};

/** The labels of a Deployment itself are not those of its pods: policies look at the template's. */
export const workloadLabels: LintRule = {
  id: "CW035",
  title: "workload-labels-not-pod-labels",
  severity: "high",
  summary: "A podSelector matches labels of a workload itself, which its pods do not carry.",
  *run(context) {
    for (const { policy, why } of emptyPoliciesOf(context)) {
      if (why.kind !== "workload-labels") continue;
      const selector = selectorText(policy.podSelector);
      const near = nearestLabels(policy.podSelector, [why.workload.template.labels]);
      const hint = near === undefined ? "" : ` ${nearText(near)}`;
      yield {
        message: `The policy selects no pod: ${selector} is on ${workloadText(why.workload)} itself, its pods do not have it, and policies look at pods only.${hint}`,
        fix: "Select labels of spec.template.metadata.labels, or add these labels there.",
        object: policy,
        path: selectorPath,
      };
    }
  },
};

/** An ordered policy whose subject selects no pod decides nothing. */
export const tieredSelectsNothing: LintRule = {
  id: "CW032",
  title: "ordered-policy-selects-nothing",
  severity: "medium",
  summary: "The subject of a cluster-wide policy selects no pod.",
  *run(context) {
    for (const policy of context.tieredPolicies) {
      if (context.tieredSubjectsOf(policy).length > 0) continue;
      yield { object: policy, path: ["spec", "subject"], ...subjectFinding(context, policy) };
    }
  },
};

const subjectFinding = (context: LintContext, { subject }: TieredPolicyObject): Finding => {
  const pods = subject.kind === "pods" ? subject.podSelector : everything;
  const namespaces = subject.kind === "pods" ? subject.namespaceSelector : subject.selector;
  const names = context.namespacesOf(namespaces);
  const near =
    names.length === 0
      ? context.nearLabelsOfNamespaces(namespaces)
      : context.nearLabelsOfPods(pods, names);
  const hint = near === undefined ? "" : ` ${nearText(near)}`;
  return {
    severity: near?.slip === true ? "high" : context.groups.length === 0 ? "info" : "medium",
    message: `${missingText(names, namespaces, pods)}, so the policy decides nothing.${hint}`,
    fix: "Correct the subject, or remove the policy.",
  };
};

const missingText = (
  names: readonly string[],
  namespaces: LabelSelector,
  pods: LabelSelector,
): string =>
  names.length === 0
    ? `No namespace has ${selectorText(namespaces)}`
    : pods.key === ""
      ? `The ${countText(names.length, "namespace")} of the subject ${names.length === 1 ? "has" : "have"} no pods`
      : `No pod of the subject's ${countText(names.length, "namespace")} has ${selectorText(pods)}`;
