import { constants, type ServerHttp2Stream } from "node:http2";
import type { AgentMessage } from "../../common/agent-stream.js";
import type { Clock } from "../../common/clock.js";
import { MalformedMessageError } from "../../common/wire-values.js";
import {
  outboxMessagesMax,
  slowReaderMsMax,
  streamBytesPerToken,
  streamCloseMsMax,
  streamMessagesBurstMax,
  streamMessagesPerSecondMax,
} from "../limits.js";
import type { StreamEnd } from "../session/protocol.js";
import type { BytesCall } from "./agent-service.js";
import { guardReadable } from "./frame-guard.js";
import { grpcStatus, type StreamStatus } from "./grpc-status.js";
import { decodeAgentMessage } from "./wire.js";

/** Why the adapter itself ended a stream: label of a counter. */
export type StreamFault = "malformed" | "tiny_frames" | "slow_reader" | "outbox_full";

/** Bounds of a stream; the defaults are the named limits. */
export type StreamBounds = {
  readonly messagesPerSecondMax: number;
  readonly messagesBurstMax: number;
  readonly outboxMessagesMax: number;
  readonly slowReaderMsMax: number;
  readonly closeMsMax: number;
};

type AgentCallOptions = {
  readonly call: BytesCall;
  readonly stream: ServerHttp2Stream;
  readonly clock: Clock;
  readonly bounds: StreamBounds;
  readonly onMessage: (message: AgentMessage) => void;
  readonly onFault: (fault: StreamFault, why: string) => void;
  /** Called once, last. */
  readonly onClosed: (end: StreamEnd) => void;
};

/** The named limits of one stream. */
export const defaultStreamBounds: StreamBounds = {
  messagesPerSecondMax: streamMessagesPerSecondMax,
  messagesBurstMax: streamMessagesBurstMax,
  outboxMessagesMax,
  slowReaderMsMax,
  closeMsMax: streamCloseMsMax,
};

/** Time for the reset to leave before its connection goes. */
const faultyConnectionMs = 100;

/** One agent's stream: bytes to messages and back, within bounds both ways. Nothing is read before `start`. */
export class AgentCall {
  readonly #options: AgentCallOptions;
  /** Kept, because a stream forgets its session when it ends. */
  readonly #session: ServerHttp2Stream["session"];
  #end: StreamEnd | undefined;
  #tokens: number;
  #tokensAtMs: number;
  #pause: NodeJS.Timeout | undefined;
  /** Since when the oldest unwritten message waits; undefined when none does. */
  #waitingSinceMs: number | undefined;
  #pendingPlan: Buffer | undefined;
  #ending = false;

