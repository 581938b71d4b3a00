import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { Clock } from "../../common/clock.js";
import type { ProbeOutcome } from "../../common/probe.js";
import type { Random } from "../../common/random.js";
import { runAttempt } from "./attempt.js";
import { outcomeFromRawSocketError } from "./errno-outcome.js";
import {
  type IcmpFamily,
  type IcmpMessage,
  outcomeFromIcmpError,
  parseIcmp,
} from "./icmp-message.js";
import {
  loadNetPing,
  type NetPing,
  type NetPingLoad,
  type NetPingRequest,
  type NetPingSession,
} from "./net-ping.js";
import { failure, success } from "./outcome.js";
import type { ProbeFn } from "./probe.js";

/** The ICMP engine, or why there is none. */
export type IcmpEngine =
  | { readonly available: true; readonly probe: ProbeFn; readonly close: () => void }
  | { readonly available: false; readonly reason: string };

/** What the engine is made with. */
export type IcmpOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Loads net-ping; replaced where its absence is tried. */
  readonly load?: () => Promise<NetPingLoad>;
};

/** How much longer net-ping keeps a request than its probe waits: a stalled loop must still find it. */
const graceMs = 2000;

/** Header and 8 bytes of payload would do; 56 bytes of payload are what ping sends. */
const packetBytes = 64;

/**
 * ICMP echo through net-ping, one raw socket a family: needs CAP_NET_RAW. Around its faults: no retries (it times them
 * wrongly), random session ids (its own, the process id, is 1 in every container), our own clock (its has whole
 * milliseconds) and our own matching of answers, with source address, reason and IPv6 errors.
 */
export const createIcmpEngine = async (options: IcmpOptions): Promise<IcmpEngine> => {
  const loaded = await (options.load ?? loadNetPing)();
  if (!loaded.available) return loaded;
  const sessions = new Map<IcmpFamily, Session>();
  const opened = openSession(loaded.netPing, "ipv4", options);
  if (opened.kind === "failed") return { available: false, reason: opened.reason };
  sessions.set("ipv4", opened.session);
  return {
    available: true,
    probe: (spec, context) => {
      const family: IcmpFamily = isIPv6(spec.address) ? "ipv6" : "ipv4";
      const session = sessionOf(sessions, family, loaded.netPing, options);
      if (session.kind === "failed") return Promise.resolve(failure("not_run", session.reason));
      return runAttempt<ProbeOutcome>(
        {
          timeoutMs: spec.timeoutMs,
          signal: context.signal,
          clock: context.clock,
          onTimeout: () => failure("timeout"),
          onFailure: (failed) => failed,
        },
        (settle) => {
          session.session.ping(spec, settle);
          // net-ping has no way to take a request back; it forgets it after the grace.
          return () => undefined;
        },
      );
    },
    close: () => {
      for (const session of sessions.values()) session.close();
      sessions.clear();
    },
  };
};

type Session = {
  readonly ping: (
    target: { readonly address: string; readonly timeoutMs: number },
    settle: (outcome: ProbeOutcome) => void,
  ) => void;
  readonly isClosed: () => boolean;
  readonly close: () => void;
};

type Opened =
  | { readonly kind: "open"; readonly session: Session }
  | { readonly kind: "failed"; readonly reason: string };

const sessionOf = (
  sessions: Map<IcmpFamily, Session>,
  family: IcmpFamily,
  netPing: NetPing,
  options: IcmpOptions,
): Opened => {
  const existing = sessions.get(family);
  if (existing !== undefined && !existing.isClosed()) return { kind: "open", session: existing };
  const opened = openSession(netPing, family, options);
  if (opened.kind === "open") sessions.set(family, opened.session);
  return opened;
};

const openSession = (netPing: NetPing, family: IcmpFamily, options: IcmpOptions): Opened => {
  try {
    const raw = netPing.createSession({
      networkProtocol: netPing.NetworkProtocol[family === "ipv4" ? "IPv4" : "IPv6"],
      packetSize: packetBytes,
      retries: 0,
      // 0 would make net-ping take the process id.
      sessionId: 1 + Math.floor(options.random.next() * 65_533),
      timeout: graceMs,
    });
    return { kind: "open", session: wrapSession(raw, family, options.clock) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: "failed",
      reason: /not permitted|denied/i.test(reason)
        ? `raw sockets need CAP_NET_RAW: ${reason}`
        : `no raw ${family} socket: ${reason}`,
    };
  }
};

/** The packet that is being handed to a request's callback; net-ping calls it at once. */
type Answered = {
  readonly message: IcmpMessage;
  readonly source: string;
  readonly sentMs: number | undefined;
};

const wrapSession = (raw: NetPingSession, family: IcmpFamily, clock: Clock): Session => {
  let closed = false;
  let source = "";
  let answered: Answered | undefined;
  const sentMs = new WeakMap<NetPingRequest, number>();
  raw.on("close", () => {
    closed = true;
  });
  // net-ping closes the socket itself, and the next probe opens a new one.
  raw.on("error", () => undefined);
  // Runs before net-ping's own listener, which does not look at the source.
  raw.getSocket().prependListener("message", (_packet: Buffer, from: string) => {
    source = from;
  });
  raw.fromBuffer = (packet) => {
    const message = parseIcmp(family, packet);
    if (message === undefined || message.id !== raw.sessionId) return undefined;
    const request = raw.reqs[message.sequence];
    // An error comes from anywhere on the path, an answer only from the target.
    if (request === undefined || !(message.isError || isSameAddress(source, request.target)))
      return undefined;
    request.type = message.type;
    request.code = message.code;
    answered = { message, source, sentMs: sentMs.get(request) };
    return request;
  };
  // Instead of net-ping's, which only sets the TTL (and for IPv6 another option by mistake).
  raw.onBeforeSocketSend = (request) => {
    sentMs.set(request, clock.nowMs());
  };
  return {
    ping: (target, settle) => {
      raw.timeout = target.timeoutMs + graceMs;
      raw.pingHost(target.address, (error) => {
        const receivedMs = clock.nowMs();
        const answer = answered;
        answered = undefined;
        if (answer === undefined) settle(outcomeFromSilence(error));
        else if (answer.message.isError) settle(outcomeFromAnswer(answer, family));
        else {
          const { timeoutMs } = target;
          settle(success({ sentMs: answer.sentMs ?? receivedMs, receivedMs, timeoutMs }));
        }
      });
    },
    isClosed: () => closed,
    close: () => {
      if (!closed) raw.close();
    },
  };
};

/** A callback without a packet: the system refused to send, or the session was closed. */
const outcomeFromSilence = (error: Error | null): ProbeOutcome =>
  error === null ? failure("not_run", "net-ping gave no reason") : outcomeFromRawSocketError(error);

/** An ICMP error is rate limited on the way, so its absence says nothing; its presence names the reason of the loss. */
const outcomeFromAnswer = (answer: Answered, family: IcmpFamily): ProbeOutcome => {
  const { type, code } = answer.message;
  return failure(
    outcomeFromIcmpError(family, answer.message),
    `ICMP type ${type} code ${code} from ${answer.source}`,
  );
};

const isSameAddress = (a: string, b: string): boolean =>
  ipaddr.isValid(a) &&
  ipaddr.isValid(b) &&
  ipaddr.parse(a).toString() === ipaddr.parse(b).toString();
