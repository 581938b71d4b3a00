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
