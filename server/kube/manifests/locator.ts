import type { Origin } from "../../analyzer/model/objects.js";
import { locatedDocumentsMax, problemCharsMax } from "../limits.js";
import type { FieldPath } from "../objects/faults.js";
import { blockOffsetOf } from "./block-position.js";
import { PositionedDocument } from "./positioned-document.js";
import type { Place, SourceText, TextPiece } from "./source-text.js";

/**
 * Tells where objects and their parts stand. Looks along the indentation; where the style of a document does not allow
 * that, parses it with positions when one of its parts is asked for.
 */
export class Locator {
  readonly #sources = new Map<string, SourceText>();
  /** In order of use, the latest last. */
  readonly #documents = new Map<string, PositionedDocument>();
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
    const piece = source.piece(origin.document, origin.item);
    if (piece === undefined) return start;
    // Looking along the indentation takes an eighth of the time of parsing, if that.
    this.#problemChars += piece.text.length >> 3;
    const whole = [...piece.prefix, ...path];
    const offset = blockOffsetOf(piece.text, whole) ?? this.#parsed(piece, origin).offsetOf(whole);
    return offset === undefined ? start : source.placeAt(piece.start + offset);
  }

  /** The same for a problem: of the objects of a load with many of them only the first are looked into. */
  problemPlace(origin: Origin, path: FieldPath): Place {
    return this.place(origin, this.#problemChars < problemCharsMax ? path : []);
  }

  #parsed(piece: TextPiece, { file, document, item }: Origin): PositionedDocument {
    const key = `${document} ${item ?? ""} ${file}`;
    const parsed = this.#documents.get(key) ?? this.#parse(piece);
    this.#documents.delete(key);
    this.#documents.set(key, parsed);
    if (this.#documents.size > locatedDocumentsMax) {
      const [oldest = ""] = this.#documents.keys();
      this.#documents.delete(oldest);
    }
    return parsed;
  }

  #parse({ text }: TextPiece): PositionedDocument {
    this.#problemChars += text.length;
    return new PositionedDocument(text);
  }
}
