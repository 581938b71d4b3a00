import type { Origin } from "../../analyzer/model/objects.js";
import { locatedDocumentsMax, problemCharsMax } from "../limits.js";
import type { FieldPath } from "../objects/field.js";
import { PositionedDocument } from "./positioned-document.js";
import type { Place, SourceText } from "./source-text.js";

type Positioned = {
  readonly document: PositionedDocument;
  /** Offset of the parsed text in the file. */
  readonly start: number;
  readonly prefix: FieldPath;
};

/** Tells where objects and their parts stand; parses a document with positions when one of its parts is asked for. */
export class Locator {
  readonly #sources = new Map<string, SourceText>();
  /** In order of use, the latest last. */
  readonly #positioned = new Map<string, Positioned | undefined>();
  #problemChars = 0;

  add(source: SourceText): void {
    this.#sources.set(source.file, source);
  }

  /** The text of the document that an object is in. */
  textOf({ file, document }: Origin): string {
    return this.#sources.get(file)?.documentText(document) ?? "";
  }

  /** The place of a part; of one that is not written, that of the nearest part around it. */
  place(origin: Origin, path: FieldPath): Place {
    const source = this.#sources.get(origin.file);
    if (source === undefined) return { file: origin.file, line: 0, column: 0 };
    const start = source.startPlace(origin.document, origin.item);
    if (path.length === 0 && source.isCut(origin.document, origin.item)) return start;
    const positioned = this.#positionedOf(source, origin);
    if (positioned === undefined) return start;
    const offset = positioned.document.offsetOf([...positioned.prefix, ...path]);
    return offset === undefined ? start : source.placeAt(positioned.start + offset);
  }

  /** The same for a problem: of the objects of a load with many of them only the first are looked into. */
  problemPlace(origin: Origin, path: FieldPath): Place {
    return this.place(origin, this.#problemChars < problemCharsMax ? path : []);
  }

  #positionedOf(source: SourceText, { document, item }: Origin): Positioned | undefined {
    const key = `${document} ${item ?? ""} ${source.file}`;
    const known = this.#positioned.has(key);
    const positioned = known ? this.#positioned.get(key) : this.#parse(source, document, item);
    this.#positioned.delete(key);
    this.#positioned.set(key, positioned);
    if (this.#positioned.size > locatedDocumentsMax) {
      const [oldest = ""] = this.#positioned.keys();
      this.#positioned.delete(oldest);
    }
    return positioned;
  }

  #parse(source: SourceText, document: number, item: number | undefined): Positioned | undefined {
    const piece = source.piece(document, item);
    if (piece === undefined) return undefined;
    this.#problemChars += piece.text.length;
    return {
      document: new PositionedDocument(piece.text),
      start: piece.start,
      prefix: piece.prefix,
    };
  }
}
