import { readFileSync } from "node:fs";

/** Round trips on the wire of echo requests to one address, in the order they left, in nanoseconds; undefined unanswered. */
export type WireTimes = ReadonlyMap<string, readonly (number | undefined)[]>;

const nanosecondMagic = 0xa1b23c4d;
const globalHeaderBytes = 24;
const recordHeaderBytes = 16;
const ethernetBytes = 14;

type Echo = {
  readonly isRequest: boolean;
  readonly source: string;
  readonly destination: string;
  readonly key: string;
};

/**
 * Reads a capture of ICMPv4 on Ethernet with nanoseconds (pcap, as `tcpdump --time-stamp-precision=nano -w` writes it on a
 * little-endian machine) and joins each reply to its request by address, id and sequence number.
 */
export const wireTimesOf = (path: string): WireTimes => {
  const bytes = readFileSync(path);
  if (bytes.readUInt32LE(0) !== nanosecondMagic) throw new Error(`${path} has no nanoseconds`);
  const times = new Map<string, (number | undefined)[]>();
  const open = new Map<string, { readonly sentNs: bigint; readonly index: number }>();
  let at = globalHeaderBytes;
  while (at + recordHeaderBytes <= bytes.length) {
    const stampNs =
      BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4));
    const length = bytes.readUInt32LE(at + 8);
    at += recordHeaderBytes;
    if (at + length > bytes.length) break;
    const echo = echoOf(bytes.subarray(at + ethernetBytes, at + length));
    at += length;
    if (echo === undefined) continue;
    if (echo.isRequest) {
      const list = times.get(echo.destination) ?? [];
      times.set(echo.destination, list);
      open.set(`${echo.destination} ${echo.key}`, { sentNs: stampNs, index: list.length });
      list.push(undefined);
      continue;
    }
    const request = open.get(`${echo.source} ${echo.key}`);
    const list = times.get(echo.source);
    if (request === undefined || list === undefined || list[request.index] !== undefined) continue;
    list[request.index] = Number(stampNs - request.sentNs);
  }
  return times;
};

const echoOf = (packet: Buffer): Echo | undefined => {
  if (packet.length < 28 || packet.readUInt8(9) !== 1) return undefined;
  const start = (packet.readUInt8(0) & 0x0f) * 4;
  if (packet.length < start + 8) return undefined;
  const type = packet.readUInt8(start);
  if (type !== 0 && type !== 8) return undefined;
  return {
    isRequest: type === 8,
    source: packet.subarray(12, 16).join("."),
    destination: packet.subarray(16, 20).join("."),
    key: `${packet.readUInt16BE(start + 4)} ${packet.readUInt16BE(start + 6)}`,
  };
};
