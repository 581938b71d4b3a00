import type {
  AgentMessage,
  Identity,
  PlanEntry,
  Plane,
  RunResult,
  ServerMessage,
  Settings,
  StatusCode,
} from "../../common/agent-stream.js";
import type { LogFields, LogLevel } from "../../common/logger.js";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";

/** One probe of the plan that ended. */
export type Measured = {
  /** Interned id of the plan entry, and the server epoch that it belongs to. */
  readonly id: number;
  readonly epoch: string;
  readonly key: string;
  /** Monotonic clock when the probe was sent. */
  readonly sentAtMs: number;
  readonly result: ProbeOutcome;
};

/** What happens to the agent's core. nowMs is monotonic, wallMs is since 1970. */
export type AgentInput =
  | {
      readonly kind: "tick";
      readonly nowMs: number;
      readonly wallMs: number;
      /** Largest event-loop delay since the last tick. */
      readonly loopDelayUs: number;
    }
  | {
      readonly kind: "message";
      readonly message: ServerMessage;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  /** A plan or run came that the adapter had to refuse, as its types have no room for it: the reply to it. */
  | {
      readonly kind: "refused";
      readonly reply: Extract<AgentMessage, { kind: "plan_nack" | "run_outcome" }>;
      readonly nowMs: number;
    }
  /** The stream ended, or could not be opened. */
  | {
      readonly kind: "closed";
      readonly code: StatusCode;
      readonly message: string;
      /** From RetryInfo. */
      readonly retryAfterMs: number | undefined;
      readonly nowMs: number;
    }
  | {
      readonly kind: "measured";
      readonly results: readonly Measured[];
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "run_done";
      readonly requestId: string;
      readonly results: readonly RunResult[];
      readonly error: string;
      readonly nowMs: number;
    }
  /** The credential file changed while a stream is open. */
  | { readonly kind: "token"; readonly token: string; readonly nowMs: number }
  /** The transport can take more after send() asked to wait. */
  | { readonly kind: "writable"; readonly nowMs: number; readonly wallMs: number }
  /** The transport's buffer is full: hold batches back until "writable". */
  | { readonly kind: "blocked"; readonly nowMs: number }
  /** Say goodbye and end. */
  | {
      readonly kind: "stop";
      readonly reason: string;
      readonly nowMs: number;
      readonly wallMs: number;
    };

/** What the agent's core wants done, in order. */
export type AgentOutput =
  /** Open a stream; the Hello follows as the first "send". */
  | { readonly kind: "open" }
  | { readonly kind: "send"; readonly message: AgentMessage }
  /** Half-close after what was sent, or drop the stream; "closed" is still reported. */
  | { readonly kind: "close"; readonly graceful: boolean }
  /** The plan to run from now on, without the agent's own entries. Replaces the former one. */
  | {
      readonly kind: "apply_plan";
      readonly epoch: string;
      readonly revision: number;
      readonly entries: readonly PlanEntry[];
    }
  | {
      readonly kind: "start_run";
      readonly requestId: string;
      readonly probes: readonly ProbeSpec[];
      /** Give up after so long. */
      readonly timeoutMs: number;
    }
  | { readonly kind: "cancel_run"; readonly requestId: string }
  /** Nothing more will come; the process ends with this code. */
  | { readonly kind: "exit"; readonly code: 0 | 1 | 2; readonly message: string }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly fields: LogFields;
      readonly message: string;
    };

/** What an agent's core is made with. */
export type AgentCoreConfig = {
  readonly agentId: string;
  readonly bootId: string;
  readonly version: string;
  readonly identity: Identity;
  readonly plane: Plane;
  readonly zone: string;
  readonly settings: Settings;
  readonly features: readonly string[];
  readonly unavailable: Readonly<Record<string, string>>;
  /** What is wrong with a plan entry for this agent; undefined when nothing is. */
  readonly validate: (entry: PlanEntry) => string | undefined;
};

/** Where the agent stands, for its metrics and logs. */
export type AgentStatus = {
  readonly connected: boolean;
  readonly serverEpoch: string;
  readonly revision: number;
  readonly planEntries: number;
  readonly spooledBatches: number;
  readonly spooledBytes: number;
  readonly droppedResults: number;
  readonly unackedBatches: number;
  readonly clockOffsetUs: number;
  readonly reconnects: number;
  /** Results since the start; each is exactly one of open, spooled, unacked, acked and dropped. */
  readonly measuredResults: number;
  /** In the batch that still grows. */
  readonly openResults: number;
  /** In batches that were never sent. */
  readonly spooledResults: number;
  /** In batches that were sent and not acknowledged, also those that the spool had to give up since. */
  readonly unackedResults: number;
  /** Acknowledged by a server. */
  readonly ackedResults: number;
};
