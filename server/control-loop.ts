import { createHash, randomUUID } from "node:crypto";
import type { RunOutcome, StatusCode } from "../common/agent-stream.js";
import { assertNever } from "../common/assert.js";
import type { Clock } from "../common/clock.js";
import type { Logger } from "../common/logger.js";
import type { Random } from "../common/random.js";
import type { IngestCounter } from "./ingest/protocol.js";
import type { ResultLog } from "./ingest/result-log.js";
import { controlTickMs, loopDelayResolutionMs } from "./limits.js";
import { createLoopWatch, type LoopWatch } from "./loop-watch.js";
import { Interner } from "./mesh/interner.js";
import { LiveMesh } from "./mesh/live-mesh.js";
import { createProcessWatch, type ProcessWatch } from "./process-watch.js";
import type { AgentListener } from "./rpc/agent-listener.js";
import { RpcError, type RpcErrorCode } from "./rpc/errors.js";
import type { ProbeRuns } from "./rpc/run-probe.js";
import type { ControlCounter, LoadState } from "./session/protocol.js";
import { ServerCore, type ServerInput, type ServerOutput } from "./session/server-core.js";

/** Where figures go: the metrics. */
export interface ControlObserver {
  count(count: {
    readonly name: ControlCounter | IngestCounter;
    readonly label: string;
    readonly by: number;
  }): void;
  /** The results log took a record after so many seconds. */
  committed(seconds: number): void;
  /** The largest event-loop delay since the last tick. */
  loopDelay(ms: number): void;
  /** Share of the time since the last tick that the event loop was busy, 0 to 1. */
  loopUtilization(share: number): void;
  /** How much the server has to do changed. */
  load(state: LoadState): void;
}

/** What a control loop is made with. */
export type ControlLoopOptions = {
  /** New for every start of the server. */
  readonly serverEpoch: string;
  /** An agent is lost after so long without a frame. */
  readonly lostAfterMs: number;
  /** Memory beyond which new agents are refused, in bytes; no limit when it is left out. */
  readonly rssBytesMax?: number;
  readonly log: ResultLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Asked for when something is counted: metrics are made from this loop. */
  readonly observer: () => ControlObserver;
};

type RunRequest = Parameters<ProbeRuns["run"]>[0];

type WaitingRun = {
  readonly resolve: (outcome: RunOutcome) => void;
  readonly reject: (error: RpcError) => void;
};

type OutputOf<Kind extends ServerOutput["kind"]> = Extract<ServerOutput, { kind: Kind }>;

