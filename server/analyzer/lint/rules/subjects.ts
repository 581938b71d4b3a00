import { isFinished, workloadText } from "../../model/cluster-model.js";
import { type LabelSelector, selectorText, selects } from "../../model/label-selector.js";
import type { NetworkPolicyObject, TieredPolicyObject } from "../../model/objects.js";
import { nearestLabels } from "../../near-labels.js";
import { type EmptySelection, emptySelectionOf } from "../empty-selection.js";
import type { Finding, LintRule } from "../finding.js";
import { countText, namesText } from "../finding-text.js";
import { nearLabelSetsMax } from "../limits.js";
import type { LintContext } from "../lint-context.js";

const selectorPath = ["spec", "podSelector"];

/** Policies that select no endpoint, with the reason. */
const emptyPolicies = function* (
  context: LintContext,
): Iterable<{ readonly policy: NetworkPolicyObject; readonly why: EmptySelection }> {
  for (const policy of context.policies()) {
    if (context.subjectsOf(policy).length > 0) continue;
    yield { policy, why: emptySelectionOf(context, policy.namespace, policy.podSelector) };
  }
};

/**
 * A policy's podSelector looks at all labels of pods of its own namespace (k8sgpt matched pods of other namespaces,
 * popeye any one of the labels), and an empty one selects every pod there: that is no fault.
 */
export const policySelectsNothing: LintRule = {
  id: "CW001",
  title: "policy-selects-nothing",
  severity: "medium",
  summary: "A NetworkPolicy's podSelector selects no pod of its namespace.",
  *run(context) {
    for (const { policy, why } of emptyPolicies(context)) {
      const finding = unmatchedFinding(policy, why);
      if (finding !== undefined) yield { object: policy, path: selectorPath, ...finding };
    }
  },
};

const unmatchedFinding = (
  { namespace, podSelector }: NetworkPolicyObject,
  why: EmptySelection,
): Finding | undefined => {
  const selector = selectorText(podSelector);
  if (why.kind === "no-pods") {
    return {
      severity: "info",
      message: `The policy selects no pod: this model has no pods in namespace ${namespace}.`,
      fix: "Nothing, if the pods come from elsewhere; else put the policy into the namespace of its pods.",
    };
  }
  if (why.kind !== "no-match") return undefined;
  const base = `No pod of namespace ${namespace} has ${selector}, so the policy protects nothing.`;
  if (why.near === undefined) {
    return {
      message: base,
      fix: "Correct the podSelector, or remove the policy if its pods are gone.",
    };
  }
  const { text, slip } = why.near;
  return {
    severity: slip ? "high" : "medium",
    message: `${base} Did you mean ${text}?`,
    fix: `Select pods by labels that they have, such as ${text}.`,
  };
};

/** Policies see pods of the host network as their node. */
export const hostNetworkPodSelected: LintRule = {
  id: "CW027",
  title: "host-network-pod-selected",
  severity: "medium",
  summary: "A policy selects pods on the host network, where it has no effect.",
  *run(context) {
    for (const policy of context.policies()) {
      const pods = [...context.model.podsIn(policy.namespace)].filter(
        (pod) => pod.hostNetwork && !isFinished(pod) && selects(policy.podSelector, pod.labels),
      );
      if (pods.length === 0) continue;
      const names = namesText(context.workloadsOf(pods));
      const others = context.subjectsOf(policy).filter((pod) => !pod.hostNetwork);
      yield {
        severity: others.length === 0 ? "medium" : "info",
        message: `${names} ${pods.length === 1 ? "is" : "are"} on the host network: most network plugins do not apply the policy there, the API leaves it undefined.`,
        fix: "Protect the ports of such pods on the node (host firewall, host policies of the plugin), or take them off the host network.",
        object: policy,
        path: selectorPath,
      };
    }
  },
};

