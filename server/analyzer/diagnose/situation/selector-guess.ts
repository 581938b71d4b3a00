import { selectorOfLabels, stableLabels } from "../../fix/stable-labels.js";
import { type ClusterModel, isFinished } from "../../model/cluster-model.js";
import { selects } from "../../model/label-selector.js";
import type { PodObject, ServiceObject } from "../../model/objects.js";
import { nearestLabels } from "../../near-labels.js";
import { hasSelector, podsSelectedBy } from "../../service/service-endpoints.js";

/** What the selector of a Service that selects nothing was probably meant to be. */
export type SelectorGuess = {
  /** Requirements that no pod meets: "app=web". */
  readonly unmet: readonly string[];
  /** The labels to put in their place. */
  readonly labels: Readonly<Record<string, string>>;
};

/**
 * Whose labels a Service that selects nothing probably means, among some pods of its namespace: pods that lack no more than
 * a slip, else pods that are called as the Service is. Undefined where there are none such, and where the selector is
 * right: a workload without pods has its labels.
 */
export const selectorGuessOf = (
  model: ClusterModel,
  service: ServiceObject,
  candidates: readonly PodObject[],
): SelectorGuess | undefined => {
  if (!hasSelector(service) || podsSelectedBy(model, service).length > 0) return undefined;
  const selector = selectorOfLabels(service.selector ?? {});
  const isRight = [...model.workloads()].some(
    ({ namespace, template }) =>
      namespace === service.namespace && selects(selector, template.labels),
  );
  if (isRight) return undefined;
  const living = candidates
    .filter((pod) => pod.namespace === service.namespace && !isFinished(pod))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const near = nearestLabels(
    selector,
    living.map(({ labels }) => labels),
  );
  if (near !== undefined) {
    const labels = near.text.split(",").map((text) => text.split("="));
    return { unmet: near.unmet, labels: Object.fromEntries(labels) };
  }
  const namesake = living.find((pod) => isNamesake(model, service, pod));
  if (namesake === undefined) return undefined;
  return { unmet: unmetOf(service, namesake), labels: labelsInstead(service, namesake) };
};

const isNamesake = (model: ClusterModel, { name }: ServiceObject, pod: PodObject): boolean =>
  model.workloadOf(pod).name === name ||
  Object.values(stableLabels([pod])).some((value) => value === name);

const unmetOf = ({ selector = {} }: ServiceObject, { labels }: PodObject): readonly string[] =>
  Object.entries(selector)
    .filter(([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value)
    .map(([key, value]) => `${key}=${value}`)
    .sort();

/** The pod's own values of the selector's keys; where it has none of them, all of its lasting labels. */
const labelsInstead = (
  { selector = {} }: ServiceObject,
  pod: PodObject,
): Readonly<Record<string, string>> => {
  const own = stableLabels([pod]);
  const shared = Object.entries(own).filter(([key]) => Object.hasOwn(selector, key));
  return shared.length > 0 ? Object.fromEntries(shared) : own;
};
