import { closest } from "../../../common/closest.js";
import { QuestionError } from "../question-error.js";
import { ruleFaultsMax } from "./limits.js";

/** Collects what is wrong in a rules file, so that all of it is told at once. */
export class RuleFaults {
  readonly #file: string;
  readonly #faults: { readonly line: number; readonly message: string }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, message: string): void {
    this.#faults.push({ line, message });
  }

  /** A word that is not among the known ones. */
  addUnknown(line: number, what: string, word: string, known: readonly string[]): void {
    const near = closest(word, known);
    const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
    this.add(line, `unknown ${what} ${word}: ${hint}`);
  }

  /** Throws QuestionError `invalid` with the first faults by line, when there are any. */
  throwIfAny(): void {
    if (this.#faults.length === 0) return;
    const sorted = this.#faults.sort((one, other) => one.line - other.line);
    const shown = sorted
      .slice(0, ruleFaultsMax)
      .map(({ line, message }) => `${this.#file}:${line}: ${message}`);
    const more = sorted.length - shown.length;
    throw new QuestionError(
      "invalid",
      [...shown, ...(more > 0 ? [`${more} more`] : [])].join("\n"),
    );
  }
}
