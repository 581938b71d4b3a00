import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type {
  AgentMessage,
  Durability,
  Hello,
  NackReason,
  Plan,
  PlanEntry,
  ResultBatch,
  RunResult,
  ServerMessage,
  Spooled,
  Welcome,
} from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import {
  explanationBytesMax,
  featuresMax,
  nameBytesMax,
  planEntriesMax,
  runProbesMax,
  targetKeyBytesMax,
  wordBytesMax,
} from "../../common/limits.js";
import { bytesFromHex } from "../../common/plan-hash.js";
import { outcomeNumber } from "../../common/probe.js";
import {
  boundedList,
  boundedText,
  MalformedMessageError,
  msFromTimestamp,
  probeSpecFromWire,
  rangedNumber,
  readPart,
  safeNumber,
  timestampFromUnixMs,
} from "../../common/wire-values.js";
import {
  type ConnectRequest,
  ConnectRequestSchema,
  type ConnectResponse,
  ConnectResponseSchema,
  NackReason as WireNackReason,
  type Plan as WirePlan,
  type PlanEntry as WirePlanEntry,
  type Run as WireRun,
  type Welcome as WireWelcome,
} from "../../gen/causeway/v1/agent_pb.js";
import { Vantage, type Outcome as WireOutcome } from "../../gen/causeway/v1/types_pb.js";
import { clipText } from "../session/clip-text.js";

/** A message of the server, or a plan or run that this build must refuse without giving up the stream. */
export type DecodedServerMessage =
  | { readonly kind: "message"; readonly message: ServerMessage }
  | {
      readonly kind: "refused_plan";
      readonly nonce: number;
      readonly reason: NackReason;
      readonly error: string;
    }
  | { readonly kind: "refused_run"; readonly requestId: string; readonly error: string };

/**
 * Reads one message of the server. Throws MalformedMessageError naming the field; faults inside a plan or a run come back as
 * refusals, because a newer server may ask for what this build does not know.
 */
export const decodeServerMessage = (bytes: Uint8Array): DecodedServerMessage => {
  const wire = parse(bytes);
  if (wire.kind.case === "plan") return planFromWire(wire.kind.value);
  if (wire.kind.case === "run") return runFromWire(wire.kind.value);
  return { kind: "message", message: plainMessage(wire) };
};

const parse = (bytes: Uint8Array): ConnectResponse => {
  try {
    return fromBinary(ConnectResponseSchema, bytes);
  } catch (cause) {
    throw new MalformedMessageError("ConnectResponse", `is not protobuf: ${String(cause)}`);
  }
};

const plainMessage = ({ kind, $unknown }: ConnectResponse): ServerMessage => {
  switch (kind.case) {
    case "welcome":
      return { kind: "welcome", welcome: welcomeFromWire(kind.value) };
    case "ack":
      return { kind: "ack", seq: safeNumber(kind.value.seq, "ack.seq") };
    case "window":
      return {
        kind: "window",
        window: { batches: kind.value.batches, bytes: kind.value.bytes },
      };
    case "cancelRun":
      return { kind: "cancel_run", requestId: text(kind.value.requestId, "cancel_run.request_id") };
    case "heartbeat":
      return {
        kind: "heartbeat",
        serverTimeMs: msFromTimestamp(kind.value.serverTime, "heartbeat.server_time"),
      };
    case "drain":
      return {
        kind: "drain",
        reconnectAfterMs: kind.value.reconnectAfterMs,
        reason: text(kind.value.reason, "drain.reason"),
      };
    case "unsupported":
      return { kind: "unsupported", what: text(kind.value.what, "unsupported.what") };
    case "plan":
    case "run":
      throw new Error("broken invariant: plans and runs are read apart");
    case undefined:
      return { kind: "unknown", what: unknownName($unknown) };
    default:
      return assertNever(kind);
  }
};

const unknownName = (unknown: Message["$unknown"]): string => {
  const number = unknown?.[0]?.no;
  return number === undefined ? "a message without a kind" : `ConnectResponse kind ${number}`;
};

const text = (value: string, field: string, bytesMax = wordBytesMax): string =>
  boundedText(value, { field, bytesMax });

const welcomeFromWire = (wire: WireWelcome): Welcome => {
  const { window, limits } = wire;
  if (window === undefined) throw new MalformedMessageError("welcome.window", "is required");
  if (limits === undefined) throw new MalformedMessageError("welcome.limits", "is required");
  return {
    serverEpoch: text(wire.serverEpoch, "welcome.server_epoch"),
    sessionId: text(wire.sessionId, "welcome.session_id"),
    sessionGeneration: safeNumber(wire.sessionGeneration, "welcome.session_generation"),
    ackSeq: safeNumber(wire.ackSeq, "welcome.ack_seq"),
    durability: memoryDurability,
    heartbeatMs: wire.heartbeatMs,
    window: { batches: window.batches, bytes: window.bytes },
    limits: {
      messageBytesMax: limits.messageBytesMax,
      batchResultsMax: limits.batchResultsMax,
      runsMax: limits.runsMax,
    },
    serverTimeMs: msFromTimestamp(wire.serverTime, "welcome.server_time"),
    protocolVersion: wire.protocolVersion,
    features: boundedList(wire.features, { field: "welcome.features", max: featuresMax }).map(
      (name) => text(name, "welcome.features"),
    ),
  };
};

