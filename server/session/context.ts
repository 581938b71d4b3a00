import type { ServerMessage, StatusCode, Window } from "../../common/agent-stream.js";
import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import { windowBatchesMax, windowBytesMax } from "../limits.js";
import type { Interner } from "../mesh/interner.js";
import { LoadMeter } from "./load.js";
import { Outbox } from "./outbox.js";
import type { AgentState, ControlConfig, ControlInput, StreamId } from "./protocol.js";
import type { Agent, Session, Stream } from "./records.js";
import { LivenessClock } from "./stall.js";

/** What a control plane needs beside its configuration. */
export type ControlPorts = {
  readonly interner: Interner;
  readonly sha256: Sha256;
  readonly random: Random;
  /** Highest sequence number of that boot which is in the results log; 0 for none. */
  readonly ackedSeq: (agentId: string, bootId: string) => number;
};

/** How the server ends a stream. */
export type Closing = {
  readonly code: StatusCode;
  /** For the agent, and for people. */
  readonly message: string;
  /** Machine-readable: label of a counter, and of the agent's state when a session ends. */
  readonly reason: string;
  readonly retryAfterMs?: number;
};

/** What the parts of the control plane share: who is here, what time it is, and what is to be done. */
export class Context {
  readonly config: ControlConfig;
  readonly ports: ControlPorts;
  readonly out = new Outbox();
  readonly clock = new LivenessClock();
  readonly load: LoadMeter;
  readonly streams = new Map<StreamId, Stream>();
  readonly agents = new Map<string, Agent>();
  /** Credit of every agent. */
  window: Window = { batches: windowBatchesMax, bytes: windowBytesMax };
  nowMs = 0;
  wallMs = 0;
  /** Monotonic time of the first input. */
  startedMs: number | undefined;

  constructor(config: ControlConfig, ports: ControlPorts) {
    this.config = config;
    this.ports = ports;
    this.load = new LoadMeter(config.rssBytesMax);
  }

  /** Takes the times of an input. */
  observe(input: ControlInput): void {
    this.nowMs = input.nowMs;
    this.startedMs ??= input.nowMs;
    if ("wallMs" in input) this.wallMs = input.wallMs;
    this.clock.observe(input.nowMs);
  }

  /** Sends to a session, and notes that its agent heard from the server. */
  send(session: Session, message: ServerMessage): void {
    session.lastSentMs = this.nowMs;
    this.out.send(session.stream.id, message);
  }

  /** Changes an agent's state; says so when it differs. */
  setState(agent: Agent, state: AgentState, reason: string): void {
    if (agent.state === state && agent.reason === reason) return;
    if (agent.state !== state) agent.sinceUnixMs = this.wallMs;
    if (state === "lost" && agent.state !== "lost") agent.lostMs = this.nowMs;
    if (agent.reason !== "") {
      const level = state === "up" ? "info" : "warn";
      const fields = { agent_id: agent.agentId, state, reason, was: agent.state };
      this.out.log(level, fields, "agent changed its state");
    }
    agent.state = state;
    agent.reason = reason;
    agent.dueMs = this.nowMs;
    this.out.changed(agent.agentId);
  }
}
