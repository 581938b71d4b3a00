import { RpcError } from "../rpc/errors.js";
import type { Refusal } from "./question.js";
import {
  PolicyThread,
  ThreadError,
  type ThreadMessage,
  type ThreadOptions,
  type ThreadReply,
} from "./thread.js";

/** What a lane is made with. */
export type LaneOptions = ThreadOptions & {
  /** Threads at once. */
  readonly threadsMax: number;
  /** Messages that may wait for a thread. */
  readonly waitingMax: number;
  /** Characters of the messages that may wait. */
  readonly waitingCharsMax: number;
  /** Idle threads end after so long, in milliseconds; undefined keeps them. */
  readonly idleMs?: number;
  /** What becomes of a message that nobody waits for any more: its thread ends with it, or finishes it. */
  readonly abandoned: "end" | "finish";
  /** A thread has gone while it worked. */
  readonly onDeath?: () => void;
};

/** One thing to do. */
export type LaneJob = {
  readonly message: ThreadMessage;
  /** How large it is, for the bound on what waits. */
  readonly chars: number;
  readonly limitMs: number;
  /** Aborted when nobody waits for the reply any more. */
  readonly signal?: AbortSignal;
  /** Goes before all that waits, and is not counted. */
  readonly first?: boolean;
};

type Waiting = {
  readonly job: LaneJob;
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (error: unknown) => void;
};

/** Hands messages to a few threads, in order; what waits is bounded in number and size. */
export class PolicyLane {
  readonly #options: LaneOptions;
  readonly #threads = new Set<PolicyThread>();
  readonly #idle: PolicyThread[] = [];
  readonly #queue: Waiting[] = [];
  #waitingChars = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /**
   * Runs a job; resolves to what the thread replied. Throws an RpcError when too much waits, the job takes too long or
   * too much memory, or the signal is aborted.
   */
  async run(job: LaneJob): Promise<ThreadReply> {
    if (this.#isClosed) throw closing();
    job.signal?.throwIfAborted();
    if (job.first !== true) this.#assertRoom(job);
    return await new Promise<ThreadReply>((resolve, reject) => {
      const waiting = { job, resolve, reject };
      this.#waitingChars += job.chars;
      if (job.first === true) this.#queue.unshift(waiting);
      else this.#queue.push(waiting);
      job.signal?.addEventListener("abort", () => this.#drop(waiting), { once: true });
      this.#pump();
    });
  }

  /** Ends all threads; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    for (const { reject } of this.#queue.splice(0)) reject(closing());
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #assertRoom({ chars }: LaneJob): void {
    const { waitingMax, waitingCharsMax } = this.#options;
    const isFull =
      this.#queue.length >= waitingMax ||
      (this.#queue.length > 0 && this.#waitingChars + chars > waitingCharsMax);
    if (!isFull) return;
    throw new RpcError({
      code: "resource_exhausted",
      message: "too many policy questions wait already; ask again later",
      details: [{ kind: "retry_info", retryAfterMs: 1_000 }],
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
      const thread = this.#freeThread();
      const next = thread === undefined ? undefined : this.#queue.shift();
      if (thread === undefined || next === undefined) return;
      this.#waitingChars -= next.job.chars;
      void this.#serve(thread, next);
    }
  }

  #freeThread(): PolicyThread | undefined {
    clearTimeout(this.#idleTimer);
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isAlive) return idle;
      this.#threads.delete(idle);
    }
    if (this.#threads.size >= this.#options.threadsMax) return undefined;
    const thread = new PolicyThread(this.#options);
    this.#threads.add(thread);
    return thread;
  }

  /** Never rejects. */
  async #serve(thread: PolicyThread, { job, resolve, reject }: Waiting): Promise<void> {
    const abandon = () => {
      reject(job.signal?.reason);
      if (this.#options.abandoned === "end") void thread.end();
    };
    job.signal?.addEventListener("abort", abandon, { once: true });
    try {
      resolve(await thread.request(job.message, job.limitMs));
    } catch (error) {
      reject(error instanceof ThreadError ? errorOf(error, job) : error);
    } finally {
      job.signal?.removeEventListener("abort", abandon);
      this.#release(thread);
    }
  }

  #release(thread: PolicyThread): void {
    if (thread.isAlive) {
      this.#idle.push(thread);
    } else {
      this.#threads.delete(thread);
      if (!this.#isClosed) this.#options.onDeath?.();
    }
    this.#pump();
    if (this.#options.idleMs !== undefined && this.#idle.length === this.#threads.size) {
      clearTimeout(this.#idleTimer);
      this.#idleTimer = setTimeout(() => this.#endIdle(), this.#options.idleMs);
      this.#idleTimer.unref();
    }
  }

  #endIdle(): void {
    for (const thread of this.#idle.splice(0)) {
      this.#threads.delete(thread);
      void thread.end();
    }
  }
}

const closing = (): RpcError =>
  new RpcError({ code: "unavailable", message: "the server is shutting down" });

const errorOf = (error: ThreadError, { limitMs }: LaneJob): RpcError => {
  switch (error.death) {
    case "timeout":
      return new RpcError({
        code: "resource_exhausted",
        message: `the question takes longer than ${limitMs / 1000} s to answer`,
      });
    case "memory":
      return new RpcError({
        code: "resource_exhausted",
        message: "the question takes more memory than it may have",
      });
    case "ended":
      return closing();
    case "crash":
      return new RpcError({ code: "internal", message: "internal error", cause: error.cause });
  }
};

const faultCodes = {
  invalid: "invalid_argument",
  "not-found": "not_found",
  limit: "resource_exhausted",
  changed: "aborted",
  "no-model": "failed_precondition",
  bug: "internal",
} as const;

/** A refusal as callers get it: what is a bug of ours says so in the log only. */
export const errorOfRefusal = ({ fault, message }: Refusal): RpcError =>
  fault === "bug"
    ? new RpcError({ code: "internal", message: "internal error", cause: new Error(message) })
    : new RpcError({ code: faultCodes[fault], message });
