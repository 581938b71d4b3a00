import {
  type AgentMessage,
  type Plan,
  protocolVersions,
  type RunOutcome,
  type ServerMessage,
  type Welcome,
} from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import { agentMessageBytesMax, wordBytesMax } from "../../common/limits.js";
import { batchAgeMsMax, batchResultsDefault } from "../limits.js";
import { clipText } from "./clip-text.js";
import type { Connection } from "./connection.js";
import { log } from "./log.js";
import type { AgentOutput } from "./protocol.js";
import type { ResultStore } from "./result-store.js";
import type { RunningPlan } from "./running-plan.js";
import type { Runs } from "./runs.js";
import type { Sender } from "./sender.js";
import type { ServerClock } from "./server-clock.js";

/** What outlives a session. */
export type SessionParts = {
  readonly connection: Connection;
  readonly clock: ServerClock;
  readonly plan: RunningPlan;
  readonly store: ResultStore;
  readonly sender: Sender;
  readonly runs: Runs;
  /** HEARTBEAT_INTERVAL, for a server that asks for none. */
  readonly heartbeatMs: number;
};

type RunMessage = Extract<ServerMessage, { kind: "run" }>;
type DrainMessage = Extract<ServerMessage, { kind: "drain" }>;

/** What an agent does from a Welcome to the end of that stream. One object serves all sessions, one after another. */
export class AgentSession {
  readonly #parts: SessionParts;
  #epoch = "";
  #loopDelayUs = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Epoch of the last Welcome; empty before. */
  get epoch(): string {
    return this.#epoch;
  }

  /** A session begins. Returns why it cannot. */
  welcome(welcome: Welcome, nowMs: number, out: AgentOutput[]): string | undefined {
    const { connection, clock, store, sender, runs, heartbeatMs } = this.#parts;
    const { protocolVersion, serverEpoch, ackSeq, limits, window } = welcome;
    if (protocolVersion < protocolVersions.min || protocolVersion > protocolVersions.max) {
      return `protocol version ${protocolVersion} was not offered`;
    }
    connection.welcomed(nowMs, welcome.heartbeatMs || heartbeatMs);
    clock.restart(nowMs, welcome.serverTimeMs);
    this.#epoch = serverEpoch;
    this.#acked(ackSeq, out);
    // A server that has more of this boot than was ever sent: its numbers are not used again.
    store.outbox.skipTo(ackSeq);
    const messageBytesMax = limits.messageBytesMax || agentMessageBytesMax;
    const batchResultsMax = limits.batchResultsMax || batchResultsDefault;
    store.builder.limit({ resultsMax: batchResultsMax, bytesMax: messageBytesMax });
    runs.limit(limits.runsMax);
    sender.begin({ epoch: serverEpoch, window, messageBytesMax, batchResultsMax });
    const fields = {
      server_epoch: serverEpoch,
      session_id: welcome.sessionId,
      session_generation: welcome.sessionGeneration,
      ack_seq: ackSeq,
    };
    log(out, "info", fields, "session is up");
    return undefined;
  }

