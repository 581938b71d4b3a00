import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { AnalysisService, DiagnosisSchema } from "../../gen/causeway/v1/analysis_pb.js";
import {
  CheckReportSchema,
  ConnectionDiffSchema,
  ExposureReportSchema,
  LintReportSchema,
  type ListConnectionsResponse,
  ModelSummarySchema,
  PairVerdictSchema,
  PolicyFixSchema,
  PolicyService,
} from "../../gen/causeway/v1/policy_pb.js";
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
} from "../../server/analyzer/answers.js";
import { CliError, exitCodes } from "../exit.js";
import { listRestartsMax, policyPageSize, policyPagesMax, policyTimeoutMs } from "../limits.js";
import type {
  LintFields,
  NamedText,
  PairFields,
  PolicyAnswers,
  RowFilter,
} from "../policy/policy-answers.js";
import { readTexts } from "../policy/read-texts.js";
import { cliErrorFrom } from "./errors.js";
import { type Connection, openTransport } from "./transport.js";
import { viewFrom } from "./views.js";

/** Answers of a server, of its live model. Connects on the first question; the signal ends questions. */
export const createPolicyClient = (
  connection: Connection,
  { profile, signal }: { readonly profile: string; readonly signal: AbortSignal },
): PolicyAnswers => {
  const { transport, close } = openTransport(connection);
  return new PolicyClient({
    policies: createClient(PolicyService, transport),
    analyses: createClient(AnalysisService, transport),
    url: connection.url,
    profile,
    signal,
    close,
  });
};

type ClientParts = {
  readonly policies: Client<typeof PolicyService>;
  readonly analyses: Client<typeof AnalysisService>;
  readonly url: string;
  readonly profile: string;
  readonly signal: AbortSignal;
  readonly close: () => void;
};

type Page = { readonly pageSize: number; readonly pageToken: string };

