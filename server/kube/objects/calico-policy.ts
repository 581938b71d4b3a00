import { namespaceNameLabel } from "../../analyzer/model/cluster-model.js";
import { type LabelTest, parseCalicoSelector } from "./calico-selector.js";
import type { Field } from "./field.js";
import type { Condition, ScopedRequirement } from "./selector-cover.js";
import { type PolicyDirection, unmodelled } from "./unmodelled-policy.js";

/**
 * Reads a Calico NetworkPolicy or GlobalNetworkPolicy: whom it selects, and its types as Calico defaults them: egress only
 * where there are rules for egress only.
 */
export const calicoPolicyOf = unmodelled((object) => {
  const spec = object.field("spec");
  spec.record();
  return {
    condition: conditionOf(spec),
    directions: directionsOf(spec),
  };
});

const conditionOf = (spec: Field): Condition | undefined => {
  const parts = [
    selectorIn(spec.field("selector"), podLabel),
    selectorIn(spec.field("namespaceSelector"), namespaceLabel),
    // Service accounts have labels of their own, which the model does not hold.
    selectorIn(spec.field("serviceAccountSelector"), () => ({ kind: "unknown" })),
  ];
  const known = parts.filter((part) => part !== undefined);
  return known.length < parts.length ? undefined : { kind: "and", parts: known };
};

const selectorIn = (field: Field, test: LabelTest): Condition | undefined => {
  const text = field.string();
  if (text === undefined) return field.present ? undefined : { kind: "all" };
  const condition = parseCalicoSelector(text, test);
  if (condition === undefined) {
    field.warning(
      "is no selector of Calico: the policy counts as selecting everything in its scope",
    );
  }
  return condition;
};

const directionsOf = (spec: Field): readonly PolicyDirection[] => {
  const types = spec.field("types").strings();
  if (types.length > 0) {
    return (["ingress", "egress"] as const).filter((direction) =>
      types.some((type) => type.toLowerCase() === direction),
    );
  }
  const has = (direction: PolicyDirection): boolean => spec.field(direction).items().length > 0;
  if (!has("egress")) return ["ingress"];
  return has("ingress") ? ["ingress", "egress"] : ["egress"];
};

const namespaceLabel: LabelTest = (key, test) =>
  requirementOf("namespace", key === "projectcalico.org/name" ? namespaceNameLabel : key, test);

/** Calico adds labels to those of a pod (conversion.go): where it runs, and those of its namespace and account. */
const podLabel: LabelTest = (key, test) => {
  if (key === "projectcalico.org/namespace") {
    return requirementOf("namespace", namespaceNameLabel, test);
  }
  if (key === "projectcalico.org/orchestrator") return orchestratorTest(test);
  if (key.startsWith("pcns.")) return requirementOf("namespace", key.slice("pcns.".length), test);
  if (key.startsWith("pcsa.") || key.startsWith("projectcalico.org/")) return { kind: "unknown" };
  return requirementOf("pod", key, test);
};

const orchestratorTest = (test: Parameters<LabelTest>[1]): Condition => {
  if (test.operator === "text") return { kind: "unknown" };
  const isMet =
    test.operator === "Exists" || (test.operator === "In") === test.values.includes("k8s");
  return isMet ? { kind: "all" } : { kind: "not", part: { kind: "all" } };
};

const requirementOf = (
  scope: ScopedRequirement["scope"],
  key: string,
  test: Parameters<LabelTest>[1],
): Condition => {
  switch (test.operator) {
    case "text":
      // The value is not compared: what has the label may match, and without it nothing does.
      return {
        kind: "and",
        parts: [
          { kind: "requirement", requirement: { scope, key, operator: "Exists", values: [] } },
          { kind: "unknown" },
        ],
      };
    case "Exists":
      return { kind: "requirement", requirement: { scope, key, operator: "Exists", values: [] } };
    default:
      // In of nothing is met by nothing, NotIn of nothing by everything.
      if (test.values.length === 0) {
        return test.operator === "NotIn" ? { kind: "all" } : { kind: "not", part: { kind: "all" } };
      }
      return {
        kind: "requirement",
        requirement: { scope, key, operator: test.operator, values: test.values },
      };
  }
};
