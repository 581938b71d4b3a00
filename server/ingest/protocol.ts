import type { Gap, ResultBatch, ResultColumns, StatusCode } from "../../common/agent-stream.js";
import type { LogFields, LogLevel } from "../../common/logger.js";

/** Names one append to the results log within this process. */
export type AppendToken = number;

/** One record of the results log: what a batch or a gap became after checks, ids interned by this server. */
export type LogRecord =
  | {
      readonly kind: "results";
      readonly agentId: string;
      readonly bootId: string;
      readonly seq: number;
      /** target ids are the server's interned ids. */
      readonly columns: ResultColumns;
    }
  /** Results that are known to be missing. seqFrom..seqTo is empty (seqTo = seqFrom - 1) when no number was spent on them. */
  | {
      readonly kind: "gap";
      readonly agentId: string;
      readonly bootId: string;
      readonly seqFrom: number;
      readonly seqTo: number;
      readonly fromUnixMs: number;
      readonly toUnixMs: number;
      /** How many results; undefined when not known (a former server lost them). */
      readonly dropped: number | undefined;
      /** spool_full, spool_age, rejected, or server_lost. */
      readonly reason: string;
    };

/** What happens to the ingest. */
export type IngestInput =
  /** A session began. Everything of this boot before unackedFirst was acknowledged by some server. */
  | {
      readonly kind: "session";
      readonly agentId: string;
      readonly bootId: string;
      readonly unackedFirst: number;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "results";
      readonly agentId: string;
      readonly batch: ResultBatch;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "gap";
      readonly agentId: string;
      readonly gap: Gap;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  /** The log accepted a record. May come out of order. */
  | { readonly kind: "appended"; readonly token: AppendToken; readonly nowMs: number }
  | {
      readonly kind: "append_failed";
      readonly token: AppendToken;
      readonly why: string;
      readonly nowMs: number;
    }
  /** High-water marks read from the log at start, before anything else; where there are too many, the last are kept. */
  | {
      readonly kind: "recovered";
      readonly marks: readonly {
        readonly agentId: string;
        readonly bootId: string;
        readonly seq: number;
      }[];
    }
  | { readonly kind: "tick"; readonly nowMs: number; readonly loopDelayMs: number }
  /** The agent is no longer listed: forget it. */
  | { readonly kind: "forget"; readonly agentId: string };

/** What the ingest wants done, in order. */
export type IngestOutput =
  | { readonly kind: "append"; readonly token: AppendToken; readonly record: LogRecord }
  /** Into the live matrix; ids are the server's. */
  | { readonly kind: "apply"; readonly agentId: string; readonly columns: ResultColumns }
  /** Cumulative; goes to the control plane as "acked". */
  | {
      readonly kind: "ack";
      readonly agentId: string;
      readonly bootId: string;
      readonly seq: number;
    }
  /** The agent broke the protocol; goes to the control plane as "rejected". */
  | {
      readonly kind: "reject";
      readonly agentId: string;
      readonly code: StatusCode;
      readonly why: string;
    }
  /** Credit for every agent from now on; goes to the control plane as "credit". */
  | { readonly kind: "credit"; readonly batches: number; readonly bytes: number }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly fields: LogFields;
      readonly message: string;
    }
  | {
      readonly kind: "count";
      readonly name: IngestCounter;
      readonly label: string;
      readonly by: number;
    };

/** Counters that the ingest feeds; label is the reason, or empty. */
export type IngestCounter =
  | "results_accepted"
  | "results_duplicate"
  | "results_rejected"
  | "results_lost"
  | "batches_lost";

/** What is known to be missing from one agent. */
export type LossView = { readonly lostResults: number; readonly lostBatches: number };
