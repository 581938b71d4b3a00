import type { AgentMessage, ServerMessage } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import type { Random } from "../../common/random.js";
import type { LogRecord } from "../../server/ingest/protocol.js";
import type { Principal, StreamEnd } from "../../server/session/protocol.js";
import type { ServerCore, ServerInput, ServerOutput } from "../../server/session/server-core.js";
import { simStartUnixMs } from "./sim-agent.js";
import type { SimLedger } from "./sim-ledger.js";
import { type SimStream, simPipeMessagesMax } from "./sim-network.js";
import type { EventQueue } from "./sim-queue.js";
import { SimFailure, type SimTrace } from "./sim-trace.js";
import { SimWatch } from "./sim-watch.js";

/** What the simulation needs of the server's core; mutants wrap it. */
export type ServerPort = Pick<ServerCore, "agent" | "agents" | "planFor" | "newestRevisionFor"> & {
  step(input: ServerInput): readonly ServerOutput[];
  /** Name of an interned target id. */
  keyOf(id: number): string | undefined;
};

/** Period of the server's ticks: the longest that its protocol allows. */
const tickMs = 250;

/** What the server's host is made of. */
export type SimServerOptions = {
  readonly queue: EventQueue;
  readonly trace: SimTrace;
  readonly ledger: SimLedger;
  readonly random: Random;
  readonly agentIdOf: (agentIndex: number) => string;
  /** Whether two processes fight for this name, or just did. */
  readonly isContested: (agentId: string) => boolean;
  /** How long a credential is good, milliseconds; undefined: for ever. */
  readonly credentialMs: number | undefined;
  /** Makes a core: real or mutated. */
  readonly createCore: (epoch: string) => ServerPort;
  readonly observe: (host: SimServerHost) => void;
};

/** How the simulated results log behaves now. */
export type SimLogBehaviour = {
  /** Longest time that an append takes. */
  latencyMs: number;
  /** Part of the appends that fail. */
  failureShare: number;
};

/** The server's host: pumps the core, keeps its log, stalls, crashes and starts again with a new epoch. */
export class SimServerHost {
  readonly #options: SimServerOptions;
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #streams = new Map<number, SimStream>();
  #goneStreams: SimStream[] = [];
  #core: ServerPort | undefined;
  #generation = 0;
  #lastTickMs = 0;
  #stalled = false;
  readonly #inbox: (() => void)[] = [];
  readonly #inputs: ServerInput[] = [];
  #busy = false;
  #pendingAppends = 0;
  readonly log: SimLogBehaviour = { latencyMs: 20, failureShare: 0 };
  /** Added to the wall clock; jumps. */
  wallShiftMs = 0;
  /** What the core counted, over all generations, and how often agents came to each state. */
  readonly counters = new Map<string, number>();
  /** Ticks so far. */
  tickCount = 0;
  /** The rules that its outputs have to keep. */
  readonly watch: SimWatch;

  constructor(options: SimServerOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#random = options.random;
    const { ledger, isContested, queue } = options;
    this.watch = new SimWatch({ ledger, isContested, nowMs: () => queue.nowMs });
  }

  /** The running core. */
  get core(): ServerPort | undefined {
    return this.#core;
  }

  /** Counts starts of the server. */
  get generation(): number {
    return this.#generation;
  }

  /** Appends handed to the log and not answered. */
  get pendingAppends(): number {
    return this.#pendingAppends;
  }

