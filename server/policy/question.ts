import type {
  CheckAnswer,
  ConnectionRowView,
  DiagnosisReport,
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
  readonly protocol?: string;
};

/** A part of a list. */
export type PageFields = {
  readonly size: number;
  /** Where the page before ended; the list must be that of the same model. */
  readonly after?: { readonly offset: number; readonly fingerprint: string };
};

/** Which rows of the connections; "" leaves a side open. */
export type RowFilter = {
  readonly source: string;
  readonly destination: string;
  readonly namespace: string;
};

/** What every question has. Manifests of "" are the live model. */
type Asked = { readonly profile: ProfileName; readonly manifests: string };

/** What is asked: plain data, so that it can go to another process. */
export type PolicyQuestion = Asked &
  (
    | { readonly kind: "evaluate"; readonly pair: PairFields }
    | { readonly kind: "explain"; readonly pair: PairFields }
    | { readonly kind: "fix"; readonly pair: PairFields }
    | { readonly kind: "connections"; readonly page: PageFields; readonly filter: RowFilter }
    | { readonly kind: "whatif"; readonly changes: string; readonly page: PageFields }
    /** Manifests are those before. */
    | { readonly kind: "diff"; readonly after: string; readonly page: PageFields }
    | {
        readonly kind: "lint";
        readonly page: PageFields;
        /** Only these rules; empty means all. */
        readonly rules: readonly string[];
        /** A file of suppressions; "" for none. */
        readonly suppressions: string;
      }
    | { readonly kind: "exposure"; readonly page: PageFields }
    | { readonly kind: "check"; readonly rules: string }
    | {
        readonly kind: "diagnose";
        readonly pair: PairFields;
        readonly compat: string;
        readonly analysisId: string;
      }
  );

/** Kinds of questions. */
export type QuestionKind = PolicyQuestion["kind"];

/** A question of one kind. */
export type QuestionOf<Kind extends QuestionKind> = Extract<PolicyQuestion, { kind: Kind }>;

/** A part of a list: where the next one begins, undefined on the last, and what the list was made from. */
export type Paged<T> = T & {
  readonly next?: number;
  readonly fingerprint: string;
  /** Entries of the whole list. */
  readonly totalSize: number;
};

/** A list of connections. */
export type ConnectionsAnswer = {
  readonly rows: readonly ConnectionRowView[];
  readonly profile: string;
  readonly model: ModelView;
};

/** What each kind of question is answered with. */
export type PolicyAnswers = {
  readonly evaluate: PairAnswer;
  readonly explain: PairAnswer;
  readonly fix: FixAnswer;
  readonly connections: Paged<ConnectionsAnswer>;
  readonly whatif: Paged<DiffAnswer>;
  readonly diff: Paged<DiffAnswer>;
  readonly lint: Paged<LintAnswer>;
  readonly exposure: Paged<ExposureAnswer>;
  readonly check: CheckAnswer;
  readonly diagnose: DiagnosisReport;
};

/** How much text a question carries, in characters. */
export const charsOfQuestion = (question: PolicyQuestion): number => {
  const { manifests } = question;
  switch (question.kind) {
    case "whatif":
      return manifests.length + question.changes.length;
    case "diff":
      return manifests.length + question.after.length;
    case "check":
      return manifests.length + question.rules.length;
    case "lint":
      return manifests.length + question.suppressions.length;
    default:
      return manifests.length;
  }
};