/** Pumps the server's core: brings it time, streams and log answers, and carries out what it wants done. */
export class ControlLoop implements ProbeRuns {
  /** What is measured, as queries see it. */
  readonly mesh: LiveMesh;
  readonly core: ServerCore;
  readonly #options: ControlLoopOptions;
  readonly #inputs: ServerInput[] = [];
  readonly #runs = new Map<string, WaitingRun>();
  readonly #processWatch: ProcessWatch = createProcessWatch();
  #load: LoadState = "normal";
  #onLoad: (load: LoadState) => void = () => undefined;
  #loopWatch: LoopWatch | undefined;
  #listener: Pick<AgentListener, "carryOut"> | undefined;
  #isPumping = false;
  #pendingAppends = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ControlLoopOptions) {
    const { serverEpoch, lostAfterMs, rssBytesMax, log, random } = options;
    const interner = new Interner();
    this.#options = options;
    this.core = new ServerCore(
      { serverEpoch, lostAfterMs, durability: log.durability, rssBytesMax },
      {
        interner,
        random,
        sha256: (bytes) => createHash("sha256").update(bytes).digest(),
      },
    );
    this.mesh = new LiveMesh({
      directory: this.core,
      planFor: (agentId) => this.core.planFor(agentId),
      interner,
    });
  }

  /** Records handed to the log and not yet accepted. */
  get pendingAppends(): number {
    return this.#pendingAppends;
  }

  /** Reads what the log has and begins to tick. Streams may come afterwards. */
  async start(): Promise<void> {
    const marks = await this.#options.log.recover();
    this.feed({ kind: "recovered", marks });
    this.#loopWatch = createLoopWatch(this.#options.clock, loopDelayResolutionMs);
    this.#timer = setInterval(() => this.#tick(), controlTickMs);
    this.#tick();
  }

  /** Where outputs for streams go; set once, before the first stream. */
  attach(listener: Pick<AgentListener, "carryOut">): void {
    this.#listener = listener;
  }

  /** Who hears how much the server has to do, now and when it changes; set once. */
  onLoad(act: (load: LoadState) => void): void {
    this.#onLoad = act;
    act(this.#load);
  }

  /** Takes one input. What a step causes at once waits until its outputs are carried out. */
  feed(input: ServerInput): void {
    this.#inputs.push(input);
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const output of this.core.step(next)) this.#carryOut(output);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  /** Has an agent run probes; see ProbeRuns. */
  run({ agentId, probes, deadlineMs, signal }: RunRequest): Promise<RunOutcome> {
    const requestId = randomUUID();
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        if (!this.#runs.delete(requestId)) return;
        this.feed({ kind: "cancel_run", requestId, nowMs: this.#options.clock.nowMs() });
        reject(new RpcError({ code: "canceled", message: "the call was cancelled" }));
      };
      const ended = <T>(act: (value: T) => void) => {
        return (value: T): void => {
          signal.removeEventListener("abort", cancel);
          act(value);
        };
      };
      this.#runs.set(requestId, { resolve: ended(resolve), reject: ended(reject) });
      if (signal.aborted) {
        cancel();
        return;
      }
      signal.addEventListener("abort", cancel, { once: true });
      const times = this.#times();
      const untilMs = times.nowMs + deadlineMs;
      this.feed({ kind: "run", requestId, agentId, probes, deadlineMs: untilMs, ...times });
    });
  }

  /** Sends everybody away. */
  drain(reason: string): void {
    this.feed({ kind: "drain", reason, nowMs: this.#options.clock.nowMs() });
  }

  /** Stops ticking. */
  stop(): void {
    clearInterval(this.#timer);
    this.#loopWatch?.stop();
  }

  #tick(): void {
    const loopDelayMs = this.#loopWatch?.take() ?? 0;
    const figures = this.#processWatch.take();
    const observer = this.#options.observer();
    observer.loopDelay(loopDelayMs);
    observer.loopUtilization(figures.loopUtilization);
    this.feed({ kind: "tick", loopDelayMs, ...figures, ...this.#times() });
  }

  #carryOut(output: ServerOutput): void {
    const { logger, observer } = this.#options;
    switch (output.kind) {
      case "send":
      case "push_plan":
      case "close":
      case "reauthenticate":
        this.#listener?.carryOut(output);
        break;
      case "append":
        void this.#append(output);
        break;
      case "apply":
        this.mesh.apply(output.agentId, output.columns);
        break;
      case "agent_changed":
        this.mesh.agentChanged(output.agentId);
        break;
      case "load_changed":
        this.#load = output.load;
        this.#onLoad(output.load);
        observer().load(output.load);
        break;
      case "run_finished":
        this.#runFinished(output);
        break;
      case "log":
        logger[output.level](output.fields, output.message);
        break;
      case "count":
        observer().count(output);
        break;
      default:
        assertNever(output);
    }
  }

  async #append({ token, record }: OutputOf<"append">): Promise<void> {
    const { log, clock, observer } = this.#options;
    const startedMs = clock.nowMs();
    this.#pendingAppends += 1;
    const refusal = await log.append(record).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    this.#pendingAppends -= 1;
    const nowMs = clock.nowMs();
    if (refusal === undefined) {
      observer().committed((nowMs - startedMs) / 1000);
      this.feed({ kind: "appended", token, nowMs });
    } else {
      this.feed({ kind: "append_failed", token, why: refusal, nowMs });
    }
  }

  #runFinished({ requestId, result }: OutputOf<"run_finished">): void {
    const run = this.#runs.get(requestId);
    this.#runs.delete(requestId);
    if (run === undefined) return;
    if (result.kind === "outcome") run.resolve(result.outcome);
    else run.reject(new RpcError({ code: rpcCodeOf(result.code), message: result.message }));
  }

  #times(): { readonly nowMs: number; readonly wallMs: number } {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  }
}

/** The codes of failed runs as callers get them; what an agent did wrong is not the caller's fault. */
const rpcCodeOf = (code: StatusCode): RpcErrorCode => {
  switch (code) {
    case "not_found":
    case "failed_precondition":
    case "invalid_argument":
    case "resource_exhausted":
    case "deadline_exceeded":
    case "permission_denied":
      return code;
    default:
      return "unavailable";
  }
};
