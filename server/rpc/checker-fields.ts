import type { Value } from "@bufbuild/protobuf/wkt";
import { nameBytesMax } from "../../common/limits.js";
import type { CheckerResult, SendHeartbeatRequest } from "../../gen/causeway/v1/checker_pb.js";
import { legacyPortsPerResultMax } from "../limits.js";
import { parseGoDuration } from "../mesh/go-duration.js";
import type { LegacyHeartbeat, LegacyResult } from "../mesh/legacy-clients.js";
import { quoted, wrongField } from "./request-fields.js";

/** A heartbeat after the checks. Throws INVALID_ARGUMENT naming the field. */
export const parseHeartbeat = (request: SendHeartbeatRequest): LegacyHeartbeat => {
  parseTime("timestamp", request.timestamp, 0);
  return {
    namespace: request.namespace === "" ? "" : parseWord("namespace", request.namespace),
    nodeIp: parseWord("node_ip", request.nodeIp),
    podIp: parseWord("pod_ip", request.podIp),
    podName: parseWord("pod_name", request.podName),
  };
};

/** A posted result after the checks. Throws INVALID_ARGUMENT naming the field, which starts with path. */
export const parseResult = (
  result: CheckerResult,
  {
    path,
    sourceIp,
    wallMs,
    target,
  }: {
    readonly path: string;
    readonly sourceIp: string;
    readonly wallMs: number;
    /** A service's address is unknown when its name does not resolve. */
    readonly target: "required" | "optional";
  },
): LegacyResult => ({
  sourceIp,
  targetIp:
    target === "optional" && result.targetIp === ""
      ? ""
      : parseWord(`${path}.target_ip`, result.targetIp),
  ping: parsePing(`${path}.ping_status`, result.pingStatus),
  ports: parsePorts(`${path}.port_status`, result.portStatus),
  latencyNs: parseDuration(`${path}.latency`, result.latency),
  durationNs: parseDuration(`${path}.test_duration`, result.testDuration),
  measuredUnixMs: parseTime(`${path}.timestamp`, result.timestamp, wallMs),
});

/**
 * A required address or name: what an address, a pod or a DNS name may be made of. It becomes a key in answers, so
 * nothing else is let in.
 */
export const parseWord = (field: string, value: string): string => {
  if (value === "") throw wrongField(field, "must not be empty");
  if (value.length > nameBytesMax) {
    throw wrongField(field, `must have at most ${nameBytesMax} characters`);
  }
  if (/^[a-z0-9:][a-z0-9.:_%-]*$/i.test(value)) return value;
  throw wrongField(field, `must be an address or a name, not ${quoted(value)}`);
};

const parsePing = (field: string, value: string): LegacyResult["ping"] => {
  if (value === "reachable" || value === "unreachable") return value;
  throw wrongField(field, `must be reachable or unreachable, not ${quoted(value)}`);
};

const parsePorts = (
  field: string,
  ports: Readonly<Record<string, string>>,
): LegacyResult["ports"] => {
  const entries = Object.entries(ports);
  if (entries.length > legacyPortsPerResultMax) {
    throw wrongField(field, `must have at most ${legacyPortsPerResultMax} ports`);
  }
  return Object.fromEntries(
    entries.map(([port, state]) => {
      if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
        throw wrongField(field, `must have ports from 1 to 65535 as keys, not ${quoted(port)}`);
      }
      if (state !== "open" && state !== "closed") {
        throw wrongField(`${field}[${port}]`, `must be open or closed, not ${quoted(state)}`);
      }
      return [port, state];
    }),
  );
};

/** Nanoseconds of a number, or of a Go duration; 0 when absent. */
const parseDuration = (field: string, value: Value | undefined): number => {
  const ns = durationNs(value);
  if (ns !== undefined && Number.isFinite(ns) && ns >= 0) return ns;
  throw wrongField(field, 'must be nanoseconds or a Go duration such as "670.02ms"');
};

const durationNs = (value: Value | undefined): number | undefined => {
  switch (value?.kind.case) {
    case undefined:
    case "nullValue":
      return 0;
    case "numberValue":
      return value.kind.value;
    case "stringValue":
      return parseGoDuration(value.kind.value);
    default:
      return undefined;
  }
};

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970 of an RFC 3339 time; the fallback for an empty one. */
const parseTime = (field: string, value: string, fallbackMs: number): number => {
  if (value === "") return fallbackMs;
  const ms = rfc3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw wrongField(field, `must be an RFC 3339 time, not ${quoted(value)}`);
};
