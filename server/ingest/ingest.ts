import type { IngestInput, IngestOutput, LossView } from "./protocol.js";

/** Target ids of this server's epoch: server/mesh/interner.ts. */
export interface TargetIds {
  /** The id of a key, given out now if it is new; undefined when there is no room for another. */
  idFor(key: string): number | undefined;
  /** The key of an id; undefined for an id that was never given out. */
  keyOf(id: number): string | undefined;
}

/** What an ingest is made with. */
export type IngestConfig = { readonly serverEpoch: string; readonly interner: TargetIds };

/**
 * A result batch's way: check, de-duplicate by (agent, boot, seq), apply to the matrix once, append to the log, and
 * acknowledge only what the log has. Pure: inputs in, outputs out, in order.
 */
export class Ingest {
  readonly #config: IngestConfig;

  constructor(config: IngestConfig) {
    this.#config = config;
  }

  /** Takes one input and says what is to be done, in order. */
  step(_input: IngestInput): IngestOutput[] {
    void this.#config;
    return [];
  }

  /** Highest sequence number of this boot up to which everything is in the log; 0 for none. */
  ackedSeq(_agentId: string, _bootId: string): number {
    return 0;
  }

  /** What is known to be missing from an agent since this server knows it. */
  loss(_agentId: string): LossView {
    return { lostResults: 0, lostBatches: 0 };
  }
}
