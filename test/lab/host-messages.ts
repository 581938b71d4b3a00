import type { ProbeSpec } from "../../common/probe.js";

/** How a host's responder is started. */
export type ResponderOptions = {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly podUid: string;
};

/**
 * What a TCP server does that doesn't serve: it accepts and says nothing ("hang"), ends each connection with RST when it was
 * asked ("reset"), or stops within its answer ("half").
 */
export type BadServerOptions = {
  readonly address: string;
  readonly port: number;
  readonly manner: "hang" | "reset" | "half";
  /** Connections that wait to be accepted; those beyond one more get no answer. */
  readonly backlog: number;
};

/** What a test asks the process of a host. */
export type HostQuestion =
  | { readonly kind: "hello" }
  /** `podIps` are the addresses that the prober takes for its own. */
  | { readonly kind: "probe"; readonly spec: ProbeSpec; readonly podIps?: readonly string[] }
  /** All in one turn of the event loop. */
  | { readonly kind: "probes"; readonly specs: readonly ProbeSpec[] }
  | { readonly kind: "unavailable" }
  | { readonly kind: "respond"; readonly options: ResponderOptions }
  | { readonly kind: "stop-responding" }
  | { readonly kind: "serve-badly"; readonly options: BadServerOptions };

/** Questions that one process is asked at once: more are a test's mistake. */
export const questionsMax = 1024;

/** A question with its number. */
export type HostMessage = { readonly id: number; readonly question: HostQuestion };

/** The answer to it. */
export type HostAnswer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** Whom the process of a host runs as: root, root with NET_RAW alone as in a pod, or nobody without any capability. */
export type HostUser = "root" | "pod" | "nobody";

/** How the process of a host is started. */
export type AgentOptions = {
  /** root when left out. */
  readonly user?: HostUser;
  /** The native engine unless net-ping is asked for. */
  readonly engine?: "native" | "net-ping";
  /** Of its random numbers; the system's when left out. */
  readonly seed?: number;
};
