import type {
  CheckAnswer,
  ConnectionRowView,
  DiagnosisAnswer,
  DiffAnswer,
  ExposureAnswer,
  FixAnswer,
  LintAnswer,
  ModelView,
  PairAnswer,
} from "../analyzer/answers.js";
import type { ProfileName } from "../analyzer/policy/profile.js";

/** Two ends, and the port and protocol between them; left out they mean all. */
export type PairFields = {
  readonly source: string;
  readonly destination: string;
  readonly port?: number;
  readonly protocol?: "TCP" | "UDP" | "SCTP";
};

/** A part of a list. */
export type PageFields = {
  readonly size: number;
  /** Where the page before ended; the list must be that of the same model. */
  readonly after?: { readonly offset: number; readonly fingerprint: string };
};

/** What is asked: plain data, so that it can go to another thread. Manifests of "" are the live model. */
export type PolicyQuestion = { readonly profile: ProfileName } & (
  | {
      readonly kind: "evaluate" | "explain" | "fix";
      readonly manifests: string;
      readonly pair: PairFields;
    }
  | {
      readonly kind: "connections";
      readonly manifests: string;
      readonly page: PageFields;
      /** Empty ones take every row. */
      readonly filter: {
        readonly source: string;
        readonly destination: string;
        readonly namespace: string;
      };
    }
  | {
      readonly kind: "whatif";
      readonly manifests: string;
      readonly changes: string;
      readonly page: PageFields;
    }
  | {
      readonly kind: "diff";
      /** The documents before. */
      readonly manifests: string;
      readonly after: string;
      readonly page: PageFields;
    }
  | { readonly kind: "lint" | "exposure"; readonly manifests: string; readonly page: PageFields }
  | { readonly kind: "check"; readonly manifests: string; readonly rules: string }
  | {
      readonly kind: "diagnose";
      readonly manifests: string;
      readonly pair: PairFields;
      readonly compat?: string;
    }
);

/** Kinds of questions. */
export type QuestionKind = PolicyQuestion["kind"];

/** A part of a list: where the next one begins, undefined on the last, and what the list was made from. */
export type Paged<T> = T & {
  readonly next?: number;
  readonly fingerprint: string;
  /** Entries of the whole list. */
  readonly totalSize: number;
};

/** What each kind of question is answered with. */
export type PolicyAnswers = {
  readonly evaluate: PairAnswer;
  readonly explain: PairAnswer;
  readonly fix: FixAnswer;
  readonly connections: Paged<{
    readonly rows: readonly ConnectionRowView[];
    readonly profile: string;
    readonly model: ModelView;
  }>;
  readonly whatif: Paged<DiffAnswer>;
  readonly diff: Paged<DiffAnswer>;
  readonly lint: Paged<LintAnswer>;
  readonly exposure: Paged<ExposureAnswer>;
  readonly check: CheckAnswer;
  readonly diagnose: DiagnosisAnswer;
};

/** Why a question was not answered. */
export type Refusal = {
  readonly fault: /** The question is wrong. */
    | "invalid"
    /** It names what the model lacks. */
    | "not-found"
    /** It asks for too much. */
    | "limit"
    /** The list has changed since the page before. */
    | "changed"
    /** There is no model to ask. */
    | "no-model"
    /** A bug of ours; the message is for the log. */
    | "bug";
  readonly message: string;
};

/** What the live model is, after it was read. */
export type LoadedModel = Omit<ModelView, "ageS"> & {
  readonly tookMs: number;
};
