import { closest } from "../../../../common/closest.js";
import { selects } from "../../model/label-selector.js";
import type { ClusterObject, NetworkPolicyObject, PodObject } from "../../model/objects.js";
import type { Finding, LintRule } from "../finding.js";
import { countText, namesText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { isDeniedByTiers } from "../tier-guard.js";

/** A namespace is absent when others have objects and it has neither an object nor anything else than policies. */
export const namespaceAbsent: LintRule = {
  id: "CW029",
  title: "namespace-absent",
  severity: "medium",
  summary: "A policy stands in a namespace that the model does not have.",
  *run(context) {
    const known = context.namespaceNames.filter((name) => context.model.hasNamespaceObject(name));
    if (known.length === 0) return;
    for (const policy of context.policies) {
      const name = policy.namespace;
      if (name === "default" || isInhabited(context, name)) continue;
      const near = closest(name, known);
      const hint = near === undefined ? "" : ` Did you mean ${near}?`;
      yield {
        message: `There is no namespace ${name}, so the policy can't be created.${hint}`,
        fix: "Correct metadata.namespace, or add the namespace.",
        object: policy,
        path: ["metadata", "namespace"],
      };
    }
  },
};

const isInhabited = ({ model }: LintContext, name: string): boolean =>
  model.hasNamespaceObject(name) || hasAny(model.podsIn(name)) || hasAny(model.servicesIn(name));

const hasAny = (items: Iterable<unknown>): boolean => {
  for (const _ of items) return true;
  return false;
};

/** Namespaces of the system itself: closing them needs more care than a rule of thumb. */
const systemNamespace = /^(kube-.*|openshift-.*)$/;

/** Pods that no policy of any kind selects, in namespaces where people run things. */
export const namespaceWithoutPolicy: LintRule = {
  id: "CW030",
  title: "namespace-without-policy",
  severity: "info",
  summary:
    "A namespace has pods and no policy: everyone may reach them, and they may reach everyone.",
  *run(context) {
    const ordered = namespacesOfTiers(context);
    for (const name of context.namespaceNames) {
      const pods = context.endpointsIn(name);
      if (systemNamespace.test(name) || pods.length === 0 || ordered.has(name)) continue;
      if (context.policiesIn(name).length > 0) continue;
      if (pods.some((pod) => isSelectedByUnmodelled(context, pod))) continue;
      yield {
        message: `Namespace ${name} has ${countText(pods.length, "pod")} and no policy: every connection to and from them is allowed.`,
        fix: `Start with a NetworkPolicy in ${name} that has podSelector: {} and policyTypes: [Ingress], then allow what is needed.`,
        ...placeOf(context, name, pods[0]),
      };
    }
  },
};

/** Namespaces in which an ordered policy has a say about some pod. */
const namespacesOfTiers = (context: LintContext): ReadonlySet<string> =>
  new Set(
    context.tieredPolicies.flatMap((policy) =>
      context.tieredSubjectsOf(policy).map(({ namespace }) => namespace),
    ),
  );

/** Whether a policy of a kind that is not evaluated may have a say about a pod. */
const isSelectedByUnmodelled = ({ model }: LintContext, pod: PodObject): boolean => {
  for (const policy of model.unmodelledPolicies) {
    if (policy.namespace !== "" && policy.namespace !== pod.namespace) continue;
    if (!policy.selectorUnderstood) return true;
    const { namespaceSelector, podSelector } = policy;
    const fits =
      (podSelector === undefined || selects(podSelector, pod.labels)) &&
      (namespaceSelector === undefined ||
        selects(namespaceSelector, model.namespace(pod.namespace).labels));
    if (fits) return true;
  }
  return false;
};

/** NetworkPolicies protect what they select; a default deny protects what someone forgets, too. */
export const noDefaultDeny: LintRule = {
  id: "CW031",
  title: "no-default-deny",
  severity: "low",
  summary: "A namespace has policies, and pods that none of them isolates for ingress.",
  *run(context) {
    for (const name of context.namespaceNames) {
      const policies = context.policiesIn(name);
      if (policies.length === 0 || systemNamespace.test(name)) continue;
      const open = openPods(context, name, policies);
      if (open.length === 0) continue;
      const names = context.workloadsOf(open);
      yield {
        message: `Namespace ${name} has policies but no default deny: everyone may reach ${namesText(names)}.`,
        fix: `Add a NetworkPolicy to ${name} with podSelector: {}, policyTypes: [Ingress] and no rules.`,
        ...placeOf(context, name, policies[0]),
      };
    }
  },
};

/** The namespace; where it has no object, it is found at something in it. */
const placeOf = (
  { model }: LintContext,
  name: string,
  inIt: ClusterObject | undefined,
): Pick<Finding, "object" | "path" | "subject"> =>
  model.hasNamespaceObject(name) || inIt === undefined
    ? { object: model.namespace(name), path: ["metadata", "name"] }
    : { object: inIt, path: ["metadata", "namespace"], subject: `Namespace ${name}` };

const openPods = (
  context: LintContext,
  namespace: string,
  policies: readonly NetworkPolicyObject[],
): readonly PodObject[] => {
  const isolating = policies.filter(({ isolates }) => isolates.includes("ingress"));
  if (isolating.some(({ podSelector }) => podSelector.key === "")) return [];
  return context
    .groupsIn(namespace)
    .filter(({ labels }) => !isolating.some((policy) => selects(policy.podSelector, labels)))
    .flatMap(({ pods }) => pods)
    .filter((pod) => !isDeniedByTiers(context, pod))
    .filter((pod) => !isSelectedByUnmodelled(context, pod));
};
