import { describe, expect, it } from "vitest";
import {
  createFineWallClock,
  encodeStampRequest,
  identityFromUid,
  identityTlvType,
  parseStampReply,
  reflectStamp,
  stampBaseBytes,
  stampPacketBytes,
} from "../../agent/stamp.js";
import { createSeededRandom } from "../../common/random.js";

const uid = "0f8b9c1e-5a77-4f7e-9d3a-2b1c00112233";
const request = encodeStampRequest({ sequence: 0, ssid: 0xbeef, sentUnixMs: 1_700_000_000_123.5 });
const reflect = (packet: Buffer): Buffer | undefined =>
  reflectStamp(packet, {
    receivedUnixMs: 1_700_000_000_200,
    sentUnixMs: () => 1_700_000_000_200.25,
    identity: identityFromUid(uid),
  });

// The bytes of RFC 8762 4.2.1 and 4.3.1 with RFC 8972's session id and TLV: what other programs rely on.
describe("the STAMP wire", () => {
  it("is this request", () => {
    expect(request.toString("hex")).toBe(
      [
        "00000000", // sequence number
        "6553f1000" + "75c75e0", // seconds and nanoseconds
        "4001", // error estimate: PTP format, multiplier 1
        "beef", // session id
        "00".repeat(28), // must be zero
        "80fa0010", // TLV: unrecognized, type 250, 16 bytes
        "00".repeat(16), // asked with zeros
      ].join(""),
    );
    expect(request).toHaveLength(stampPacketBytes);
    expect(identityTlvType).toBe(250);
  });

  it("is this reply", () => {
    expect(reflect(request)?.toString("hex")).toBe(
      [
        "00000000",
        "6553f1000bef9290", // sent by the reflector
        "4001",
        "beef",
        "6553f1000bebc200", // received by it
        "00000000", // the sender's sequence number, timestamp and error estimate
        "6553f100075c75e0",
        "4001",
        "0000",
        "00000000", // TTL unknown
        "00fa0010",
        uid.replaceAll("-", ""),
      ].join(""),
    );
  });
});

describe("reflectStamp()", () => {
  it("answers a request that the prober understands", () => {
    const reply = reflect(request);
    expect(reply && parseStampReply(reply)).toEqual({
      ssid: 0xbeef,
      senderSequence: 0,
      residenceMs: 0.25,
      identity: identityFromUid(uid),
    });
  });

  it("never makes a reply longer than its request, whatever comes", () => {
    const random = createSeededRandom(42);
    for (let round = 0; round < 2000; round++) {
      const packet = Buffer.from(
        Array.from({ length: Math.floor(random.next() * 200) }, () =>
          Math.floor(random.next() * 256),
        ),
      );
      const reply = reflect(packet);
      if (packet.length < stampBaseBytes) expect(reply).toBeUndefined();
      else expect(reply).toHaveLength(packet.length);
    }
  });

  it("flags TLVs that it does not know, and those that are malformed", () => {
    const withTlv = (...tlv: number[]): Buffer =>
      Buffer.concat([request.subarray(0, stampBaseBytes), Buffer.from(tlv)]);
    expect(reflect(withTlv(0, 9, 0, 1, 5))?.subarray(stampBaseBytes)).toEqual(
      Buffer.from([0x80, 9, 0, 1, 5]),
    );
    expect(reflect(withTlv(0x80, 1, 0, 1, 5))?.subarray(stampBaseBytes)).toEqual(
      Buffer.from([0, 1, 0, 1, 5]),
    );
    expect(reflect(withTlv(0x80, 250, 0, 99, 5))?.subarray(stampBaseBytes)).toEqual(
      Buffer.from([0x40, 250, 0, 99, 5]),
    );
    expect(reflect(withTlv(0x80, 250, 0, 1, 5))?.subarray(stampBaseBytes)).toEqual(
      Buffer.from([0x40, 250, 0, 1, 5]),
    );
  });

  it("finds the identity behind another TLV", () => {
    const padding = Buffer.from([0x80, 1, 0, 2, 0, 0]);
    const packet = Buffer.concat([
      request.subarray(0, stampBaseBytes),
      padding,
      request.subarray(stampBaseBytes),
    ]);
    expect(reflect(packet)?.subarray(-16)).toEqual(identityFromUid(uid));
  });

  it("answers a plain request of RFC 8762 too", () => {
    const plain = request.subarray(0, stampBaseBytes);
    expect(reflect(plain)).toHaveLength(stampBaseBytes);
  });
});

describe("identityFromUid()", () => {
  it("is a UUID's own bytes, a hash of anything else, and zeros for nothing", () => {
    expect(identityFromUid(uid).toString("hex")).toBe("0f8b9c1e5a774f7e9d3a2b1c00112233");
    expect(identityFromUid("")).toEqual(Buffer.alloc(16));
    expect(identityFromUid("demo-1")).toHaveLength(16);
    expect(identityFromUid("demo-1")).not.toEqual(identityFromUid("demo-2"));
  });
});

describe("createFineWallClock()", () => {
  it("is finer than the wall clock and follows its steps", () => {
    let nowMs = 1000.25;
    let wallMs = 5000;
    const read = createFineWallClock({
      nowMs: () => nowMs,
      wallMs: () => wallMs,
      sleep: () => Promise.resolve(),
    });
    expect(read()).toBe(5000);
    nowMs += 0.125;
    expect(read()).toBe(5000.125);
    wallMs += 60_000;
    expect(read()).toBe(65_000);
  });
});
