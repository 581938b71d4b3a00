import { FAILSAFE_SCHEMA, type Schema, Type } from "js-yaml";

/**
 * Scalars as kubectl reads them (sigs.k8s.io/yaml, goyaml.v2/resolve.go): the booleans of YAML 1.1 (yes, on, y), octal
 * numbers with a leading 0, underscores in numbers, and no dates.
 */
const words: ReadonlyMap<string, boolean | null | number> = new Map<
  string,
  boolean | null | number
>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map(
    (word): [string, boolean] => [word, true],
  ),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map(
    (word): [string, boolean] => [word, false],
  ),
  ...["", "~", "null", "Null", "NULL"].map((word): [string, null] => [word, null]),
  ...[".nan", ".NaN", ".NAN"].map((word): [string, number] => [word, Number.NaN]),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word): [string, number] => [
    word,
    Number.POSITIVE_INFINITY,
  ]),
  ...["-.inf", "-.Inf", "-.INF"].map((word): [string, number] => [word, Number.NEGATIVE_INFINITY]),
]);

/** First characters of what may be no string: signs, digits, dots, and those of the words. */
const hints: ReadonlySet<string> = new Set("+-0123456789.yYnNtTfFoO~");

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integers: readonly {
  readonly pattern: RegExp;
  readonly base: number;
  readonly skip: number;
}[] = [
  { pattern: /^[-+]?(0|[1-9][0-9]*)$/, base: 10, skip: 0 },
  { pattern: /^[-+]?0x[0-9a-f]+$/i, base: 16, skip: 2 },
  { pattern: /^[-+]?0o[0-7]+$/i, base: 8, skip: 2 },
  { pattern: /^[-+]?0[0-7]+$/, base: 8, skip: 1 },
  { pattern: /^[-+]?0b[01]+$/i, base: 2, skip: 2 },
];

/** What a plain scalar stands for: itself unless it is a word or a number. */
export const plainValueOf = (text: string): string | number | boolean | null => {
  if (text !== "" && !hints.has(text.charAt(0))) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  return numberOf(text.includes("_") ? text.replaceAll("_", "") : text) ?? text;
};

const numberOf = (text: string): number | undefined => {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  for (const { pattern, base, skip } of integers) {
    if (!pattern.test(text)) continue;
    if (base === 10) return Number(text);
    const negative = text.startsWith("-");
    const digits = text.slice((/^[-+]/.test(text) ? 1 : 0) + skip);
    const value = Number.parseInt(digits, base);
    return negative ? -value : value;
  }
  return float.test(text) ? Number(text) : undefined;
};

const plain = new Type("tag:yaml.org,2002:plain", {
  kind: "scalar",
  resolve: (text: unknown) =>
    text === null || (typeof text === "string" && plainValueOf(text) !== text),
  construct: (text: string | null) => (text === null ? null : plainValueOf(text)),
});

const explicit = (name: string, accept: (value: unknown) => boolean): Type =>
  new Type(`tag:yaml.org,2002:${name}`, {
    kind: "scalar",
    resolve: (text: unknown) => accept(plainValueOf(String(text ?? ""))),
    construct: (text: string | null) => plainValueOf(text ?? ""),
  });

/** go-yaml passes over tags that it does not know. */
const ignored = (kind: "scalar" | "sequence" | "mapping", prefix: string): Type =>
  new Type(prefix, { kind, multi: true });

/** The schema for js-yaml. */
export const kubectlSchema: Schema = FAILSAFE_SCHEMA.extend({
  implicit: [
    plain,
    new Type("tag:yaml.org,2002:merge", {
      kind: "scalar",
      resolve: (text: unknown) => text === "<<",
    }),
  ],
  explicit: [
    explicit("bool", (value) => typeof value === "boolean"),
    explicit("int", (value) => Number.isInteger(value)),
    explicit("float", (value) => typeof value === "number"),
    explicit("null", (value) => value === null),
    new Type("tag:yaml.org,2002:timestamp", { kind: "scalar" }),
    new Type("tag:yaml.org,2002:binary", {
      kind: "scalar",
      resolve: (text: unknown) => typeof text === "string" && /^[A-Za-z0-9+/=\s]*$/.test(text),
      construct: (text: string) => atobOrText(text),
    }),
    ignored("scalar", "!"),
    ignored("sequence", "!"),
    ignored("mapping", "!"),
  ],
});

const atobOrText = (text: string): string => {
  try {
    return atob(text.replace(/\s/g, ""));
  } catch {
    return text;
  }
};