class PolicyClient implements PolicyAnswers {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async list(filter: RowFilter) {
    const pages = await this.#pages((page) =>
      this.#parts.policies.listConnections(
        { ...filter, ...page, ...this.#profile() },
        this.#call(),
      ),
    );
    const [first] = pages;
    return {
      rows: () => rowsOf(pages),
      profile: first.profile,
      model: modelFrom(first),
    };
  }

  async evaluate(pair: PairFields, depth: "verdict" | "explanation"): Promise<PairAnswer> {
    const request = { ...pair, ...this.#profile() };
    const { policies } = this.#parts;
    const verdict = await this.#ask(() =>
      depth === "verdict"
        ? policies.evaluate(request, this.#call())
        : policies.explain(request, this.#call()),
    );
    return viewFrom<PairAnswer>(PairVerdictSchema, verdict);
  }

  async fix(pair: PairFields): Promise<FixAnswer> {
    const request = { ...pair, ...this.#profile() };
    const fix = await this.#ask(() => this.#parts.policies.suggestFix(request, this.#call()));
    return viewFrom<FixAnswer>(PolicyFixSchema, fix);
  }

  async exposure(): Promise<ExposureAnswer> {
    const pages = await this.#pages((page) =>
      this.#parts.policies.exposure({ ...page, ...this.#profile() }, this.#call()),
    );
    const views = pages.map((page) => viewFrom<ExposureAnswer>(ExposureReportSchema, page));
    return { ...first(views), rows: views.flatMap(({ rows }) => rows) };
  }

  async lint({ rules = [], suppressions }: LintFields): Promise<LintAnswer> {
    const asked = {
      rules: [...rules],
      suppressions: suppressions?.text ?? "",
      ...this.#profile(),
    };
    const pages = await this.#pages((page) =>
      this.#parts.policies.lint({ ...page, ...asked }, this.#call()),
    );
    const views = pages.map((page) => viewFrom<LintAnswer>(LintReportSchema, page));
    return { ...first(views), findings: views.flatMap(({ findings }) => findings) };
  }

  async graph(filter: RowFilter) {
    const { graphFromRows } = await import("../../server/analyzer/lists/connection-graph.js");
    const { rows, model } = await this.list(filter);
    return { answer: graphFromRows(rows()), problems: model.problems };
  }

  async diff(after: string): Promise<DiffAnswer> {
    const text = readTexts([after]);
    return await this.#diff((page) =>
      this.#parts.policies.diff({ after: text, ...page, ...this.#profile() }, this.#call()),
    );
  }

  async whatIf(files: readonly string[]): Promise<DiffAnswer> {
    const changes = readTexts(files);
    return await this.#diff((page) =>
      this.#parts.policies.whatIf({ changes, ...page, ...this.#profile() }, this.#call()),
    );
  }

  async check({ text: rules }: NamedText): Promise<CheckAnswer> {
    const request = { rules, ...this.#profile() };
    const report = await this.#ask(() => this.#parts.policies.check(request, this.#call()));
    return viewFrom<CheckAnswer>(CheckReportSchema, report);
  }

  async diagnose({ source, destination, ...asked }: PairFields) {
    const request = { podA: source, podB: destination, ...asked, ...this.#profile() };
    const diagnosis = await this.#ask(() =>
      this.#parts.analyses.analyzePodCommunication(request, this.#call()),
    );
    return viewFrom<DiagnosisReport>(DiagnosisSchema, diagnosis);
  }

  close(): void {
    this.#parts.close();
  }

  async #diff(
    read: (page: Page) => Promise<Parameters<typeof viewFrom<DiffAnswer>>[1] & Next>,
  ): Promise<DiffAnswer> {
    const pages = await this.#pages(read);
    const views = pages.map((page) => viewFrom<DiffAnswer>(ConnectionDiffSchema, page));
    return { ...first(views), rows: views.flatMap(({ rows }) => rows) };
  }

  #profile(): { readonly profile: string } {
    return { profile: this.#parts.profile };
  }

  #call() {
    return { timeoutMs: policyTimeoutMs, signal: this.#parts.signal };
  }

  /** Every page of a list; read anew when the model has changed in between. */
  async #pages<T extends Next>(read: (page: Page) => Promise<T>): Promise<readonly [T, ...T[]]> {
    for (let restart = 0; ; restart++) {
      try {
        return await this.#onePass(read);
      } catch (error) {
        const isChanged =
          error instanceof CliError &&
          error.cause instanceof ConnectError &&
          error.cause.code === Code.Aborted;
        if (!isChanged || restart >= listRestartsMax) throw error;
      }
    }
  }

  async #onePass<T extends Next>(read: (page: Page) => Promise<T>): Promise<readonly [T, ...T[]]> {
    const pages: [T, ...T[]] = [
      await this.#ask(() => read({ pageSize: policyPageSize, pageToken: "" })),
    ];
    let token = pages[0].nextPageToken;
    while (token !== "") {
      if (pages.length >= policyPagesMax) {
        throw new CliError(
          exitCodes.undetermined,
          `the list has more than ${policyPagesMax * policyPageSize} entries; ask for a part of it`,
        );
      }
      const pageToken = token;
      const page = await this.#ask(() => read({ pageSize: policyPageSize, pageToken }));
      pages.push(page);
      token = page.nextPageToken;
    }
    return pages;
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (this.#parts.signal.aborted) throw new CliError(exitCodes.undetermined, "interrupted");
      throw withAdvice(cliErrorFrom(error, this.#parts.url));
    }
  }
}

type Next = { readonly nextPageToken: string };

const withAdvice = (error: CliError): CliError =>
  error.cause instanceof ConnectError && error.cause.code === Code.FailedPrecondition
    ? new CliError(error.exitCode, `${error.message}; or name a folder of manifests here`, {
        cause: error.cause,
      })
    : error;

const first = <T>(views: readonly T[]): T => {
  const [view] = views;
  if (view === undefined) throw new CliError(exitCodes.unreachable, "the server gave no page");
  return view;
};

function* rowsOf(pages: readonly ListConnectionsResponse[]): Iterable<ConnectionRowView> {
  for (const page of pages) yield* page.rows;
}

const modelFrom = ({ model }: ListConnectionsResponse): ModelView =>
  viewFrom<ModelView>(ModelSummarySchema, model);
