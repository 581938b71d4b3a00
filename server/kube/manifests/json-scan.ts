import type { DocumentSlice } from "./split-documents.js";

const quote = 34;
const backslash = 92;
const comma = 44;
const colon = 58;

/** Offset of the next character that is no JSON space. */
const skipSpace = (text: string, start: number): number => {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
};

/** Offset after the string that begins at `start`. */
const skipString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    at += code === backslash ? 2 : 1;
  }
  return text.length;
};

/** Offset after the value that begins at `start`; of a text that is no JSON anything from there to the end. */
const skipValue = (text: string, start: number): number => {
  const code = text.charCodeAt(start);
  if (code === quote) return skipString(text, start);
  return isOpening(code) ? skipNested(text, start) : skipWord(text, start);
};

// "{" and "[", "}" and "]".
const isOpening = (code: number): boolean => code === 123 || code === 91;
const isClosing = (code: number): boolean => code === 125 || code === 93;

const skipNested = (text: string, start: number): number => {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (isOpening(code)) depth++;
    else if (isClosing(code) && --depth === 0) return at;
  }
  return text.length;
};

const skipWord = (text: string, start: number): number => {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === comma || code <= 32 || isClosing(code)) return at;
    at++;
  }
  return text.length;
};

/** What a JSON text has that JSON.parse does not tell. */
export type JsonShape = {
  /** How deep its maps and lists are nested. */
  readonly depth: number;
  /** Offset of a key that its map has twice. */
  readonly repeatedKey?: number;
};

/** Walks a JSON text, no deeper than one level more than `depthMax`; looks at its keys only when asked. */
export const jsonShapeOf = (
  text: string,
  { keys, depthMax }: { readonly keys: boolean; readonly depthMax: number },
): JsonShape => {
  const open: (Set<string> | undefined)[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length && depth <= depthMax) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = skipString(text, at);
      if (isRepeated(text, { start: at, end }, open.at(-1))) return { depth, repeatedKey: at };
      at = end;
    } else {
      nest(open, code, keys);
      depth = Math.max(depth, open.length);
      at++;
    }
  }
  return { depth };
};

const nest = (open: (Set<string> | undefined)[], code: number, keys: boolean): void => {
  if (isOpening(code)) open.push(keys ? new Set() : undefined);
  else if (isClosing(code)) open.pop();
};

/** Whether a string is a key that is among the known ones; adds it to them. */
const isRepeated = (
  text: string,
  { start, end }: DocumentSlice,
  known: Set<string> | undefined,
): boolean => {
  if (known === undefined || text.charCodeAt(skipSpace(text, end)) !== colon) return false;
  const key = text.slice(start, end);
  if (known.has(key)) return true;
  known.add(key);
  return false;
};

/** The JSON values that stand one after the other in a text; undefined when there are more than `max`. */
export const jsonValuesOf = (text: string, max: number): readonly DocumentSlice[] | undefined => {
  const slices: DocumentSlice[] = [];
  for (let start = skipSpace(text, 0); start < text.length; start = skipSpace(text, start)) {
    const end = Math.max(skipValue(text, start), start + 1);
    if (slices.length === max) return undefined;
    slices.push({ start, end });
    start = end;
  }
  return slices;
};

/** The entries of the list "items" of a JSON object that is known to be valid; none when it has no such list. */
export const jsonItemsOf = (text: string): readonly DocumentSlice[] => {
  let at = skipSpace(text, 0);
  if (text.charAt(at) !== "{") return [];
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = skipString(text, at);
    const isItems = text.slice(at, keyEnd) === '"items"';
    const valueStart = skipSpace(text, skipColon(text, keyEnd));
    if (isItems) return text.charAt(valueStart) === "[" ? entriesOf(text, valueStart) : [];
    at = skipSpace(text, skipValue(text, valueStart));
    if (text.charCodeAt(at) !== comma) return [];
    at = skipSpace(text, at + 1);
  }
  return [];
};

const skipColon = (text: string, start: number): number => {
  const at = skipSpace(text, start);
  return text.charCodeAt(at) === colon ? at + 1 : at;
};

const entriesOf = (text: string, start: number): readonly DocumentSlice[] => {
  const slices: DocumentSlice[] = [];
  let at = skipSpace(text, start + 1);
  while (at < text.length && text.charAt(at) !== "]") {
    const end = skipValue(text, at);
    if (end <= at) return slices;
    slices.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== comma) return slices;
    at = skipSpace(text, at + 1);
  }
  return slices;
};
