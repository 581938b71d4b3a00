import { type LabelSelector, meetsRequirement, type Requirement } from "../model/label-selector.js";

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
