import type { ProbeSpec } from "../../common/probe.js";

/** How a host's responder is started. */
export type ResponderOptions = {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly podUid: string;
};

/** What a test asks the process of a host. */
export type HostQuestion =
  | { readonly kind: "hello" }
  | { readonly kind: "probe"; readonly spec: ProbeSpec }
  | { readonly kind: "unavailable" }
  | { readonly kind: "respond"; readonly options: ResponderOptions };

/** A question with its number. */
export type HostMessage = { readonly id: number; readonly question: HostQuestion };

/** The answer to it. */
export type HostAnswer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** How the process of a host is started. */
export type AgentOptions = {
  /** As root, or as nobody without any capability. */
  readonly user?: "root" | "nobody";
  /** The native engine unless net-ping is asked for. */
  readonly engine?: "native" | "net-ping";
  /** Of its random numbers; the system's when left out. */
  readonly seed?: number;
};
