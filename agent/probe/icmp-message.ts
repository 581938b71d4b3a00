import type { Outcome } from "../../common/probe.js";

/** Family of an ICMP socket. */
export type IcmpFamily = "ipv4" | "ipv6";

/** An ICMP message about an echo request. */
export type IcmpMessage = {
  readonly type: number;
  readonly code: number;
  /** Of the echo, or of the echo request that an error quotes. */
  readonly id: number;
  readonly sequence: number;
  readonly isError: boolean;
};

/**
 * Reads what a raw socket hands over: with the IP header for IPv4, without it for IPv6 (RFC 3542 3). Undefined for
 * requests, truncated packets and everything that is not about an echo request.
 */
export const parseIcmp = (family: IcmpFamily, packet: Buffer): IcmpMessage | undefined => {
  const start = family === "ipv4" ? ipv4HeaderBytes(packet, 0) : 0;
  if (start === undefined || packet.length < start + 8) return undefined;
  const type = packet.readUInt8(start);
  const code = packet.readUInt8(start + 1);
  if (type === (family === "ipv4" ? 0 : 129))
    return { type, code, ...echoAt(packet, start), isError: false };
  if (!isErrorType(family, type)) return undefined;
  const quoted = start + 8;
  const inner =
    family === "ipv4" ? ipv4HeaderBytes(packet, quoted) : ipv6HeaderBytes(packet, quoted);
  if (inner === undefined || packet.length < quoted + inner + 8) return undefined;
  if (packet.readUInt8(quoted + inner) !== (family === "ipv4" ? 8 : 128)) return undefined;
  return { type, code, ...echoAt(packet, quoted + inner), isError: true };
};

/** What an ICMP error says about the path: RFC 792, 1122 3.2.2.1, 1812 5.2.7.1 and RFC 4443 3. */
export const outcomeFromIcmpError = (
  family: IcmpFamily,
  message: Pick<IcmpMessage, "type" | "code">,
): Outcome =>
  (family === "ipv4" ? ipv4Outcome : ipv6Outcome)(message.type, message.code) ?? "host_unreachable";

const ipv4Outcome = (type: number, code: number): Outcome | undefined => {
  if (type === 11) return "ttl_exceeded";
  return type === 3 ? ipv4Unreachable[code] : undefined;
};

const ipv4Unreachable: Readonly<Record<number, Outcome>> = {
  0: "net_unreachable",
  2: "refused",
  3: "refused",
  4: "msg_too_big",
  6: "net_unreachable",
  9: "prohibited",
  10: "prohibited",
  11: "net_unreachable",
  13: "prohibited",
};

const ipv6Outcome = (type: number, code: number): Outcome | undefined => {
  if (type === 2) return "msg_too_big";
  if (type === 3) return "ttl_exceeded";
  return type === 1 ? ipv6Unreachable[code] : undefined;
};

const ipv6Unreachable: Readonly<Record<number, Outcome>> = {
  0: "net_unreachable",
  1: "prohibited",
  4: "refused",
  5: "prohibited",
  6: "prohibited",
};

const isErrorType = (family: IcmpFamily, type: number): boolean =>
  family === "ipv4" ? type === 3 || type === 11 : type >= 1 && type <= 3;

const echoAt = (packet: Buffer, offset: number): { id: number; sequence: number } => ({
  id: packet.readUInt16BE(offset + 4),
  sequence: packet.readUInt16BE(offset + 6),
});

const ipv4HeaderBytes = (packet: Buffer, offset: number): number | undefined => {
  if (packet.length < offset + 20 || packet.readUInt8(offset) >> 4 !== 4) return undefined;
  return (packet.readUInt8(offset) & 0x0f) * 4;
};

/** An echo request of ours has no extension headers. */
const ipv6HeaderBytes = (packet: Buffer, offset: number): number | undefined =>
  packet.length >= offset + 40 && packet.readUInt8(offset + 6) === 58 ? 40 : undefined;
