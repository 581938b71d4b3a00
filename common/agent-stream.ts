import type { ProbeOutcome, ProbeSpec } from "./probe.js";

/**
 * The messages of AgentService.Connect as both pure cores see them. Field meanings, units and bounds are those of
 * proto/causeway/v1/agent.proto; each side's rpc/wire.ts converts. Counters are safe integers.
 */

/** Protocol versions this build speaks. */
export const protocolVersions = { min: 1, max: 1 } as const;

/** Which network an agent stands in. */
export type Plane = "pod" | "host";

/** Who an agent is. */
export type Identity = {
  readonly node: string;
  readonly podUid: string;
  readonly pod: string;
  readonly namespace: string;
  /** Primary address first. */
  readonly ips: readonly string[];
  readonly nodeIp: string;
};

/** What an agent's environment told it; plans are made from it. */
export type Settings = {
  readonly heartbeatIntervalS: number;
  readonly testPort: number;
  readonly customServiceName: string;
  readonly customServicePort: number;
  readonly clientPort: number;
};

/** The plan that an agent runs. */
export type Applied = {
  readonly serverEpoch: string;
  readonly revision: number;
  /** Lower-case hex of SHA-256. */
  readonly hash: string;
};

/** What waits in an agent's spool. */
export type Spooled = { readonly batches: number; readonly oldestMs: number };

/** Opens a stream. */
export type Hello = {
  readonly agentId: string;
  readonly bootId: string;
  readonly protocol: { readonly min: number; readonly max: number };
  readonly features: readonly string[];
  readonly unavailable: Readonly<Record<string, string>>;
  readonly version: string;
  readonly identity: Identity;
  readonly plane: Plane;
  readonly zone: string;
  readonly settings: Settings;
  readonly applied: Applied | undefined;
  /** Sent and not acknowledged; last is first - 1 when there is none. */
  readonly unacked: { readonly first: number; readonly last: number };
  readonly spooled: Spooled;
};

/** Credit: how much may be sent and not acknowledged; 0 batches means pause. */
export type Window = { readonly batches: number; readonly bytes: number };

/** How durable an acknowledged result is. */
export type Durability = "memory";

/** Answers Hello. */
export type Welcome = {
  readonly serverEpoch: string;
  readonly sessionId: string;
  readonly sessionGeneration: number;
  readonly ackSeq: number;
  readonly durability: Durability;
  readonly heartbeatMs: number;
  readonly window: Window;
  readonly limits: {
    readonly messageBytesMax: number;
    readonly batchResultsMax: number;
    readonly runsMax: number;
  };
  readonly serverTimeMs: number;
  readonly protocolVersion: number;
  readonly features: readonly string[];
};

/** One thing to probe, all the time. */
export type PlanEntry = {
  /** Interned id of the key; belongs to one server epoch, never reused in it. */
  readonly id: number;
  /** The server's hash of the content: 16 hex digits. */
  readonly hash: string;
  /** KIND|TARGET. */
  readonly key: string;
  readonly probe: ProbeSpec;
  readonly intervalMs: number;
  /** The target, when it is an agent: that agent skips the entry. Else empty. */
  readonly agentId: string;
  /** The target, when it is a node: agents on that node skip the entry. Else empty. */
  readonly node: string;
};

/** A plan push: whole when baseRevision is undefined, else a difference. */
export type Plan = {
  readonly revision: number;
  readonly nonce: number;
  readonly baseRevision: number | undefined;
  readonly upserts: readonly PlanEntry[];
  readonly removes: readonly number[];
  /** Lower-case hex of SHA-256; see plan-hash.ts. */
  readonly hash: string;
};

/** Why a plan was refused. */
export type NackReason = "invalid" | "base_mismatch" | "hash_mismatch" | "unsupported";

/** Results as columns of equal length; see ResultColumns in the proto. */
export type ResultColumns = {
  readonly baseUnixUs: number;
  readonly targetId: ArrayLike<number>;
  readonly timeDeltaUs: ArrayLike<number>;
  /** 0 when there is none. */
  readonly rttUs: ArrayLike<number>;
  /** Numbers of common/probe.ts. */
  readonly outcome: ArrayLike<number>;
  readonly details: readonly { readonly index: number; readonly text: string }[];
};

/** A batch of results. */
export type ResultBatch = {
  readonly bootId: string;
  readonly seq: number;
  readonly serverEpoch: string;
  readonly columns: ResultColumns;
  /** Names of all ids, when serverEpoch is not the session's. */
  readonly dictionary: readonly { readonly id: number; readonly key: string }[];
};

/** Results that an agent had to drop; takes a sequence number like a batch. */
export type Gap = {
  readonly bootId: string;
  readonly seq: number;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly dropped: number;
  readonly reason: string;
};

/** One probe's end within a run. */
export type RunResult = ProbeOutcome & { readonly measuredAtUnixMs: number };

/** The end of a run; results are empty when error is not. */
export type RunOutcome = {
  readonly requestId: string;
  readonly results: readonly RunResult[];
  readonly error: string;
};

/** From the agent. "unknown" is a kind that this build does not know. */
export type AgentMessage =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "plan_ack"; readonly nonce: number; readonly revision: number }
  | {
      readonly kind: "plan_nack";
      readonly nonce: number;
      readonly error: string;
      readonly runningRevision: number;
      readonly reason: NackReason;
    }
  | { readonly kind: "results"; readonly batch: ResultBatch }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "run_outcome"; readonly outcome: RunOutcome }
  | {
      readonly kind: "heartbeat";
      readonly loopDelayUs: number;
      readonly clockUnixMs: number;
      readonly spooled: Spooled;
    }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "unsupported"; readonly what: string }
  | { readonly kind: "goodbye"; readonly reason: string }
  | { readonly kind: "unknown"; readonly what: string };

/** From the server. "unknown" is a kind that this build does not know. */
export type ServerMessage =
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "ack"; readonly seq: number }
  | { readonly kind: "window"; readonly window: Window }
  | {
      readonly kind: "run";
      readonly requestId: string;
      readonly probes: readonly ProbeSpec[];
      readonly vantage: "agent";
      readonly deadlineUnixMs: number;
    }
  | { readonly kind: "cancel_run"; readonly requestId: string }
  | { readonly kind: "heartbeat"; readonly serverTimeMs: number }
  | { readonly kind: "drain"; readonly reconnectAfterMs: number; readonly reason: string }
  | { readonly kind: "unsupported"; readonly what: string }
  | { readonly kind: "unknown"; readonly what: string };

/** gRPC status names that end a stream, in lower case; the position is the number on the wire. */
export const statusCodes = [
  "ok",
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** One of those names. */
export type StatusCode = (typeof statusCodes)[number];

/**
 * What a batch counts against the window's bytes: an upper bound of its encoding, computed alike on both ends so that
 * nobody has to encode first. At most 26 bytes a result.
 */
export const resultBatchBytes = (batch: ResultBatch): number => {
  let bytes = 128 + 26 * batch.columns.targetId.length;
  for (const detail of batch.columns.details) bytes += 16 + 3 * detail.text.length;
  for (const entry of batch.dictionary) bytes += 16 + 3 * entry.key.length;
  return bytes;
};
