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
  for (const expression of field.field("matchExpressions").items()) {
    const requirement = requirementOf(expression);
    if (requirement !== undefined) requirements.push(requirement);
  }
  return requirements.length === 0 ? everything : labelSelectorOf(requirements);
};

const requirementOf = (expression: Field): Requirement | undefined => {
  if (expression.record() === undefined) {
    if (!expression.present) expression.error("must be a map with key and operator");
    return undefined;
  }
  warnUnknownFields(expression, ["key", "operator", "values"]);
  const keyField = expression.field("key");
  const key = keyField.text();
  if (key === undefined) keyField.error("is required");
  const fault = key === undefined ? undefined : labelKeyFault(key);
  if (fault !== undefined) keyField.error(fault);
  const operatorField = expression.field("operator");
  if (!operatorField.present)
    operatorField.error("is required: use In, NotIn, Exists or DoesNotExist");
  const operator = operatorField.word(selectorOperators);
  const valuesField = expression.field("values");
  const values = valuesField.strings();
  for (const [index, value] of values.entries()) {
    const wrong = labelValueFault(value);
    if (wrong !== undefined) valuesField.items()[index]?.error(wrong);
  }
  if (key === undefined || operator === undefined) return undefined;
  const takesValues = operator === "In" || operator === "NotIn";
  if (takesValues && values.length === 0) {
    valuesField.error(`must be given with operator ${operator}: list at least one value`);
  }
  if (!takesValues && values.length > 0) {
    valuesField.error(`must not be given with operator ${operator}: remove them, or use In`);
    return { key, operator, values: [] };
  }
  return { key, operator, values };
};