  /** Streams whose server end is open. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Starts a server process with a new epoch; it finds what the log has. */
  start(): void {
    if (this.#core !== undefined) return;
    this.#generation += 1;
    this.watch.started();
    this.#lastTickMs = this.#queue.nowMs;
    this.#trace("start", this.#generation);
    this.#core = this.#options.createCore(`epoch-${this.#generation}`);
    this.#feed({ kind: "recovered", marks: this.#options.ledger.marks() });
    this.#tickLater(this.#generation);
    for (const stream of this.#goneStreams.splice(0)) stream.hostBack();
  }

  /** The process is killed. A killed machine tells nobody; a killed process leaves its kernel to do so. */
  crash(how: "process" | "host"): void {
    if (this.#core === undefined) return;
    this.#trace(`crash ${how}`, this.#generation);
    for (const stream of this.#streams.values()) {
      if (how === "process") stream.serverProcessDied();
      else stream.serverHostDied();
    }
    if (how === "host") this.#goneStreams.push(...this.#streams.values());
    this.#core = undefined;
    this.#stalled = false;
    this.#inbox.length = 0;
    this.#inputs.length = 0;
    this.#streams.clear();
    this.watch.crashed();
    this.#pendingAppends = 0;
  }

  /** The log was only memory: it is gone with the process. */
  loseLog(): void {
    this.#trace("log lost", this.#generation);
    this.#options.ledger.loseLog();
  }

  /** The event loop is blocked: what arrives waits. */
  stall(): void {
    this.#trace("stall", 0);
    this.#stalled = true;
  }

  /** The event loop runs again: timers and sockets in either order. */
  resume(): void {
    if (!this.#stalled) return;
    this.#trace("resume", this.#inbox.length);
    this.#stalled = false;
    const timersFirst = this.#random.next() < 0.5;
    if (timersFirst) this.#tick();
    for (const task of this.#inbox.splice(0)) task();
    if (!timersFirst) this.#tick();
  }

  /** Begins to send everybody away, as on SIGTERM. */
  drain(): void {
    this.#inProcess(() => {
      this.watch.draining();
      this.#feed({ kind: "drain", reason: "shutdown", nowMs: this.#queue.nowMs });
    });
  }

  /** Asks an agent for a run. */
  run(requestId: string, agentId: string, deadlineMs: number): void {
    this.#inProcess(() => {
      this.watch.runAsked(requestId, this.#queue.nowMs + deadlineMs);
      const probe = {
        kind: "tcp" as const,
        address: "10.0.0.1",
        port: 80,
        timeoutMs: 1000,
        hostName: "",
        httpPath: "",
        expectPodUid: "",
      };
      const times = this.#times();
      const deadline = times.nowMs + deadlineMs;
      this.#feed({
        kind: "run",
        requestId,
        agentId,
        probes: [probe],
        deadlineMs: deadline,
        ...times,
      });
    });
  }

