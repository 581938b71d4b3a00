import type { ProblemView } from "../../analyzer/answers.js";
import type { ClusterObject, Origin, WorkloadObject } from "../../analyzer/model/objects.js";
import type { Decoded } from "../objects/decode-object.js";
import { type Fault, fieldPathText } from "../objects/faults.js";
import { KindCounts } from "./kind-counts.js";
import type { Locator } from "./locator.js";
import type { ParsedText } from "./parse-text.js";
import { type PendingProblem, ProblemList } from "./problem-list.js";
import type { Place } from "./source-text.js";

type Told = Pick<PendingProblem, "severity" | "code" | "message">;

/** Turns what went wrong in a load into problems with places. */
export class LoadReport {
  readonly #problems = new ProblemList();
  readonly #kinds = new KindCounts();
  readonly #locator: Locator;

  constructor(locator: Locator) {
    this.#locator = locator;
  }

  /** Errors so far. */
  get errors(): number {
    return this.#problems.errors;
  }

  /** Something about a file as a whole. */
  file(file: string, told: Told): void {
    this.#problems.add({ ...told, object: "", place: () => ({ file, line: 0, column: 0 }) });
  }

  /** A text that could not be parsed; `line` is that of its start. */
  unparsed(
    { code, message, line, column }: Extract<ParsedText, { readonly kind: "fault" }>,
    where: Place & { readonly text: string },
  ): void {
    const isTemplate = templateAction.test(where.text);
    this.#problems.add({
      severity: "error",
      code,
      message: isTemplate ? templateMessage : message,
      object: "",
      place: () => ({ file: where.file, line: where.line + line, column: column + 1 }),
    });
  }

  /** What became of an object. */
  decoded(decoded: Decoded, origin: Origin): void {
    this.#kinds.add(decoded, origin);
    if (decoded.kind === "ignored" || decoded.kind === "foreign") return;
    const { faults, title } = decoded;
    if (decoded.kind === "refused" && this.#isTemplate(faults, origin)) {
      const told = { severity: "error", code: "invalid", message: templateMessage } as const;
      this.#fault({ ...told, path: [] }, title, origin);
    } else for (const fault of faults) this.#fault(fault, title, origin);
  }

  /** An action reads as a text in a name ("{{ .Release.Name }}-web"), and alone as a map in a map. */
  #isTemplate(faults: readonly Fault[], origin: Origin): boolean {
    const isCandidate = faults.some(
      ({ message }) => message.includes("{{") || message.includes("not a map"),
    );
    return isCandidate && templateAction.test(this.#locator.textOf(origin));
  }

  /** Two objects of one identity. */
  duplicate(object: ClusterObject, before: ClusterObject, title: string): void {
    const earlier = (): string => {
      const { file, line } = this.#start(before.origin);
      return `${file}:${line}`;
    };
    const later = this.#start(object.origin);
    this.#problems.add({
      severity: "warning",
      code: "duplicate",
      message: `is there twice: this one is used, not that of ${earlier()}`,
      object: title,
      place: () => later,
    });
  }

  /** A workload with fewer pods in the model than it wants. */
  shortOfPods(object: WorkloadObject, message: string): void {
    this.#problems.add({
      severity: "warning",
      code: "too-large",
      message,
      object: `${object.kind} ${object.namespace}/${object.name}`,
      place: () => this.#start(object.origin),
    });
  }

  /** All problems of the load. */
  views(): readonly ProblemView[] {
    for (const { origin, ...told } of this.#kinds.notes()) {
      this.#problems.add({ ...told, place: () => this.#start(origin) });
    }
    return this.#problems.views();
  }

  #start(origin: Origin | undefined): ReturnType<PendingProblem["place"]> {
    return origin === undefined
      ? { file: "", line: 0, column: 0 }
      : this.#locator.place(origin, []);
  }

  #fault({ severity, code, path, message }: Fault, title: string, origin: Origin): void {
    this.#problems.add({
      severity,
      code,
      message: path.length === 0 ? message : `${fieldPathText(path)} ${message}`,
      object: title,
      place: () => this.#locator.problemPlace(origin, path),
    });
  }
}

/** An action of a Go template, as Helm charts have them. */
const templateAction = /\{\{-?\s*(?:[.$"(]|\/\*|[a-z]+\b)/;

const templateMessage =
  "is a template, not a manifest: render it first, for example with helm template, and pass the output";
