import { Worker } from "node:worker_threads";
import type { LoadedModel, PolicyQuestion, Refusal } from "./question.js";

/** What the thread is told; every message has one reply. */
export type ThreadMessage =
  | { readonly kind: "load"; readonly path: string }
  | {
      readonly kind: "ask";
      readonly question: PolicyQuestion;
      /** Of the live model; undefined where the question brings its own. */
      readonly live?: LiveStamp;
    };

/** What only the main thread knows of the live model. */
export type LiveStamp = {
  /** Changes with the model, and with every start of the server. */
  readonly revision: string;
  /** Seconds since the model was last known to be what the files say. */
  readonly ageS: number;
};

/** What the thread says. */
export type ThreadReply =
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "loaded"; readonly model: LoadedModel }
  | { readonly kind: "refusal"; readonly refusal: Refusal };

/** How a thread ended before it replied. */
export type ThreadDeath =
  /** It took longer than it was given. */
  | "timeout"
  /** It took more memory than it was given. */
  | "memory"
  /** Nobody waited any more. */
  | "ended"
  /** A bug of ours. */
  | "crash";

/** A thread ended before it replied. */
export class ThreadError extends Error {
  readonly death: ThreadDeath;

  constructor(death: ThreadDeath, options?: ErrorOptions) {
    super(`the thread ended: ${death}`, options);
    this.name = "ThreadError";
    this.death = death;
  }
}

type Waiting = {
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (error: ThreadError) => void;
};

/** What a thread is started with. */
export type ThreadOptions = {
  /** The module that it runs. */
  readonly url: URL;
  /** Memory that its objects may take, in MiB. */
  readonly heapMib: number;
};

/** A thread that does one thing at a time and is given a time for each. Once it has failed it is not used again. */
export class PolicyThread {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  #waiting: Waiting | undefined;
  #death: ThreadError | undefined;

  constructor({ url, heapMib }: ThreadOptions) {
    this.#worker = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: heapMib } });
    // A server that stops does not wait for answers that nobody wants.
    this.#worker.unref();
    this.#worker.on("message", (reply: ThreadReply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(reply);
    });
    this.#worker.on("error", (error) => this.#die(deathOf(error), error));
    this.#worker.on("exit", () => this.#die("crash"));
    this.#ended = new Promise((resolve) => this.#worker.once("exit", resolve));
  }

  get isAlive(): boolean {
    return this.#death === undefined;
  }

  /** Sends one message and waits for its reply. Rejects with a ThreadError; the thread is gone then. */
  async request(message: ThreadMessage, limitMs: number): Promise<ThreadReply> {
    if (this.#death !== undefined) throw this.#death;
    const timer = setTimeout(() => this.end("timeout"), limitMs);
    try {
      return await new Promise<ThreadReply>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.#worker.postMessage(message);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once, whatever it does. */
  end(death: ThreadDeath = "ended"): Promise<unknown> {
    this.#die(death);
    void this.#worker.terminate();
    return this.#ended;
  }

  #die(death: ThreadDeath, cause?: unknown): void {
    this.#death ??= new ThreadError(death, { cause });
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#death);
  }
}

const deathOf = (error: unknown): ThreadDeath =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? "memory"
    : "crash";
