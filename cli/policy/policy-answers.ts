import type {
  CheckAnswer,
  ConnectionRowView,
  DiagnosisReport,
  DiffAnswer,
  ExposureAnswer,
  FixAnswer,
  GraphView,
  LintAnswer,
  ModelView,
  PairAnswer,
  ProblemView,
} from "../../server/analyzer/answers.js";

/** Two ends, and what is asked of the way between them. */
export type PairFields = {
  readonly source: string;
  readonly destination: string;
  readonly port?: number;
  readonly protocol?: string;
};

/** Which rows of the list; "" leaves a side open. */
export type RowFilter = {
  readonly namespace: string;
  readonly source: string;
  readonly destination: string;
};

/** The list of connections: its rows as often as they are asked for. */
export type RowList = {
  readonly rows: () => Iterable<ConnectionRowView>;
  readonly profile: string;
  readonly model: ModelView;
};

/** A text that somebody wrote, and where it is from. */
export type NamedText = { readonly file: string; readonly text: string };

/** How to lint. */
export type LintFields = {
  /** Only these rules, by id; undefined runs all. */
  readonly rules: readonly string[] | undefined;
  /** Findings to leave out; undefined for none beyond those of the manifests. */
  readonly suppressions: NamedText | undefined;
};

/** An answer that does not say by itself what of the input could not be used. */
export type WithProblems<T> = { readonly answer: T; readonly problems: readonly ProblemView[] };

/**
 * Who answers: the analyzer in this process, of manifests, or a server, of its live model. Both give the same answers to
 * the same manifests. Every failure is a CliError.
 */
export interface PolicyAnswers {
  list(filter: RowFilter): Promise<RowList>;
  evaluate(pair: PairFields, depth: "verdict" | "explanation"): Promise<PairAnswer>;
  fix(pair: PairFields): Promise<FixAnswer>;
  exposure(): Promise<ExposureAnswer>;
  /** Suppressed findings are in the answer, with why they are suppressed. */
  lint(fields: LintFields): Promise<LintAnswer>;
  graph(filter: RowFilter): Promise<WithProblems<GraphView>>;
  /** What differs from the model to other manifests: a folder, a file or "-". */
  diff(after: string): Promise<DiffAnswer>;
  /** What would change if these manifests (files, or "-") were applied. */
  whatIf(changes: readonly string[]): Promise<DiffAnswer>;
  check(rules: NamedText): Promise<CheckAnswer>;
  diagnose(pair: PairFields): Promise<DiagnosisReport>;
  /** Nothing is asked any more. */
  close(): void;
}