  /** A message after the Welcome. */
  message(message: ServerMessage, nowMs: number, out: AgentOutput[]): void {
    this.#parts.connection.heard(nowMs);
    switch (message.kind) {
      case "welcome":
        log(out, "warn", {}, "second welcome ignored");
        break;
      case "plan":
        this.#plan(message.plan, nowMs, out);
        break;
      case "ack":
        this.#acked(message.seq, out);
        break;
      case "window":
        this.#parts.sender.grant(message.window);
        break;
      case "run":
        this.#run(message, nowMs, out);
        break;
      case "cancel_run":
        if (this.#parts.runs.cancel(message.requestId, out)) this.#parts.connection.sent(nowMs);
        break;
      case "heartbeat":
        this.#parts.clock.sample(nowMs, message.serverTimeMs);
        break;
      case "drain":
        this.#drain(message, nowMs, out);
        break;
      case "unsupported":
        log(out, "warn", { what: message.what }, "server does not know a message of ours");
        break;
      case "unknown": {
        const what = clipText(message.what, wordBytesMax);
        this.send({ kind: "unsupported", what }, nowMs, out);
        break;
      }
      default:
        assertNever(message);
    }
  }

  /** Replies to a plan or run that could not be read. */
  refuse(reply: AgentMessage, nowMs: number, out: AgentOutput[]): void {
    this.#parts.connection.heard(nowMs);
    this.send(reply, nowMs, out);
  }

  /** The probes of a run ended. */
  runDone(done: RunOutcome, nowMs: number, out: AgentOutput[]): void {
    this.#carry(this.#parts.runs.done(done), nowMs, out);
  }

  /** Remembers the largest loop delay for the next heartbeat. */
  loopDelay(loopDelayUs: number): void {
    this.#loopDelayUs = Math.max(this.#loopDelayUs, loopDelayUs);
  }

  /** Sends what is due: runs to give up, results, then a heartbeat when nothing else went out; ends a drained session. */
  flush(nowMs: number, out: AgentOutput[]): void {
    const { connection, store, sender, runs } = this.#parts;
    if (runs.expire(nowMs, out)) connection.sent(nowMs);
    if (this.#batchDueAtMs() <= nowMs) store.seal(nowMs);
    if (sender.pump(out) > 0) connection.sent(nowMs);
    const isDone = connection.isDraining && sender.isDrained() && runs.count === 0;
    if (isDone || connection.isDrainOver(nowMs)) {
      out.push({ kind: "close", graceful: true });
      this.end(false, out);
      connection.closing(nowMs, "drained");
    } else if (connection.isBeatDue(nowMs)) this.#beat(nowMs, out);
  }

  /** Whether the transport wants batches held back. */
  block(blocked: boolean): void {
    this.#parts.sender.block(blocked);
  }

  /** Sends what can still leave and says goodbye. */
  goodbye(why: string, nowMs: number, out: AgentOutput[]): void {
    this.#parts.store.seal(nowMs);
    this.#parts.sender.pump(out);
    this.send({ kind: "goodbye", reason: clipText(why, wordBytesMax) }, nowMs, out);
    out.push({ kind: "close", graceful: true });
    this.end(false, out);
  }

  /** The session is over; wasRejected: the server ended it with INVALID_ARGUMENT. */
  end(wasRejected: boolean, out: AgentOutput[]): void {
    this.#parts.runs.endSession(out);
    const seq = this.#parts.sender.end(wasRejected);
    if (seq !== undefined) log(out, "error", { seq }, "server refuses a batch, a gap replaces it");
  }

  /** Sends a message outside the window. */
  send(message: AgentMessage, nowMs: number, out: AgentOutput[]): void {
    out.push({ kind: "send", message });
    this.#parts.connection.sent(nowMs);
  }

  /** When flush has something to do. */
  nextDeadlineMs(): number {
    return Math.min(this.#batchDueAtMs(), this.#parts.runs.nextDeadlineMs());
  }

  #acked(seq: number, out: AgentOutput[]): void {
    const { store } = this.#parts;
    const { lastSeq } = store.outbox;
    store.ack(Math.min(seq, lastSeq));
    if (seq <= lastSeq) return;
    log(out, "warn", { seq, last_seq: lastSeq }, "server acknowledges what was never sent");
  }

  #plan(plan: Plan, nowMs: number, out: AgentOutput[]): void {
    const { nonce, revision } = plan;
    const verdict = this.#parts.plan.take(plan, this.#epoch);
    if (verdict.kind === "taken") {
      const { entries } = verdict;
      out.push({ kind: "apply_plan", epoch: this.#epoch, revision, entries });
      log(out, "info", { revision, entries: entries.length }, "plan taken over");
      this.send({ kind: "plan_ack", nonce, revision }, nowMs, out);
      return;
    }
    const { reason, error } = verdict;
    const runningRevision = this.#parts.plan.applied?.revision ?? 0;
    const fields = { revision, running_revision: runningRevision, reason, error };
    log(out, reason === "base_mismatch" ? "warn" : "error", fields, "plan refused");
    this.send({ kind: "plan_nack", nonce, error, runningRevision, reason }, nowMs, out);
  }

  #run(run: RunMessage, nowMs: number, out: AgentOutput[]): void {
    const remainingMs = run.deadlineUnixMs - this.#parts.clock.unixMs(nowMs);
    this.#carry(this.#parts.runs.start(run, nowMs, remainingMs), nowMs, out);
  }

  #drain(drain: DrainMessage, nowMs: number, out: AgentOutput[]): void {
    const { connection, store, sender } = this.#parts;
    const { reconnectAfterMs, reason } = drain;
    if (!connection.isDraining) store.seal(nowMs);
    connection.draining(nowMs, reconnectAfterMs);
    sender.drain();
    log(out, "info", { reconnect_after_ms: reconnectAfterMs, reason }, "server drains");
  }

  #beat(nowMs: number, out: AgentOutput[]): void {
    const { clock, store } = this.#parts;
    const loopDelayUs = Math.round(this.#loopDelayUs);
    const clockUnixMs = Math.round(clock.wallMs(nowMs));
    this.#loopDelayUs = 0;
    const spooled = store.spooled(nowMs);
    this.send({ kind: "heartbeat", loopDelayUs, clockUnixMs, spooled }, nowMs, out);
  }

  /** When the batch that grows leaves by its age. Where it could not leave at once it rather grows until it is full. */
  #batchDueAtMs(): number {
    const { connection, store, sender } = this.#parts;
    const { builder } = store;
    const mayLeave = builder.count > 0 && !connection.isDraining && sender.isReady();
    return mayLeave ? builder.openedAtMs + batchAgeMsMax : Number.POSITIVE_INFINITY;
  }

  #carry(output: AgentOutput | undefined, nowMs: number, out: AgentOutput[]): void {
    if (output === undefined) return;
    out.push(output);
    if (output.kind === "send") this.#parts.connection.sent(nowMs);
  }
}
