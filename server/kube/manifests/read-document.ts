import { manifestObjectsMax } from "../limits.js";
import { given } from "../objects/given.js";
import { listOf, type ObjectList } from "../objects/list-items.js";
import { jsonValuesOf } from "./json-scan.js";
import { type ParseBudget, type ParsedText, parseText } from "./parse-text.js";
import type { DocumentSlice } from "./split-documents.js";
import { cutList, itemText, type ListCut } from "./split-list.js";

/** A part of a document: an object, or the fault of a text that should have been one. */
export type DocumentPart = {
  readonly parsed: ParsedText;
  /** Position in the list, when the document is one. */
  readonly item?: number;
  /** Where the parsed text begins in the document. */
  readonly start: number;
  /** The parsed text. */
  readonly text: string;
  readonly implied?: ObjectList["implied"];
};

/** The objects of a document, and where its items are when it was cut. */
export type DocumentReading = {
  /** Parsed as they are asked for. */
  readonly parts: Iterable<DocumentPart>;
  readonly items?: readonly DocumentSlice[];
};

/** Reads a document: an object, a list of objects, or JSON objects one after the other. */
export const readDocument = (text: string, budget: ParseBudget): DocumentReading => {
  const cut = cutList(text, manifestObjectsMax);
  const list = cut === undefined ? undefined : headerOf(cut, budget);
  if (cut !== undefined && list !== undefined) {
    return { parts: cutParts(text, cut, list, budget), items: cut.items };
  }
  const parsed = parseText(text, budget);
  if (parsed.kind === "value") return { parts: valueParts(parsed.value, text) };
  const values = jsonStreamOf(text);
  return values === undefined
    ? { parts: [{ parsed, start: 0, text }] }
    : { parts: streamParts(text, values, budget), items: values };
};

/** JSON objects one after the other, as programs write streams; undefined when it is anything else. */
const jsonStreamOf = (text: string): readonly DocumentSlice[] | undefined => {
  if (!/^\s*\{/.test(text)) return undefined;
  const values = jsonValuesOf(text, manifestObjectsMax);
  const isStream =
    values !== undefined &&
    values.length > 1 &&
    values.every(({ start }) => text.charAt(start) === "{");
  return isStream ? values : undefined;
};

/** The kind of a cut list, when what is left of the document without its items says that it is one. */
const headerOf = ({ header }: ListCut, budget: ParseBudget): ObjectList | undefined => {
  const parsed = parseText(header, budget);
  if (parsed.kind === "fault" || typeof parsed.value !== "object" || parsed.value === null) {
    return undefined;
  }
  return Object.hasOwn(parsed.value, "items") ? undefined : listOf({ ...parsed.value, items: [] });
};

/** Items one by one. A fault may come of the cut (an alias of another item): then the whole document decides. */
function* cutParts(
  text: string,
  { items, indent }: ListCut,
  { implied }: ObjectList,
  budget: ParseBudget,
): Iterable<DocumentPart> {
  let whole: readonly unknown[] | undefined;
  let isTried = false;
  for (const [item, slice] of items.entries()) {
    const part = itemText(text, slice, indent);
    let parsed: ParsedText =
      whole === undefined ? parseText(part, budget) : { kind: "value", value: whole[item] };
    if (parsed.kind === "fault" && !isTried) {
      isTried = true;
      const document = parseText(text, budget);
      const values = document.kind === "value" ? listOf(document.value)?.items : undefined;
      if (values?.length === items.length) {
        whole = values;
        parsed = { kind: "value", value: values[item] };
      }
    }
    yield { parsed, item, start: slice.start, text: part, ...given("implied", implied) };
  }
}

function* valueParts(value: unknown, text: string): Iterable<DocumentPart> {
  const list = listOf(value);
  if (list === undefined) {
    yield { parsed: { kind: "value", value }, start: 0, text };
    return;
  }
  const { implied } = list;
  for (const [item, each] of list.items.entries()) {
    const parsed: ParsedText = { kind: "value", value: each };
    yield { parsed, item, start: 0, text, ...given("implied", implied) };
  }
}

function* streamParts(
  text: string,
  values: readonly DocumentSlice[],
  budget: ParseBudget,
): Iterable<DocumentPart> {
  for (const [item, { start, end }] of values.entries()) {
    const part = text.slice(start, end);
    yield { parsed: parseText(part, budget), item, start, text: part };
  }
}
