import type { Logger } from "../../common/logger.js";
import type { ModelView, ProblemView } from "../analyzer/answers.js";
import { policyProblemsLoggedMax } from "./limits.js";

/** Says once what is to be said of the live model: a problem that stays is not told with every load. */
export class ModelLog {
  readonly #path: string;
  readonly #logger: Logger;
  #told: ReadonlySet<string> = new Set();
  #trouble = "";

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** Another model was read. */
  loaded({ namespaces, pods, policies, services, problems }: ModelView, tookMs: number): void {
    this.readable();
    const counts = { namespaces, pods, policies, services, problems: problems.length };
    this.#logger.info(
      { path: this.#path, ...counts, tookMs: Math.round(tookMs) },
      "manifests loaded",
    );
    const now = new Map(
      problems
        .filter(({ severity }) => severity !== "info")
        .map((problem) => [JSON.stringify(problem), problem]),
    );
    const fresh = [...now].filter(([key]) => !this.#told.has(key));
    for (const [, problem] of fresh.slice(0, policyProblemsLoggedMax)) this.#tell(problem);
    const more = fresh.length - policyProblemsLoggedMax;
    if (more > 0) this.#logger.warn({ more }, "more problems in manifests");
    this.#told = new Set(now.keys());
  }

  /** The files can't be read; said again only for another reason. */
  unreadable(reason: string): void {
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    this.#logger.warn({ path: this.#path, reason }, "manifests not readable, keeping the model");
  }

  /** The files can be read. */
  readable(): void {
    if (this.#trouble === "") return;
    this.#trouble = "";
    this.#logger.info({ path: this.#path }, "manifests readable again");
  }

  #tell({ severity, code, message, file, line, object }: ProblemView): void {
    this.#logger.warn(
      { severity, code, reason: message, file, line, object },
      "problem in manifests",
    );
  }
}
