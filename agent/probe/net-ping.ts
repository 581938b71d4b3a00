import type { EventEmitter } from "node:events";

/** The parts of net-ping 1.2.4 that are used; the package has no types. */
export type NetPing = {
  readonly NetworkProtocol: { readonly IPv4: number; readonly IPv6: number };
  readonly createSession: (options: {
    readonly networkProtocol: number;
    readonly packetSize: number;
    readonly retries: number;
    readonly sessionId: number;
    readonly timeout: number;
  }) => NetPingSession;
};

/** A request that waits for its answer. */
export type NetPingRequest = {
  readonly id: number;
  readonly target: string;
  /** Set by the packet that answers it. */
  type?: number;
  code?: number;
};

/** One raw socket. The methods that start with "on" and fromBuffer are net-ping's own, and are replaced. */
export type NetPingSession = EventEmitter & {
  /** Read by pingHost() for the request that it makes. */
  timeout: number;
  readonly sessionId: number;
  readonly reqs: Readonly<Record<number, NetPingRequest>>;
  fromBuffer: (buffer: Buffer) => NetPingRequest | undefined;
  onBeforeSocketSend: (request: NetPingRequest) => void;
  getSocket(): EventEmitter;
  pingHost(target: string, callback: (error: Error | null, target: string) => void): void;
  close(): void;
};

/** net-ping, or why it is not there. */
export type NetPingLoad =
  | { readonly available: true; readonly netPing: NetPing }
  | { readonly available: false; readonly reason: string };

/** Loads net-ping, which is optional: it needs a compiler when it is installed. */
export const loadNetPing = async (
  load: () => Promise<unknown> = () => import(packageName),
): Promise<NetPingLoad> => {
  try {
    const module = await load();
    const netPing = isNetPing(module) ? module : defaultOf(module);
    return isNetPing(netPing)
      ? { available: true, netPing }
      : { available: false, reason: "net-ping is not the version that is known here (1.2.4)" };
  } catch (error) {
    return { available: false, reason: reasonFromError(error) };
  }
};

// Not a literal: the compiler must not look for types of a package that may be missing.
const packageName: string = "net-ping";

const reasonFromError = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_DLOPEN_FAILED" && message.includes("NODE_MODULE_VERSION"))
    return `net-ping's raw-socket was built for another Node.js than ${process.version}: npm rebuild raw-socket`;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND")
    return `net-ping cannot be loaded: ${message.replace(/\s+/g, " ").slice(0, 160)}`;
  return message.includes("raw.node")
    ? "net-ping's raw-socket was not built: no compiler, or install scripts were off, when it was installed"
    : "net-ping is not installed: it is optional, and needs a compiler to install";
};

const defaultOf = (module: unknown): unknown =>
  typeof module === "object" && module !== null && "default" in module ? module.default : undefined;

const isNetPing = (value: unknown): value is NetPing =>
  typeof value === "object" &&
  value !== null &&
  "createSession" in value &&
  typeof value.createSession === "function" &&
  "NetworkProtocol" in value;
