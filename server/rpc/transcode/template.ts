import { RpcError } from "../errors.js";

/** One segment of a template: a literal, "*" (exactly one segment) or "**" (any number, only at the end). */
export type TemplateSegment =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "any" }
  | { readonly kind: "rest" };

/** A field that takes the segments from `start` up to, but without, `end`. */
export type TemplateVariable = {
  /** Proto names, outer message first. */
  readonly fieldPath: readonly string[];
  readonly start: number;
  readonly end: number;
};

/** A path template of google/api/http.proto. */
export type PathTemplate = {
  readonly text: string;
  readonly segments: readonly TemplateSegment[];
  readonly variables: readonly TemplateVariable[];
  /** What follows the last ":"; undefined for none. */
  readonly verb: string | undefined;
  /** Orders templates that match the same path: the greater string is the more exact one. */
  readonly rank: string;
};

/** Variables of a path that matched, by dotted proto name, decoded. */
export type PathVariables = ReadonlyMap<string, string>;

/**
 * Parses a template. Throws on what the grammar of http.proto does not have, and on a "**" that is not last.
 *
 *     Template = "/" Segments [ ":" LITERAL ] ;    Segments = Segment { "/" Segment } ;
 *     Segment = "*" | "**" | LITERAL | Variable ;  Variable = "{" FieldPath [ "=" Segments ] "}" ;
 */
export const parseTemplate = (text: string): PathTemplate => {
  const fail = (why: string): never => {
    throw new Error(`path template ${text}: ${why}`);
  };
  const [, path = "", verb] =
    /^\/(.*?)(?::([^/:{}*=]+))?$/s.exec(text) ?? fail("has to start with /");
  const segments: TemplateSegment[] = [];
  const variables: TemplateVariable[] = [];
  const addSegments = (pattern: string): void => {
    for (const part of pattern.split("/"))
      segments.push(segmentFrom(part) ?? fail(`bad segment "${part}"`));
  };
  for (const part of splitOutsideBraces(path)) {
    const variable = /^\{([\w.]+)(?:=([^{}]+))?\}$/.exec(part);
    if (variable === null) {
      addSegments(part);
      continue;
    }
    const [, name = "", pattern = "*"] = variable;
    const start = segments.length;
    addSegments(pattern);
    variables.push({ fieldPath: name.split("."), start, end: segments.length });
  }
  if (segments.slice(0, -1).some(({ kind }) => kind === "rest")) fail('"**" has to be last');
  const names = variables.map(({ fieldPath }) => fieldPath.join("."));
  if (new Set(names).size < names.length) fail("a variable stands twice");
  return { text, segments, variables, verb, rank: rankOf(segments, verb) };
};

/** Takes a request's path apart: still encoded, so that an encoded "/" stays within its segment. */
export const pathSegments = (path: string): readonly string[] => path.slice(1).split("/");

/** Whether a template matches, and with which still encoded segments; undefined when it does not. */
export const matchTemplate = (
  { segments, verb }: PathTemplate,
  path: readonly string[],
): readonly string[] | undefined => {
  const bare = verb === undefined ? path : withoutVerb(path, verb);
  if (bare === undefined) return undefined;
  const isOpen = segments.at(-1)?.kind === "rest";
  const fixed = isOpen ? segments.length - 1 : segments.length;
  if (isOpen ? bare.length < fixed : bare.length !== fixed) return undefined;
  const fits = segments.every((segment, at) => segmentFits(segment, bare[at] ?? ""));
  return fits ? bare : undefined;
};

/**
 * The variables' values. Each segment is decoded by itself; a value of several segments keeps an encoded "/" encoded, as
 * http.proto has it, so that it can be told from a real one. Throws INVALID_ARGUMENT on bad percent-encoding.
 */
export const pathVariables = (
  { variables, segments }: PathTemplate,
  path: readonly string[],
): PathVariables =>
  new Map(
    variables.map(({ fieldPath, start, end }) => {
      const isOpen = segments[end - 1]?.kind === "rest";
      const parts = path.slice(start, isOpen ? undefined : end);
      const isSingle = !isOpen && end - start === 1;
      return [fieldPath.join("."), parts.map((part) => decode(part, isSingle)).join("/")];
    }),
  );

const segmentFrom = (part: string): TemplateSegment | undefined => {
  if (part === "*") return { kind: "any" };
  if (part === "**") return { kind: "rest" };
  return /^[^*{}=]+$/.test(part) ? { kind: "literal", value: part } : undefined;
};

const splitOutsideBraces = (path: string): readonly string[] =>
  path.match(/(?:[^/{}]|\{[^{}]*\}|[{}])+|(?<=^|\/)(?=\/|$)/g) ?? [""];

const rankOf = (segments: readonly TemplateSegment[], verb: string | undefined): string => {
  const digits = { literal: "2", any: "1", rest: "0" };
  return segments.map(({ kind }) => digits[kind]).join("") + (verb === undefined ? "" : "3");
};

const withoutVerb = (path: readonly string[], verb: string): readonly string[] | undefined => {
  const last = path.at(-1) ?? "";
  const suffix = `:${verb}`;
  if (!last.endsWith(suffix)) return undefined;
  return [...path.slice(0, -1), last.slice(0, -suffix.length)];
};

const segmentFits = (segment: TemplateSegment, part: string): boolean => {
  switch (segment.kind) {
    case "literal":
      return (
        part === segment.value || (part.includes("%") && decodeLoosely(part) === segment.value)
      );
    case "any":
      return part !== "";
    case "rest":
      return true;
  }
};

const decodeLoosely = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const decode = (part: string, isSingle: boolean): string => {
  try {
    if (isSingle) return decodeURIComponent(part);
    return part
      .split(/(%2f)/i)
      .map((piece, at) => (at % 2 === 1 ? piece : decodeURIComponent(piece)))
      .join("");
  } catch (cause) {
    throw new RpcError({
      code: "invalid_argument",
      message: `"${part}" in the path is not percent-encoded`,
      cause,
    });
  }
};
