import type { RunOutcome, RunResult, ServerMessage } from "../../common/agent-stream.js";
import { explanationBytesMax, runProbesMax } from "../../common/limits.js";
import { runGraceMs, runIdBytesMax, runsMax, runTimeoutMsMax } from "../limits.js";
import { wireRttUs } from "./batch.js";
import { clipText } from "./clip-text.js";
import type { AgentOutput } from "./protocol.js";

type RunMessage = Extract<ServerMessage, { kind: "run" }>;

/**
 * On-demand runs of the session that asked for them: each gets exactly one outcome, unless the stream breaks first, which
 * cancels it.
 */
export class Runs {
  /** When each running one is given up, by name. */
  readonly #giveUpAtMs = new Map<string, number>();
  #max = 0;

  /** How many run. */
  get count(): number {
    return this.#giveUpAtMs.size;
  }

  /** How many may run at once, as the server asks, within our own bound. */
  limit(max: number): void {
    this.#max = Math.min(max, runsMax);
  }

  /** Starts one, or answers why not; one that runs already is left alone. remainingMs: until its deadline. */
  start(run: RunMessage, nowMs: number, remainingMs: number): AgentOutput | undefined {
    const { requestId, probes } = run;
    if (this.#giveUpAtMs.has(requestId)) return undefined;
    const fault = this.#fault(run);
    if (fault !== undefined) return failed(clipText(requestId, runIdBytesMax), fault);
    const timeoutMs = Math.round(Math.min(Math.max(remainingMs, 1), runTimeoutMsMax));
    this.#giveUpAtMs.set(requestId, nowMs + timeoutMs + runGraceMs);
    return { kind: "start_run", requestId, probes, timeoutMs };
  }

  /** The probes of one ended; undefined when nobody waits for it any more. */
  done(done: RunOutcome): AgentOutput | undefined {
    if (!this.#giveUpAtMs.delete(done.requestId)) return undefined;
    const results = done.error === "" ? done.results.map(clipped) : [];
    return outcome({ ...done, results, error: clipText(done.error, explanationBytesMax) });
  }

  /** The server no longer wants one. */
  cancel(requestId: string, out: AgentOutput[]): boolean {
    return this.#end(requestId, "cancelled", out);
  }

  /** Gives up those that did not report in time; returns whether there was one. */
  expire(nowMs: number, out: AgentOutput[]): boolean {
    let any = false;
    for (const [requestId, giveUpAtMs] of this.#giveUpAtMs) {
      if (nowMs < giveUpAtMs) continue;
      any = this.#end(requestId, "the probes did not end in time", out) || any;
    }
    return any;
  }

  /** The stream is gone: cancels all, nobody is answered. */
  endSession(out: AgentOutput[]): void {
    for (const requestId of this.#giveUpAtMs.keys()) out.push({ kind: "cancel_run", requestId });
    this.#giveUpAtMs.clear();
  }

  /** When the next one is given up. */
  nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const giveUpAtMs of this.#giveUpAtMs.values()) next = Math.min(next, giveUpAtMs);
    return next;
  }

  #fault(run: RunMessage): string | undefined {
    if (run.requestId === "" || clipText(run.requestId, runIdBytesMax) !== run.requestId) {
      return `a run's name has 1 to ${runIdBytesMax} bytes`;
    }
    if (run.probes.length < 1 || run.probes.length > runProbesMax) {
      return `a run has 1 to ${runProbesMax} probes, this one has ${run.probes.length}`;
    }
    return this.#giveUpAtMs.size < this.#max
      ? undefined
      : `${this.#giveUpAtMs.size} runs are under way, at most ${this.#max} at once`;
  }

  #end(requestId: string, error: string, out: AgentOutput[]): boolean {
    if (!this.#giveUpAtMs.delete(requestId)) return false;
    out.push({ kind: "cancel_run", requestId }, failed(requestId, error));
    return true;
  }
}

const clipped = (result: RunResult): RunResult => ({
  ...result,
  rttUs: result.rttUs === undefined ? undefined : wireRttUs(result.rttUs),
  detail: clipText(result.detail, explanationBytesMax),
});

const failed = (requestId: string, error: string): AgentOutput =>
  outcome({ requestId, results: [], error });

const outcome = ({ requestId, results, error }: RunOutcome): AgentOutput => ({
  kind: "send",
  message: { kind: "run_outcome", outcome: { requestId, results, error } },
});
