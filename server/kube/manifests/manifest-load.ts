import type { ClusterObject, Origin } from "../../analyzer/model/objects.js";
import {
  listDepthMax,
  manifestDocumentsMax,
  manifestFileBytesMax,
  manifestObjectsMax,
} from "../limits.js";
import { type Decoded, type DecodeOptions, decodeObject } from "../objects/decode-object.js";
import { type Fault, fieldPathText } from "../objects/field.js";
import { listOf } from "../objects/list-items.js";
import { expandWorkloads } from "./expand-workloads.js";
import { Locator } from "./locator.js";
import { ObjectShelf } from "./object-shelf.js";
import { OtherKinds } from "./other-kinds-count.js";
import type { LoadedManifests, ManifestSource } from "./parse-manifests.js";
import { parseText } from "./parse-text.js";
import { type PendingProblem, ProblemList } from "./problem-list.js";
import { SourceText } from "./source-text.js";
import { splitDocuments } from "./split-documents.js";

/** One load of manifests: files go in one by one, objects and problems come out at the end. */
export class ManifestLoad {
  readonly #problems = new ProblemList();
  readonly #locator = new Locator();
  readonly #objects = new ObjectShelf();
  readonly #others = new OtherKinds();
  #documents = 0;
  #isFull = false;

  /** Reports a file that could not be read. */
  addUnreadable(file: string, code: "unreadable" | "too-large", message: string): void {
    this.#problems.add({
      severity: "error",
      code,
      message,
      object: "",
      place: () => ({ file, line: 0, column: 0 }),
    });
  }

  /** Reads the objects of a text. */
  add({ file, text }: ManifestSource): void {
    if (text.length > manifestFileBytesMax) {
      this.addUnreadable(
        file,
        "too-large",
        `has more than ${manifestFileBytesMax} bytes: split it`,
      );
      return;
    }
    const { documents, cut } = splitDocuments(text, manifestDocumentsMax - this.#documents);
    if (cut) {
      this.addUnreadable(
        file,
        "too-large",
        `brings the documents to more than ${manifestDocumentsMax}: the rest is not read`,
      );
    }
    this.#documents += documents.length;
    const source = new SourceText(file, text, documents);
    this.#locator.add(source);
    for (const index of documents.keys()) this.#addDocument(source, index);
  }

  /** The objects with the pods of workloads, the problems, and where things stand. */
  finish(): LoadedManifests {
    for (const problem of this.#others.problems()) {
      this.#problems.add({ ...problem, place: () => this.#locator.place(problem.origin, []) });
    }
    const { objects, problems } = expandWorkloads(this.#objects.values());
    for (const { message, object } of problems) {
      this.#problems.add({
        severity: "warning",
        code: "too-large",
        message,
        object: `${object.kind} ${object.namespace}/${object.name}`,
        place: () => this.#placeOf(object.origin),
      });
    }
    const locator = this.#locator;
    return {
      objects,
      problems: this.#problems.views(),
      unreadable: this.#problems.errors,
      locate: (origin, path) => {
        if (origin === undefined) return { file: "", line: 0 };
        const { file, line } = locator.place(origin, path);
        return { file, line };
      },
    };
  }

  #placeOf(origin: Origin | undefined): ReturnType<PendingProblem["place"]> {
    return origin === undefined
      ? { file: "", line: 0, column: 0 }
      : this.#locator.place(origin, []);
  }

  #addDocument(source: SourceText, index: number): void {
    const slice = source.documents[index];
    if (slice === undefined) return;
    const text = source.text.slice(slice.start, slice.end);
    const parsed = parseText(text);
    if (parsed.kind === "value") {
      this.#addValue(parsed.value, { file: source.file, document: index }, undefined, 0);
      return;
    }
    const { line } = source.placeAt(slice.start);
    const isTemplate = text.includes("{{");
    this.#problems.add({
      severity: "error",
      code: parsed.code,
      message: isTemplate ? templateMessage : parsed.message,
      object: "",
      place: () => ({ file: source.file, line: line + parsed.line, column: parsed.column + 1 }),
    });
  }

  #addValue(
    value: unknown,
    origin: Origin,
    implied: DecodeOptions["implied"],
    depth: number,
  ): void {
    const list = depth < listDepthMax ? listOf(value) : undefined;
    if (list === undefined) {
      this.#addDecoded(
        decodeObject(value, { origin, ...(implied === undefined ? {} : { implied }) }),
        origin,
      );
      return;
    }
    for (const [item, each] of list.items.entries()) {
      if (this.#isFull) return;
      this.#addValue(each, depth === 0 ? { ...origin, item } : origin, list.implied, depth + 1);
    }
  }

  #addDecoded(decoded: Decoded, origin: Origin): void {
    switch (decoded.kind) {
      case "objects":
        this.#addFaults(decoded.faults, decoded.title, origin);
        for (const object of decoded.objects)
          this.#addObject(object, decoded.rawKind, decoded.title);
        break;
      case "refused":
        this.#addFaults(decoded.faults, decoded.title, origin);
        break;
      default:
        this.#others.add(decoded, origin);
    }
  }

  #addFaults(faults: readonly Fault[], title: string, origin: Origin): void {
    for (const { severity, code, path, message } of faults) {
      this.#problems.add({
        severity,
        code,
        message: path.length === 0 ? message : `${fieldPathText(path)} ${message}`,
        object: title,
        place: () => this.#locator.place(origin, path),
      });
    }
  }

  #addObject(object: ClusterObject, rawKind: string, title: string): void {
    if (this.#objects.size >= manifestObjectsMax) {
      if (!this.#isFull) {
        this.addUnreadable(
          object.origin?.file ?? "",
          "too-large",
          `brings the objects to more than ${manifestObjectsMax}: the rest is not read`,
        );
      }
      this.#isFull = true;
      return;
    }
    const before = this.#objects.put(object, rawKind);
    if (before === undefined) return;
    const earlier = this.#placeOf(before.origin);
    this.#problems.add({
      severity: "warning",
      code: "duplicate",
      message: `is there twice: this one is used, not that of ${earlier.file}:${earlier.line}`,
      object: title,
      place: () => this.#placeOf(object.origin),
    });
  }
}

const templateMessage =
  "is a template, not a manifest: render it first, for example with helm template, and pass the output";
