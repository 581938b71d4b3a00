import { RpcError } from "../rpc/errors.js";
import { policyRetryMs } from "./limits.js";
import type { WorkerMessage, WorkerReply } from "./worker-messages.js";
import { PolicyWorker, WorkerError, type WorkerOptions } from "./worker-process.js";

/** What a lane is made with. */
export type LaneOptions = WorkerOptions & {
  /** Workers at once. */
  readonly workersMax: number;
  /** Messages that may wait for a worker. */
  readonly waitingMax: number;
  /** Characters of the messages that may wait. */
  readonly waitingCharsMax: number;
  /** Idle workers end after so long, in milliseconds; undefined keeps them. */
  readonly idleMs?: number;
  /** What becomes of a message that nobody waits for any more: its worker ends with it, or finishes it. */
  readonly abandoned: "end" | "finish";
  /** A worker is gone, with all that it held. Not called for those that were idle for too long. */
  readonly onDeath?: (error: WorkerError | undefined) => void;
};

/** One thing to do. */
export type LaneJob = {
  readonly message: WorkerMessage;
  /** How large it is, for the bound on what waits. */
  readonly chars: number;
  readonly limitMs: number;
  /** What it is called in errors; "the question" when left out. */
  readonly subject?: string;
  /** Aborted when nobody waits for the reply any more. */
  readonly signal?: AbortSignal;
  /** Goes before all that waits, and finds room in any case. */
  readonly first?: boolean;
};

type Waiting = {
  readonly job: LaneJob;
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: unknown) => void;
};

/** Hands messages to a few workers, in order; what waits is bounded in number and size. Workers start when needed. */
export class PolicyLane {
  readonly #options: LaneOptions;
  readonly #workers = new Set<PolicyWorker>();
  #idle: PolicyWorker[] = [];
  readonly #queue: Waiting[] = [];
  #waitingChars = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Messages that wait for a worker. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Processes of the workers that live. */
  get pids(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /**
   * Runs a job; resolves to what the worker replied. Throws an RpcError when too much waits, or when the job takes too long
   * or too much memory, and the signal's reason when it is aborted.
   */
  async run(job: LaneJob): Promise<WorkerReply> {
    if (this.#isClosed) throw closing();
    job.signal?.throwIfAborted();
    if (job.first !== true) this.#assertRoom(job);
    let drop = (): void => undefined;
    try {
      return await new Promise<WorkerReply>((resolve, reject) => {
        const waiting = { job, resolve, reject };
        drop = () => this.#drop(waiting);
        job.signal?.addEventListener("abort", drop, { once: true });
        this.#waitingChars += job.chars;
        if (job.first === true) this.#queue.unshift(waiting);
        else this.#queue.push(waiting);
        this.#pump();
      });
    } finally {
      job.signal?.removeEventListener("abort", drop);
    }
  }

  /** Ends all workers; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    for (const { reject } of this.#queue.splice(0)) reject(closing());
    await Promise.all([...this.#workers].map((worker) => worker.end()));
  }

  #assertRoom({ chars }: LaneJob): void {
    const { waitingMax, waitingCharsMax } = this.#options;
    const isFull =
      this.#queue.length >= waitingMax ||
      (this.#queue.length > 0 && this.#waitingChars + chars > waitingCharsMax);
    if (!isFull) return;
    throw new RpcError({
      code: "resource_exhausted",
      message: "too many questions about policies wait already; ask again later",
      details: [{ kind: "retry_info", retryAfterMs: policyRetryMs }],
    });
  }

  #drop(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#waitingChars -= waiting.job.chars;
    waiting.reject(waiting.job.signal?.reason);
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#isClosed) {
      const worker = this.#freeWorker();
      const next = worker === undefined ? undefined : this.#queue.shift();
      if (worker === undefined || next === undefined) return;
      this.#waitingChars -= next.job.chars;
      void this.#serve(worker, next);
    }
  }

  #freeWorker(): PolicyWorker | undefined {
    clearTimeout(this.#idleTimer);
    const idle = this.#idle.pop();
    if (idle?.isAlive === true) return idle;
    if (this.#workers.size >= this.#options.workersMax) return undefined;
    const worker = new PolicyWorker(this.#options);
    this.#workers.add(worker);
    void worker.ended.then((error) => this.#gone(worker, error));
    return worker;
  }

  /** Never rejects. */
  async #serve(worker: PolicyWorker, { job, resolve, reject }: Waiting): Promise<void> {
    const abandon = () => {
      reject(job.signal?.reason);
      if (this.#options.abandoned === "end") void worker.end();
    };
    job.signal?.addEventListener("abort", abandon, { once: true });
    try {
      resolve(await worker.request(job.message, job.limitMs));
    } catch (error) {
      reject(error instanceof WorkerError ? errorOf(error, job) : error);
    } finally {
      job.signal?.removeEventListener("abort", abandon);
      if (worker.isAlive) this.#release(worker);
    }
  }

  #release(worker: PolicyWorker): void {
    this.#idle.push(worker);
    this.#pump();
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#idle.length < this.#workers.size) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#endIdle(), idleMs);
    this.#idleTimer.unref();
  }

  /** Its place is free only now, so that there are never more processes than the bound says. */
  #gone(worker: PolicyWorker, error: WorkerError | undefined): void {
    this.#idle = this.#idle.filter((idle) => idle !== worker);
    if (!this.#workers.delete(worker) || this.#isClosed) return;
    this.#options.onDeath?.(error);
    this.#pump();
  }

  #endIdle(): void {
    for (const worker of this.#idle.splice(0)) {
      this.#workers.delete(worker);
      void worker.end();
    }
  }
}

const closing = (): RpcError =>
  new RpcError({ code: "unavailable", message: "the server is shutting down" });

const errorOf = (error: WorkerError, { limitMs, subject = "the question" }: LaneJob): RpcError => {
  switch (error.death) {
    case "timeout":
      return new RpcError({
        code: "resource_exhausted",
        message: `${subject} takes longer than the ${limitMs / 1000} s that it may have`,
      });
    case "memory":
      return new RpcError({
        code: "resource_exhausted",
        message: `${subject} takes more memory than it may have`,
        cause: error.cause,
      });
    case "ended":
      return closing();
    case "crash":
      return new RpcError({ code: "internal", message: "internal error", cause: error.cause });
  }
};
