import type { FieldPath } from "../objects/faults.js";
import { contentStart } from "./split-documents.js";

/** Where a node begins: the column is that of its first character. */
type Node = { readonly offset: number; readonly column: number };

/** A step into a node: the place of the part, and its value; undefined for a value that is nothing. */
type Step = { readonly offset: number; readonly node: Node | undefined };

/**
 * Offset of a part of a YAML document that is written in block style, as nearly all manifests are: found by indentation,
 * without parsing. Of a part that is not there it is that of the nearest part around it. Undefined where the style is
 * another (flow collections, anchors, tags …): then only a parser can tell.
 */
export const blockOffsetOf = (text: string, path: FieldPath): number | undefined => {
  const start = contentStart(text, 0, text.length);
  if (start < 0) return undefined;
  let node: Node | undefined = { offset: start, column: columnOf(text, start) };
  let offset = start;
  for (const part of path) {
    if (node === undefined) return offset;
    const step: Step | "absent" | "unsure" = stepInto(text, node, part);
    if (step === "unsure") return undefined;
    if (step === "absent") return offset;
    ({ offset, node } = step);
  }
  return offset;
};

const stepInto = (text: string, node: Node, part: string | number): Step | "absent" | "unsure" => {
  const first = text.charAt(node.offset);
  if (otherStyle.includes(first)) return "unsure";
  const isSequence = isDash(text, node.offset);
  if (typeof part === "number") return isSequence ? itemOf(text, node, part) : "unsure";
  return isSequence ? "unsure" : entryOf(text, node, part);
};

/** First characters of flow collections, aliases, anchors, tags, block scalars, explicit keys and directives. */
const otherStyle = "{[&*!|>?%@`";

const itemOf = (
  text: string,
  { offset, column }: Node,
  index: number,
): Step | "absent" | "unsure" => {
  let count = 0;
  for (let at = offset; at >= 0; at = nextLine(text, at, column)) {
    if (!isDash(text, at)) return "absent";
    if (count++ < index) continue;
    const node = valueAfter(text, at + 1, { column, sequences: false });
    // What a parser says of an item of nothing, or of one with an anchor, is not worth knowing.
    if (node === undefined || "&!".includes(text.charAt(node.offset))) return "unsure";
    return { offset: node.offset, node };
  }
  return "absent";
};

const entryOf = (
  text: string,
  { offset, column }: Node,
  key: string,
): Step | "absent" | "unsure" => {
  for (let at = offset; at >= 0; at = nextLine(text, at, column)) {
    // A list as the value of the key before it may stand at the same column.
    if (at !== offset && isDash(text, at)) continue;
    if (otherStyle.includes(text.charAt(at))) return "unsure";
    const colon = colonAfter(text, at, key);
    if (colon < 0) continue;
    return { offset: at, node: valueAfter(text, colon + 1, { column, sequences: true }) };
  }
  return "absent";
};

/** Offset of the colon when the line has this key, plain or in quotes; else -1. */
const colonAfter = (text: string, at: number, key: string): number => {
  const quote = text.charAt(at);
  const isQuoted = quote === '"' || quote === "'";
  const written = isQuoted ? `${quote}${key}${quote}` : key;
  if (!text.startsWith(written, at)) return -1;
  let colon = at + written.length;
  while (text.charCodeAt(colon) === space) colon++;
  return text.charAt(colon) === ":" && isSpaceOrEnd(text.charCodeAt(colon + 1)) ? colon : -1;
};

/** The value that begins behind a dash or a colon, on the line or below it. */
const valueAfter = (
  text: string,
  from: number,
  { column, sequences }: { readonly column: number; readonly sequences: boolean },
): Node | undefined => {
  let at = from;
  while (text.charCodeAt(at) === space) at++;
  const code = text.charCodeAt(at);
  if (code !== newline && code !== carriageReturn && code !== hash && at < text.length) {
    return { offset: at, column: columnOf(text, at) };
  }
  const next = contentBelow(text, at);
  if (next < 0) return undefined;
  const nextColumn = columnOf(text, next);
  const isInside =
    nextColumn > column || (sequences && nextColumn === column && isDash(text, next));
  return isInside ? { offset: next, column: nextColumn } : undefined;
};

/** Offset of the next content at exactly this column, past what is nested; -1 when the block ends before. */
const nextLine = (text: string, from: number, column: number): number => {
  for (let at = contentBelow(text, from); at >= 0; at = contentBelow(text, at)) {
    const here = columnOf(text, at);
    if (here === column) return at;
    if (here < column) return -1;
  }
  return -1;
};

const space = 32;
const newline = 10;
const carriageReturn = 13;
const hash = 35;

/** Offset of the first content of the lines below an offset, blank ones and comments left out; -1 when there is none. */
const contentBelow = (text: string, from: number): number => {
  for (let end = text.indexOf("\n", from); end >= 0; end = text.indexOf("\n", end + 1)) {
    let at = end + 1;
    while (text.charCodeAt(at) === space) at++;
    const code = text.charCodeAt(at);
    if (at < text.length && code !== newline && code !== carriageReturn && code !== hash) return at;
  }
  return -1;
};

const columnOf = (text: string, offset: number): number =>
  offset - (text.lastIndexOf("\n", offset - 1) + 1);

const isDash = (text: string, at: number): boolean =>
  text.charAt(at) === "-" && isSpaceOrEnd(text.charCodeAt(at + 1));

// Past the end the code is NaN.
const isSpaceOrEnd = (code: number): boolean =>
  Number.isNaN(code) || code === space || code === newline || code === carriageReturn;