  /** Nobody waits for a run any more. */
  cancelRun(requestId: string): void {
    this.#inProcess(() => {
      if (!this.watch.maybeCancelled(requestId)) return;
      this.#feed({ kind: "cancel_run", requestId, nowMs: this.#queue.nowMs });
    });
  }

  /** A stream's first packet arrives. */
  opened(stream: SimStream): void {
    if (this.#core === undefined) {
      stream.refuse();
      return;
    }
    this.#streams.set(stream.id, stream);
    this.#inProcess(() => {
      this.#trace("opened", stream.id);
      const principal = this.#principal();
      const remote = `agent ${stream.agentIndex}`;
      this.#feed({ kind: "opened", stream: stream.id, principal, remote, ...this.#times() });
    });
  }

  /** A message arrives on a stream. */
  message(stream: SimStream, message: AgentMessage): void {
    if (!this.#streams.has(stream.id)) return;
    const agentId = this.#options.agentIdOf(stream.agentIndex);
    this.watch.arrived(agentId);
    this.#inProcess(() => {
      if (!this.#streams.has(stream.id)) return;
      this.watch.took(stream.id, agentId, message);
      this.#feed({ kind: "message", stream: stream.id, message, ...this.#times() });
    });
  }

  /** A stream is over. */
  closed(stream: SimStream, end: StreamEnd): void {
    if (!this.#streams.has(stream.id)) return;
    this.#inProcess(() => {
      if (!this.#streams.delete(stream.id)) return;
      this.#trace("stream closed", stream.id, end);
      this.watch.forget(stream.id);
      this.#feed({ kind: "closed", stream: stream.id, end, ...this.#times() });
    });
  }

  #times(): { nowMs: number; wallMs: number } {
    const { nowMs } = this.#queue;
    return { nowMs, wallMs: Math.floor(simStartUnixMs + nowMs + this.wallShiftMs) };
  }

  #trace(what: string, value: number, text = ""): void {
    this.#options.trace.add(this.#queue.nowMs, what, -1, value, text);
  }

  #inProcess(task: () => void): void {
    if (this.#core === undefined) return;
    if (this.#stalled) this.#inbox.push(task);
    else task();
  }

  #tickLater(generation: number): void {
    this.#queue.after(tickMs, () => {
      if (this.#generation !== generation || this.#core === undefined) return;
      this.#tickLater(generation);
      if (!this.#stalled) this.#tick();
    });
  }

  #tick(): void {
    const times = this.#times();
    const loopDelayMs = Math.max(0, times.nowMs - this.#lastTickMs - tickMs);
    this.#lastTickMs = times.nowMs;
    this.tickCount += 1;
    this.#feed({ kind: "tick", ...times, loopDelayMs });
    this.watch.ticked();
    this.#options.observe(this);
  }

  #feed(input: ServerInput): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const next = this.#inputs.shift();
        const core = this.#core;
        if (next === undefined || core === undefined) break;
        for (const output of core.step(next)) this.#carryOut(output);
      }
    } finally {
      this.#busy = false;
    }
  }

  #carryOut(output: ServerOutput): void {
    switch (output.kind) {
      case "send":
        this.#send(output.stream, output.message);
        break;
      case "push_plan":
        for (const stream of output.streams) {
          this.#send(stream, { kind: "plan", plan: output.plan });
        }
        break;
      case "close":
        this.#close(output);
        break;
      case "append":
        this.#append(output.token, output.record);
        break;
      case "apply":
        this.#options.ledger.apply(output.agentId, output.columns, this.#generation);
        break;
      case "run_finished":
        this.watch.runFinished(output.requestId);
        break;
      case "agent_changed":
        this.#agentChanged(output.agentId);
        break;
      case "count":
        this.#count(`${output.name} ${output.label}`, output.by);
        break;
      case "reauthenticate":
        this.#reauthenticate(output.stream);
        break;
      case "log":
      case "load_changed":
        break;
      default:
        assertNever(output);
    }
  }

  #send(streamId: number, message: ServerMessage): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (message.kind === "welcome") this.watch.welcomed(streamId, message.welcome.ackSeq);
    if (message.kind === "plan") this.watch.pushed(streamId, message.plan);
    if (message.kind === "ack") this.watch.acked(streamId, message.seq);
    this.#trace("send", message.kind === "plan" ? message.plan.revision : streamId, message.kind);
    stream.sendFromServer(message);
    if (stream.heldCount > simPipeMessagesMax) {
      throw new SimFailure("memory", `${stream.heldCount} messages wait on stream ${streamId}`);
    }
  }

  #close(output: ServerOutput & { kind: "close" }): void {
    const stream = this.#streams.get(output.stream);
    if (stream === undefined) return;
    this.#trace("close", output.stream, `${output.code} ${output.message}`);
    this.watch.ended(output.stream);
    stream.closeFromServer(output.code, output.message, output.retryAfterMs);
  }

  #append(token: number, record: LogRecord): void {
    const generation = this.#generation;
    const core = this.#core;
    this.#pendingAppends += 1;
    const commitMs = this.#random.next() * this.log.latencyMs;
    const fails = this.#random.next() < this.log.failureShare;
    const answer = (input: ServerInput): void => {
      if (this.#generation !== generation || this.#core !== core) return;
      this.#inProcess(() => {
        this.#pendingAppends -= 1;
        this.#feed({ ...input, nowMs: this.#queue.nowMs } as ServerInput);
      });
    };
    this.#queue.after(commitMs, () => {
      if (this.#generation !== generation || this.#core !== core) return;
      if (!fails) {
        this.#options.ledger.commit(
          record,
          generation,
          (id) => core?.keyOf(id),
          (unixMs) => unixMs - simStartUnixMs - this.wallShiftMs,
        );
      }
      this.#queue.after(this.#random.next() * 5, () => {
        const nowMs = this.#queue.nowMs;
        answer(
          fails
            ? { kind: "append_failed", token, why: "disk full", nowMs }
            : { kind: "appended", token, nowMs },
        );
      });
    });
  }

  #principal(): Principal {
    const { credentialMs } = this.#options;
    const expiresUnixMs =
      credentialMs === undefined ? undefined : this.#times().wallMs + credentialMs;
    const method = credentialMs === undefined ? "none" : "token";
    return { method, name: "", node: undefined, expiresUnixMs };
  }

  #reauthenticate(stream: number): void {
    const core = this.#core;
    this.#queue.after(this.#random.next() * 50, () => {
      if (core !== this.#core) return;
      this.#inProcess(() => {
        const principal = this.#principal();
        this.#feed({ kind: "authenticated", stream, principal, why: "", ...this.#times() });
      });
    });
  }

  #count(what: string, by: number): void {
    this.counters.set(what, (this.counters.get(what) ?? 0) + by);
  }

  #agentChanged(agentId: string): void {
    const view = this.#core?.agent(agentId);
    if (!this.watch.changed(agentId, view)) return;
    const state = view?.state ?? "forgotten";
    this.#trace(`${agentId} ${state}`, 0, view?.reason ?? "");
    this.#count(`agents ${state} ${view?.reason ?? ""}`, 1);
  }
}
