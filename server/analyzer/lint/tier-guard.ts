import type { PodObject, TieredPeer, TieredPolicyObject, TieredRule } from "../model/objects.js";
import { actionOf, closureOf } from "../policy/closed-rule.js";
import type { LintContext } from "./lint-context.js";

const guarded = new WeakMap<LintContext, ReadonlySet<PodObject>>();

/** Whether an ordered policy denies ingress from every pod to a pod unless something before it says otherwise. */
export const isDeniedByTiers = (context: LintContext, pod: PodObject): boolean => {
  const known = guarded.get(context) ?? guardedPods(context);
  guarded.set(context, known);
  return known.has(pod);
};

const guardedPods = (context: LintContext): ReadonlySet<PodObject> =>
  new Set(
    context.tieredPolicies.filter(deniesAll).flatMap((policy) => context.tieredSubjectsOf(policy)),
  );

const deniesAll = ({ ingress }: TieredPolicyObject): boolean =>
  ingress.some((rule) => actionOf(rule) === "deny" && isForAllPods(rule));

/** Whether a rule of an ordered policy is for every port of every pod. */
export const isForAllPods = (rule: TieredRule): boolean => {
  const closure = closureOf(rule);
  if (closure !== undefined) return closure === "denies-everything";
  return rule.ports === undefined && rule.peers.some(isEveryPod);
};

const isEveryPod = (peer: TieredPeer): boolean =>
  (peer.kind === "namespaces" && peer.selector.key === "") ||
  (peer.kind === "pods" && peer.namespaceSelector.key === "" && peer.podSelector.key === "");
