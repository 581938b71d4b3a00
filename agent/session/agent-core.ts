import { protocolVersions, type ServerMessage } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import { AgentSession } from "./agent-session.js";
import { Connection } from "./connection.js";
import { log } from "./log.js";
import type {
  AgentCoreConfig,
  AgentInput,
  AgentOutput,
  AgentStatus,
  Measured,
} from "./protocol.js";
import { ResultStore } from "./result-store.js";
import { RunningPlan } from "./running-plan.js";
import { Runs } from "./runs.js";
import { Sender } from "./sender.js";
import { ServerClock } from "./server-clock.js";

/** What the core needs beside its configuration. */
export type AgentCorePorts = { readonly random: Random; readonly sha256: Sha256 };

type InputOf<Kind extends AgentInput["kind"]> = Extract<AgentInput, { kind: Kind }>;

/**
 * The agent's half of AgentService.Connect as a pure state machine: inputs in, outputs out, no clock, no I/O. It opens one
 * stream after another; AgentSession is what it does on each.
 */
export class AgentCore {
  readonly #config: AgentCoreConfig;
  readonly #connection: Connection;
  readonly #clock = new ServerClock();
  readonly #plan: RunningPlan;
  readonly #store = new ResultStore();
  readonly #session: AgentSession;
  /** A credential that came before the Welcome. */
  #token: string | undefined;
  /** Set when the agent ends on purpose. */
  #stopReason: string | undefined;

