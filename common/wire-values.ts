import { addressBytesMax, httpPathBytesMax, nameBytesMax, podUidBytesMax } from "./limits.js";
import { type ProbeKind, type ProbeSpec, probeKinds } from "./probe.js";

/** A message of the peer that breaks the contract. The field is named as in the proto, from the message down. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
  readonly field: string;
  readonly why: string;

  constructor(field: string, why: string) {
    super(`${field}: ${why}`);
    this.field = field;
    this.why = why;
  }
}

/**
 * Reads a part of a message whose faults are named from that part down, and names them from the message down. Names are
 * put together only when something is wrong: a plan has thousands of parts.
 */
export const readPart = <Wire, T>(wire: Wire, read: (wire: Wire) => T, nameOf: () => string): T => {
  try {
    return read(wire);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    throw new MalformedMessageError(`${nameOf()}.${error.field}`, error.why);
  }
};

/** A 64-bit count as a number; throws when it is beyond what numbers hold exactly. */
export const safeNumber = (value: bigint, field: string): number => {
  if (value < -maxSafe || value > maxSafe) {
    throw new MalformedMessageError(field, `${value} is beyond 2^53`);
  }
  return Number(value);
};

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** google.protobuf.Timestamp by its fields. */
export type WireTimestamp = { readonly seconds: bigint; readonly nanos: number };

/** Milliseconds since 1970 of a timestamp; throws when it is absent or out of range. */
export const msFromTimestamp = (value: WireTimestamp | undefined, field: string): number => {
  if (value === undefined) throw new MalformedMessageError(field, "is required");
  const { seconds, nanos } = value;
  if (seconds < -timestampSecondsMax || seconds > timestampSecondsMax) {
    throw new MalformedMessageError(field, `${seconds} seconds are beyond the year 9999`);
  }
  if (nanos < 0 || nanos > 999_999_999) {
    throw new MalformedMessageError(field, `${nanos} nanoseconds are not within a second`);
  }
  return Number(seconds) * 1000 + nanos / 1e6;
};

// 9999-12-31T23:59:59Z, the end of what a Timestamp may say.
const timestampSecondsMax = 253_402_300_799n;

/** A timestamp of milliseconds since 1970, to the microsecond. */
export const timestampFromUnixMs = (ms: number): { seconds: bigint; nanos: number } => {
  const us = Math.round(ms * 1000);
  const seconds = Math.floor(us / 1e6);
  return { seconds: BigInt(seconds), nanos: (us - seconds * 1e6) * 1000 };
};

/** Refuses a text that is longer than so many UTF-8 bytes. */
export const boundedText = (
  value: string,
  { field, bytesMax }: { readonly field: string; readonly bytesMax: number },
): string => {
  // A UTF-16 unit is at most three bytes of UTF-8: most texts need no counting.
  if (value.length * 3 > bytesMax && Buffer.byteLength(value) > bytesMax) {
    throw new MalformedMessageError(field, `is longer than ${bytesMax} bytes`);
  }
  return value;
};

/** Refuses a list of more than so many entries. */
export const boundedList = <T>(
  value: readonly T[],
  { field, max }: { readonly field: string; readonly max: number },
): readonly T[] => {
  if (value.length > max) {
    throw new MalformedMessageError(field, `has ${value.length} entries, allowed: at most ${max}`);
  }
  return value;
};

/** Refuses a number outside a range. */
export const rangedNumber = (
  value: number,
  { field, min, max }: { readonly field: string; readonly min: number; readonly max: number },
): number => {
  if (value < min || value > max) {
    throw new MalformedMessageError(field, `${value} is not allowed; allowed: ${min} to ${max}`);
  }
  return value;
};

/** causeway.v1.ProbeSpec by its fields. */
export type WireProbeSpec = {
  readonly kind: number;
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly hostName: string;
  readonly httpPath: string;
  readonly expectPodUid: string;
};

/** The number of a ProbeKind on the wire: its position in probeKinds, from 1. */
export const probeKindNumber = (kind: ProbeKind): number => probeKinds.indexOf(kind) + 1;

const probeBounds = {
  address: { field: "address", bytesMax: addressBytesMax },
  port: { field: "port", min: 0, max: 65_535 },
  timeoutMs: { field: "timeout_ms", min: 1, max: 60_000 },
  hostName: { field: "host_name", bytesMax: nameBytesMax },
  httpPath: { field: "http_path", bytesMax: httpPathBytesMax },
  expectPodUid: { field: "expect_pod_uid", bytesMax: podUidBytesMax },
} as const;

/** A probe to run; throws on a kind that this build does not know and on texts and numbers out of bounds. */
export const probeSpecFromWire = (wire: WireProbeSpec): ProbeSpec => {
  const kind = probeKinds[wire.kind - 1];
  if (kind === undefined) {
    const allowed = probeKinds.join(", ");
    throw new MalformedMessageError("kind", `${wire.kind} is not known; allowed: ${allowed}`);
  }
  return {
    kind,
    address: boundedText(wire.address, probeBounds.address),
    port: rangedNumber(wire.port, probeBounds.port),
    timeoutMs: rangedNumber(wire.timeoutMs, probeBounds.timeoutMs),
    hostName: boundedText(wire.hostName, probeBounds.hostName),
    httpPath: boundedText(wire.httpPath, probeBounds.httpPath),
    expectPodUid: boundedText(wire.expectPodUid, probeBounds.expectPodUid),
  };
};
