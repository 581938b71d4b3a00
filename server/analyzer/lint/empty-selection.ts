import { isFinished } from "../model/cluster-model.js";
import { type LabelSelector, selects } from "../model/label-selector.js";
import type { PodObject, WorkloadObject } from "../model/objects.js";
import { type NearLabels, nearestLabels } from "../near-labels.js";
import { nearLabelSetsMax } from "./limits.js";
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
  /** The namespace has no pods at all in this model. */
  | { readonly kind: "no-pods" }
  /** There are pods, and none has these labels. */
  | { readonly kind: "no-match"; readonly near: NearLabels | undefined };

/** Finds out why a selector selects no endpoint of a namespace; only to be asked when that is so. */
export const emptySelectionOf = (
  context: LintContext,
  namespace: string,
  selector: LabelSelector,
): EmptySelection => {
  const matching = [...context.model.podsIn(namespace)].filter((pod) =>
    selects(selector, pod.labels),
  );
  const living = matching.filter((pod) => !isFinished(pod));
  if (living.length > 0) return { kind: "host-network", pods: living };
  if (matching.length > 0) return { kind: "ended", pods: matching };
  const workloads = context.workloadsIn(namespace);
  const idle = workloads.find(({ template }) => selects(selector, template.labels));
  if (idle !== undefined) return { kind: "scaled-to-zero", workload: idle };
  const outer =
    selector.requirements.length === 0
      ? undefined
      : workloads.find(({ labels }) => selectsByPresence(selector, labels));
  if (outer !== undefined) return { kind: "workload-labels", workload: outer };
  const endpoints = context.endpointsIn(namespace);
  if (endpoints.length === 0) return { kind: "no-pods" };
  const candidates = context.labelSetsOf(endpoints).slice(0, nearLabelSetsMax);
  return { kind: "no-match", near: nearestLabels(selector, candidates) };
};

// A workload without labels satisfies "!key" as well; only labels that it has make a mix-up likely.
const selectsByPresence = (selector: LabelSelector, labels: Readonly<Record<string, string>>) =>
  selector.requirements.some(({ key }) => Object.hasOwn(labels, key)) && selects(selector, labels);
