import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Numbers of one event in the array that `poll` fills, by their place; see agent/native/src/addon.cc. */
export const eventField = {
  kind: 0,
  token: 1,
  /** -1 where it is not known. */
  rttNs: 2,
  /** 1 where the kernel stamped the request as it left. */
  isStamped: 3,
  /** Hop limit that the packet came with; -1 where unknown. */
  ttl: 4,
  icmpType: 5,
  icmpCode: 6,
  /** Next-hop MTU of "too big". */
  info: 7,
  errno: 8,
  hasOffender: 9,
} as const;

/** Numbers of one event. */
export const eventNumbers = 10;

/** Bytes of one event's offender: the address of who sent the ICMP error. */
export const offenderBytes = 16;

/** Kinds of event. */
export const eventKind = { reply: 1, error: 2, timeout: 3, duplicate: 4, late: 5 } as const;

/** One request as `send` reads it: the fields of EchoRequest in agent/native/src/echo_socket.h, little-endian. */
export const requestField = {
  address: 0,
  token: 16,
  timeoutMs: 20,
  scope: 24,
  bytes: 28,
  ttl: 30,
  mayFragment: 31,
} as const;

/** Bytes of one request. */
export const requestBytes = 32;

/** Counters of a socket, and how many requests are in flight. */
export type EchoStats = {
  readonly sent: number;
  readonly received: number;
  readonly sendErrors: number;
  readonly foreign: number;
  readonly duplicates: number;
  readonly late: number;
  readonly stamped: number;
  readonly stampResets: number;
  readonly inFlight: number;
  /** 1 for a raw socket, 0 for a datagram socket. */
  readonly raw: number;
};

/** ICMP echo of one family on one socket. Every method throws once it is closed. */
export type EchoSocket = {
  /** One record of `requestBytes` and one result a request: 0, or the errno of one that was not sent. */
  send(records: Uint8Array, results: Int32Array): void;
  /** Reads all that waits, then gives up what is due; how many events were written. Never blocks. */
  poll(numbers: Float64Array, offenders: Uint8Array): number;
  stats(): EchoStats;
  close(): void;
};

/** What the kernel knows of a TCP connection. */
export type TcpInfo = {
  /** Smoothed round-trip time; after one exchange that of the exchange. */
  readonly rttUs: number;
  readonly rttVariationUs: number;
  /** Segments that were sent again, the SYN among them. */
  readonly retransmits: number;
  readonly sendMss: number;
  readonly pathMtu: number;
};

/** What the addon exports. */
export type Addon = {
  /** Reads TCP_INFO of a descriptor; undefined where it is no TCP connection. */
  readonly tcpInfo: (fd: number) => TcpInfo | undefined;
  readonly EchoSocket: new (options: {
    readonly ipv6: boolean;
    /** Requests in flight at most: a power of two from 16 to 65536. */
    readonly capacity: number;
    readonly rawOnly: boolean;
  }) => EchoSocket;
};

/** The addon, or why it is not there. */
export type AddonLoad =
  | { readonly available: true; readonly addon: Addon }
  | { readonly available: false; readonly reason: string };

/** Loads the addon from where the install built it; `path` is replaced where its absence is tried. Never throws. */
export const loadAddon = (path: string | undefined = addonPath()): AddonLoad => {
  if (process.platform !== "linux")
    return {
      available: false,
      reason: `the native engine is for Linux, this is ${process.platform}`,
    };
  if (path === undefined)
    return {
      available: false,
      reason:
        "the native engine was not built: no C++ compiler, or install scripts were off, when it was installed; npm run build:native says more",
    };
  try {
    const found: unknown = createRequire(import.meta.url)(path);
    return isAddon(found)
      ? { available: true, addon: found }
      : { available: false, reason: `${path} is not the native engine` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      available: false,
      reason: `the native engine cannot be loaded: ${message.replace(/\s+/g, " ").slice(0, 160)}`,
    };
  }
};

/**
 * Where scripts/build-native.mjs puts the addon, and undefined where it is not: the sources lie two folders below the root,
 * the build three.
 */
export const addonPath = (): string | undefined =>
  ["../../", "../../../"]
    .map((up) => new URL(`${up}build/native/${binaryName()}`, import.meta.url))
    .map((url) => fileURLToPath(url))
    .find((path) => existsSync(path));

const binaryName = (): string => `causeway-${process.platform}-${process.arch}.node`;

const isAddon = (value: unknown): value is Addon =>
  typeof value === "object" &&
  value !== null &&
  "EchoSocket" in value &&
  typeof value.EchoSocket === "function" &&
  "tcpInfo" in value &&
  typeof value.tcpInfo === "function";
