import type { AgentMessage, PlanEntry } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import { wordBytesMax } from "../../common/limits.js";
import { clockSamplesMax, goodbyeGraceMs } from "../limits.js";
import { viewOf } from "./agent-record.js";
import { Context, type ControlPorts } from "./context.js";
import { Lifecycle } from "./lifecycle.js";
import { Liveness } from "./liveness.js";
import { PlanDelivery } from "./plan-delivery.js";
import { PlanStore } from "./plan-store.js";
import type { AgentView, ControlConfig, ControlInput, ControlOutput } from "./protocol.js";
import { type Agent, type Session, type Stream, wakeAt } from "./records.js";
import { RunTable } from "./run-table.js";
import { Sessions } from "./sessions.js";

export type { ControlPorts } from "./context.js";

/** The server's half of AgentService.Connect as a pure state machine: inputs in, outputs out, no clock, no I/O. */
export class ControlPlane {
  readonly #context: Context;
  readonly #store: PlanStore;
  readonly #plans: PlanDelivery;
  readonly #runs: RunTable;
  readonly #sessions: Sessions;
  readonly #lifecycle: Lifecycle;
  readonly #liveness: Liveness;

  constructor(config: ControlConfig, ports: ControlPorts) {
    const context = new Context(config, ports);
    this.#context = context;
    this.#store = new PlanStore({ ...ports, out: context.out });
    this.#plans = new PlanDelivery(this.#store, context);
    this.#runs = new RunTable(context);
    this.#sessions = new Sessions(context, {
      refuse: () => this.#lifecycle.refusal(),
      begun: (session) => {
        this.#begun(session);
      },
      ended: (session) => {
        this.#plans.drop(session);
        this.#runs.drop(session);
      },
      membersChanged: () => {
        this.#store.markDirty(context.nowMs);
      },
    });
    this.#lifecycle = new Lifecycle(context, this.#sessions);
    this.#liveness = new Liveness(context, this.#sessions);
  }

  /** Takes one input; the outputs are to be carried out in order. */
  step(input: ControlInput): ControlOutput[] {
    this.#context.observe(input);
    this.#take(input);
    this.#plans.pump();
    return this.#context.out.take();
  }

  /** Every listed agent, by agent_id. */
  agents(): AgentView[] {
    return [...this.#context.agents.values()]
      .sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
      .map((agent) => viewOf(agent, this.#plans));
  }

  /** One listed agent. */
  agent(agentId: string): AgentView | undefined {
    const agent = this.#context.agents.get(agentId);
    return agent && viewOf(agent, this.#plans);
  }

  /** Whether an agent is listed. */
  isListed(agentId: string): boolean {
    return this.#context.agents.has(agentId);
  }

  /** The newest plan made for an agent, its own entries included; empty for unknown ones. */
  planFor(agentId: string): readonly PlanEntry[] {
    const agent = this.#context.agents.get(agentId);
    return agent === undefined ? [] : this.#plans.planFor(agent);
  }

  /** Revision of that plan; 0 when there is none yet. */
  newestRevisionFor(agentId: string): number {
    const agent = this.#context.agents.get(agentId);
    return agent === undefined ? 0 : this.#plans.newestRevisionFor(agent);
  }

  #take(input: ControlInput): void {
    switch (input.kind) {
      case "tick":
        this.#observeLoad(input);
        this.#tick(input.loopDelayMs);
        break;
      case "opened":
        this.#sessions.opened(input);
        break;
      case "message":
        this.#message(input.stream, input.message);
        break;
      case "closed":
        this.#onStream(input.stream, (stream) => {
          this.#sessions.closed(stream, input.end);
        });
        break;
      case "acked":
        this.#acked(input);
        break;
      case "credit":
        this.#credit(input);
        break;
      case "rejected":
        this.#rejected(input);
        break;
      case "run":
        this.#runs.start(input);
        break;
      case "cancel_run":
        this.#runs.cancel(input.requestId);
        break;
      case "authenticated":
        this.#onStream(input.stream, (stream) => {
          this.#lifecycle.authenticated(stream, input);
        });
        break;
      case "drain":
        this.#plans.stop();
        this.#lifecycle.stop(input.reason);
        break;
      default:
        assertNever(input);
    }
  }

  /** Inputs of streams that were closed from here meanwhile are left out. */
  #onStream(id: number, act: (stream: Stream) => void): void {
    const stream = this.#context.streams.get(id);
    if (stream !== undefined) act(stream);
  }

  #observeLoad(sample: InputOf<"tick">): void {
    const { load, out, config } = this.#context;
    const was = load.state;
    if (!load.observe(sample)) return;
    // Before anything else: nobody is to be sent here any more.
    if (load.state !== was) out.add({ kind: "load_changed", load: load.state });
    const fields = {
      load: load.state,
      was,
      loop_utilization: Number(load.meanUtilization.toFixed(3)),
      rss_bytes: sample.rssBytes,
      rss_bytes_max: config.rssBytesMax,
      memory_short: load.isMemoryShort,
    };
    out.log(load.state === "overloaded" ? "warn" : "info", fields, "server load changed");
  }

  #tick(loopDelayMs: number): void {
    const { nowMs, clock, agents } = this.#context;
    clock.tick(nowMs, loopDelayMs);
    this.#sessions.tick();
    this.#lifecycle.tick();
    this.#runs.tick();
    for (const agent of agents.values()) if (nowMs >= agent.dueMs) this.#check(agent);
    if (nowMs >= this.#store.dueMs()) this.#publish();
  }

  #check(agent: Agent): void {
    agent.dueMs = Number.POSITIVE_INFINITY;
    // A server that sends everybody away can't tell who is silent.
    if (!this.#lifecycle.isStopping) this.#liveness.check(agent);
    if (agent.session !== undefined) this.#lifecycle.check(agent.session);
    const { session } = agent;
    if (session === undefined) return;
    if (this.#plans.check(session) !== undefined) {
      this.#sessions.close(session.stream, {
        code: "deadline_exceeded",
        message: "the plan was not answered in time",
        reason: "plan_unanswered",
      });
    }
  }

  #publish(): void {
    const members = [];
    for (const agent of this.#context.agents.values()) {
      if (!agent.gone) members.push(agent.member);
    }
    this.#store.publish(members);
    for (const { session } of this.#context.agents.values()) {
      if (session !== undefined) this.#plans.want(session);
    }
  }

  #begun(session: Session): void {
    // A plan with this agent in it comes in a moment; until then the former one would be sent in vain.
    if (this.#store.dueMs() === Number.POSITIVE_INFINITY) this.#plans.want(session);
  }

  #message(id: number, message: AgentMessage): void {
    const stream = this.#context.streams.get(id);
    if (stream === undefined) return;
    if (message.kind === "hello") {
      this.#sessions.hello(stream, message.hello);
      return;
    }
    const { session } = stream;
    if (session === undefined) {
      this.#sessions.violation(stream, `Hello must come first, not ${message.kind}`);
      return;
    }
    this.#liveness.heard(session.agent);
    this.#fromSession(session, message);
  }

  #fromSession(session: Session, message: Exclude<AgentMessage, { kind: "hello" }>): void {
    const { agent } = session;
    const { agentId } = agent;
    const { out, nowMs, wallMs } = this.#context;
    switch (message.kind) {
      case "plan_ack":
        this.#plans.ack(session, message.nonce, message.revision);
        break;
      case "plan_nack":
        this.#plans.nack(session, message);
        break;
      case "results":
        out.add({ kind: "results", agentId, batch: message.batch, nowMs, wallMs });
        break;
      case "gap":
        out.add({ kind: "gap", agentId, gap: message.gap, nowMs, wallMs });
        break;
      case "run_outcome":
        this.#runs.outcome(session, message.outcome);
        break;
      case "heartbeat":
        agent.spooledBatches = message.spooled.batches;
        agent.clockSamples.push(message.clockUnixMs - wallMs);
        if (agent.clockSamples.length > clockSamplesMax) agent.clockSamples.shift();
        break;
      case "token":
        this.#lifecycle.token(session.stream, message.token);
        break;
      case "unsupported":
        out.count("messages_unsupported", "by_agent");
        out.log("warn", { agent_id: agentId, what: message.what }, "agent does not know a message");
        break;
      case "goodbye":
        this.#goodbye(session, message.reason);
        break;
      case "unknown":
        out.count("messages_unsupported", "unknown_kind");
        this.#context.send(session, {
          kind: "unsupported",
          what: message.what.slice(0, wordBytesMax),
        });
        break;
      default:
        assertNever(message);
    }
  }

  #goodbye(session: Session, reason: string): void {
    const { agent } = session;
    const { out, nowMs } = this.#context;
    if (agent.gone) return;
    const fields = { agent_id: agent.agentId, reason: reason.slice(0, wordBytesMax) };
    out.log("info", fields, "agent said goodbye");
    this.#liveness.goodbye(agent);
    session.closeAtMs = Math.min(session.closeAtMs, nowMs + goodbyeGraceMs);
    wakeAt(agent, session.closeAtMs);
    this.#store.markDirty(nowMs);
  }

  #acked({ agentId, bootId, seq }: InputOf<"acked">): void {
    const session = this.#context.agents.get(agentId)?.session;
    if (session?.bootId === bootId) this.#context.send(session, { kind: "ack", seq });
  }

  #credit({ batches, bytes }: InputOf<"credit">): void {
    const window = { batches, bytes };
    this.#context.window = window;
    for (const { session } of this.#context.agents.values()) {
      if (session === undefined) continue;
      if (session.window.batches === batches && session.window.bytes === bytes) continue;
      session.window = window;
      this.#context.send(session, { kind: "window", window });
    }
  }

  #rejected({ agentId, code, why }: InputOf<"rejected">): void {
    const session = this.#context.agents.get(agentId)?.session;
    if (session === undefined) return;
    this.#sessions.close(session.stream, { code, message: why, reason: "rejected" });
  }
}

type InputOf<K extends ControlInput["kind"]> = Extract<ControlInput, { readonly kind: K }>;
