import { type IncomingMessage, request } from "node:http";
import { connect, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { httpBodyBytesMax, httpHeaderBytesMax } from "../limits.js";
import { runAttempt, type Settle } from "./attempt.js";
import { errnoFromError, outcomeFromError } from "./errno-outcome.js";
import { failure, success } from "./outcome.js";
import type { ProbeContext, ProbeFn } from "./probe.js";

/** How far a GET has come; what a timeout means depends on it. */
type Progress = {
  readonly startMs: number;
  connected: boolean;
  /** Whether the server sent anything at all. */
  bytesRead: () => number;
};

/**
 * GET on a new connection; the round trip ends with the header, so it is connect plus first byte. No answer to the
 * connect is "timeout", silence after it "hang", an answer that stops halfway "partial". A body that states a pod_uid is
 * held against spec.expectPodUid, and /echo also says whether the source address was rewritten on the way.
 */
export const probeHttp: ProbeFn = (spec, context) => {
  const progress: Progress = {
    startMs: context.clock.nowMs(),
    connected: false,
    bytesRead: () => 0,
  };
  return runAttempt<ProbeOutcome>(
    {
      timeoutMs: spec.timeoutMs,
      signal: context.signal,
      clock: context.clock,
      onTimeout: () => outcomeAtTimeout(progress),
      onFailure: (failed) => failed,
    },
    (settle) => startGet(spec, context, progress, settle),
  );
};

const startGet = (
  spec: ProbeSpec,
  context: ProbeContext,
  progress: Progress,
  settle: Settle<ProbeOutcome>,
): (() => void) => {
  const host = isIPv6(spec.address) ? `[${spec.address}]` : spec.address;
  const get = request({
    path: pathOf(spec),
    method: "GET",
    // Without an agent: a new connection for every probe, so that setting one up is measured too.
    createConnection: () =>
      connect({ host: spec.address, port: spec.port, autoSelectFamily: false }),
    maxHeaderSize: httpHeaderBytesMax,
    headers: { host: `${host}:${spec.port}`, "user-agent": "causeway-agent", accept: "*/*" },
  });
  get.on("socket", (socket) => {
    progress.bytesRead = () => socket.bytesRead;
    socket.on("connect", () => {
      progress.connected = true;
    });
  });
  get.on("response", (message) => {
    const status = message.statusCode ?? 0;
    if (status < 200 || status > 399) {
      settle(failure("http_status", `status ${status}`));
      return;
    }
    const { startMs: sentMs } = progress;
    const trip = { sentMs, receivedMs: context.clock.nowMs(), timeoutMs: spec.timeoutMs };
    readBody(message, (body) => settle(outcomeFromBody(spec, context, body) ?? success(trip)));
  });
  // Stays on after the end: a request that is torn down still reports it.
  get.on("error", (error) => settle(outcomeFromFailure(error, progress)));
  get.end();
  return () => get.destroy();
};

const pathOf = (spec: ProbeSpec): string => (spec.httpPath === "" ? "/health" : spec.httpPath);

/** The body, or undefined when the connection broke within it. What is beyond the limit is not read. */
const readBody = (message: IncomingMessage, done: (body: Buffer | undefined) => void): void => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= httpBodyBytesMax) done(Buffer.concat(chunks).subarray(0, httpBodyBytesMax));
  });
  message.on("end", () => done(message.complete ? Buffer.concat(chunks) : undefined));
  message.on("error", () => done(undefined));
};

/** What is wrong with an answer; undefined when nothing is. */
const outcomeFromBody = (
  spec: ProbeSpec,
  context: ProbeContext,
  body: Buffer | undefined,
): ProbeOutcome | undefined =>
  body === undefined
    ? failure("partial", "the connection broke within the body")
    : outcomeFromIdentity(spec, context, body);

const outcomeFromIdentity = (
  spec: ProbeSpec,
  context: ProbeContext,
  body: Buffer,
): ProbeOutcome | undefined => {
  const isEcho = /^\/echo(\?|$)/.test(spec.httpPath);
  const stated = statedIdentity(body);
  if (isEcho && stated.podUid === undefined)
    return failure("body_mismatch", "the answer to /echo does not state a pod_uid");
  if (
    spec.expectPodUid !== "" &&
    stated.podUid !== undefined &&
    stated.podUid !== spec.expectPodUid
  )
    return failure(
      "wrong_peer",
      stated.podUid === ""
        ? "the answer has no pod UID"
        : `the answer is from pod ${stated.podUid}`,
    );
  return isEcho && isRewritten(stated.clientIp, spec, context)
    ? failure("snat_seen", `the target saw ${stated.clientIp}`)
    : undefined;
};

/** Our own address, as the target saw it, is not one of ours. Loopback tells nothing about translation. */
const isRewritten = (
  clientIp: string | undefined,
  spec: ProbeSpec,
  context: ProbeContext,
): boolean => {
  const { podIps } = context.self;
  if (clientIp === undefined || podIps.length === 0 || !ipaddr.isValid(clientIp)) return false;
  if (ipaddr.process(spec.address).range() === "loopback") return false;
  const seen = ipaddr.process(clientIp).toString();
  return !podIps.some((ip) => ipaddr.isValid(ip) && ipaddr.process(ip).toString() === seen);
};

/** What the first line of a body states, when it is a JSON object. */
const statedIdentity = (
  body: Buffer,
): { readonly podUid: string | undefined; readonly clientIp: string | undefined } => {
  const end = body.indexOf("\n");
  try {
    const value: unknown = JSON.parse(body.toString("utf8", 0, end === -1 ? body.length : end));
    return { podUid: stringIn(value, "pod_uid"), clientIp: stringIn(value, "client_ip") };
  } catch {
    // Not JSON: a body of another program, which states nothing.
    return { podUid: undefined, clientIp: undefined };
  }
};

const stringIn = (value: unknown, key: string): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const field = (value as Readonly<Record<string, unknown>>)[key];
  return typeof field === "string" ? field.slice(0, 128) : undefined;
};

const outcomeAtTimeout = (progress: Progress): ProbeOutcome => {
  if (!progress.connected) return failure("timeout");
  return progress.bytesRead() === 0
    ? failure("hang", "connected, and no byte came")
    : failure("partial", `${progress.bytesRead()} bytes came, not the whole answer`);
};

const outcomeFromFailure = (error: Error, progress: Progress): ProbeOutcome => {
  const errno = errnoFromError(error);
  if (errno === "HPE_HEADER_OVERFLOW")
    return failure("body_mismatch", `the header is longer than ${httpHeaderBytesMax} bytes`);
  if (errno.startsWith("HPE_")) return failure("body_mismatch", "the answer is not HTTP");
  if (progress.connected && progress.bytesRead() > 0)
    return failure("partial", `the connection broke after ${progress.bytesRead()} bytes`);
  return outcomeFromError(error);
};
