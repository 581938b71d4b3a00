import { type LabelSelector, meetsRequirement, type Requirement } from "./label-selector.js";

/**
 * Whether everything that the first selector can ever select is selected by the second, whatever labels there are. Exact
 * for single requirements; a no where only several together imply one.
 */
export const impliesSelector = (strict: LabelSelector, loose: LabelSelector): boolean =>
  strict.key === loose.key ||
  loose.requirements.every((wanted) =>
    strict.requirements.some((given) => impliesRequirement(given, wanted)),
  );

const impliesRequirement = (given: Requirement, wanted: Requirement): boolean => {
  if (given.key !== wanted.key) return false;
  switch (given.operator) {
    case "In":
      return given.values.every((value) => meetsRequirement(wanted, { [given.key]: value }));
    case "Exists":
      return wanted.operator === "Exists";
    case "DoesNotExist":
      return wanted.operator === "DoesNotExist" || wanted.operator === "NotIn";
    case "NotIn":
      return (
        wanted.operator === "NotIn" && wanted.values.every((value) => given.values.includes(value))
      );
  }
};

/** Whether one object can be selected by both: no requirement of the one rules one of the other out. */
export const mayHoldBoth = (one: LabelSelector, other: LabelSelector): boolean =>
  !one.requirements.some((requirement) =>
    other.requirements.some((against) => rulesOut(requirement, against)),
  );

const rulesOut = (one: Requirement, other: Requirement): boolean => {
  if (one.key !== other.key) return false;
  if (one.operator === "In") {
    return one.values.every((value) => !meetsRequirement(other, { [one.key]: value }));
  }
  if (other.operator === "In") return rulesOut(other, one);
  const operators = [one.operator, other.operator];
  return operators.includes("Exists") && operators.includes("DoesNotExist");
};