  constructor(options: AgentCallOptions) {
    this.#options = options;
    this.#tokens = options.bounds.messagesBurstMax;
    this.#tokensAtMs = options.clock.nowMs();
    const { call, stream } = options;
    this.#session = stream.session;
    guardReadable(stream, {
      framing: "grpc",
      onViolation: () => this.#fault("tiny_frames", "messages come in absurdly small frames"),
    });
    call.on("close", () => this.#closed());
  }

  /** Whether the stream is gone. */
  get closed(): boolean {
    return this.#options.call.destroyed;
  }

  /** Begins to read. */
  start(): void {
    const { call } = this.#options;
    call.on("data", (bytes: Buffer) => this.#receive(bytes));
    call.on("end", () => {
      // A dead peer looks like a half-close for a moment ("end" comes before "cancelled"): look again a turn later.
      setImmediate(() => this.#halfClosed());
    });
  }

  /** Writes a message. An agent that lets too many wait is disconnected. */
  send(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    const { call, bounds, clock } = this.#options;
    if (call.writableLength >= bounds.outboxMessagesMax) {
      this.#fault("outbox_full", `${call.writableLength} messages wait to be read`);
      return;
    }
    this.#waitingSinceMs ??= clock.nowMs();
    call.write(bytes, () => this.#written());
  }

  /** Writes a plan once everything before it was read; a newer one replaces one that still waits. */
  sendPlan(bytes: Buffer): void {
    if (this.#options.call.writableLength === 0) this.send(bytes);
    else this.#pendingPlan = bytes;
  }

  /** Ends the stream with a status, after what was sent. */
  finish(status: StreamStatus): void {
    if (this.#end !== undefined) return;
    this.#end = "closed_by_server";
    const { call } = this.#options;
    const { code, details, metadata } = grpcStatus(status);
    if (code === 0) call.end(metadata);
    else call.emit("error", { code, details, metadata });
    this.#endSoon();
  }

  /** Disconnects a reader that takes nothing. To be called about once a second. */
  check(): void {
    const { clock, bounds } = this.#options;
    if (this.#end !== undefined || this.#waitingSinceMs === undefined) return;
    const waitedMs = clock.nowMs() - this.#waitingSinceMs;
    if (waitedMs > bounds.slowReaderMsMax) {
      this.#fault("slow_reader", `nothing was read for ${Math.round(waitedMs)} ms`);
    }
  }

  #receive(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    this.#pay(1 + bytes.length / streamBytesPerToken);
    let message: AgentMessage;
    try {
      message = decodeAgentMessage(bytes);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#options.onFault("malformed", error.message);
      this.finish({ code: "invalid_argument", message: error.message, retryAfterMs: undefined });
      return;
    }
    this.#options.onMessage(message);
  }

  /** A stream beyond its rate is read more slowly: HTTP/2 then holds its sender back. */
  #pay(tokens: number): void {
    const { call, clock, bounds } = this.#options;
    const nowMs = clock.nowMs();
    const earned = ((nowMs - this.#tokensAtMs) * bounds.messagesPerSecondMax) / 1000;
    this.#tokens = Math.min(this.#tokens + earned, bounds.messagesBurstMax) - tokens;
    this.#tokensAtMs = nowMs;
    if (this.#tokens >= 0 || this.#pause !== undefined) return;
    call.pause();
    const waitMs = Math.ceil((1000 * -this.#tokens) / bounds.messagesPerSecondMax);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      call.resume();
    }, waitMs);
  }

  #written(): void {
    const { call, clock } = this.#options;
    const waits = call.writableLength > 0;
    this.#waitingSinceMs = waits ? clock.nowMs() : undefined;
    const plan = this.#pendingPlan;
    if (waits || plan === undefined) return;
    this.#pendingPlan = undefined;
    this.send(plan);
  }

  /** Ends a stream on which no status would arrive: its writes are dropped. */
  #fault(fault: StreamFault, why: string): void {
    if (this.#end !== undefined) return;
    this.#end = "closed_by_server";
    this.#options.onFault(fault, why);
    this.#options.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // An agent has one stream a connection; what else comes on this one is more of the same.
    setTimeout(() => this.#session?.destroy(), faultyConnectionMs).unref();
  }

  #halfClosed(): void {
    const { call, stream } = this.#options;
    if (this.#end !== undefined || call.destroyed || stream.closed || stream.destroyed) return;
    this.#end = "ended";
    call.end();
    this.#endSoon();
  }

  /** A peer that does not take its status, or does not end its side, is not waited for. */
  #endSoon(): void {
    const { call, stream, bounds } = this.#options;
    if (this.#ending || stream.destroyed) return;
    this.#ending = true;
    const timer = setTimeout(() => {
      if (stream.closed || stream.destroyed) return;
      stream.close(call.destroyed ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    }, bounds.closeMsMax);
    timer.unref();
    stream.once("close", () => clearTimeout(timer));
  }

  #closed(): void {
    clearTimeout(this.#pause);
    this.#pendingPlan = undefined;
    this.#end ??= this.#endFromPeer();
    // grpc-js may have ended the call itself: then too the peer has to end its side.
    this.#endSoon();
    this.#options.onClosed(this.#end);
  }

  /** "cancelled" when the peer gave up this stream, "reset" when its connection is gone. */
  #endFromPeer(): StreamEnd {
    return this.#session === undefined || this.#session.destroyed ? "reset" : "cancelled";
  }
}
