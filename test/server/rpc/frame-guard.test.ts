import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { frameGuardBytesPerChunk, frameGuardFreeChunks } from "../../../server/limits.js";
import { type FrameGuardFraming, guardReadable } from "../../../server/rpc/frame-guard.js";

/** Pushes chunks through a guard; says how many passed before it stepped in. */
const passed = (framing: FrameGuardFraming, chunks: Iterable<Uint8Array>): number | "all" => {
  const readable = new Readable({ read: () => undefined, highWaterMark: 1 << 30 });
  let violations = 0;
  guardReadable(readable, { framing, onViolation: () => (violations += 1) });
  let count = 0;
  for (const chunk of chunks) {
    readable.push(chunk);
    if (violations > 0) break;
    count += 1;
  }
  if (violations > 0) readable.push(new Uint8Array(1));
  expect(violations).toBeLessThan(2);
  return violations === 0 ? "all" : count;
};

const chunks = (count: number, bytes: number): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(bytes));

/** A gRPC message of so many bytes, cut into pieces of so many. */
const message = (bytes: number, pieceBytes = Number.POSITIVE_INFINITY): Uint8Array[] => {
  const whole = Buffer.alloc(5 + bytes);
  whole.writeUInt32BE(bytes, 1);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < whole.length; at += pieceBytes)
    pieces.push(whole.subarray(at, at + pieceBytes));
  return pieces;
};

describe("guardReadable() over a whole body", () => {
  it("lets frameGuardFreeChunks pass whatever their size, and no more", () => {
    expect(passed("whole", chunks(frameGuardFreeChunks, 1))).toBe("all");
    expect(passed("whole", chunks(frameGuardFreeChunks + 1, 1))).toBe(frameGuardFreeChunks);
  });

  it("lets chunks of frameGuardBytesPerChunk pass without end", () => {
    expect(passed("whole", chunks(10_000, frameGuardBytesPerChunk))).toBe("all");
    expect(passed("whole", chunks(10_000, frameGuardBytesPerChunk / 2))).toBe(
      2 * frameGuardFreeChunks,
    );
  });
});

describe("guardReadable() over gRPC messages", () => {
  it("lets any number of small messages pass, whole, joined or cut in two", () => {
    const small = Array.from({ length: 10_000 }, () => message(3)).flat();
    expect(passed("grpc", small)).toBe("all");
    expect(passed("grpc", [Buffer.concat(small)])).toBe("all");
    const bytes = Buffer.concat(small.slice(0, 2_000));
    const odd = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
      bytes.subarray(at * 7, at * 7 + 7),
    );
    expect(passed("grpc", odd)).toBe("all");
    expect(passed("grpc", Array.from({ length: 5_000 }, () => message(0)).flat())).toBe("all");
  });

  it("lets a message byte by byte pass up to frameGuardFreeChunks, again and again", () => {
    const one = message(frameGuardFreeChunks - 5, 1);
    expect(passed("grpc", Array.from({ length: 100 }, () => one).flat())).toBe("all");
  });

  it("ends an unfinished message in more pieces than its bytes deserve", () => {
    expect(passed("grpc", message(1 << 20, 1))).toBe(frameGuardFreeChunks);
    expect(passed("grpc", message(1 << 20, frameGuardBytesPerChunk))).toBe("all");
    expect(passed("grpc", message(1 << 20, 16_384))).toBe("all");
  });

  it("counts an unfinished message from where it begins, behind others in one chunk", () => {
    const before = Buffer.concat([...message(10), ...message(0), Buffer.from([0, 0, 16])]);
    const rest = [Buffer.from([0, 0]), ...chunks(1_000, 1)];
    expect(passed("grpc", [before, ...rest])).toBe(frameGuardFreeChunks);
  });

  it("is not fooled by a length of 4 GiB", () => {
    const start = Buffer.from([0, 255, 255, 255, 255]);
    expect(passed("grpc", [start, ...chunks(1_000, 1)])).toBe(frameGuardFreeChunks);
  });
});

describe("guardReadable()", () => {
  it("does not start the stream flowing, and lets its end pass", async () => {
    const readable = new Readable({ read: () => undefined });
    guardReadable(readable, { framing: "whole", onViolation: () => undefined });
    readable.push(Buffer.from("abc"));
    expect(readable.readableFlowing).toBeNull();
    readable.push(null);
    const read: string[] = [];
    for await (const chunk of readable) read.push(String(chunk));
    expect(read).toEqual(["abc"]);
  });
});
