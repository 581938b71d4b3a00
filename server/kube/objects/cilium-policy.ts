import { namespaceNameLabel } from "../../analyzer/model/cluster-model.js";
import { selectorOperators } from "../../analyzer/model/label-selector.js";
import type { Field } from "./field.js";
import type { Condition, ScopedRequirement } from "./selector-cover.js";
import { directionsWithRules, unmodelled } from "./unmodelled-policy.js";

const ruleKeys = {
  ingress: ["ingress", "ingressDeny"],
  egress: ["egress", "egressDeny"],
} as const;

/**
 * Reads a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy: spec and specs together. A direction counts where a rule
 * list of it has entries: an empty list has no effect, and one empty rule isolates.
 */
export const ciliumPolicyOf = unmodelled((object) => {
  const spec = object.field("spec");
  const specs = [...(spec.present ? [spec] : []), ...object.field("specs").items()];
  if (specs.length === 0) object.field("spec").error("is required: write spec or specs");
  const inEffect = specs.filter((each) => directionsWithRules(each, ruleKeys).length > 0);
  return {
    condition: { kind: "or", parts: inEffect.map(subjectOf) },
    directions: (["ingress", "egress"] as const).filter((direction) =>
      inEffect.some((each) => directionsWithRules(each, ruleKeys).includes(direction)),
    ),
  };
});

/** Rules for nodes select no pod. */
const subjectOf = (spec: Field): Condition => {
  const endpoints = spec.field("endpointSelector");
  const nodes = spec.field("nodeSelector");
  if (endpoints.present === nodes.present) {
    spec.error("must have exactly one of endpointSelector and nodeSelector");
  }
  if (nodes.present) return { kind: "not", part: { kind: "all" } };
  endpoints.record();
  const labels = endpoints.field("matchLabels").stringMap();
  return {
    kind: "and",
    parts: [
      ...Object.entries(labels).map(([key, value]) => labelTest(key, "In", [value])),
      ...endpoints.field("matchExpressions").items().map(expressionTest),
    ],
  };
};

const expressionTest = (expression: Field): Condition => {
  const key = expression.field("key").text();
  const operator = expression.field("operator").word(selectorOperators);
  const values = expression.field("values").strings();
  const takesValues = operator === "In" || operator === "NotIn";
  return key === undefined || operator === undefined || takesValues !== values.length > 0
    ? { kind: "unknown" }
    : labelTest(key, operator, values);
};

const namespaceLabels = "io.cilium.k8s.namespace.labels.";

/** Labels of Cilium have a source: "k8s:app", "any:app" and "app" are pod labels, "reserved:" is never one of a pod. */
const labelTest = (
  written: string,
  operator: ScopedRequirement["operator"],
  values: readonly string[],
): Condition => {
  const parts = /^(?:([a-z0-9-]+):)?(.*)$/s.exec(written);
  const source = parts?.[1] ?? "any";
  const key = parts?.[2] ?? written;
  if (source === "reserved") {
    const isAbsence = operator === "DoesNotExist" || operator === "NotIn";
    return isAbsence ? { kind: "all" } : { kind: "not", part: { kind: "all" } };
  }
  if (source !== "k8s" && source !== "any") return { kind: "unknown" };
  const test = (scope: ScopedRequirement["scope"], label: string): Condition => ({
    kind: "requirement",
    requirement: { scope, key: label, operator, values },
  });
  if (key === "io.kubernetes.pod.namespace") return test("namespace", namespaceNameLabel);
  if (key.startsWith(namespaceLabels)) return test("namespace", key.slice(namespaceLabels.length));
  if (key.startsWith("io.cilium.") || key.startsWith("io.kubernetes.")) return { kind: "unknown" };
  return test("pod", key);
};
