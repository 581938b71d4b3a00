import type { PlanEntry } from "../../common/agent-stream.js";
import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import { Ingest } from "../ingest/ingest.js";
import type { IngestInput, IngestOutput, LossView } from "../ingest/protocol.js";
import type { Interner } from "../mesh/interner.js";
import { ControlPlane } from "./control-plane.js";
import type {
  AgentView,
  ControlConfig,
  ControlInput,
  ControlOutput,
  StreamId,
} from "./protocol.js";

/** What happens to the server's core: streams, time and runs, and what the results log answered. */
export type ServerInput =
  | ControlInput
  | Extract<IngestInput, { readonly kind: "appended" | "append_failed" | "recovered" }>;

/** What the server's core wants done, in order. */
export type ServerOutput =
  | Exclude<ControlOutput, { readonly kind: "session" | "results" | "gap" }>
  | Extract<IngestOutput, { readonly kind: "append" | "apply" | "log" | "count" }>;

/** What a server core needs beside its configuration. */
export type ServerCorePorts = {
  /** Shared with the matrix, which stores results by these ids. */
  readonly interner: Interner;
  readonly sha256: Sha256;
  readonly random: Random;
};

/** Control plane and ingest as one pure machine: what the adapter pumps, and what the simulation runs. */
export class ServerCore {
  readonly #control: ControlPlane;
  readonly #ingest: Ingest;
  /** Streams closed in this step. */
  readonly #closed = new Set<StreamId>();
  #nowMs = 0;
  #wallMs = 0;

  constructor(config: ControlConfig, ports: ServerCorePorts) {
    const ingest = new Ingest({ serverEpoch: config.serverEpoch, interner: ports.interner });
    this.#ingest = ingest;
    this.#control = new ControlPlane(config, {
      ...ports,
      ackedSeq: (agentId, bootId) => ingest.ackedSeq(agentId, bootId),
    });
  }

  /** Takes one input; the outputs are to be carried out in order. */
  step(input: ServerInput): ServerOutput[] {
    const outputs: ServerOutput[] = [];
    this.#closed.clear();
    switch (input.kind) {
      case "appended":
      case "append_failed":
        this.#nowMs = input.nowMs;
        this.#toIngest(input, outputs);
        break;
      case "recovered":
        this.#toIngest(input, outputs);
        break;
      case "tick":
        this.#toControl(input, outputs);
        this.#toIngest(input, outputs);
        break;
      default:
        this.#toControl(input, outputs);
    }
    return outputs;
  }

  /** Every listed agent, by agent_id. */
  agents(): AgentView[] {
    return this.#control.agents();
  }

  /** One listed agent. */
  agent(agentId: string): AgentView | undefined {
    return this.#control.agent(agentId);
  }

  /** The newest plan made for an agent, its own entries included; empty for unknown ones. */
  planFor(agentId: string): readonly PlanEntry[] {
    return this.#control.planFor(agentId);
  }

  /** Revision of that plan; 0 when there is none yet. */
  newestRevisionFor(agentId: string): number {
    return this.#control.newestRevisionFor(agentId);
  }

  /** What is known to be missing from an agent since this server knows it. */
  loss(agentId: string): LossView {
    return this.#ingest.loss(agentId);
  }

  #toControl(input: ControlInput, outputs: ServerOutput[]): void {
    this.#nowMs = input.nowMs;
    if ("wallMs" in input) this.#wallMs = input.wallMs;
    for (const output of this.#control.step(input)) {
      switch (output.kind) {
        case "session":
        case "results":
        case "gap":
          this.#toIngest(output, outputs);
          break;
        case "agent_changed":
          if (!this.#control.isListed(output.agentId)) {
            this.#toIngest({ kind: "forget", agentId: output.agentId }, outputs);
          }
          outputs.push(output);
          break;
        case "close":
          this.#closed.add(output.stream);
          outputs.push(output);
          break;
        case "send":
          // The ingest may have refused the session that this answers.
          if (!this.#closed.has(output.stream)) outputs.push(output);
          break;
        default:
          outputs.push(output);
      }
    }
  }

  #toIngest(input: IngestInput, outputs: ServerOutput[]): void {
    const times = { nowMs: this.#nowMs, wallMs: this.#wallMs };
    for (const output of this.#ingest.step(input)) {
      switch (output.kind) {
        case "ack":
        case "credit":
          this.#toControl(
            output.kind === "ack"
              ? { ...output, kind: "acked", nowMs: times.nowMs }
              : { ...output, nowMs: times.nowMs },
            outputs,
          );
          break;
        case "reject": {
          const { agentId, code, why } = output;
          this.#toControl({ kind: "rejected", agentId, code, why, ...times }, outputs);
          break;
        }
        default:
          outputs.push(output);
      }
    }
  }
}
