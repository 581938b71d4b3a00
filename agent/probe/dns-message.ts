import { isIP } from "node:net";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";
import { dnsAddressesMax } from "../limits.js";

/** Record types that a look-up asks for. */
export type AddressType = "A" | "AAAA";

/** A question on the wire. */
export type DnsQuestion = {
  /** Absolute, without the last dot. */
  readonly name: string;
  readonly type: AddressType;
};

/** What a server said. */
export type DnsAnswer = {
  /** Response code, RFC 1035 4.1.1: 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly rcode: number;
  readonly truncated: boolean;
  /** Addresses of the asked type, in the order of the answer. */
  readonly addresses: readonly string[];
};

/** A query with recursion desired and no EDNS, as the C library sends it. */
export const encodeQuery = (id: number, question: DnsQuestion): Buffer =>
  encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: question.type, name: question.name }],
  });

/** Reads an answer to this very question; undefined for anything else, which an attacker or a bug may have sent. */
export const parseAnswer = (
  message: Buffer,
  expected: { readonly id: number; readonly question: DnsQuestion },
): DnsAnswer | undefined => {
  if (message.length < 12 || message.readUInt16BE(0) !== expected.id) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) === 0) return undefined;
  const header = { rcode: flags & 0x000f, truncated: (flags & 0x0200) !== 0 };
  // Some servers send nothing but the header with an error.
  if (message.readUInt16BE(4) === 0 && header.rcode !== 0) return { ...header, addresses: [] };
  try {
    if (!hasPlausibleCounts(message)) throw new RangeError("more records than bytes");
    const packet = decode(message);
    const asked = packet.questions?.[0];
    const { name, type } = expected.question;
    if (asked?.type !== type || asked.name.toLowerCase() !== name.toLowerCase()) return undefined;
    return { ...header, addresses: addressesFromAnswers(packet.answers ?? [], type) };
  } catch {
    // A truncated message may end inside a record; its header still stands.
    return header.truncated ? { ...header, addresses: [] } : undefined;
  }
};

/** A question takes 5 bytes and a record 11 at least; the decoder makes room for what the header claims. */
const hasPlausibleCounts = (message: Buffer): boolean => {
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  return 12 + message.readUInt16BE(4) * 5 + records * 11 <= message.length;
};

const addressesFromAnswers = (
  answers: readonly { readonly type: string; readonly data?: unknown }[],
  type: AddressType,
): string[] => {
  const addresses: string[] = [];
  for (const answer of answers) {
    if (answer.type !== type || typeof answer.data !== "string" || isIP(answer.data) === 0)
      continue;
    if (addresses.length < dnsAddressesMax) addresses.push(answer.data);
  }
  return addresses;
};
