import type { ModelView } from "../analyzer/answers.js";
import type { QuestionKind } from "./question.js";

/** Where figures of questions and loads go: the metrics. */
export interface PolicyObserver {
  /** A question was answered or refused; the code is "ok" or an error's name in lower case. */
  asked(event: {
    readonly kind: QuestionKind;
    readonly code: string;
    readonly seconds: number;
  }): void;
  /** The files of the live model were read anew after a change, or could not be read. */
  loaded(event: {
    readonly result: "ok" | "unreadable" | "failed";
    readonly seconds: number;
  }): void;
}

/** Counts nothing. */
export const silentObserver: PolicyObserver = { asked: () => undefined, loaded: () => undefined };

/** What is so now. */
export type PolicyFigures = {
  /** Questions that wait for a process. */
  readonly waiting: { readonly live: number; readonly own: number };
  /** The live model; undefined before its first load and without one. */
  readonly model: Omit<ModelView, "ageS" | "source"> | undefined;
  /** Seconds since the live model was known to be what the files say; undefined as above. */
  readonly ageS: number | undefined;
};
