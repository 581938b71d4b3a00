import type { Origin } from "../../analyzer/model/objects.js";
import { locatedDocumentsMax } from "../limits.js";
import type { FieldPath } from "../objects/field.js";
import type { PositionedDocument } from "./locate-path.js";
import type { Place, SourceText } from "./source-text.js";

/** Tells where objects and their parts stand; parses a document with positions when one of its parts is asked for. */
export class Locator {
  readonly #sources = new Map<string, SourceText>();
  /** In order of use, the latest last. */
  readonly #positioned = new Map<string, PositionedDocument | undefined>();

  add(source: SourceText): void {
    this.#sources.set(source.file, source);
  }

  /** The place of a part; of one that is not written, that of the nearest part around it. */
  place(origin: Origin, path: FieldPath): Place {
    const source = this.#sources.get(origin.file);
    if (source === undefined) return { file: origin.file, line: 0, column: 0 };
    const whole = origin.item === undefined ? path : ["items", origin.item, ...path];
    if (whole.length === 0) return source.documentPlace(origin.document);
    return source.partPlace(origin.document, this.#positionedOf(source, origin.document), whole);
  }

  #positionedOf(source: SourceText, document: number): PositionedDocument | undefined {
    const key = `${document} ${source.file}`;
    const known = this.#positioned.has(key);
    const positioned = known ? this.#positioned.get(key) : source.positioned(document);
    this.#positioned.delete(key);
    this.#positioned.set(key, positioned);
    if (this.#positioned.size > locatedDocumentsMax) {
      const [oldest = ""] = this.#positioned.keys();
      this.#positioned.delete(oldest);
    }
    return positioned;
  }
}
