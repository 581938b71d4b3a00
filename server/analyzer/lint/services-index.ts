import { memo } from "../../../common/memo.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import { compareNames } from "./compare-names.js";
import type { LintContext } from "./lint-context.js";
import { selectorOfLabels } from "./selector-of-labels.js";

const found = new WeakMap<LintContext, ReadonlyMap<PodObject, readonly ServiceObject[]>>();

/** The Services that select a pod, in order of names. */
export const servicesOf = (context: LintContext, pod: PodObject): readonly ServiceObject[] => {
  const known = found.get(context) ?? servicesByPod(context);
  found.set(context, known);
  return known.get(pod) ?? [];
};

const servicesByPod = (context: LintContext): ReadonlyMap<PodObject, readonly ServiceObject[]> => {
  const services = [...context.model.services].sort(compareNames);
  const byPod = new Map<PodObject, ServiceObject[]>();
  for (const service of services) {
    const { selector = {}, namespace } = service;
    if (Object.keys(selector).length === 0) continue;
    for (const pod of context.selected(namespace, selectorOfLabels(selector))) {
      memo(byPod, pod, () => []).push(service);
    }
  }
  return byPod;
};
