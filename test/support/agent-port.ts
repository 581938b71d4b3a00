import { type CredentialPaths, readLinkCredentials } from "../../agent/rpc/credentials.js";
import { defaultPings, Link, type LinkEvent } from "../../agent/rpc/link.js";
import type { AgentMessage, ServerMessage } from "../../common/agent-stream.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { type AgentListener, createAgentListener } from "../../server/rpc/agent-listener.js";
import type { ListenerCount, StreamInput } from "../../server/rpc/agent-streams.js";
import { createAuthenticator } from "../../server/rpc/authenticator.js";
import { waitFor } from "./wait.js";

type ListenerOptions = Parameters<typeof createAgentListener>[0];

type InputOf<Kind extends StreamInput["kind"]> = Extract<StreamInput, { kind: Kind }>;

/** An agent port on a free loopback port that keeps what happens on it. */
export type TestPort = {
  readonly listener: AgentListener;
  readonly inputs: readonly StreamInput[];
  readonly counts: readonly ListenerCount[];
  /** The input of this kind at this place; waits for it. */
  next<Kind extends StreamInput["kind"]>(kind: Kind, at?: number): Promise<InputOf<Kind>>;
};

/** Opens one; close it with `listener.close`. */
export const openAgentPort = async (options: Partial<ListenerOptions> = {}): Promise<TestPort> => {
  const inputs: StreamInput[] = [];
  const counts: ListenerCount[] = [];
  const listener = await createAgentListener({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    authenticator: createAuthenticator([]),
    queryPort: 8080,
    clock: systemClock,
    logger: silentLogger,
    onInput: (input) => inputs.push(input),
    onCount: (count) => counts.push(count),
    ...options,
  });
  return {
    listener,
    inputs,
    counts,
    next: <Kind extends StreamInput["kind"]>(kind: Kind, at = 0) =>
      waitFor(`"${kind}" number ${at}`, () => {
        const found = inputs.filter((input) => input.kind === kind)[at];
        return found as InputOf<Kind> | undefined;
      }),
  };
};

/** A link to a port, that keeps what happens on it. */
export type TestLink = {
  readonly link: Link;
  readonly events: readonly LinkEvent[];
  /** The next message of the server that no call returned yet. */
  message(): Promise<ServerMessage>;
  closed(): Promise<Extract<LinkEvent, { kind: "closed" }>>;
  send(message: AgentMessage): void;
};

type TestLinkOptions = {
  readonly host?: string;
  readonly pings?: { readonly everyMs: number; readonly msMax: number };
};

/** Makes one, not yet open; dispose it with `link.dispose`. */
export const createTestLink = (
  port: number,
  paths: Partial<CredentialPaths> = {},
  { host = "127.0.0.1", pings = defaultPings }: TestLinkOptions = {},
): TestLink => {
  const events: LinkEvent[] = [];
  const full = {
    tls: false,
    ca: undefined,
    tlsCert: undefined,
    tlsKey: undefined,
    tokenFile: undefined,
    ...paths,
  };
  const link = new Link({
    serverUrl: { host, port, tls: full.tls },
    useProxy: false,
    credentials: () => readLinkCredentials(full),
    onEvent: (event) => events.push(event),
    pings,
  });
  let taken = 0;
  return {
    link,
    events,
    message: async () => {
      const at = taken;
      taken += 1;
      const event = await waitFor(`message ${at} of the server`, () => {
        const closed = events.find((event) => event.kind === "closed");
        const found = events.filter((event) => event.kind === "received")[at];
        if (found === undefined && closed !== undefined) {
          throw new Error(`the stream ended: ${JSON.stringify(closed)}`);
        }
        return found;
      });
      if (event.decoded.kind !== "message") throw new Error(JSON.stringify(event.decoded));
      return event.decoded.message;
    },
    closed: () =>
      waitFor("the end of the stream", () => events.find((event) => event.kind === "closed")),
    send: (message) => link.send(message),
  };
};
