import { locatedCharsMax } from "../limits.js";
import type { FieldPath } from "../objects/field.js";
import { LineIndex } from "./line-index.js";
import { PositionedDocument } from "./locate-path.js";
import { contentStart, type DocumentSlice } from "./split-documents.js";

/** A place in a file; lines and columns from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** A file's text with its documents: tells where parts of them stand. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly DocumentSlice[];
  readonly #lines: LineIndex;

  constructor(file: string, text: string, documents: readonly DocumentSlice[]) {
    this.file = file;
    this.text = text;
    this.documents = documents;
    this.#lines = new LineIndex(text);
  }

  /** Place of an offset in the file. */
  placeAt(offset: number): Place {
    return { file: this.file, ...this.#lines.place(offset) };
  }

  /** Place where a document's content begins. */
  documentPlace(index: number): Place {
    const slice = this.documents[index];
    if (slice === undefined) return { file: this.file, line: 0, column: 0 };
    const start = contentStart(this.text, slice.start, slice.end);
    return this.placeAt(start < 0 ? slice.start : start);
  }

  /** Parses a document with positions; undefined when it is too long for that. */
  positioned(index: number): PositionedDocument | undefined {
    const slice = this.documents[index];
    if (slice === undefined || slice.end - slice.start > locatedCharsMax) return undefined;
    return new PositionedDocument(this.text.slice(slice.start, slice.end));
  }

  /** Place of a part of a document. */
  partPlace(index: number, positioned: PositionedDocument | undefined, path: FieldPath): Place {
    const offset = positioned?.offsetOf(path);
    const slice = this.documents[index];
    if (offset === undefined || slice === undefined) return this.documentPlace(index);
    return this.placeAt(slice.start + offset);
  }
}