// The only durability that this protocol version has; a newer server's better one changes nothing for the agent.
const memoryDurability: Durability = "memory";

const planFromWire = (wire: WirePlan): DecodedServerMessage => {
  // Without a nonce nothing can be refused: that is a broken stream, not a bad plan.
  const nonce = safeNumber(wire.nonce, "plan.nonce");
  try {
    return { kind: "message", message: { kind: "plan", plan: checkedPlan(wire, nonce) } };
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    const reason = error.field.endsWith("probe.kind") ? "unsupported" : "invalid";
    return { kind: "refused_plan", nonce, reason, error: error.message };
  }
};

const checkedPlan = (wire: WirePlan, nonce: number): Plan => {
  const upserts = boundedList(wire.upserts, { field: "plan.upserts", max: planEntriesMax });
  const removes = boundedList(wire.removes, { field: "plan.removes", max: planEntriesMax });
  if (wire.hash.length !== 32) {
    throw new MalformedMessageError("plan.hash", `has ${wire.hash.length} bytes, allowed: 32`);
  }
  return {
    revision: safeNumber(wire.revision, "plan.revision"),
    nonce,
    baseRevision: baseRevisionOf(wire),
    upserts: upserts.map((entry, at) =>
      readPart(entry, entryFromWire, () => `plan.upserts[${at}]`),
    ),
    removes,
    hash: hexOf(wire.hash),
  };
};

const baseRevisionOf = ({ base }: WirePlan): number | undefined => {
  if (base.case === "baseRevision") return safeNumber(base.value, "plan.base_revision");
  if (base.case === "full" && base.value) return undefined;
  throw new MalformedMessageError("plan.base", "must be base_revision, or full: true");
};

const entryBounds = {
  id: { field: "id", min: 1, max: 0xffffffff },
  key: { field: "key", bytesMax: targetKeyBytesMax },
  intervalMs: { field: "interval_ms", min: 1000, max: 86_400_000 },
  agentId: { field: "agent_id", bytesMax: nameBytesMax },
  node: { field: "node", bytesMax: nameBytesMax },
} as const;

const entryFromWire = (wire: WirePlanEntry): PlanEntry => {
  if (wire.hash.length !== 8) {
    throw new MalformedMessageError("hash", `has ${wire.hash.length} bytes, allowed: 8`);
  }
  if (wire.probe === undefined) throw new MalformedMessageError("probe", "is required");
  return {
    id: rangedNumber(wire.id, entryBounds.id),
    hash: hexOf(wire.hash),
    key: boundedText(wire.key, entryBounds.key),
    probe: readPart(wire.probe, probeSpecFromWire, probeName),
    intervalMs: rangedNumber(wire.intervalMs, entryBounds.intervalMs),
    agentId: boundedText(wire.agentId, entryBounds.agentId),
    node: boundedText(wire.node, entryBounds.node),
  };
};

const probeName = (): string => "probe";

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

const runFromWire = (wire: WireRun): DecodedServerMessage => {
  const requestId = text(wire.requestId, "run.request_id");
  try {
    const probes = boundedList(wire.probes, { field: "run.probes", max: runProbesMax });
    if (probes.length === 0) throw new MalformedMessageError("run.probes", "is empty");
    if (wire.vantage !== Vantage.AGENT && wire.vantage !== Vantage.UNSPECIFIED) {
      throw new MalformedMessageError(
        "run.vantage",
        `${wire.vantage} is not known; allowed: VANTAGE_AGENT`,
      );
    }
    const message: ServerMessage = {
      kind: "run",
      requestId,
      probes: probes.map((probe, at) =>
        readPart(probe, probeSpecFromWire, () => `run.probes[${at}]`),
      ),
      vantage: "agent",
      deadlineUnixMs: msFromTimestamp(wire.deadline, "run.deadline"),
    };
    return { kind: "message", message };
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    return { kind: "refused_run", requestId, error: error.message };
  }
};

