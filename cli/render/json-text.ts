import type { Json } from "../policy/json-document.js";
import { printableJson } from "./printable.js";

/** A document with a long list in it, which is never held as a whole. */
export type LongDocument = {
  /** Name of the list; it comes first. */
  readonly list: string;
  readonly items: Iterable<Json>;
  /** The fields behind the list, asked for when the list has been written. */
  readonly rest: () => { readonly [name: string]: Json };
};

/** A document as JSON text, indented. */
export const jsonText = (document: Json): string =>
  `${printableJson(JSON.stringify(document, undefined, 2))}\n`;

/** A long document as JSON text: each item of the list on a line of its own. */
export function* longJsonText({ list, items, rest }: LongDocument): Iterable<string> {
  yield* longJsonLines(list, linesOf(items), rest);
}

function* linesOf(items: Iterable<Json>): Iterable<string> {
  for (const item of items) yield printableJson(JSON.stringify(item));
}

/** The same from items that are JSON text already. */
export function* longJsonLines(
  list: string,
  items: Iterable<string>,
  rest: LongDocument["rest"],
): Iterable<string> {
  let before = `{\n  "${list}": [\n    `;
  let isEmpty = true;
  for (const item of items) {
    yield before + item;
    before = ",\n    ";
    isEmpty = false;
  }
  yield isEmpty ? `{\n  "${list}": []` : "\n  ]";
  // The fields alone, without the brace that opens their document.
  yield `,${jsonText(rest()).slice(1)}`;
}
