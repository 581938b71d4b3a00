import type { RunOutcome, StatusCode } from "../../common/agent-stream.js";
import { assert } from "../../common/assert.js";
import { explanationBytesMax, runProbesMax } from "../../common/limits.js";
import { runsOpenMax, runsPerAgentMax, runWaitMsMax } from "../limits.js";
import type { Context } from "./context.js";
import type { ControlInput } from "./protocol.js";
import type { Agent, Session } from "./records.js";

type Run = {
  readonly requestId: string;
  readonly session: Session;
  readonly probes: number;
  readonly deadlineMs: number;
};

/** Probes on demand: each run ends exactly once, by its outcome, its deadline, a break of the stream, or its cancelling. */
export class RunTable {
  readonly #context: Context;
  readonly #runs = new Map<string, Run>();
  readonly #countOf = new Map<Session, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Starts a run, or says at once why it can't be. */
  start(input: InputOf<"run">): void {
    const { requestId, agentId, probes, deadlineMs, nowMs, wallMs } = input;
    assert(!this.#runs.has(requestId), "request ids are unique");
    const agent = this.#context.agents.get(agentId);
    const session = agent?.session;
    if (session === undefined || session.agent.state !== "up") {
      this.#fail(requestId, notUp(agentId, agent));
      return;
    }
    const refusal = this.#refusal(session, input);
    if (refusal !== undefined) {
      this.#fail(requestId, refusal);
      return;
    }
    this.#runs.set(requestId, { requestId, session, probes: probes.length, deadlineMs });
    this.#countOf.set(session, (this.#countOf.get(session) ?? 0) + 1);
    this.#context.send(session, {
      kind: "run",
      requestId,
      probes,
      vantage: "agent",
      deadlineUnixMs: Math.round(wallMs + (deadlineMs - nowMs)),
    });
  }

  /** Nobody waits any more. Not reported as finished. */
  cancel(requestId: string): void {
    const run = this.#runs.get(requestId);
    if (run === undefined) return;
    this.#remove(run);
    this.#context.send(run.session, { kind: "cancel_run", requestId });
  }

  /** An agent answered. */
  outcome(session: Session, outcome: RunOutcome): void {
    const run = this.#runs.get(outcome.requestId);
    if (run?.session !== session) {
      this.#context.out.count("messages_unsupported", "run_outcome");
      return;
    }
    this.#remove(run);
    const { requestId, results, error } = outcome;
    if (error === "" && results.length !== run.probes) {
      const message = `the agent answered ${results.length} results for ${run.probes} probes`;
      this.#fail(requestId, { code: "unknown", message });
      return;
    }
    const bounded =
      error === ""
        ? outcome
        : { requestId, results: [], error: error.slice(0, explanationBytesMax) };
    this.#context.out.add({
      kind: "run_finished",
      requestId,
      result: { kind: "outcome", outcome: bounded },
    });
  }

  /** A session ended: its runs will not be answered. */
  drop(session: Session): void {
    if (!this.#countOf.has(session)) return;
    for (const run of this.#runs.values()) {
      if (run.session !== session) continue;
      this.#remove(run);
      const message = `the stream of ${session.agent.agentId} ended during the run`;
      this.#fail(run.requestId, { code: "unavailable", message });
    }
  }

  /** Ends what is overdue. */
  tick(): void {
    for (const run of this.#runs.values()) {
      if (this.#context.nowMs < run.deadlineMs) continue;
      this.cancel(run.requestId);
      const message = `${run.session.agent.agentId} did not answer in time`;
      this.#fail(run.requestId, { code: "deadline_exceeded", message });
    }
  }

  #refusal(session: Session, { probes, deadlineMs, nowMs }: InputOf<"run">): Failure | undefined {
    if (probes.length < 1 || probes.length > runProbesMax) {
      return { code: "invalid_argument", message: `a run has 1 to ${runProbesMax} probes` };
    }
    if (!(deadlineMs - nowMs <= runWaitMsMax)) {
      return { code: "invalid_argument", message: `a run may take at most ${runWaitMsMax} ms` };
    }
    if (deadlineMs <= nowMs) return { code: "deadline_exceeded", message: "the deadline is over" };
    if (this.#runs.size >= runsOpenMax) {
      return { code: "resource_exhausted", message: `at most ${runsOpenMax} runs at once` };
    }
    if ((this.#countOf.get(session) ?? 0) < runsPerAgentMax) return undefined;
    const message = `at most ${runsPerAgentMax} runs at once on ${session.agent.agentId}`;
    return { code: "resource_exhausted", message };
  }

  #remove(run: Run): void {
    this.#runs.delete(run.requestId);
    const left = (this.#countOf.get(run.session) ?? 1) - 1;
    if (left > 0) this.#countOf.set(run.session, left);
    else this.#countOf.delete(run.session);
  }

  #fail(requestId: string, failure: Failure): void {
    this.#context.out.add({
      kind: "run_finished",
      requestId,
      result: { kind: "failed", ...failure },
    });
  }
}

const notUp = (agentId: string, agent: Agent | undefined): Failure =>
  agent === undefined
    ? { code: "not_found", message: `no agent ${agentId} is listed` }
    : {
        code: "failed_precondition",
        message: `agent ${agentId} is ${agent.state} (${agent.reason})`,
      };

type Failure = { readonly code: StatusCode; readonly message: string };

type InputOf<K extends ControlInput["kind"]> = Extract<ControlInput, { readonly kind: K }>;
