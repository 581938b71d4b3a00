import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type {
  AgentMessage,
  Gap,
  Hello,
  NackReason,
  ResultBatch,
  RunOutcome,
  ServerMessage,
  Spooled,
  Welcome,
} from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import {
  addressBytesMax,
  batchResultsMax,
  explanationBytesMax,
  featuresMax,
  nameBytesMax,
  podAddressesMax,
  podUidBytesMax,
  resultDetailsMax,
  runProbesMax,
  targetKeyBytesMax,
  tokenBytesMax,
  wordBytesMax,
} from "../../common/limits.js";
import { hexFromBytes } from "../../common/plan-hash.js";
import { outcomeFromNumber } from "../../common/probe.js";
import {
  boundedList,
  boundedText,
  MalformedMessageError,
  msFromTimestamp,
  safeNumber,
  timestampFromUnixMs,
} from "../../common/wire-values.js";
import {
  type ConnectRequest,
  ConnectRequestSchema,
  type ConnectResponse,
  ConnectResponseSchema,
  Durability as WireDurability,
  type Gap as WireGap,
  type Hello as WireHello,
  NackReason as WireNackReason,
  type PlanNack as WirePlanNack,
  type Results as WireResults,
  type RunOutcome as WireRunOutcome,
  type Spooled as WireSpooled,
} from "../../gen/causeway/v1/agent_pb.js";
import { Vantage } from "../../gen/causeway/v1/types_pb.js";
import { encodePlan, wireProbeSpec } from "./plan-wire.js";

/** Reads one message of an agent. Throws MalformedMessageError naming the field; never returns half a message. */
export const decodeAgentMessage = (bytes: Uint8Array): AgentMessage => {
  const { kind, $unknown } = parse(bytes);
  switch (kind.case) {
    case "hello":
      return { kind: "hello", hello: helloFromWire(kind.value) };
    case "planAck":
      return {
        kind: "plan_ack",
        nonce: safeNumber(kind.value.nonce, "plan_ack.nonce"),
        revision: safeNumber(kind.value.revision, "plan_ack.revision"),
      };
    case "planNack":
      return planNackFromWire(kind.value);
    case "results":
      return { kind: "results", batch: batchFromWire(kind.value) };
    case "gap":
      return { kind: "gap", gap: gapFromWire(kind.value) };
    case "runOutcome":
      return { kind: "run_outcome", outcome: runOutcomeFromWire(kind.value) };
    case "heartbeat":
      return {
        kind: "heartbeat",
        loopDelayUs: kind.value.loopDelayUs,
        clockUnixMs: msFromTimestamp(kind.value.clock, "heartbeat.clock"),
        spooled: spooledFromWire(kind.value.spooled, "heartbeat.spooled"),
      };
    case "token":
      return { kind: "token", token: text(kind.value.token, "token.token", tokenBytesMax) };
    case "unsupported":
      return { kind: "unsupported", what: text(kind.value.what, "unsupported.what") };
    case "goodbye":
      return { kind: "goodbye", reason: text(kind.value.reason, "goodbye.reason") };
    case undefined:
      return { kind: "unknown", what: unknownName($unknown) };
    default:
      return assertNever(kind);
  }
};

const parse = (bytes: Uint8Array): ConnectRequest => {
  try {
    return fromBinary(ConnectRequestSchema, bytes);
  } catch (cause) {
    throw new MalformedMessageError("ConnectRequest", `is not protobuf: ${String(cause)}`);
  }
};

const unknownName = (unknown: Message["$unknown"]): string => {
  const number = unknown?.[0]?.no;
  return number === undefined ? "a message without a kind" : `ConnectRequest kind ${number}`;
};

const text = (value: string, field: string, bytesMax = wordBytesMax): string =>
  boundedText(value, { field, bytesMax });

const requiredMessage = <T>(value: T | undefined, field: string): T => {
  if (value === undefined) throw new MalformedMessageError(field, "is required");
  return value;
};

