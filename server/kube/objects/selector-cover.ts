import type { Requirement } from "../../analyzer/model/label-selector.js";

/** A requirement on the labels of a pod, or of its namespace. */
export type ScopedRequirement = Requirement & { readonly scope: "pod" | "namespace" };

/** A condition on pods as the selectors of other policies have it. */
export type Condition =
  | { readonly kind: "all" }
  | { readonly kind: "requirement"; readonly requirement: ScopedRequirement }
  /** Depends on something that the model does not hold. */
  | { readonly kind: "unknown" }
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition };

/** Requirements that whatever a condition selects meets; "nothing" when it can't select anything. */
export type Cover = readonly ScopedRequirement[] | "nothing";

/**
 * The narrowest list of requirements, all to be met, that selects no less than the condition: exact for what a label
 * selector can say, wider for the rest (alternatives, prefixes, what is unknown).
 */
export const coverOf = (condition: Condition, negated = false): Cover => {
  switch (condition.kind) {
    case "all":
      return negated ? "nothing" : [];
    case "unknown":
      return [];
    case "requirement":
      return [negated ? negationOf(condition.requirement) : condition.requirement];
    case "not":
      return coverOf(condition.part, !negated);
    default: {
      const parts = condition.parts.map((part) => coverOf(part, negated));
      return (condition.kind === "and") === negated ? coverOfAny(parts) : coverOfAll(parts);
    }
  }
};

const negations = {
  In: "NotIn",
  NotIn: "In",
  Exists: "DoesNotExist",
  DoesNotExist: "Exists",
} as const;

// Not "key in values" holds where the key is missing, and so does NotIn.
const negationOf = (requirement: ScopedRequirement): ScopedRequirement => ({
  ...requirement,
  operator: negations[requirement.operator],
});

const coverOfAll = (parts: readonly Cover[]): Cover => {
  const lists = parts.filter((part) => part !== "nothing");
  return lists.length < parts.length ? "nothing" : lists.flat();
};

const coverOfAny = (parts: readonly Cover[]): Cover => {
  const [first, ...others] = parts.filter((part) => part !== "nothing");
  if (first === undefined) return "nothing";
  return first.flatMap((requirement) => commonOf(requirement, others) ?? []);
};

/** A requirement that this one and one of each other list imply: the same, or one of the values of all. */
const commonOf = (
  requirement: ScopedRequirement,
  others: readonly (readonly ScopedRequirement[])[],
): ScopedRequirement | undefined => {
  const values = new Set(requirement.values);
  for (const other of others) {
    const same = other.find(
      ({ scope, key, operator, values: theirs }) =>
        scope === requirement.scope &&
        key === requirement.key &&
        operator === requirement.operator &&
        (operator === "In" || sameValues(theirs, requirement.values)),
    );
    if (same === undefined) return undefined;
    for (const value of same.values) values.add(value);
  }
  return { ...requirement, values: [...values].sort() };
};

const sameValues = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((value) => other.includes(value));
