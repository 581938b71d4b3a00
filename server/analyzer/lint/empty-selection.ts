import { isFinished } from "../model/cluster-model.js";
import { everything, type LabelSelector, selects } from "../model/label-selector.js";
import type { NetworkPolicyObject, PodObject, WorkloadObject } from "../model/objects.js";
import type { NearLabels } from "../near-labels.js";
import type { LintContext } from "./lint-context.js";

/** Why a selector selects no pod that policies see in a namespace. */
export type EmptySelection =
  /** Only pods on the host network, which policies do not apply to. */
  | { readonly kind: "host-network"; readonly pods: readonly PodObject[] }
  /** Only pods that have ended. */
  | { readonly kind: "ended"; readonly pods: readonly PodObject[] }
  /** A workload that has no pods now. */
  | { readonly kind: "scaled-to-zero"; readonly workload: WorkloadObject }
  /** A workload's own labels, which its pods do not carry. */
  | { readonly kind: "workload-labels"; readonly workload: WorkloadObject }
  /** The namespace has no pods at all in this model; `elsewhere` are namespaces with pods that have the labels. */
  | { readonly kind: "no-pods"; readonly elsewhere: readonly string[] }
  /** There are pods, and none has these labels. */
  | {
      readonly kind: "no-match";
      readonly near: NearLabels | undefined;
      readonly elsewhere: readonly string[];
    };

/** Finds out why a selector selects no endpoint of a namespace; only to be asked when that is so. */
export const emptySelectionOf = (
  context: LintContext,
  namespace: string,
  selector: LabelSelector,
): EmptySelection => {
  const matching = context.bystandersIn(namespace).filter((pod) => selects(selector, pod.labels));
  const living = matching.filter((pod) => !isFinished(pod));
  if (living.length > 0) return { kind: "host-network", pods: living };
  if (matching.length > 0) return { kind: "ended", pods: matching };
  const workloads = context.workloadsIn(namespace);
  const idle = workloads.find(({ template }) => selects(selector, template.labels));
  if (idle !== undefined) return { kind: "scaled-to-zero", workload: idle };
  const confused = workloadWithLabels(workloads, selector);
  if (confused !== undefined) return { kind: "workload-labels", workload: confused };
  const elsewhere = namespacesWith(context, selector);
  if (context.endpointsIn(namespace).length === 0) return { kind: "no-pods", elsewhere };
  return { kind: "no-match", near: context.nearLabelsOfPods(selector, [namespace]), elsewhere };
};

/**
 * The workload whose own labels a selector matches. One without labels satisfies "!key" as well: only labels that it has
 * make a mix-up likely.
 */
export const workloadWithLabels = (
  workloads: readonly WorkloadObject[],
  selector: LabelSelector,
): WorkloadObject | undefined =>
  workloads.find(
    ({ labels }) =>
      selector.requirements.some(({ key }) => Object.hasOwn(labels, key)) &&
      selects(selector, labels),
  );

/** Namespaces with pods that a selector selects; none for the selector of everything, which says nothing of them. */
export const namespacesWith = (context: LintContext, selector: LabelSelector): readonly string[] =>
  selector.requirements.length === 0
    ? []
    : [...new Set(context.groupsOf(everything, selector).map(({ namespace }) => namespace))].sort();

/** Policies that select no endpoint, with the reason. */
export type EmptyPolicy = { readonly policy: NetworkPolicyObject; readonly why: EmptySelection };

const emptyPolicies = new WeakMap<LintContext, readonly EmptyPolicy[]>();

/** The NetworkPolicies that select no endpoint, with the reason; found once a context. */
export const emptyPoliciesOf = (context: LintContext): readonly EmptyPolicy[] => {
  const known = emptyPolicies.get(context);
  if (known !== undefined) return known;
  const found = context.policies
    .filter((policy) => context.subjectsOf(policy).length === 0)
    .map((policy) => ({
      policy,
      why: emptySelectionOf(context, policy.namespace, policy.podSelector),
    }));
  emptyPolicies.set(context, found);
  return found;
};
