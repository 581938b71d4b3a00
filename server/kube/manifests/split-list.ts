import type { DocumentSlice } from "./split-documents.js";

/** A YAML list of objects cut at its items. */
export type ListCut = {
  /** The document without its items. */
  readonly header: string;
  /** Each from its dash on. */
  readonly items: readonly DocumentSlice[];
  /** Column of the dashes. */
  readonly indent: number;
};

/**
 * Cuts a document with a block list under the key "items", as kubectl writes Lists, so that its items can be parsed one by
 * one: a fault of one is no fault of all, and no more than one is held at a time. Undefined for any other document, and
 * for one with more than `max` items.
 */
export const cutList = (text: string, max: number): ListCut | undefined => {
  const key = itemsLine(text);
  if (key === undefined) return undefined;
  const first = nextContent(text, key.end);
  if (first === undefined || !isDash(text, first.content)) return undefined;
  const indent = first.content - first.start;
  const items: { start: number; end: number }[] = [];
  let at: number = first.start;
  for (;;) {
    const line = nextContent(text, at);
    if (
      line === undefined ||
      line.content - line.start < indent ||
      isEndOfList(text, line, indent)
    ) {
      const end = line?.start ?? text.length;
      closeLast(items, end);
      return { header: text.slice(0, key.start) + text.slice(end), items, indent };
    }
    if (line.content - line.start === indent) {
      closeLast(items, line.start);
      if (items.length === max) return undefined;
      items.push({ start: line.start, end: text.length });
    }
    at = line.end;
  }
};

/** An item's text: the dash gives way to a space, so that offsets stay. */
export const itemText = (text: string, { start, end }: DocumentSlice, indent: number): string =>
  `${text.slice(start, start + indent)} ${text.slice(start + indent + 1, end)}`;

const closeLast = (items: { start: number; end: number }[], end: number): void => {
  const last = items.at(-1);
  if (last !== undefined) last.end = end;
};

/** The line "items:" at the start of a line, with nothing behind it. */
const itemsLine = (text: string): { readonly start: number; readonly end: number } | undefined => {
  const start = text.startsWith("items:") ? 0 : text.indexOf("\nitems:") + 1;
  if (start === 0 && !text.startsWith("items:")) return undefined;
  const end = lineEnd(text, start);
  return /^[ \t\r]*(#.*)?$/.test(text.slice(start + "items:".length, end).trimEnd())
    ? { start, end: Math.min(end + 1, text.length) }
    : undefined;
};

type Line = {
  readonly start: number;
  /** Offset of its first character that is no blank. */
  readonly content: number;
  /** Offset of the next line. */
  readonly end: number;
};

/** The next line that is neither blank nor a comment. */
const nextContent = (text: string, from: number): Line | undefined => {
  let start = from;
  while (start < text.length) {
    let content = start;
    while (text.charCodeAt(content) === 32) content++;
    const end = Math.min(lineEnd(text, start) + 1, text.length);
    const code = text.charCodeAt(content);
    if (content < end && code !== 10 && code !== 13 && code !== 35) return { start, content, end };
    start = end;
  }
  return undefined;
};

const lineEnd = (text: string, start: number): number => {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
};

const isDash = (text: string, at: number): boolean => {
  if (text.charCodeAt(at) !== 45) return false;
  const next = text.charCodeAt(at + 1);
  return Number.isNaN(next) || next === 32 || next === 10 || next === 13;
};

const isEndOfList = (text: string, { start, content }: Line, indent: number): boolean =>
  content - start === indent && !isDash(text, content);
