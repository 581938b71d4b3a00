import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { ProbeOutcome } from "../../common/probe.js";
import { runAttempt } from "./attempt.js";
import { type DnsAnswer, type DnsQuestion, encodeQuery, parseAnswer } from "./dns-message.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure } from "./outcome.js";
import type { ProbeContext } from "./probe.js";
import type { DnsServer } from "./resolver-config.js";

/** How asking one server one question ended. */
export type DnsReply =
  | {
      readonly kind: "answer";
      readonly answer: DnsAnswer;
      readonly sentMs: number;
      readonly receivedMs: number;
    }
  | { readonly kind: "failed"; readonly result: ProbeOutcome };

/** One question to one server. */
export type DnsQuery = {
  readonly server: DnsServer;
  readonly question: DnsQuestion;
  readonly timeoutMs: number;
};

/**
 * Asks over UDP from a fresh port, and over TCP when the answer was truncated; both within the query's timeout. An answer
 * that is still truncated, or does not come, is "dns_truncated".
 */
export const exchangeDns = async (query: DnsQuery, context: ProbeContext): Promise<DnsReply> => {
  const reply = await exchangeUdp(query, context);
  if (reply.kind === "failed" || !reply.answer.truncated) return reply;
  const tookMs = reply.receivedMs - reply.sentMs;
  const timeoutMs = isLateAnswer(reply, query) ? query.timeoutMs : query.timeoutMs - tookMs;
  if (timeoutMs < 1) return failed(failure("dns_truncated", "no time was left to ask over TCP"));
  const whole = await exchangeTcp({ ...query, timeoutMs: Math.floor(timeoutMs) }, context);
  if (whole.kind === "failed") return truncated(`TCP: ${reasonOf(whole.result)}`);
  if (whole.answer.truncated) return truncated("the answer over TCP was truncated too");
  return { ...whole, sentMs: reply.sentMs };
};

/** Whether an answer took longer than the query may: then this process was held, and its other steps lost that time too. */
export const isLateAnswer = (reply: DnsReply, query: Pick<DnsQuery, "timeoutMs">): boolean =>
  reply.kind === "answer" && reply.receivedMs - reply.sentMs > query.timeoutMs;

const exchangeUdp = (query: DnsQuery, context: ProbeContext): Promise<DnsReply> =>
  runAttempt<DnsReply>(limitsOf(query, context), (settle) => {
    const { server, question } = query;
    const id = Math.floor(context.random.next() * 0x10000);
    const message = encodeQuery(id, question);
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    let sentMs = context.clock.nowMs();
    const fail = (error: Error): void => settle(failed(outcomeFromError(error)));
    socket.on("error", fail);
    socket.on("message", (bytes) => {
      const receivedMs = context.clock.nowMs();
      const answer = parseAnswer(bytes, { id, question });
      if (answer !== undefined) settle({ kind: "answer", answer, sentMs, receivedMs });
    });
    // Connected, so that the kernel drops other sources and reports a closed port.
    socket.connect(server.port, server.address, (error?: Error) => {
      if (error !== undefined) return fail(error);
      sentMs = context.clock.nowMs();
      socket.send(message, (sendError) => {
        if (sendError !== null) fail(sendError);
      });
    });
    return () => socket.close();
  });

const exchangeTcp = (query: DnsQuery, context: ProbeContext): Promise<DnsReply> =>
  runAttempt<DnsReply>(limitsOf(query, context), (settle) => {
    const { server, question } = query;
    const id = Math.floor(context.random.next() * 0x10000);
    const message = encodeQuery(id, question);
    const sentMs = context.clock.nowMs();
    const socket = connect({ host: server.address, port: server.port, autoSelectFamily: false });
    let received = Buffer.alloc(0);
    socket.on("connect", () => {
      // RFC 1035 4.2.2: two bytes of length first.
      const frame = Buffer.alloc(2 + message.length);
      frame.writeUInt16BE(message.length, 0);
      message.copy(frame, 2);
      socket.write(frame);
    });
    socket.on("data", (chunk) => {
      // Bounded by the two length bytes: 65537 bytes and one chunk.
      received = Buffer.concat([received, chunk]);
      const wanted = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + received.readUInt16BE(0);
      if (received.length < wanted) return;
      const answer = parseAnswer(received.subarray(2, wanted), { id, question });
      if (answer === undefined) settle(failed(failure("dns_truncated", "not an answer")));
      else settle({ kind: "answer", answer, sentMs, receivedMs: context.clock.nowMs() });
    });
    socket.on("end", () => settle(failed(failure("dns_truncated", "closed before the answer"))));
    socket.on("error", (error) => settle(failed(outcomeFromError(error))));
    return () => {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    };
  });

const limitsOf = (query: DnsQuery, context: ProbeContext) => ({
  timeoutMs: query.timeoutMs,
  signal: context.signal,
  clock: context.clock,
  onTimeout: (): DnsReply => failed(failure("dns_timeout")),
  onFailure: failed,
});

const failed = (result: ProbeOutcome): DnsReply => ({ kind: "failed", result });

const truncated = (detail: string): DnsReply => failed(failure("dns_truncated", detail));

const reasonOf = (result: ProbeOutcome): string =>
  result.detail === "" ? result.outcome : result.detail;
