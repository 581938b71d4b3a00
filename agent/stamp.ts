import { createHash } from "node:crypto";
import type { Clock } from "../common/clock.js";

/**
 * STAMP, unauthenticated: RFC 8762 4.2.1 and 4.3.1 with the session id and the TLVs of RFC 8972. Our one TLV asks the
 * reflector who it is. docs/responder.md describes the packets for programs that are not ours.
 */

/** Bytes of a packet without TLVs, both ways. */
export const stampBaseBytes = 44;

/** TLV type of the identity: from RFC 8972's range for experiments (240-251), where no draft has put anything yet. */
export const identityTlvType = 250;

/** Bytes of an identity. */
export const identityBytes = 16;

/** Bytes of our request and of its reply. */
export const stampPacketBytes = stampBaseBytes + 4 + identityBytes;

const tlvUnrecognized = 0x80;
const tlvMalformed = 0x40;
/** Clock in sync unknown (S=0), PTP timestamps (Z=1), scale 0, multiplier 1: RFC 4656 4.1.2 and RFC 8186. */
const errorEstimate = 0x4001;

/** Milliseconds since 1970 with the resolution of the monotonic clock; steps when the wall clock steps. */
export const createFineWallClock = (clock: Clock): (() => number) => {
  let offsetMs = Number.NaN;
  return () => {
    const nowMs = clock.nowMs();
    const wallMs = clock.wallMs();
    // The wall clock counts whole milliseconds; beyond two it has moved on its own.
    if (!(Math.abs(nowMs + offsetMs - wallMs) <= 2)) offsetMs = wallMs - nowMs;
    return nowMs + offsetMs;
  };
};

/** The 16 bytes that stand for a pod's UID: those of a UUID, else the first of its SHA-256; zeros when it is unknown. */
export const identityFromUid = (uid: string): Buffer => {
  if (uid === "") return Buffer.alloc(identityBytes);
  const hex = uid.replaceAll("-", "");
  if (/^[0-9a-fA-F]{32}$/.test(hex)) return Buffer.from(hex, "hex");
  return createHash("sha256").update(uid, "utf8").digest().subarray(0, identityBytes);
};

/** A sender's packet. */
export type StampRequest = {
  readonly sequence: number;
  /** Session id, 1-65535. */
  readonly ssid: number;
  readonly sentUnixMs: number;
};

/** Writes a request that asks for the identity with zeros, so that the reply is exactly as long. */
export const encodeStampRequest = (request: StampRequest): Buffer => {
  const packet = Buffer.alloc(stampPacketBytes);
  packet.writeUInt32BE(request.sequence, 0);
  writeTimestamp(packet, 4, request.sentUnixMs);
  packet.writeUInt16BE(errorEstimate, 12);
  packet.writeUInt16BE(request.ssid, 14);
  // A sender sets "unrecognized"; a reflector that knows the TLV clears it.
  packet.writeUInt8(tlvUnrecognized, stampBaseBytes);
  packet.writeUInt8(identityTlvType, stampBaseBytes + 1);
  packet.writeUInt16BE(identityBytes, stampBaseBytes + 2);
  return packet;
};

/** A reflector's packet. */
export type StampReply = {
  readonly ssid: number;
  /** Sequence number of the request. */
  readonly senderSequence: number;
  /** How long the reflector held the packet, by its own clock. May be negative when that stepped. */
  readonly residenceMs: number;
  /** What the reflector states; undefined when it does not know the TLV, zeros when it does not know its UID. */
  readonly identity: Buffer | undefined;
};

/** Reads a reply to a request of ours; undefined when it is none. */
export const parseStampReply = (packet: Buffer): StampReply | undefined => {
  // A reflector says when it received; a program that sends our request back has zeros there.
  if (packet.length !== stampPacketBytes || packet.readUInt32BE(16) === 0) return undefined;
  const flags = packet.readUInt8(stampBaseBytes);
  const known =
    packet.readUInt8(stampBaseBytes + 1) === identityTlvType &&
    packet.readUInt16BE(stampBaseBytes + 2) === identityBytes &&
    (flags & (tlvUnrecognized | tlvMalformed)) === 0;
  return {
    ssid: packet.readUInt16BE(14),
    senderSequence: packet.readUInt32BE(24),
    residenceMs: readTimestamp(packet, 4) - readTimestamp(packet, 16),
    identity: known ? packet.subarray(stampBaseBytes + 4) : undefined,
  };
};

/** What a reflector adds to a request. */
export type Reflection = {
  readonly receivedUnixMs: number;
  /** Read as late as possible. */
  readonly sentUnixMs: () => number;
  readonly identity: Buffer;
};

/** Makes a request's reply, exactly as long; undefined when the packet is too short to be a request. */
export const reflectStamp = (request: Buffer, reflection: Reflection): Buffer | undefined => {
  if (request.length < stampBaseBytes) return undefined;
  const reply = Buffer.alloc(request.length);
  // Stateless: the sender's sequence number is ours too.
  request.copy(reply, 0, 0, 4);
  reply.writeUInt16BE(errorEstimate, 12);
  request.copy(reply, 14, 14, 16);
  writeTimestamp(reply, 16, reflection.receivedUnixMs);
  // Sequence number, timestamp and error estimate of the sender. Its TTL is 0: Node cannot read it.
  request.copy(reply, 24, 0, 14);
  request.copy(reply, stampBaseBytes, stampBaseBytes);
  answerTlvs(reply, reflection.identity);
  writeTimestamp(reply, 4, reflection.sentUnixMs());
  return reply;
};

/** Sets the flags of every TLV in place (RFC 8972 4) and fills in ours; lengths never change. */
const answerTlvs = (reply: Buffer, identity: Buffer): void => {
  let at = stampBaseBytes;
  while (at + 4 <= reply.length) {
    const type = reply.readUInt8(at + 1);
    const length = reply.readUInt16BE(at + 2);
    const isOurs = type === identityTlvType;
    const fits = at + 4 + length <= reply.length;
    if (!fits || (isOurs && length !== identityBytes)) {
      reply.writeUInt8(tlvMalformed, at);
      return;
    }
    // Type 1 is padding, which needs no answer.
    reply.writeUInt8(isOurs || type === 1 ? 0 : tlvUnrecognized, at);
    if (isOurs) identity.copy(reply, at + 4);
    at += 4 + length;
  }
};

/** PTP format, RFC 8762 4.2.1: seconds and nanoseconds, here of UTC. */
const writeTimestamp = (packet: Buffer, offset: number, unixMs: number): void => {
  const seconds = Math.floor(unixMs / 1000);
  packet.writeUInt32BE(seconds >>> 0, offset);
  packet.writeUInt32BE(
    Math.min(Math.floor((unixMs - seconds * 1000) * 1e6), 999_999_999),
    offset + 4,
  );
};

const readTimestamp = (packet: Buffer, offset: number): number =>
  packet.readUInt32BE(offset) * 1000 + packet.readUInt32BE(offset + 4) / 1e6;
