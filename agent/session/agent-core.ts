import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import type { AgentCoreConfig, AgentInput, AgentOutput, AgentStatus } from "./protocol.js";

/** What the core needs beside its configuration. */
export type AgentCorePorts = { readonly random: Random; readonly sha256: Sha256 };

/** The agent's half of AgentService.Connect as a pure state machine: inputs in, outputs out, no clock, no I/O. */
export class AgentCore {
  readonly #config: AgentCoreConfig;
  readonly #ports: AgentCorePorts;

  constructor(config: AgentCoreConfig, ports: AgentCorePorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** Takes one input; the outputs are to be carried out in order. */
  step(_input: AgentInput): AgentOutput[] {
    void this.#config;
    void this.#ports;
    return [];
  }

  /** Where the agent stands now. */
  status(): AgentStatus {
    return {
      connected: false,
      serverEpoch: "",
      revision: 0,
      planEntries: 0,
      spooledBatches: 0,
      spooledBytes: 0,
      droppedResults: 0,
      unackedBatches: 0,
      clockOffsetUs: 0,
      reconnects: 0,
      measuredResults: 0,
      openResults: 0,
      spooledResults: 0,
      unackedResults: 0,
      ackedResults: 0,
    };
  }

  /**
   * When a tick has something to do, on the monotonic clock: in the past means at once, Infinity never. Ticks at other
   * times are harmless.
   */
  nextDeadlineMs(): number {
    return 0;
  }
}
