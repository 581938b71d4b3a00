import type { LabelSelector, Labels } from "../model/label-selector.js";
import { labelSelectorOf } from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";

// Labels that controllers give to one pod or one revision: a selector on them holds nothing after the next roll-out.
const passing = new Set([
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
  "batch.kubernetes.io/job-completion-index",
]);

/** The labels that all pods have in common and keep when they are made anew. */
export const stableLabels = (pods: readonly PodObject[]): Labels => {
  const [first, ...others] = pods;
  const shared = Object.entries(first?.labels ?? {}).filter(
    ([key, value]) =>
      !passing.has(key) &&
      others.every(({ labels }) => Object.hasOwn(labels, key) && labels[key] === value),
  );
  return Object.fromEntries(shared.sort(([one], [other]) => (one < other ? -1 : 1)));
};

/** The selector of exactly these labels. */
export const selectorOfLabels = (labels: Labels): LabelSelector =>
  labelSelectorOf(
    Object.entries(labels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
  );
