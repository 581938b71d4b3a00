import type { Readable } from "node:stream";
import { frameGuardBytesPerChunk, frameGuardFreeChunks } from "../limits.js";

/**
 * What is measured: "whole" takes the body as one message; "grpc" walks the 5-byte prefixes of gRPC, gRPC-Web and
 * Connect streams and measures each message alone, so that a long stream of small messages passes.
 */
export type FrameGuardFraming = "whole" | "grpc";

type FrameGuardOptions = {
  readonly framing: FrameGuardFraming;
  /** Called once, from within the push; must end the stream. */
  readonly onViolation: () => void;
};

/**
 * Ends bodies that come in absurdly small pieces: decoders keep a list of the pieces of an unfinished message, and some
 * walk it for every piece, so that 50 000 one-byte frames stop the event loop for seconds. Wraps `push`, because a "data"
 * listener would start the stream flowing. Call it before the stream is read.
 */
export const guardReadable = (
  readable: Readable,
  { framing, onViolation }: FrameGuardOptions,
): void => {
  const accept = framing === "whole" ? createWholeMeter() : createMessageMeter();
  const push = readable.push.bind(readable);
  let violated = false;
  readable.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (violated) return false;
    if (chunk instanceof Uint8Array && !accept(chunk)) {
      violated = true;
      onViolation();
      return false;
    }
    return push(chunk, encoding);
  };
};

/** Whether the next piece is still within the rule. */
type Meter = (chunk: Uint8Array) => boolean;

const isWithinRule = (chunks: number, bytes: number): boolean =>
  chunks <= frameGuardFreeChunks + bytes / frameGuardBytesPerChunk;

const createWholeMeter = (): Meter => {
  let chunks = 0;
  let bytes = 0;
  return (chunk) => {
    chunks += 1;
    bytes += chunk.byteLength;
    return isWithinRule(chunks, bytes);
  };
};

const prefixBytes = 5;

const createMessageMeter = (): Meter => {
  /** Bytes of the unfinished message that are here, its prefix included; 0 between messages. */
  let bytes = 0;
  let length = 0;
  let chunks = 0;

  /** Takes what belongs to the unfinished message; returns where the rest of the chunk starts. */
  const take = (chunk: Uint8Array, from: number): number => {
    let at = from;
    while (bytes < prefixBytes && at < chunk.byteLength) {
      length = bytes === 0 ? 0 : length * 256 + (chunk[at] ?? 0);
      bytes += 1;
      at += 1;
    }
    if (bytes < prefixBytes) return at;
    const taken = Math.min(prefixBytes + length - bytes, chunk.byteLength - at);
    bytes += taken;
    if (bytes === prefixBytes + length) {
      bytes = 0;
      chunks = 0;
    }
    return at + taken;
  };

  return (chunk) => {
    chunks += 1;
    for (let at = 0; at < chunk.byteLength; ) {
      at = take(chunk, at);
      if (bytes === 0 && at < chunk.byteLength) chunks = 1;
    }
    return bytes === 0 || isWithinRule(chunks, bytes);
  };
};
