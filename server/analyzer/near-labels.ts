import { closest } from "../../common/closest.js";
import {
  type LabelSelector,
  type Labels,
  type Requirement,
  requirementText,
  unmetRequirements,
} from "./model/label-selector.js";

/** What a selector that matches nothing was probably meant to be. */
export type NearLabels = {
  /** The requirements to write instead: "app=web", "app=web,tier=front". */
  readonly text: string;
  /** The requirements that are not met, in kubectl's spelling. */
  readonly unmet: readonly string[];
  /** Whether it looks like a slip of the finger or another spelling of the same key, rather than another thing. */
  readonly slip: boolean;
};

/** Requirements that stand for one that is not met. */
type Guess = { readonly text: string; readonly slip: boolean };

/**
 * The label set that comes nearest to a selector that it does not satisfy: every unmet requirement must have a likely
 * counterpart, or all but one of several requirements must be met. Undefined when nothing comes near.
 */
export const nearestLabels = (
  selector: LabelSelector,
  candidates: Iterable<Labels>,
): NearLabels | undefined => {
  let best: (NearLabels & { readonly cost: number }) | undefined;
  for (const labels of candidates) {
    const unmet = unmetRequirements(selector, labels);
    if (unmet.length === 0) continue;
    const met = selector.requirements.length - unmet.length;
    const guesses = unmet.map((requirement) => guessOf(requirement, labels));
    const known = guesses.filter((guess) => guess !== undefined);
    if (known.length < unmet.length) continue;
    const slip = known.every((guess) => guess.slip);
    if (!slip && (unmet.length > 1 || met === 0)) continue;
    const cost = unmet.length + (slip ? 0 : 10);
    if (best !== undefined && best.cost <= cost) continue;
    best = {
      text: known.map(({ text }) => text).join(","),
      unmet: unmet.map(requirementText),
      slip,
      cost,
    };
  }
  if (best === undefined) return undefined;
  const { text, unmet, slip } = best;
  return { text, unmet, slip };
};

const guessOf = (requirement: Requirement, labels: Labels): Guess | undefined => {
  const { key, operator, values } = requirement;
  if (operator === "NotIn" || operator === "DoesNotExist") return undefined;
  if (Object.hasOwn(labels, key)) return otherValue(key, values, labels[key] ?? "");
  const wanted = (value: string): boolean => operator === "Exists" || values.includes(value);
  const keys = Object.keys(labels);
  const nearKey = closest(key, keys);
  if (nearKey !== undefined && wanted(labels[nearKey] ?? "")) {
    return { text: `${nearKey}=${labels[nearKey]}`, slip: true };
  }
  // The same value under another key: app=web where the label is app.kubernetes.io/name=web.
  const alike = operator === "In" ? keys.filter((other) => wanted(labels[other] ?? "")) : [];
  const sameValue = alike.find((other) => isKin(key, other)) ?? alike[0];
  return sameValue === undefined
    ? undefined
    : { text: `${sameValue}=${labels[sameValue]}`, slip: isKin(key, sameValue) };
};

const otherValue = (key: string, values: readonly string[], value: string): Guess => ({
  text: `${key}=${value}`,
  slip: values.some((wanted) => isSlip(wanted, value)),
});

/** Characters below which no two words are one with a slip: a and b, v1 and v2. */
const slipCharsMin = 3;

/** Characters from which on a replaced letter is a slip: dev and def are two things, while webb and wbe are web. */
const replacedCharsMin = 4;

/** Whether two values are one word with a slip; web-1 and web-2, v1 and v2 are two things. */
const isSlip = (wanted: string, value: string): boolean => {
  const [one, other] = [wanted.toLowerCase(), value.toLowerCase()];
  if (one === other) return true;
  const shorter = Math.min(one.length, other.length);
  const isReplaced = one.length === other.length && sortedLetters(one) !== sortedLetters(other);
  if (shorter < (isReplaced ? replacedCharsMin : slipCharsMin)) return false;
  const letters = (text: string): string => text.replace(/\d+/g, "");
  return letters(one) !== letters(other) && closest(one, [other]) !== undefined;
};

const sortedLetters = (word: string): string => [...word].sort().join("");

// Words that charts and people use for the name of a thing.
const nameKeys = /(^|[./-])(name|app|application|namespace|ns|k8s-app|component|instance)$/i;

const isKin = (one: string, other: string): boolean =>
  (nameKeys.test(one) && nameKeys.test(other)) || one.split("/").at(-1) === other.split("/").at(-1);
