import {
  everything,
  type LabelSelector,
  labelSelectorOf,
  type Requirement,
  selectorOperators,
} from "../../analyzer/model/label-selector.js";
import type { Field } from "./field.js";
import { labelKeyFault, labelValueFault } from "./names.js";
import { warnUnknownFields } from "./unknown-fields.js";

/**
 * Reads a meta/v1 LabelSelector; absent parts select everything. Faults as apimachinery's ValidateLabelSelector has them.
 */
export const selectorOf = (field: Field): LabelSelector => {
  if (field.record() === undefined) return everything;
  warnUnknownFields(field, ["matchLabels", "matchExpressions"]);
  const requirements: Requirement[] = [];
  const labels = field.field("matchLabels");
  const map = labels.stringMap();
  for (const key in map) {
    const value = map[key] ?? "";
    const fault = labelKeyFault(key) ?? labelValueFault(value);
    if (fault !== undefined) labels.field(key).error(fault);
    requirements.push({ key, operator: "In", values: [value] });
  }
  const expressed: Requirement[] = [];
  for (const expression of field.itemsAt("matchExpressions")) {
    const requirement = requirementOf(expression);
    if (requirement === undefined) continue;
    requirements.push(requirement);
    if (requirement.operator === "In" && requirement.values.length === 1) {
      expressed.push(requirement);
    }
  }
  return requirements.length === 0 ? everything : labelSelectorOf(requirements, expressed);
};

const requirementOf = (expression: Field): Requirement | undefined => {
  if (expression.record() === undefined) {
    if (!expression.present) expression.error("must be a map with key and operator");
    return undefined;
  }
  warnUnknownFields(expression, ["key", "operator", "values"]);
  const key = keyOf(expression.field("key"));
  const operatorField = expression.field("operator");
  if (!operatorField.present) {
    operatorField.error("is required: use In, NotIn, Exists or DoesNotExist");
  }
  const operator = operatorField.word(selectorOperators);
  const valuesField = expression.field("values");
  const values = valuesOf(valuesField);
  if (key === undefined || operator === undefined) return undefined;
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      valuesField.error(`must be given with operator ${operator}: list at least one value`);
    }
    return { key, operator, values };
  }
  if (values.length > 0) {
    valuesField.error(`must not be given with operator ${operator}: remove them, or use In`);
  }
  return { key, operator, values: [] };
};

const keyOf = (field: Field): string | undefined => {
  const key = field.text();
  if (key === undefined && (!field.present || field.value === "")) field.error("is required");
  const fault = key === undefined ? undefined : labelKeyFault(key);
  if (fault !== undefined) field.error(fault);
  return key;
};

const valuesOf = (list: Field): readonly string[] =>
  list.items().flatMap((item) => {
    // A null entry is the empty text, as Go reads it.
    const value = item.present ? item.string() : "";
    const fault = value === undefined ? undefined : labelValueFault(value);
    if (fault !== undefined) item.error(fault);
    return value ?? [];
  });
