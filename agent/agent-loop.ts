import type { RunResult } from "../common/agent-stream.js";
import { assertNever } from "../common/assert.js";
import type { Clock } from "../common/clock.js";
import type { Logger } from "../common/logger.js";
import { loopTickMsMax, loopTickMsMin } from "./limits.js";
import type { DestinationPolicy } from "./probe/destination-policy.js";
import type { Runner } from "./probe/runner.js";
import type { ScheduledResult, Scheduler } from "./probe/scheduler.js";
import type { Link, LinkEvent } from "./rpc/link.js";
import type { AgentCore } from "./session/agent-core.js";
import type { AgentInput, AgentOutput } from "./session/protocol.js";

/** What a loop drives and is driven by. */
export type AgentLoopParts = {
  readonly core: AgentCore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly link: Pick<Link, "open" | "send" | "close" | "dispose">;
  readonly scheduler: Pick<Scheduler, "replace">;
  readonly policy: Pick<DestinationPolicy, "replacePlanned">;
  readonly runner: Pick<Runner, "run">;
};

/** How an agent ended. */
export type AgentEnd = { readonly code: 0 | 1 | 2; readonly message: string };

type InputOf<Kind extends AgentInput["kind"]> = Extract<AgentInput, { kind: Kind }>;
type OutputOf<Kind extends AgentOutput["kind"]> = Extract<AgentOutput, { kind: Kind }>;

/** Pumps the agent's core: brings it time and events, and carries out what it wants done. */
export class AgentLoop {
  readonly #parts: AgentLoopParts;
  readonly #inputs: AgentInput[] = [];
  readonly #measured: ScheduledResult[] = [];
  readonly #runs = new Map<string, AbortController>();
  readonly #ended: Promise<AgentEnd>;
  #end: (end: AgentEnd) => void = () => undefined;
  #isPumping = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #loopDelayMs = 0;

  constructor(parts: AgentLoopParts) {
    this.#parts = parts;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when the core says that the agent ends. */
  get ended(): Promise<AgentEnd> {
    return this.#ended;
  }

  /** Largest event-loop delay of late, for metrics. */
  get loopDelayMs(): number {
    return this.#loopDelayMs;
  }

  /** Begins; the first tick opens the link. */
  start(): void {
    this.#timerDueMs = this.#parts.clock.nowMs();
    this.#tick();
  }

  /** Says goodbye and ends. */
  stop(reason: string): void {
    this.#feed({ kind: "stop", reason, ...this.#times() });
  }

  /** Takes what happens on the link. */
  onLinkEvent(event: LinkEvent): void {
    switch (event.kind) {
      case "received":
        this.#received(event);
        break;
      case "closed":
        this.#feed({ ...event, nowMs: this.#parts.clock.nowMs() });
        break;
      case "blocked":
        this.#feed({ kind: "blocked", nowMs: this.#parts.clock.nowMs() });
        break;
      case "writable":
        this.#feed({ kind: "writable", ...this.#times() });
        break;
      default:
        assertNever(event);
    }
  }

  /** Takes a result of the scheduler; those of one turn of the event loop go to the core together. */
  onResult(result: ScheduledResult): void {
    this.#measured.push(result);
    if (this.#measured.length > 1) return;
    setImmediate(() => {
      this.#feed({ kind: "measured", results: this.#measured.splice(0), ...this.#times() });
    });
  }

  /** The credential file changed. */
  onToken(token: string): void {
    this.#feed({ kind: "token", token, nowMs: this.#parts.clock.nowMs() });
  }

  /** One input after the other: what a step causes at once waits until its outputs are carried out. */
  #feed(input: AgentInput): void {
    if (this.#hasEnded) return;
    this.#inputs.push(input);
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const output of this.#parts.core.step(next)) this.#carryOut(output);
      }
    } finally {
      this.#isPumping = false;
    }
    this.#arm();
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    // A timer that fires late tells how long something else held the event loop.
    this.#loopDelayMs = Math.max(nowMs - this.#timerDueMs, 0);
    this.#feed({ kind: "tick", loopDelayUs: this.#loopDelayMs * 1000, ...this.#times() });
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#hasEnded) return;
    const nowMs = this.#parts.clock.nowMs();
    const inMs = this.#parts.core.nextDeadlineMs() - nowMs;
    const delayMs = Math.min(Math.max(inMs, loopTickMsMin), loopTickMsMax);
    this.#timerDueMs = nowMs + delayMs;
    this.#timer = setTimeout(() => this.#tick(), delayMs);
  }

  #carryOut(output: AgentOutput): void {
    const { link, logger } = this.#parts;
    switch (output.kind) {
      case "open":
        link.open();
        break;
      case "send":
        link.send(output.message);
        break;
      case "close":
        link.close(output.graceful);
        break;
      case "apply_plan":
        this.#applyPlan(output);
        break;
      case "start_run":
        void this.#startRun(output);
        break;
      case "cancel_run":
        this.#runs.get(output.requestId)?.abort();
        break;
      case "exit":
        this.#exit(output);
        break;
      case "log":
        logger[output.level](output.fields, output.message);
        break;
      default:
        assertNever(output);
    }
  }

  #applyPlan({ epoch, entries }: OutputOf<"apply_plan">): void {
    const { policy, scheduler } = this.#parts;
    policy.replacePlanned(entries.map(({ probe }) => probe));
    const scheduled = entries.map(({ id, key, intervalMs, probe }) => ({
      id,
      key,
      intervalMs,
      spec: probe,
    }));
    scheduler.replace(scheduled, epoch);
  }

  async #startRun({ requestId, probes, timeoutMs }: OutputOf<"start_run">): Promise<void> {
    const cancel = new AbortController();
    this.#runs.set(requestId, cancel);
    const end = await this.#parts.runner.run({ specs: probes, timeoutMs, signal: cancel.signal });
    this.#runs.delete(requestId);
    const results: readonly RunResult[] = end.kind === "done" ? end.results : [];
    const error = end.kind === "refused" ? end.error : "";
    this.#feed({ kind: "run_done", requestId, results, error, nowMs: this.#parts.clock.nowMs() });
  }

  #received({ decoded }: Extract<LinkEvent, { kind: "received" }>): void {
    if (decoded.kind === "message") {
      this.#feed({ kind: "message", message: decoded.message, ...this.#times() });
      return;
    }
    this.#parts.logger.error({ ...decoded }, "server asks for what this agent does not know");
    const nowMs = this.#parts.clock.nowMs();
    this.#feed({ kind: "refused", reply: this.#refusal(decoded), nowMs });
  }

  /** The reply to what the core cannot even be shown: its types have no room for it. */
  #refusal(refused: Refused): InputOf<"refused">["reply"] {
    if (refused.kind === "refused_run") {
      const { requestId, error } = refused;
      return { kind: "run_outcome", outcome: { requestId, results: [], error } };
    }
    const { nonce, reason, error } = refused;
    const runningRevision = this.#parts.core.status().revision;
    return { kind: "plan_nack", nonce, reason, error, runningRevision };
  }

  #exit({ code, message }: OutputOf<"exit">): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    for (const run of this.#runs.values()) run.abort();
    this.#parts.link.dispose();
    this.#end({ code, message });
  }

  #times(): { readonly nowMs: number; readonly wallMs: number } {
    const { clock } = this.#parts;
    return { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  }
}

type Refused = Exclude<
  Extract<LinkEvent, { kind: "received" }>["decoded"],
  { readonly kind: "message" }
>;
