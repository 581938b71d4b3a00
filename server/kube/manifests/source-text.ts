import { locatedCharsMax } from "../limits.js";
import { jsonItemsOf } from "./json-scan.js";
import { LineIndex } from "./line-index.js";
import { contentStart, type DocumentSlice } from "./split-documents.js";

/** A place in a file; lines and columns from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** A piece of a file's text that is parsed to tell positions. */
export type TextPiece = {
  readonly text: string;
  /** Offset of its start in the file. */
  readonly start: number;
  /** Where the object is in it: ["items", 3] of a list that can't be cut. */
  readonly prefix: readonly (string | number)[];
};

/** A file's text with its documents and the items of those that are lists. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly DocumentSlice[];
  readonly #lines: LineIndex;
  /** By document, offsets from the document's start. */
  readonly #items = new Map<number, readonly DocumentSlice[]>();

  constructor(file: string, text: string, documents: readonly DocumentSlice[]) {
    this.file = file;
    this.text = text;
    this.documents = documents;
    this.#lines = new LineIndex(text);
  }

  /** Text of a document. */
  documentText(document: number): string {
    const { start, end } = this.#documentSlice(document);
    return this.text.slice(start, end);
  }

  /** Says where the items of a document are. */
  setItems(document: number, items: readonly DocumentSlice[]): void {
    this.#items.set(document, items);
  }

  /** Place of an offset in a document. */
  placeIn(document: number, offset: number): Place {
    return this.placeAt(this.#documentSlice(document).start + offset);
  }

  /** Place of an offset in the file. */
  placeAt(offset: number): Place {
    return { file: this.file, ...this.#lines.place(offset) };
  }

  /** Whether an object has a piece of the text to itself: all but items of lists that can't be cut. */
  isCut(document: number, item: number | undefined): boolean {
    return item === undefined || this.#itemSlice(document, item) !== undefined;
  }

  /** Place where a document, or an item of one, begins. */
  startPlace(document: number, item: number | undefined): Place {
    const { start, end } = this.#documentSlice(document);
    const piece = this.#itemSlice(document, item);
    if (piece !== undefined) {
      const dash = /^\s*-?\s*/.exec(this.text.slice(start + piece.start, start + piece.end));
      return this.placeAt(start + piece.start + (dash?.[0].length ?? 0));
    }
    const content = contentStart(this.text, start, end);
    return this.placeAt(content < 0 ? start : content);
  }

  /** The text to parse for positions in an object; undefined when it is too long for that. */
  piece(document: number, item: number | undefined): TextPiece | undefined {
    const whole = this.#documentSlice(document);
    const part = this.#itemSlice(document, item);
    const start = whole.start + (part?.start ?? 0);
    const end = part === undefined ? whole.end : whole.start + part.end;
    if (end - start > locatedCharsMax) return undefined;
    const text = this.text.slice(start, end);
    return {
      // The dash of an item gives way to a space, so that the item stands alone and offsets stay.
      text: part === undefined ? text : text.replace(/^(\s*)-(?=\s)/, "$1 "),
      start,
      prefix: part === undefined && item !== undefined ? ["items", item] : [],
    };
  }

  #documentSlice(document: number): DocumentSlice {
    return this.documents[document] ?? { start: 0, end: 0 };
  }

  #itemSlice(document: number, item: number | undefined): DocumentSlice | undefined {
    if (item === undefined) return undefined;
    let items = this.#items.get(document);
    if (items === undefined) {
      items = jsonItemsOf(this.documentText(document));
      this.#items.set(document, items);
    }
    return items[item];
  }
}
