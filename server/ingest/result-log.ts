import type { Durability } from "../../common/agent-stream.js";
import type { LogRecord } from "./protocol.js";

/**
 * Where results go before they are acknowledged. Adapters differ in how durable an accepted record is, and say so.
 * Accepted means: a reader that starts after the promise resolved will see it, within that durability.
 */
export interface ResultLog {
  readonly durability: Durability;
  /** Rejects when the record was not accepted; the batch is then not acknowledged and comes again. */
  append(record: LogRecord): Promise<void>;
  /** Highest contiguous sequence number of every (agent, boot) in the log; what was written to last comes last. */
  recover(): Promise<
    readonly { readonly agentId: string; readonly bootId: string; readonly seq: number }[]
  >;
  close(): Promise<void>;
}
