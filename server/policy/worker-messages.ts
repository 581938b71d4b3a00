import type { ModelView } from "../analyzer/answers.js";
import type { PolicyQuestion } from "./question.js";

/** What a worker is told; every message has one reply. */
export type WorkerMessage =
  /** Brings the live model up to what the files say. */
  | {
      readonly kind: "load";
      readonly path: string;
      /** What the model is called when it is another one than before. */
      readonly revision: string;
    }
  | { readonly kind: "ask"; readonly question: PolicyQuestion };

/** What a worker says. */
export type WorkerReply =
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "refusal"; readonly refusal: Refusal }
  | { readonly kind: "loaded"; readonly load: LoadReport };

/** Why a question was not answered. */
export type Refusal = {
  readonly fault: /** The question is wrong. */
    | "invalid"
    /** It names what the model lacks. */
    | "not-found"
    /** The list is another one than that of the page before. */
    | "changed"
    /** There is no model to ask. */
    | "no-model"
    /** A bug of ours; the message is for the log. */
    | "bug";
  readonly message: string;
};

/** What became of a look at the files of the live model. */
export type LoadReport = {
  /** Folders that were looked into, the nearest to the root first, to be watched. */
  readonly folders: readonly WatchedFolder[];
  readonly outcome: /** It is another model now. */
    | { readonly kind: "changed"; readonly model: ModelView; readonly tookMs: number }
    /** The model is what the files say. */
    | { readonly kind: "unchanged" }
    /** The files can't be read; the model is as before. */
    | { readonly kind: "unreadable"; readonly reason: string };
};

/** A folder; another one with the same path has another identity. */
export type WatchedFolder = { readonly path: string; readonly identity: string };
