import type { ClusterObject, Origin } from "../../analyzer/model/objects.js";
import {
  listDepthMax,
  manifestDocumentsMax,
  manifestFileBytesMax,
  manifestObjectsMax,
  unreadableDocumentsMax,
} from "../limits.js";
import { type Decoded, type DecodeOptions, decodeObject } from "../objects/decode-object.js";
import { given } from "../objects/given.js";
import { listOf } from "../objects/list-items.js";
import { expandWorkloads } from "./expand-workloads.js";
import { LoadReport } from "./load-report.js";
import { Locator } from "./locator.js";
import { ObjectShelf } from "./object-shelf.js";
import type { LoadedManifests, ManifestSource } from "./parse-manifests.js";
import { parseBudget } from "./parse-text.js";
import { type DocumentPart, readDocument } from "./read-document.js";
import { SourceText } from "./source-text.js";
import { splitDocuments } from "./split-documents.js";

/** How much one load takes; the named limits are what is usual. */
export type LoadBounds = {
  readonly documentsMax: number;
  readonly objectsMax: number;
};

const usualBounds: LoadBounds = {
  documentsMax: manifestDocumentsMax,
  objectsMax: manifestObjectsMax,
};

/** One load of manifests: texts go in one by one, objects and problems come out at the end. */
export class ManifestLoad {
  readonly #locator = new Locator();
  readonly #report = new LoadReport(this.#locator);
  readonly #objects = new ObjectShelf();
  readonly #budget = parseBudget();
  readonly #names = new Map<string, number>();
  readonly #bounds: LoadBounds;
  #documents = 0;
  #unparsed = 0;
  #isFull = false;

  constructor(bounds: LoadBounds = usualBounds) {
    this.#bounds = bounds;
  }

  /** Reports a file that is not read. */
  addUnreadable(file: string, code: "unreadable" | "too-large", message: string): void {
    this.#report.file(file, { severity: "error", code, message });
  }

  /** Reports something about a file or folder that is worth knowing. */
  addWarning(file: string, message: string): void {
    this.#report.file(file, { severity: "warning", code: "unsupported", message });
  }

  /** Reads the objects of a text. */
  add({ file, text: written }: ManifestSource): void {
    const text = written.charCodeAt(0) === byteOrderMark ? written.slice(1) : written;
    if (text.length > manifestFileBytesMax) {
      this.addUnreadable(file, "too-large", tooLongFile);
      return;
    }
    const { documentsMax } = this.#bounds;
    const { documents, cut } = splitDocuments(text, documentsMax - this.#documents);
    if (cut) {
      const message = `brings the documents to more than ${documentsMax}: the rest is not read`;
      this.addUnreadable(file, "too-large", message);
    }
    this.#documents += documents.length;
    const source = new SourceText(this.#nameFor(file), text, documents);
    this.#locator.add(source);
    for (const document of documents.keys()) this.#addDocument(source, document);
  }

  /** The objects with the pods of workloads, the problems, and where things stand. */
  finish(): LoadedManifests {
    const { objects, problems } = expandWorkloads(this.#objects.values());
    for (const { object, message } of problems) this.#report.shortOfPods(object, message);
    const locator = this.#locator;
    return {
      objects,
      problems: this.#report.views(),
      unreadable: this.#report.errors,
      locate: (origin, path) => {
        if (origin === undefined) return { file: "", line: 0 };
        const { file, line } = locator.place(origin, path);
        return { file, line };
      },
    };
  }

  /** Two texts of one name are told apart. */
  #nameFor(file: string): string {
    const count = (this.#names.get(file) ?? 0) + 1;
    this.#names.set(file, count);
    return count === 1 ? file : `${file} (${count})`;
  }

  #addDocument(source: SourceText, document: number): void {
    if (this.#isFull) return;
    const text = source.documentText(document);
    const { parts, items } = readDocument(text, this.#budget);
    if (items !== undefined) source.setItems(document, items);
    for (const part of parts) {
      if (this.#isFull) return;
      this.#addPart(part, source, document);
    }
  }

  #addPart(part: DocumentPart, source: SourceText, document: number): void {
    const { file } = source;
    const { parsed, item, start, text, implied } = part;
    if (parsed.kind === "value") {
      const origin = { file, document, ...given("item", item) };
      this.#addValue(parsed.value, origin, { implied, depth: 1 });
      return;
    }
    this.#report.unparsed(parsed, { ...source.placeIn(document, start), text });
    if (++this.#unparsed < unreadableDocumentsMax) return;
    this.#isFull = true;
    const message = `brings the documents that can't be read to ${unreadableDocumentsMax}: the rest is not read`;
    this.addUnreadable(file, "too-large", message);
  }

  #addValue(
    value: unknown,
    origin: Origin,
    { implied, depth }: { readonly implied: DecodeOptions["implied"]; readonly depth: number },
  ): void {
    // Lists in lists count as the item that they are.
    const list = depth < listDepthMax ? listOf(value) : undefined;
    if (list === undefined) {
      this.#addDecoded(decodeObject(value, { origin, ...given("implied", implied) }), origin);
      return;
    }
    for (const each of list.items) {
      if (this.#isFull) return;
      this.#addValue(each, origin, { implied: list.implied, depth: depth + 1 });
    }
  }

  #addDecoded(decoded: Decoded, origin: Origin): void {
    this.#report.decoded(decoded, origin);
    if (decoded.kind !== "objects") return;
    for (const object of decoded.objects) this.#addObject(object, decoded);
  }

  #addObject(made: ClusterObject, { rawKind, title, isNameMade }: DecodedObjects): void {
    const object = isNameMade ? this.#objects.withFreeName(made, rawKind) : made;
    const { objectsMax } = this.#bounds;
    if (this.#objects.size >= objectsMax) {
      this.#isFull = true;
      const message = `brings the objects to more than ${objectsMax}: the rest is not read`;
      this.addUnreadable(object.origin?.file ?? "", "too-large", message);
      return;
    }
    const before = this.#objects.put(object, rawKind);
    if (before !== undefined) this.#report.duplicate(object, before, title);
  }
}

type DecodedObjects = Extract<Decoded, { readonly kind: "objects" }>;

const byteOrderMark = 0xfe_ff;

const tooLongFile = `has more than ${manifestFileBytesMax} characters: split it`;
