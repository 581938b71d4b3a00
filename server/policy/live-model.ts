import type { Clock } from "../../common/clock.js";
import type { Logger } from "../../common/logger.js";
import type { ModelView } from "../analyzer/answers.js";
import { RpcError, rpcErrorFrom } from "../rpc/errors.js";
import { FolderWatch } from "./folder-watch.js";
import { type LaneJob, type LaneOptions, PolicyLane } from "./lane.js";
import { policyLoadRetryMsMax } from "./limits.js";
import { ModelLog } from "./model-log.js";
import type { PolicyObserver } from "./policy-observer.js";
import type { LoadReport, WorkerReply } from "./worker-messages.js";
import type { WorkerError } from "./worker-process.js";

/** What a live model is made with. */
export type LiveModelOptions = {
  /** Folder or file of the manifests. */
  readonly path: string;
  readonly lane: Omit<LaneOptions, "onDeath">;
  /** How often the files are looked at, in milliseconds. */
  readonly pollMs: number;
  /** Time for one load, in milliseconds. */
  readonly loadMs: number;
  /** New for every start of the server. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: PolicyObserver;
};

/**
 * Keeps the model of a folder of manifests in a process of its own, and up to what the files say: it is told of changes,
 * and looks by itself now and then. Where the files can't be read, the last good model stays.
 */
export class LiveModel {
  readonly #options: LiveModelOptions;
  readonly #lane: PolicyLane;
  readonly #watch: FolderWatch;
  readonly #log: ModelLog;
  #pollTimer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isLookWanted = false;
  #isClosed = false;
  #revisions = 0;
  #deadLoads = 0;
  #nextLookMs = 0;
  #model: ModelView | undefined;
  /** Why the last load ended its process; undefined when it did not. */
  #failure: string | undefined;
  #checkedMs = 0;

  constructor(options: LiveModelOptions) {
    this.#options = options;
    this.#log = new ModelLog(options.path, options.logger);
    this.#lane = new PolicyLane({ ...options.lane, onDeath: (error) => this.#died(error) });
    this.#watch = new FolderWatch({ path: options.path, onChange: () => this.#changed() });
  }

  /** Begins to read the files, and goes on until it is closed. */
  start(): void {
    this.#watch.update([]);
    this.#look();
    this.#pollTimer = setInterval(() => this.#look(), this.#options.pollMs);
    this.#pollTimer.unref();
  }

  /**
   * Hands a question to the process that holds the model; what is being loaded is loaded before. Throws an RpcError as
   * lanes do, and when no model can be loaded.
   */
  async run(job: LaneJob): Promise<WorkerReply> {
    if (this.#failure !== undefined) {
      const message = `there is no model of CAUSEWAY_MANIFESTS: ${this.#failure}`;
      throw new RpcError({ code: "failed_precondition", message });
    }
    return await this.#lane.run(job);
  }

  /** Questions that wait. */
  get waiting(): number {
    return this.#lane.waiting;
  }

  /** What the process holds; undefined before the first load. */
  get model(): ModelView | undefined {
    return this.#model;
  }

  /** Seconds since the model was known to be what the files say. */
  get ageS(): number {
    return Math.max(0, (this.#options.clock.nowMs() - this.#checkedMs) / 1000);
  }

  /** Its processes, for those who look how it stands the end of one. */
  get pids(): readonly number[] {
    return this.#lane.pids;
  }

  /** Stops watching and ends the process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#pollTimer);
    this.#watch.close();
    await this.#lane.close();
  }

  #changed(): void {
    this.#nextLookMs = 0;
    this.#look();
  }

  /** One look at a time; a change while it is under way asks for one more. */
  #look(): void {
    if (this.#isClosed || this.#options.clock.nowMs() < this.#nextLookMs) return;
    this.#isLookWanted = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookWhileWanted().finally(() => {
      this.#isLooking = false;
    });
  }

  async #lookWhileWanted(): Promise<void> {
    while (this.#isLookWanted && !this.#isClosed) {
      this.#isLookWanted = false;
      const startedMs = this.#options.clock.nowMs();
      try {
        this.#take(await this.#load(), startedMs);
        this.#deadLoads = 0;
        this.#failure = undefined;
      } catch (error) {
        this.#failed(error, startedMs);
      }
    }
  }

  async #load(): Promise<LoadReport> {
    const { path, epoch, loadMs } = this.#options;
    const revision = `${epoch}.${this.#revisions + 1}`;
    const message = { kind: "load", path, revision } as const;
    const reply = await this.#lane.run({
      message,
      chars: 0,
      limitMs: loadMs,
      subject: "reading the manifests",
      first: true,
    });
    if (reply.kind === "loaded") return reply.load;
    const why = reply.kind === "refusal" ? reply.refusal.message : "no load";
    throw new Error(`the manifests were not loaded: ${why}`);
  }

  #take({ folders, outcome }: LoadReport, startedMs: number): void {
    this.#watch.update(folders);
    const { observer } = this.#options;
    switch (outcome.kind) {
      case "changed":
        this.#revisions++;
        this.#model = outcome.model;
        this.#checkedMs = startedMs;
        this.#log.loaded(outcome.model, outcome.tookMs);
        observer.loaded({ result: "ok", seconds: outcome.tookMs / 1000 });
        break;
      case "unchanged":
        this.#checkedMs = startedMs;
        this.#log.readable();
        break;
      case "unreadable":
        this.#log.unreadable(outcome.reason);
        observer.loaded({ result: "unreadable", seconds: 0 });
        break;
    }
  }

  /** The process is gone with the model: try again, later each time. */
  #failed(error: unknown, startedMs: number): void {
    if (this.#isClosed) return;
    const { clock, logger, observer, pollMs } = this.#options;
    const nowMs = clock.nowMs();
    const { message, cause } = rpcErrorFrom(error);
    const retryMs = retryMsAfter(this.#deadLoads, pollMs);
    this.#deadLoads++;
    this.#nextLookMs = nowMs + retryMs;
    this.#model = undefined;
    this.#failure = message;
    logger.error({ reason: message, error: String(cause ?? ""), retryMs }, "manifests not loaded");
    observer.loaded({ result: "failed", seconds: (nowMs - startedMs) / 1000 });
  }

  /** With the process the model is gone; a load that ended it comes back by itself. */
  #died(error: WorkerError | undefined): void {
    this.#options.logger.error(
      { death: error?.death, error: String(error?.cause ?? "") },
      "process of the live model ended",
    );
    this.#model = undefined;
    if (!this.#isLooking) this.#look();
  }
}

/** How long to wait after a load that ended its process, when so many before it did, too. */
export const retryMsAfter = (deadLoads: number, pollMs: number): number =>
  Math.min(policyLoadRetryMsMax, pollMs * 2 ** deadLoads);
