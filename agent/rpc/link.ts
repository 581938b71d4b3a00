import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type StatusObject,
} from "@grpc/grpc-js";
import { type AgentMessage, type StatusCode, statusCodes } from "../../common/agent-stream.js";
import { serverMessageBytesMax } from "../../common/limits.js";
import type { ServerUrl } from "../../common/server-url.js";
import { MalformedMessageError } from "../../common/wire-values.js";
import { AgentService } from "../../gen/causeway/v1/agent_pb.js";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/google/rpc/status_pb.js";
import { linkPingEveryMs, linkPingMsMax } from "../limits.js";
import type { LinkCredentials } from "./credentials.js";
import { type DecodedServerMessage, decodeServerMessage, encodeAgentMessage } from "./wire.js";

/** What happens on the link. */
export type LinkEvent =
  | { readonly kind: "received"; readonly decoded: DecodedServerMessage }
  /** The stream ended, or could not be opened. Exactly one for every open(). */
  | {
      readonly kind: "closed";
      readonly code: StatusCode;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  /** The transport's buffer is full. */
  | { readonly kind: "blocked" }
  /** It can take more. */
  | { readonly kind: "writable" };

type LinkOptions = {
  readonly serverUrl: ServerUrl;
  /** Reach the server through the proxy of the environment. */
  readonly useProxy: boolean;
  /** Read for every stream; throws when a file cannot be used now. */
  readonly credentials: () => LinkCredentials;
  readonly onEvent: (event: LinkEvent) => void;
  /** HTTP/2 pings; the defaults are the named limits. */
  readonly pings?: { readonly everyMs: number; readonly msMax: number };
};

type Attempt = {
  readonly client: Client;
  readonly call: ClientDuplexStream<Buffer, Buffer>;
  isBlocked: boolean;
};

/** The agent's stream to the server. Every stream has a connection of its own, so that nothing old clings to it. */
export class Link {
  readonly #options: LinkOptions;
  #attempt: Attempt | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Opens a stream. The former one must be closed. */
  open(): void {
    try {
      this.#attempt = this.#start(this.#options.credentials());
    } catch (error) {
      // A file that is missing now may be in the middle of being renewed.
      const message = `credentials cannot be read: ${(error as Error).message}`;
      setImmediate(() => this.#report({ code: "unavailable", message, retryAfterMs: undefined }));
    }
  }

  /** Sends a message on the open stream; without one it is dropped, and "closed" is on its way. */
  send(message: AgentMessage): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const more = attempt.call.write(encodeAgentMessage(message));
    if (more || attempt.isBlocked) return;
    attempt.isBlocked = true;
    this.#options.onEvent({ kind: "blocked" });
  }

  /** Half-closes after what was sent, or drops the stream. */
  close(graceful: boolean): void {
    const call = this.#attempt?.call;
    if (graceful) call?.end();
    else call?.cancel();
  }

  /** Drops the stream and its connection; no event follows. */
  dispose(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.call.cancel();
    attempt?.client.close();
  }

  #start({ channel, metadata }: LinkCredentials): Attempt {
    const { serverUrl, useProxy, pings = defaultPings } = this.#options;
    const client = new Client(targetOf(serverUrl), channel, {
      ...channelOptions,
      "grpc.enable_http_proxy": useProxy ? 1 : 0,
      "grpc.keepalive_time_ms": pings.everyMs,
      "grpc.keepalive_timeout_ms": pings.msMax,
    });
    const call = client.makeBidiStreamRequest(connectPath, asIs, asIs, metadata, {});
    const attempt: Attempt = { client, call, isBlocked: false };
    call.on("data", (bytes: Buffer) => this.#receive(attempt, bytes));
    call.on("drain", () => {
      attempt.isBlocked = false;
      if (this.#attempt === attempt) this.#options.onEvent({ kind: "writable" });
    });
    // "status" says the same and more.
    call.on("error", () => undefined);
    call.on("status", (status: StatusObject) => this.#ended(attempt, closedFromStatus(status)));
    return attempt;
  }

  #receive(attempt: Attempt, bytes: Buffer): void {
    if (this.#attempt !== attempt) return;
    let decoded: DecodedServerMessage;
    try {
      decoded = decodeServerMessage(bytes);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      attempt.call.cancel();
      const message = `the server sent a malformed message: ${error.message}`;
      this.#ended(attempt, { code: "internal", message, retryAfterMs: undefined });
      return;
    }
    this.#options.onEvent({ kind: "received", decoded });
  }

  #ended(attempt: Attempt, closed: Closed): void {
    attempt.client.close();
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#report(closed);
  }

  #report(closed: Closed): void {
    this.#options.onEvent({ kind: "closed", ...closed });
  }
}

type Closed = Omit<Extract<LinkEvent, { kind: "closed" }>, "kind">;

const connectPath = `/${AgentService.typeName}/${AgentService.method.connect.name}`;

const asIs = (bytes: Buffer): Buffer => bytes;

/** The named limits of the link's silence. */
export const defaultPings = { everyMs: linkPingEveryMs, msMax: linkPingMsMax } as const;

const channelOptions: ChannelOptions = {
  "grpc.enable_channelz": 0,
  // Retries keep every message of a call that never ends.
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.service_config_disable_resolution": 1,
  "grpc.max_receive_message_length": serverMessageBytesMax,
  "grpc.keepalive_permit_without_calls": 1,
};

const targetOf = ({ host, port }: ServerUrl): string =>
  host.includes(":") ? `dns:///[${host}]:${port}` : `dns:///${host}:${port}`;

const closedFromStatus = ({ code, details, metadata }: StatusObject): Closed => ({
  code: statusCodes[code] ?? "unknown",
  message: details,
  retryAfterMs: retryAfterOf(metadata.get("grpc-status-details-bin")[0]),
});

/** RetryInfo of google.rpc.Status; undefined when there is none that can be read. */
const retryAfterOf = (details: string | Buffer | undefined): number | undefined => {
  if (!Buffer.isBuffer(details)) return undefined;
  try {
    for (const detail of fromBinary(StatusSchema, details).details) {
      const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
      if (delay !== undefined) return Math.max(durationMs(delay), 0);
    }
  } catch {
    // Advice that cannot be read is no advice.
  }
  return undefined;
};