const helloFromWire = (wire: WireHello): Hello => {
  const protocol = requiredMessage(wire.protocol, "hello.protocol");
  const { applied, unacked } = wire;
  return {
    agentId: text(wire.agentId, "hello.agent_id", nameBytesMax),
    bootId: text(wire.bootId, "hello.boot_id"),
    protocol: { min: protocol.min, max: protocol.max },
    features: words(wire.features, "hello.features"),
    unavailable: unavailableFromWire(wire.unavailable),
    version: text(wire.version, "hello.version"),
    identity: identityFromWire(wire),
    plane: planeFromWire(wire.plane),
    zone: text(wire.zone, "hello.zone"),
    settings: settingsFromWire(wire),
    applied:
      applied === undefined
        ? undefined
        : {
            serverEpoch: text(applied.serverEpoch, "hello.applied.server_epoch"),
            revision: safeNumber(applied.revision, "hello.applied.revision"),
            hash: hexFromBytes(sized(applied.hash, "hello.applied.hash", 32)),
          },
    unacked:
      unacked === undefined
        ? { first: 1, last: 0 }
        : {
            first: safeNumber(unacked.first, "hello.unacked.first"),
            last: safeNumber(unacked.last, "hello.unacked.last"),
          },
    spooled: spooledFromWire(wire.spooled, "hello.spooled"),
  };
};

const identityFromWire = (hello: WireHello): Hello["identity"] => {
  const wire = requiredMessage(hello.identity, "hello.identity");
  const ips = boundedList(wire.ips, { field: "hello.identity.ips", max: podAddressesMax });
  if (ips.length === 0) {
    throw new MalformedMessageError("hello.identity.ips", "is empty, allowed: 1 to 8 addresses");
  }
  return {
    node: text(wire.node, "hello.identity.node", nameBytesMax),
    podUid: text(wire.podUid, "hello.identity.pod_uid", podUidBytesMax),
    pod: text(wire.pod, "hello.identity.pod", nameBytesMax),
    namespace: text(wire.namespace, "hello.identity.namespace", nameBytesMax),
    ips: ips.map((ip) => text(ip, "hello.identity.ips", addressBytesMax)),
    nodeIp: text(wire.nodeIp, "hello.identity.node_ip", addressBytesMax),
  };
};

const settingsFromWire = (hello: WireHello): Hello["settings"] => {
  const wire = requiredMessage(hello.settings, "hello.settings");
  return {
    heartbeatIntervalS: wire.heartbeatIntervalS,
    testPort: wire.testPort,
    customServiceName: text(
      wire.customServiceName,
      "hello.settings.custom_service_name",
      nameBytesMax,
    ),
    customServicePort: wire.customServicePort,
    clientPort: wire.clientPort,
  };
};

const planeFromWire = (plane: string): Hello["plane"] => {
  if (plane === "pod" || plane === "host") return plane;
  throw new MalformedMessageError("hello.plane", "is not known; allowed: pod, host");
};

const words = (values: readonly string[], field: string): readonly string[] =>
  boundedList(values, { field, max: featuresMax }).map((value) => text(value, field));

const unavailableFromWire = (wire: WireHello["unavailable"]): Record<string, string> => {
  const field = "hello.unavailable";
  const entries = boundedList(Object.entries(wire), { field, max: featuresMax });
  return Object.fromEntries(
    entries.map(([name, why]) => [text(name, field), text(why, field, explanationBytesMax)]),
  );
};

const sized = (value: Uint8Array, field: string, bytes: number): Uint8Array => {
  if (value.length === bytes) return value;
  throw new MalformedMessageError(field, `has ${value.length} bytes, allowed: ${bytes}`);
};

const spooledFromWire = (wire: WireSpooled | undefined, field: string): Spooled =>
  wire === undefined
    ? { batches: 0, oldestMs: 0 }
    : { batches: wire.batches, oldestMs: safeNumber(wire.oldestMs, `${field}.oldest_ms`) };

const nackReasons: Readonly<Record<number, NackReason>> = {
  [WireNackReason.INVALID]: "invalid",
  [WireNackReason.BASE_MISMATCH]: "base_mismatch",
  [WireNackReason.HASH_MISMATCH]: "hash_mismatch",
  [WireNackReason.UNSUPPORTED]: "unsupported",
};

const planNackFromWire = (wire: WirePlanNack): AgentMessage => ({
  kind: "plan_nack",
  nonce: safeNumber(wire.nonce, "plan_nack.nonce"),
  error: text(wire.error, "plan_nack.error", explanationBytesMax),
  runningRevision: safeNumber(wire.runningRevision, "plan_nack.running_revision"),
  // A reason that this build does not know parks the plan, which is the careful answer.
  reason: nackReasons[wire.reason] ?? "invalid",
});