/** Pods that have ended, or that are scaled away, are no endpoints. */
export const selectsEndedPods: LintRule = {
  id: "CW028",
  title: "selects-ended-pods",
  severity: "info",
  summary: "A policy selects only pods that have ended or workloads without replicas.",
  *run(context) {
    for (const { policy, why } of emptyPolicies(context)) {
      const what =
        why.kind === "ended"
          ? `${countText(why.pods.length, "pod")} that ${why.pods.length === 1 ? "has" : "have"} ended (${namesText(why.pods.map(({ name }) => name))})`
          : why.kind === "scaled-to-zero"
            ? `${workloadText(why.workload)}, which has no pods now`
            : undefined;
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

/** A namespace is absent when others have objects and it has neither an object nor pods. */
export const namespaceAbsent: LintRule = {
  id: "CW029",
  title: "namespace-absent",
  severity: "medium",
  summary: "A policy stands in a namespace that the model does not have.",
  *run(context) {
    const { model } = context;
    const known = context.namespaceNames.filter((name) => model.hasNamespaceObject(name));
    if (known.length === 0) return;
    for (const name of context.namespaceNames) {
      const inhabited =
        [...model.podsIn(name)].length > 0 || [...model.servicesIn(name)].length > 0;
      if (model.hasNamespaceObject(name) || inhabited || name === "default") continue;
      for (const policy of context.policiesIn(name)) {
        yield {
          message: `There is no namespace ${name}, so the policy can't be created or selects nothing.`,
          fix: "Correct metadata.namespace, or add the namespace.",
          object: policy,
          path: ["metadata", "namespace"],
        };
      }
    }
  },
};

/** The labels of a Deployment itself are not those of its pods: policies look at the template's. */
export const workloadLabels: LintRule = {
  id: "CW035",
  title: "workload-labels-not-pod-labels",
  severity: "high",
  summary: "A podSelector matches labels of a workload itself, which its pods do not carry.",
  *run(context) {
    for (const { policy, why } of emptyPolicies(context)) {
      if (why.kind !== "workload-labels") continue;
      yield {
        ...workloadLabelsFinding(why.workload, policy.podSelector),
        object: policy,
        path: selectorPath,
      };
    }
  },
};

/** The finding about a selector that matches a workload instead of its pods. */
export const workloadLabelsFinding = (
  workload: Extract<EmptySelection, { kind: "workload-labels" }>["workload"],
  selector: LabelSelector,
): Pick<Finding, "message" | "fix"> => {
  const near = nearestLabels(selector, [workload.template.labels]);
  const hint = near === undefined ? "" : ` Did you mean ${near.text}?`;
  return {
    message: `${selectorText(selector)} are labels of ${workloadText(workload)} itself; its pods do not have them, and policies look at pods only.${hint}`,
    fix: "Select labels of spec.template.metadata.labels, or add these labels there.",
  };
};

/** An ordered policy whose subject selects no pod decides nothing. */
export const tieredSelectsNothing: LintRule = {
  id: "CW032",
  title: "ordered-policy-selects-nothing",
  severity: "medium",
  summary: "The subject of a cluster-wide policy selects no pod.",
  *run(context) {
    for (const policy of context.model.tieredPolicies) {
      if (context.tieredSubjectsOf(policy).length > 0) continue;
      yield { object: policy, path: ["spec", "subject"], ...subjectFinding(context, policy) };
    }
  },
};

const subjectFinding = (context: LintContext, { subject }: TieredPolicyObject): Finding => {
  const namespaceSelector =
    subject.kind === "namespaces" ? subject.selector : subject.namespaceSelector;
  const namespaces = context.namespacesOf(namespaceSelector);
  const fix = "Correct the subject, or remove the policy.";
  if (namespaces.length === 0) {
    const sets = context.namespaceNames.map((name) => context.model.namespace(name).labels);
    const near = nearestLabels(namespaceSelector, sets.slice(0, nearLabelSetsMax));
    const hint = near === undefined ? "" : ` Did you mean ${near.text}?`;
    return {
      severity: near?.slip === true ? "high" : "medium",
      message: `No namespace has ${selectorText(namespaceSelector)}, so the policy decides nothing.${hint}`,
      fix,
    };
  }
  const pods = namespaces.flatMap((name) => context.endpointsIn(name));
  const selector = subject.kind === "pods" ? subject.podSelector : undefined;
  const near =
    selector === undefined
      ? undefined
      : nearestLabels(selector, context.labelSetsOf(pods).slice(0, nearLabelSetsMax));
  const hint = near === undefined ? "" : ` Did you mean ${near.text}?`;
  return {
    severity: near?.slip === true ? "high" : "medium",
    message: `The subject selects no pod in ${countText(namespaces.length, "namespace")}, so the policy decides nothing.${hint}`,
    fix,
  };
};
