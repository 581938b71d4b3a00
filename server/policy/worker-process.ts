import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { policyStderrCharsMax } from "./limits.js";
import type { WorkerMessage, WorkerReply } from "./worker-messages.js";

/** How a worker ended before it replied. */
export type WorkerDeath =
  /** It took longer than it was given. */
  | "timeout"
  /** It took more memory than it was given, or than the machine has. */
  | "memory"
  /** Nobody wanted it any more. */
  | "ended"
  /** A bug of ours. */
  | "crash";

/** A worker ended before it replied. */
export class WorkerError extends Error {
  readonly death: WorkerDeath;

  constructor(death: WorkerDeath, options?: ErrorOptions) {
    super(`the worker ended: ${death}`, options);
    this.name = "WorkerError";
    this.death = death;
  }
}

type Waiting = {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: WorkerError) => void;
};

/** What a worker is started with. */
export type WorkerOptions = {
  /** The module that it runs. */
  readonly entry: URL;
  /** Memory that its objects may take, in MiB. */
  readonly heapMib: number;
};

/**
 * A process that does one thing at a time and is given a time for each. Once it has failed it is not used again. It is no
 * thread, because V8 ends the whole process, and with it the server, when a thread's array or map outgrows its memory.
 */
export class PolicyWorker {
  /** Resolves when its process is gone, to why it died. */
  readonly ended: Promise<WorkerError | undefined>;
  readonly #child: ChildProcess;
  #waiting: Waiting | undefined;
  #death: WorkerError | undefined;
  #stderr = "";

  constructor({ entry, heapMib }: WorkerOptions) {
    const isSource = entry.pathname.endsWith(".ts");
    this.#child = fork(entry, [], {
      execArgv: [`--max-old-space-size=${heapMib}`, ...(isSource ? ["--import", "tsx"] : [])],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    // A server that stops does not wait for answers that nobody wants.
    this.#child.unref();
    this.#child.channel?.unref();
    this.#listen();
    this.ended = new Promise((resolve) => {
      for (const event of ["exit", "error"]) {
        this.#child.once(event, () => resolve(this.#death));
      }
    });
  }

  get isAlive(): boolean {
    return this.#death === undefined;
  }

  /** Its process; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one message and waits for its reply. Rejects with a WorkerError; the worker is gone then. */
  async request(message: WorkerMessage, limitMs: number): Promise<WorkerReply> {
    if (this.#death !== undefined) throw this.#death;
    const timer = setTimeout(() => void this.end("timeout"), limitMs);
    try {
      return await new Promise<WorkerReply>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.#child.send(message, (error) => {
          if (error !== null) void this.end("crash", error);
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once, whatever it does. Resolves when it is gone. */
  async end(death: WorkerDeath = "ended", cause?: unknown): Promise<void> {
    this.#die(death, cause);
    this.#child.kill("SIGKILL");
    // Whoever waits for its end does so to the end.
    this.#child.ref();
    await this.ended;
  }

  #listen(): void {
    const child = this.#child;
    child.on("message", (reply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(reply as WorkerReply);
    });
    child.on("error", (error) => this.#die("crash", error));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-policyStderrCharsMax);
    });
    (child.stderr as Socket | null)?.unref();
  }

  /** V8 aborts when memory is short, and so does the kernel with SIGKILL. */
  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const death = signal === "SIGABRT" || signal === "SIGKILL" ? "memory" : "crash";
    const how = signal ?? `exit code ${code}`;
    this.#die(death, new Error(`${how}: ${this.#stderr.trim()}`));
  }

  #die(death: WorkerDeath, cause?: unknown): void {
    this.#death ??= new WorkerError(death, cause === undefined ? {} : { cause });
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#death);
  }
}
