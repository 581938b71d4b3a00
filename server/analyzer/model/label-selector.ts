/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** Operators of a match expression (meta/v1 LabelSelectorRequirement). */
export const selectorOperators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** One of the operators. */
export type SelectorOperator = (typeof selectorOperators)[number];

/** One match expression. NotIn and DoesNotExist match an object that lacks the key. */
export type Requirement = {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** One or more for In and NotIn, none for the others; sorted, without repeats. */
  readonly values: readonly string[];
};

/**
 * A label selector: all requirements must hold; none at all selects everything. matchLabels are In requirements with one
 * value.
 */
export type LabelSelector = {
  /** Sorted by key, operator, values, without repeats: equal selectors are equal lists. */
  readonly requirements: readonly Requirement[];
  /** Their text, joined: equal selectors have equal keys; "" selects everything. */
  readonly key: string;
  /**
   * Texts of the requirements that were written as a match expression though a label says the same (In with one value).
   * They mean the same; an exposure in np-guard's form tells them apart. Left out when there are none.
   */
  readonly expressed?: readonly string[];
};

/** A selector of requirements in any order; `expressed` are those of them that were In expressions with one value. */
export const labelSelectorOf = (
  requirements: readonly Requirement[],
  expressed: readonly Requirement[] = [],
): LabelSelector => {
  const written = expressed.length === 0 ? {} : { expressed: expressed.map(requirementText) };
  const [only, second] = requirements;
  // Most selectors ask for one label.
  if (only !== undefined && second === undefined) {
    const requirement = tidied(only);
    return { requirements: [requirement], key: requirementText(requirement), ...written };
  }
  const byText = new Map(
    requirements.map((requirement) => {
      const tidy = tidied(requirement);
      return [requirementText(tidy), tidy] as const;
    }),
  );
  const texts = [...byText.keys()].sort();
  return {
    requirements: texts.map((text) => byText.get(text) as Requirement),
    key: texts.join(","),
    ...written,
  };
};

/** Values sorted, without repeats. */
const tidied = (requirement: Requirement): Requirement =>
  requirement.values.length < 2
    ? requirement
    : { ...requirement, values: [...new Set(requirement.values)].sort() };

/** The selector that selects everything. */
export const everything: LabelSelector = labelSelectorOf([]);

/** Whether labels satisfy one requirement. */
export const meetsRequirement = (
  { key, operator, values }: Requirement,
  labels: Labels,
): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
};

/** Whether labels satisfy all requirements of a selector. */
export const selects = (selector: LabelSelector, labels: Labels): boolean =>
  selector.requirements.every((requirement) => meetsRequirement(requirement, labels));

/** The requirements that labels do not satisfy, for near-miss explanations. */
export const unmetRequirements = (
  selector: LabelSelector,
  labels: Labels,
): readonly Requirement[] =>
  selector.requirements.filter((requirement) => !meetsRequirement(requirement, labels));

/** "app=web", "app in (a,b)", "app notin (a)", "app", "!app": kubectl's spelling. */
export const requirementText = ({ key, operator, values }: Requirement): string => {
  switch (operator) {
    case "In":
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(",")})`;
    case "NotIn":
      return `${key} notin (${values.join(",")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
  }
};

/** The selector in kubectl's spelling; "everything" when empty. */
export const selectorText = (selector: LabelSelector): string =>
  selector.key === "" ? "everything" : selector.key;