/** One message to the server, as it goes over the wire. */
export const encodeAgentMessage = (message: AgentMessage): Buffer => {
  const bytes = toBinary(ConnectRequestSchema, wireFromAgentMessage(message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

type RequestInit = NonNullable<Parameters<typeof create<typeof ConnectRequestSchema>>[1]>;

const request = (kind: RequestInit["kind"]): ConnectRequest =>
  create(ConnectRequestSchema, kind === undefined ? {} : { kind });

const wireFromAgentMessage = (message: AgentMessage): ConnectRequest => {
  switch (message.kind) {
    case "hello":
      return request({ case: "hello", value: wireFromHello(message.hello) });
    case "plan_ack":
      return request({
        case: "planAck",
        value: { nonce: BigInt(message.nonce), revision: BigInt(message.revision) },
      });
    case "plan_nack":
      return request({
        case: "planNack",
        value: {
          nonce: BigInt(message.nonce),
          error: clipped(message.error),
          runningRevision: BigInt(message.runningRevision),
          reason: nackReasons[message.reason],
        },
      });
    case "results":
      return request({ case: "results", value: wireFromBatch(message.batch) });
    case "gap":
      return request({ case: "gap", value: wireFromGap(message.gap) });
    case "run_outcome":
      return request({ case: "runOutcome", value: wireFromRunOutcome(message.outcome) });
    case "heartbeat":
      return request({
        case: "heartbeat",
        value: {
          loopDelayUs: Math.min(Math.max(Math.round(message.loopDelayUs), 0), 0xffffffff),
          clock: timestampFromUnixMs(message.clockUnixMs),
          spooled: wireFromSpooled(message.spooled),
        },
      });
    case "token":
      return request({ case: "token", value: { token: message.token } });
    case "unsupported":
      return request({ case: "unsupported", value: { what: clipped(message.what, wordBytesMax) } });
    case "goodbye":
      return request({ case: "goodbye", value: { reason: message.reason } });
    case "unknown":
      throw new Error(`broken invariant: an unknown message is never sent (${message.what})`);
    default:
      return assertNever(message);
  }
};

const nackReasons: Readonly<Record<NackReason, WireNackReason>> = {
  invalid: WireNackReason.INVALID,
  base_mismatch: WireNackReason.BASE_MISMATCH,
  hash_mismatch: WireNackReason.HASH_MISMATCH,
  unsupported: WireNackReason.UNSUPPORTED,
};

/** Explanations come from error messages and may be of any length. */
const clipped = (value: string, bytesMax = explanationBytesMax): string =>
  clipText(value, bytesMax);

const wireFromHello = (hello: Hello) => ({
  agentId: hello.agentId,
  bootId: hello.bootId,
  protocol: { ...hello.protocol },
  features: [...hello.features],
  unavailable: { ...hello.unavailable },
  version: hello.version,
  identity: { ...hello.identity, ips: [...hello.identity.ips] },
  plane: hello.plane,
  zone: hello.zone,
  settings: { ...hello.settings },
  ...(hello.applied === undefined
    ? {}
    : {
        applied: {
          serverEpoch: hello.applied.serverEpoch,
          revision: BigInt(hello.applied.revision),
          hash: bytesFromHex(hello.applied.hash),
        },
      }),
  unacked: { first: BigInt(hello.unacked.first), last: BigInt(hello.unacked.last) },
  spooled: wireFromSpooled(hello.spooled),
});

const wireFromSpooled = (spooled: Spooled) => ({
  batches: spooled.batches,
  oldestMs: BigInt(Math.max(Math.round(spooled.oldestMs), 0)),
});

const wireFromBatch = (batch: ResultBatch) => {
  const { columns } = batch;
  return {
    bootId: batch.bootId,
    seq: BigInt(batch.seq),
    serverEpoch: batch.serverEpoch,
    columns: {
      baseUnixUs: BigInt(columns.baseUnixUs),
      targetId: listOf(columns.targetId),
      timeDeltaUs: listOf(columns.timeDeltaUs),
      rttUs: listOf(columns.rttUs),
      outcome: listOf(columns.outcome),
      details: columns.details.map((detail) => ({ ...detail })),
    },
    dictionary: batch.dictionary.map((entry) => ({ ...entry })),
  };
};

// protobuf-es takes plain arrays only.
const listOf = (column: ArrayLike<number>): number[] => Array.from(column);

const wireFromGap = (gap: Extract<AgentMessage, { kind: "gap" }>["gap"]) => ({
  bootId: gap.bootId,
  seq: BigInt(gap.seq),
  from: timestampFromUnixMs(gap.fromUnixMs),
  to: timestampFromUnixMs(gap.toUnixMs),
  dropped: BigInt(gap.dropped),
  reason: gap.reason,
});

const wireFromRunOutcome = (
  outcome: Extract<AgentMessage, { kind: "run_outcome" }>["outcome"],
) => ({
  requestId: outcome.requestId,
  results: outcome.results.map(wireFromRunResult),
  error: clipped(outcome.error),
});

const wireFromRunResult = (result: RunResult) => ({
  outcome: outcomeNumber(result.outcome) as WireOutcome,
  ...(result.rttUs === undefined ? {} : { rttUs: result.rttUs }),
  detail: clipped(result.detail),
  measuredAt: timestampFromUnixMs(result.measuredAtUnixMs),
});
