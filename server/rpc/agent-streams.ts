import type { StatusCode } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import type { Clock } from "../../common/clock.js";
import type { Logger } from "../../common/logger.js";
import { streamChecksEveryMs } from "../limits.js";
import type { ControlInput, ControlOutput, StreamId } from "../session/protocol.js";
import {
  AgentCall,
  defaultStreamBounds,
  type StreamBounds,
  type StreamFault,
} from "./agent-call.js";
import type { ConnectionRefusal } from "./agent-front.js";
import type { BytesCall, FindStream } from "./agent-service.js";
import type { Authenticator, Credentials } from "./authenticator.js";
import { createBoundedAuthentication, type Decision } from "./bounded-authentication.js";
import { createPlanPusher } from "./plan-pusher.js";
import { encodeServerMessage } from "./wire.js";

/** What a stream tells the control plane. */
export type StreamInput = Extract<
  ControlInput,
  { readonly kind: "opened" | "message" | "closed" | "authenticated" }
>;

/** What the control plane wants done with streams. */
export type StreamOutput = Extract<
  ControlOutput,
  { readonly kind: "send" | "push_plan" | "close" | "reauthenticate" }
>;

/** What the agent port itself counts. */
export type ListenerCount =
  | { readonly name: "connections_refused"; readonly label: ConnectionRefusal }
  | { readonly name: "streams_refused"; readonly label: StatusCode }
  | { readonly name: "stream_faults"; readonly label: StreamFault };

/** What streams need. */
export type StreamOptions = {
  readonly find: FindStream;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onInput: (input: StreamInput) => void;
  readonly onCount: (count: ListenerCount) => void;
  /** The defaults are the named limits. */
  readonly bounds?: Partial<StreamBounds>;
};

type OpenStream = { readonly agentCall: AgentCall; readonly credentials: Credentials };

/** The open streams by their number: authenticates new ones, tells the control plane, does what it wants done. */
export class AgentStreams {
  readonly #options: StreamOptions;
  readonly #bounds: StreamBounds;
  readonly #open = new Map<StreamId, OpenStream>();
  readonly #authenticate: (credentials: Credentials) => Promise<Decision>;
  readonly #pusher = createPlanPusher((id, bytes) => this.#open.get(id)?.agentCall.sendPlan(bytes));
  readonly #checks: NodeJS.Timeout;
  #lastId: StreamId = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#bounds = { ...defaultStreamBounds, ...options.bounds };
    this.#authenticate = createBoundedAuthentication(options);
    this.#checks = setInterval(() => {
      for (const { agentCall } of this.#open.values()) agentCall.check();
    }, streamChecksEveryMs);
    this.#checks.unref();
  }

  /** How many are open and let in. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes a call of AgentService.Connect. */
  accept(call: BytesCall): void {
    const { find, clock, onInput } = this.#options;
    this.#lastId += 1;
    const id = this.#lastId;
    const stream = find(call);
    const credentials = credentialsOf(call, stream.session?.socket);
    const agentCall = new AgentCall({
      call,
      stream,
      clock,
      bounds: this.#bounds,
      onMessage: (message) => onInput({ kind: "message", stream: id, message, ...this.#times() }),
      onFault: (label, why) => this.#fault({ id, credentials, label, why }),
      onClosed: (end) => {
        if (this.#open.delete(id)) {
          onInput({ kind: "closed", stream: id, end, ...this.#times() });
        }
      },
    });
    void this.#admit(id, { agentCall, credentials });
  }

  /** Does what the control plane wants done; streams that are gone are passed over. */
  carryOut(output: StreamOutput): void {
    switch (output.kind) {
      case "send":
        this.#open.get(output.stream)?.agentCall.send(encodeServerMessage(output.message));
        break;
      case "push_plan":
        this.#pusher.push(output.streams, encodeServerMessage({ kind: "plan", plan: output.plan }));
        break;
      case "close":
        this.#open.get(output.stream)?.agentCall.finish(output);
        break;
      case "reauthenticate":
        void this.#reauthenticate(output.stream, output.token);
        break;
      default:
        assertNever(output);
    }
  }

  /** Forgets what waits; streams end with their connections. */
  stop(): void {
    clearInterval(this.#checks);
    this.#pusher.stop();
  }

  async #admit(id: StreamId, stream: OpenStream): Promise<void> {
    const { agentCall, credentials } = stream;
    const { logger, onInput, onCount } = this.#options;
    const answer = await this.#authenticate(credentials);
    if (agentCall.closed) return;
    if (answer.kind === "refused") {
      const { code, why } = answer;
      logger.warn({ remote: credentials.remote, code, why }, "stream refused");
      onCount({ name: "streams_refused", label: code });
      agentCall.finish({ code, message: why, retryAfterMs: undefined });
      return;
    }
    const { principal } = answer;
    this.#open.set(id, stream);
    const { remote } = credentials;
    onInput({ kind: "opened", stream: id, principal, remote, ...this.#times() });
    agentCall.start();
  }

  async #reauthenticate(id: StreamId, token: string): Promise<void> {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    const authorization = `Bearer ${token}`;
    const answer = await this.#authenticate({ ...stream.credentials, authorization });
    const known = answer.kind === "principal";
    this.#options.onInput({
      kind: "authenticated",
      stream: id,
      principal: known ? answer.principal : undefined,
      why: known ? "" : answer.why,
      ...this.#times(),
    });
  }

  #fault({
    id,
    credentials,
    label,
    why,
  }: {
    readonly id: StreamId;
    readonly credentials: Credentials;
    readonly label: StreamFault;
    readonly why: string;
  }): void {
    const { logger, onCount } = this.#options;
    logger.warn({ stream: id, remote: credentials.remote, reason: label, why }, "stream fault");
    onCount({ name: "stream_faults", label });
  }

  #times(): { readonly nowMs: number; readonly wallMs: number } {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  }
}

const credentialsOf = (call: BytesCall, socket: unknown): Credentials => {
  const authorization = call.metadata.get("authorization")[0];
  return {
    authorization: authorization?.toString(),
    certificate: call.getAuthContext().sslPeerCertificate,
    certificateProblem: certificateProblemOf(socket),
    remote: call.getPeer(),
  };
};

/** What TLS found wrong with a certificate that was shown. */
const certificateProblemOf = (socket: unknown): string | undefined => {
  if (typeof socket !== "object" || socket === null) return undefined;
  const problem: unknown = Reflect.get(socket, "authorizationError");
  return typeof problem === "string" && problem !== "UNABLE_TO_GET_ISSUER_CERT"
    ? problem
    : undefined;
};
