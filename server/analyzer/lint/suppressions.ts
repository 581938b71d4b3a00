import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { closest } from "../../../common/closest.js";
import type { LocationView } from "../answers.js";
import type { ClusterObject } from "../model/objects.js";
import type { Finding } from "./finding.js";
import { suppressionsCharsMax, suppressionsMax } from "./limits.js";

/** The annotation that suppresses findings on its object: "CW003: reason; CW010: reason". */
export const suppressionAnnotation = "causeway.io/lint-ignore";

/** A wish not to see a finding, and why. */
export type Suppression = {
  readonly rule: string;
  /** "NetworkPolicy default/web", as findings name objects; absent: every object. */
  readonly object?: string;
  /** Why; an empty one is a finding of its own, and does not suppress. */
  readonly reason: string;
  /** Where it was written. */
  readonly location: LocationView;
  /** In an annotation or in a file. */
  readonly from: "annotation" | "file";
};

/** A file of suppressions: what can be used, and what is wrong with the rest. */
export type SuppressionFile = {
  readonly suppressions: readonly Suppression[];
  readonly faults: readonly SuppressionFault[];
};

/** Something in a file of suppressions that can't be used. */
export type SuppressionFault = { readonly message: string; readonly location: LocationView };

/**
 * Parses a file of suppressions: a YAML list of {rule, object?, reason}, or a map with that list under `suppressions`.
 * Never throws: what can't be read is a fault with its line.
 */
export const parseSuppressions = (text: string, file: string): SuppressionFile => {
  const at = (line: number): LocationView => ({ file, line });
  const refused = (message: string, line = 1): SuppressionFile => ({
    suppressions: [],
    faults: [{ message, location: at(line) }],
  });
  if (text.length > suppressionsCharsMax) {
    return refused(
      `more than ${suppressionsCharsMax} characters: a file of suppressions is far smaller`,
    );
  }
  const lines = new LineCounter();
  const lineOf = (node: Node | null | undefined): number =>
    node?.range ? lines.linePos(node.range[0]).line : 1;
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const error = document.errors[0];
  if (error !== undefined) {
    return refused(
      `not YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`,
      error.linePos?.[0].line,
    );
  }
  const root = document.contents;
  if (root === null) return { suppressions: [], faults: [] };
  const list = isMap(root) ? (root.get("suppressions", true) as Node | undefined) : root;
  if (!isSeq(list)) return refused("expected a list of {rule, object, reason}", lineOf(root));
  if (list.items.length > suppressionsMax) {
    return refused(`more than ${suppressionsMax} suppressions`, lineOf(list));
  }
  const suppressions: Suppression[] = [];
  const faults: SuppressionFault[] = [];
  for (const item of list.items as Node[]) {
    const entry = entryOf(item, at(lineOf(item)));
    if ("message" in entry) faults.push(entry);
    else suppressions.push(entry);
  }
  return { suppressions, faults };
};

const entryKeys = ["rule", "object", "reason"];

const entryOf = (item: Node, location: LocationView): Suppression | SuppressionFault => {
  if (!isMap(item)) return { message: "expected {rule, object, reason}", location };
  const odd = keysOf(item).find((key) => !entryKeys.includes(key));
  if (odd !== undefined) {
    const near = closest(odd, entryKeys);
    const hint = near === undefined ? "known are rule, object, reason" : `did you mean ${near}?`;
    return { message: `unknown key ${odd}: ${hint}`, location };
  }
  const unread = entryKeys.find((key) => !isText(item.get(key, true)));
  if (unread !== undefined) return { message: `${unread} must be a text`, location };
  const [rule, object, reason] = entryKeys.map((key) => textOf(item, key));
  if (rule === undefined || rule === "") return { message: "rule is missing", location };
  return {
    rule,
    ...(object === undefined || object === "" ? {} : { object }),
    reason: reason ?? "",
    location,
    from: "file",
  };
};

/** Whether a value is a plain one, or absent: an alias, a list or a map names nothing. */
const isText = (node: unknown): boolean => node === undefined || node === null || isScalar(node);

const keysOf = (map: YAMLMap): string[] =>
  map.items.map(({ key }) => (isScalar(key) ? String(key.value) : "?"));

const textOf = (map: YAMLMap, key: string): string | undefined => {
  const value = map.get(key);
  return value === undefined || value === null ? undefined : String(value).trim();
};

/** The suppressions of an object's annotation, in its order. */
export const suppressionsOf = (
  object: ClusterObject,
  name: string,
  location: LocationView,
): readonly Suppression[] => {
  const text = object.annotations[suppressionAnnotation];
  if (text === undefined) return [];
  return text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .slice(0, suppressionsMax)
    .map((part) => {
      const colon = part.indexOf(":");
      return {
        rule: (colon === -1 ? part : part.slice(0, colon)).trim(),
        object: name,
        reason: colon === -1 ? "" : part.slice(colon + 1).trim(),
        location,
        from: "annotation" as const,
      };
    });
};

/** Whether a suppression is meant for a finding. */
export const isSuppressedBy = (
  finding: { readonly rule: string; readonly object: string },
  suppression: Suppression,
): boolean =>
  suppression.reason !== "" &&
  suppression.rule.toUpperCase() === finding.rule &&
  (suppression.object === undefined || suppression.object === finding.object);

/** What is wrong with suppressions themselves. */
export const suppressionFindings = (input: {
  readonly suppressions: readonly Suppression[];
  readonly faults: readonly SuppressionFault[];
  readonly ruleIds: readonly string[];
}): readonly Finding[] => [
  ...input.faults.map(({ message, location }) => ({
    message: `This suppression can't be used: ${message}.`,
    fix: "Write it as {rule: CW003, object: NetworkPolicy default/web, reason: …}.",
    subject: "",
    location,
  })),
  ...input.suppressions.flatMap((suppression) => faultOf(suppression, input.ruleIds)),
];

const faultOf = (suppression: Suppression, ruleIds: readonly string[]): readonly Finding[] => {
  const { rule, object = "", reason, location } = suppression;
  const place = { subject: object, location };
  if (!ruleIds.includes(rule.toUpperCase())) {
    const near = closest(
      rule.toLowerCase(),
      ruleIds.map((id) => id.toLowerCase()),
    );
    const hint = near === undefined ? "" : ` Did you mean ${near.toUpperCase()}?`;
    return [
      {
        ...place,
        message: `There is no rule ${rule} to suppress.${hint}`,
        fix: "Name a rule of docs/lint.",
      },
    ];
  }
  if (reason !== "") return [];
  return [
    {
      ...place,
      message: `${rule} is suppressed without a reason, so it is not suppressed.`,
      fix: `Say why: "${rule}: the reason".`,
    },
  ];
};
