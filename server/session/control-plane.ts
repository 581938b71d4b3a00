import type { PlanEntry } from "../../common/agent-stream.js";
import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import type { Interner } from "../mesh/interner.js";
import type { AgentView, ControlConfig, ControlInput, ControlOutput } from "./protocol.js";

/** What a control plane needs beside its configuration. */
export type ControlPorts = {
  readonly interner: Interner;
  readonly sha256: Sha256;
  readonly random: Random;
  /** Highest sequence number of that boot which is in the results log; 0 for none. */
  readonly ackedSeq: (agentId: string, bootId: string) => number;
};

/** The server's half of AgentService.Connect as a pure state machine: inputs in, outputs out, no clock, no I/O. */
export class ControlPlane {
  readonly #config: ControlConfig;
  readonly #ports: ControlPorts;

  constructor(config: ControlConfig, ports: ControlPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** Takes one input; the outputs are to be carried out in order. */
  step(_input: ControlInput): ControlOutput[] {
    void this.#config;
    void this.#ports;
    return [];
  }

  /** Every listed agent, by agent_id. */
  agents(): AgentView[] {
    return [];
  }

  /** One listed agent. */
  agent(_agentId: string): AgentView | undefined {
    return undefined;
  }

  /** The newest plan made for an agent, its own entries included; empty for unknown ones. */
  planFor(_agentId: string): readonly PlanEntry[] {
    return [];
  }

  /** Revision of that plan; 0 when there is none yet. */
  newestRevisionFor(_agentId: string): number {
    return 0;
  }
}
