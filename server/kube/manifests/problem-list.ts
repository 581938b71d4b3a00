import type { ProblemView } from "../../analyzer/answers.js";
import { manifestProblemsMax } from "../limits.js";

/** A problem whose place is looked up when it is shown. */
export type PendingProblem = {
  readonly severity: "error" | "warning" | "info";
  readonly code: ProblemView["code"];
  readonly message: string;
  /** "NetworkPolicy default/web", or "". */
  readonly object: string;
  readonly place: () => Pick<ProblemView, "file" | "line" | "column">;
};

/** Collects problems; keeps the first of each severity and counts the rest. */
export class ProblemList {
  readonly #kept = {
    error: [] as PendingProblem[],
    warning: [] as PendingProblem[],
    info: [] as PendingProblem[],
  };
  #count = 0;
  #errors = 0;

  /** Errors so far, also those that are not kept. */
  get errors(): number {
    return this.#errors;
  }

  add(problem: PendingProblem): void {
    this.#count++;
    if (problem.severity === "error") this.#errors++;
    const kept = this.#kept[problem.severity];
    if (kept.length < manifestProblemsMax) kept.push(problem);
  }

  /** At most `manifestProblemsMax`, errors before warnings before notes where there are more; by file and line. */
  views(): readonly ProblemView[] {
    const { error, warning, info } = this.#kept;
    const shown = [...error, ...warning, ...info].slice(0, manifestProblemsMax);
    const views = shown
      .map(({ severity, code, message, object, place }) => ({
        severity,
        code,
        message,
        ...place(),
        object,
      }))
      .sort(byPlace);
    const more = this.#count - shown.length;
    return more === 0 ? views : [...views, moreProblems(more)];
  }
}

const moreProblems = (count: number): ProblemView => ({
  severity: "warning",
  code: "too-large",
  message: `${count} more problems are not shown: only the first ${manifestProblemsMax} are`,
  file: "",
  line: 0,
  column: 0,
  object: "",
});

const byPlace = (one: ProblemView, other: ProblemView): number =>
  compare(one.file, other.file) ||
  one.line - other.line ||
  one.column - other.column ||
  compare(one.message, other.message);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