/** Columns are handed on as they were decoded: nothing is made for a single result. The ingest checks their values. */
const batchFromWire = (wire: WireResults): ResultBatch => {
  const columns = requiredMessage(wire.columns, "results.columns");
  const details = boundedList(columns.details, {
    field: "results.columns.details",
    max: resultDetailsMax,
  });
  const dictionary = boundedList(wire.dictionary, {
    field: "results.dictionary",
    max: batchResultsMax,
  });
  for (const { key } of dictionary) text(key, "results.dictionary.key", targetKeyBytesMax);
  return {
    bootId: text(wire.bootId, "results.boot_id"),
    seq: safeNumber(wire.seq, "results.seq"),
    serverEpoch: text(wire.serverEpoch, "results.server_epoch"),
    columns: {
      baseUnixUs: safeNumber(columns.baseUnixUs, "results.columns.base_unix_us"),
      targetId: columns.targetId,
      timeDeltaUs: columns.timeDeltaUs,
      rttUs: columns.rttUs,
      outcome: columns.outcome,
      details: details.map(({ index, text: why }) => ({ index, text: why })),
    },
    dictionary: dictionary.map(({ id, key }) => ({ id, key })),
  };
};

const gapFromWire = (wire: WireGap): Gap => ({
  bootId: text(wire.bootId, "gap.boot_id"),
  seq: safeNumber(wire.seq, "gap.seq"),
  fromUnixMs: Math.floor(msFromTimestamp(wire.from, "gap.from")),
  toUnixMs: Math.floor(msFromTimestamp(wire.to, "gap.to")),
  dropped: safeNumber(wire.dropped, "gap.dropped"),
  reason: text(wire.reason, "gap.reason"),
});

const runOutcomeFromWire = (wire: WireRunOutcome): RunOutcome => {
  const results = boundedList(wire.results, { field: "run_outcome.results", max: runProbesMax });
  return {
    requestId: text(wire.requestId, "run_outcome.request_id"),
    results: results.map((result) => ({
      outcome: outcomeFromNumber(result.outcome),
      rttUs: result.rttUs,
      detail: text(result.detail, "run_outcome.results.detail", explanationBytesMax),
      measuredAtUnixMs: msFromTimestamp(result.measuredAt, "run_outcome.results.measured_at"),
    })),
    error: text(wire.error, "run_outcome.error", explanationBytesMax),
  };
};

/** One message to an agent, as it goes over the wire. Plans that go to many are encoded once and shared. */
export const encodeServerMessage = (message: ServerMessage): Buffer => {
  if (message.kind === "plan") return encodePlan(message.plan);
  const bytes = toBinary(ConnectResponseSchema, wireFromServerMessage(message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

const wireFromServerMessage = (
  message: Exclude<ServerMessage, { readonly kind: "plan" }>,
): ConnectResponse => {
  switch (message.kind) {
    case "welcome":
      return response({ case: "welcome", value: wireFromWelcome(message.welcome) });
    case "ack":
      return response({ case: "ack", value: { seq: BigInt(message.seq) } });
    case "window":
      return response({ case: "window", value: { ...message.window } });
    case "run":
      return response({
        case: "run",
        value: {
          requestId: message.requestId,
          probes: message.probes.map(wireProbeSpec),
          vantage: Vantage.AGENT,
          deadline: timestampFromUnixMs(message.deadlineUnixMs),
        },
      });
    case "cancel_run":
      return response({ case: "cancelRun", value: { requestId: message.requestId } });
    case "heartbeat":
      return response({
        case: "heartbeat",
        value: { serverTime: timestampFromUnixMs(message.serverTimeMs) },
      });
    case "drain":
      return response({
        case: "drain",
        value: { reconnectAfterMs: message.reconnectAfterMs, reason: message.reason },
      });
    case "unsupported":
      return response({ case: "unsupported", value: { what: message.what } });
    case "unknown":
      throw new Error(`broken invariant: an unknown message is never sent (${message.what})`);
    default:
      return assertNever(message);
  }
};

type ResponseInit = NonNullable<Parameters<typeof create<typeof ConnectResponseSchema>>[1]>;

const response = (kind: ResponseInit["kind"]): ConnectResponse =>
  create(ConnectResponseSchema, kind === undefined ? {} : { kind });

const durabilities: Readonly<Record<Welcome["durability"], WireDurability>> = {
  memory: WireDurability.MEMORY,
};

const wireFromWelcome = (welcome: Welcome) => ({
  serverEpoch: welcome.serverEpoch,
  sessionId: welcome.sessionId,
  sessionGeneration: BigInt(welcome.sessionGeneration),
  ackSeq: BigInt(welcome.ackSeq),
  durability: durabilities[welcome.durability],
  heartbeatMs: welcome.heartbeatMs,
  window: { ...welcome.window },
  limits: { ...welcome.limits },
  serverTime: timestampFromUnixMs(welcome.serverTimeMs),
  protocolVersion: welcome.protocolVersion,
  features: [...welcome.features],
});