  constructor(config: AgentCoreConfig, ports: AgentCorePorts) {
    this.#config = config;
    this.#connection = new Connection(ports.random);
    this.#plan = new RunningPlan(config, ports.sha256);
    this.#session = new AgentSession({
      connection: this.#connection,
      clock: this.#clock,
      plan: this.#plan,
      store: this.#store,
      sender: new Sender(config.bootId, this.#store),
      runs: new Runs(),
      heartbeatMs: config.settings.heartbeatIntervalS * 1000,
    });
  }

  /** Takes one input; the outputs are to be carried out in order. */
  step(input: AgentInput): AgentOutput[] {
    const out: AgentOutput[] = [];
    if (this.#connection.phase === "ended") return out;
    if ("wallMs" in input) this.#clock.observe(input.nowMs, input.wallMs);
    this.#handle(input, out);
    if (this.#connection.phase === "up") this.#session.flush(input.nowMs, out);
    return out;
  }

  /** Where the agent stands now. */
  status(): AgentStatus {
    const counts = this.#store.counts();
    return {
      connected: this.#connection.phase === "up",
      serverEpoch: this.#session.epoch,
      revision: this.#plan.applied?.revision ?? 0,
      planEntries: this.#plan.entryCount,
      spooledBatches: this.#store.spool.batches,
      spooledBytes: this.#store.bytes,
      droppedResults: counts.dropped,
      unackedBatches: this.#store.outbox.length,
      clockOffsetUs: this.#clock.offsetUs(),
      reconnects: this.#connection.reconnects,
      measuredResults: counts.measured,
      openResults: this.#store.builder.count,
      spooledResults: counts.spooled,
      unackedResults: counts.unacked,
      ackedResults: counts.acked,
    };
  }

  /**
   * When a tick has something to do, on the monotonic clock: in the past means at once, Infinity never. Ticks at other
   * times are harmless. Valid until the next step.
   */
  nextDeadlineMs(): number {
    const { phase } = this.#connection;
    if (phase === "ended") return Number.POSITIVE_INFINITY;
    const nextMs = Math.min(this.#connection.nextDeadlineMs(), this.#store.expiresAtMs);
    return phase === "up" ? Math.min(nextMs, this.#session.nextDeadlineMs()) : nextMs;
  }

  #handle(input: AgentInput, out: AgentOutput[]): void {
    switch (input.kind) {
      case "tick":
        this.#handleTick(input, out);
        break;
      case "message":
        this.#handleMessage(input.message, input.nowMs, out);
        break;
      case "refused":
        this.#handleRefused(input, out);
        break;
      case "closed":
        this.#handleClosed(input, out);
        break;
      case "measured":
        this.#handleMeasured(input.results, input.nowMs);
        break;
      case "run_done":
        if (this.#connection.phase === "up") this.#session.runDone(input, input.nowMs, out);
        break;
      case "token":
        this.#handleToken(input, out);
        break;
      case "blocked":
        this.#session.block(true);
        break;
      case "writable":
        this.#session.block(false);
        break;
      case "stop":
        this.#handleStop(input, out);
        break;
      default:
        assertNever(input);
    }
  }

  #handleTick(tick: InputOf<"tick">, out: AgentOutput[]): void {
    const { nowMs, loopDelayUs } = tick;
    this.#session.loopDelay(loopDelayUs);
    this.#connection.stalled(nowMs, Math.max(loopDelayUs / 1000, nowMs - this.nextDeadlineMs()));
    this.#store.expire(nowMs);
    const failure = this.#connection.failure(nowMs);
    if (failure !== undefined) this.#drop(failure, nowMs, out);
    if (this.#connection.isOpenDue(nowMs)) this.#open(nowMs, out);
  }

  #open(nowMs: number, out: AgentOutput[]): void {
    const { agentId, bootId, features, unavailable, version, identity, plane, zone, settings } =
      this.#config;
    const { outbox } = this.#store;
    this.#connection.opened(nowMs);
    // The adapter reads the credential anew for every stream.
    this.#token = undefined;
    out.push({ kind: "open" });
    const hello = {
      agentId,
      bootId,
      protocol: protocolVersions,
      features,
      unavailable,
      version,
      identity,
      plane,
      zone,
      settings,
      applied: this.#plan.applied,
      unacked: { first: outbox.ackedSeq + 1, last: outbox.lastSeq },
      spooled: this.#store.spooled(nowMs),
    };
    out.push({ kind: "send", message: { kind: "hello", hello } });
  }

  #handleMessage(message: ServerMessage, nowMs: number, out: AgentOutput[]): void {
    const { phase } = this.#connection;
    if (phase === "up") this.#session.message(message, nowMs, out);
    if (phase === "opening") this.#handleFirst(message, nowMs, out);
    // What the server still acknowledges while we close need not be sent again.
    if (phase === "closing" && message.kind === "ack") this.#store.ack(message.seq);
  }

  #handleFirst(message: ServerMessage, nowMs: number, out: AgentOutput[]): void {
    const fault =
      message.kind === "welcome"
        ? this.#session.welcome(message.welcome, nowMs, out)
        : `${message.kind} before the welcome`;
    if (fault !== undefined) this.#drop(fault, nowMs, out);
    else if (this.#token !== undefined) {
      this.#session.send({ kind: "token", token: this.#token }, nowMs, out);
    }
    this.#token = undefined;
  }

  #handleRefused({ reply, nowMs }: InputOf<"refused">, out: AgentOutput[]): void {
    const { phase } = this.#connection;
    if (phase === "up") this.#session.refuse(reply, nowMs, out);
    if (phase === "opening") this.#drop("a plan or run before the welcome", nowMs, out);
  }

  #handleMeasured(results: readonly Measured[], nowMs: number): void {
    for (const measured of results) {
      this.#store.add(measured, this.#clock.unixMs(Math.min(measured.sentAtMs, nowMs)), nowMs);
    }
    if (this.#connection.phase !== "up") this.#store.spool.endSession();
  }

  #handleToken(input: InputOf<"token">, out: AgentOutput[]): void {
    const { token, nowMs } = input;
    const { phase } = this.#connection;
    if (phase === "opening") this.#token = token;
    if (phase === "up") this.#session.send({ kind: "token", token }, nowMs, out);
  }

  #handleStop(stop: InputOf<"stop">, out: AgentOutput[]): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = stop.reason;
    switch (this.#connection.phase) {
      case "opening":
        out.push({ kind: "close", graceful: false });
        this.#exit(0, stop.reason, out);
        break;
      case "up":
        this.#session.goodbye(stop.reason, stop.nowMs, out);
        this.#connection.closing(stop.nowMs, "stopped");
        break;
      case "closing":
        this.#connection.closing(stop.nowMs, "stopped");
        break;
      default:
        this.#exit(0, stop.reason, out);
    }
  }

  #handleClosed(closed: InputOf<"closed">, out: AgentOutput[]): void {
    const { phase } = this.#connection;
    const { code, message, nowMs } = closed;
    if (phase === "waiting") return;
    if (phase === "up") this.#session.end(code === "invalid_argument", out);
    if (this.#stopReason !== undefined) {
      this.#exit(0, this.#stopReason, out);
      return;
    }
    const aftermath = this.#connection.closed(closed);
    if (aftermath.kind === "refused") {
      log(out, "error", { code, error: message }, "server refuses this agent");
      this.#exit(2, message === "" ? code : message, out);
      return;
    }
    const retryInMs = Math.round(aftermath.delayMs);
    const fields = { code, error: message, retry_in_ms: retryInMs };
    log(out, code === "ok" ? "info" : "warn", fields, "stream ended");
    if (this.#connection.isOpenDue(nowMs)) this.#open(nowMs, out);
  }

  /** Drops the stream. An agent that stops does not wait for its end. */
  #drop(why: string, nowMs: number, out: AgentOutput[]): void {
    out.push({ kind: "close", graceful: false });
    if (this.#connection.phase === "up") this.#session.end(false, out);
    this.#connection.closing(nowMs, "dropped");
    log(out, "warn", { reason: why }, "stream dropped");
    if (this.#stopReason !== undefined) this.#exit(0, this.#stopReason, out);
  }

  #exit(code: 0 | 1 | 2, message: string, out: AgentOutput[]): void {
    const { spooled, unacked } = this.#store.counts();
    const unsent = spooled + this.#store.builder.count;
    this.#connection.end();
    log(out, "info", { unsent_results: unsent, unacked_results: unacked }, "agent ends");
    out.push({ kind: "exit", code, message });
  }
}
