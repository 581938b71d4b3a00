import type {
  AgentMessage,
  Durability,
  Plan,
  Plane,
  RunOutcome,
  ServerMessage,
  Settings,
  StatusCode,
} from "../../common/agent-stream.js";
import type { LogFields, LogLevel } from "../../common/logger.js";
import type { ProbeSpec } from "../../common/probe.js";
import type { IngestInput } from "../ingest/protocol.js";

/** Names one open stream within this process; never reused. */
export type StreamId = number;

/** Who a credential belongs to, as the authenticator found. */
export type Principal = {
  /** How it was shown. */
  readonly method: "none" | "token" | "certificate";
  /** For logs: a subject or a user; never a secret. */
  readonly name: string;
  /** The only node that this credential may speak for; undefined when it names none. */
  readonly node: string | undefined;
  /** When it ends, milliseconds since 1970; undefined when it does not. */
  readonly expiresUnixMs: number | undefined;
};

/** Why a stream ended, as the adapter saw it. A clean half-close is not a goodbye: dead peers look the same. */
export type StreamEnd = "cancelled" | "ended" | "reset" | "closed_by_server";

/** What happens to the control plane. Times: nowMs is monotonic, wallMs is since 1970. */
export type ControlInput =
  /** Time passed; at least four times a second. loopDelayMs: the largest event-loop delay since the last tick. */
  | {
      readonly kind: "tick";
      readonly nowMs: number;
      readonly wallMs: number;
      readonly loopDelayMs: number;
      /** Share of the time since the last tick that the event loop was busy, 0 to 1; left out where nobody measures it. */
      readonly loopUtilization?: number;
      /** Memory that the process holds; left out where nobody measures it. */
      readonly rssBytes?: number;
    }
  | {
      readonly kind: "opened";
      readonly stream: StreamId;
      readonly principal: Principal;
      /** Remote address, for logs. */
      readonly remote: string;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "message";
      readonly stream: StreamId;
      readonly message: AgentMessage;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "closed";
      readonly stream: StreamId;
      readonly end: StreamEnd;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  /** Results up to seq of that boot are in the log; send Ack when the agent is connected with this boot. */
  | {
      readonly kind: "acked";
      readonly agentId: string;
      readonly bootId: string;
      readonly seq: number;
      readonly nowMs: number;
    }
  /** What may be in flight per agent from now on (load shedding); sent as Window where it differs. */
  | {
      readonly kind: "credit";
      readonly batches: number;
      readonly bytes: number;
      readonly nowMs: number;
    }
  /** The ingest refused a message of this agent: close its stream. */
  | {
      readonly kind: "rejected";
      readonly agentId: string;
      readonly code: StatusCode;
      readonly why: string;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  | {
      readonly kind: "run";
      readonly requestId: string;
      readonly agentId: string;
      readonly probes: readonly ProbeSpec[];
      /** When to give up, on the monotonic clock. */
      readonly deadlineMs: number;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  /** Nobody waits any more: no "run_finished" follows. */
  | { readonly kind: "cancel_run"; readonly requestId: string; readonly nowMs: number }
  /** Result of a "reauthenticate" output. */
  | {
      readonly kind: "authenticated";
      readonly stream: StreamId;
      readonly principal: Principal | undefined;
      readonly why: string;
      readonly nowMs: number;
      readonly wallMs: number;
    }
  /** Begin to send everybody away. */
  | { readonly kind: "drain"; readonly reason: string; readonly nowMs: number };

/** What the control plane wants done. Outputs are to be carried out in order. */
export type ControlOutput =
  | { readonly kind: "send"; readonly stream: StreamId; readonly message: ServerMessage }
  /** The same plan to many streams: encode once, write in slices. */
  | { readonly kind: "push_plan"; readonly streams: readonly StreamId[]; readonly plan: Plan }
  | {
      readonly kind: "close";
      readonly stream: StreamId;
      readonly code: StatusCode;
      readonly message: string;
      /** Tells the agent when to come back (RetryInfo). */
      readonly retryAfterMs: number | undefined;
    }
  /** For the ingest. A session precedes its Welcome. */
  | Extract<IngestInput, { readonly kind: "session" | "results" | "gap" }>
  | { readonly kind: "reauthenticate"; readonly stream: StreamId; readonly token: string }
  | {
      readonly kind: "run_finished";
      readonly requestId: string;
      readonly result:
        | { readonly kind: "outcome"; readonly outcome: RunOutcome }
        | { readonly kind: "failed"; readonly code: StatusCode; readonly message: string };
    }
  /** An agent came, changed its state, or was forgotten: watchers may look again. */
  | { readonly kind: "agent_changed"; readonly agentId: string }
  /** How much the server has to do changed: it is ready unless it is overloaded. It is normal at first. */
  | { readonly kind: "load_changed"; readonly load: LoadState }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly fields: LogFields;
      readonly message: string;
    }
  /** Adds to a counter of server/http/metrics.ts. */
  | {
      readonly kind: "count";
      readonly name: ControlCounter;
      readonly label: string;
      readonly by: number;
    };

/** Counters that the control plane feeds; label is the reason. */
export type ControlCounter =
  | "sessions_opened"
  | "sessions_closed"
  | "sessions_refused"
  | "plans_pushed"
  | "plans_nacked"
  | "messages_unsupported";

/** How much the server has to do: busy and overloaded ones admit fewer new sessions; see docs/protocol.md. */
export type LoadState = "normal" | "busy" | "overloaded";

/** Where an agent stands. */
export type AgentState = "up" | "suspect" | "lost";

/** An agent as queries see it. */
export type AgentView = {
  readonly agentId: string;
  readonly bootId: string;
  readonly node: string;
  readonly plane: Plane;
  readonly zone: string;
  readonly state: AgentState;
  /** Machine-readable: connected, stream_broken, frames_missing, goodbye, max_age, auth_expired, …; see docs/protocol.md. */
  readonly reason: string;
  readonly version: string;
  readonly nodeIp: string;
  readonly podIps: readonly string[];
  readonly pod: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly settings: Settings;
  readonly sinceUnixMs: number;
  readonly lastSeenUnixMs: number;
  readonly clockSkewUs: number | undefined;
  readonly appliedRevision: number;
  readonly spooledBatches: number;
  readonly features: readonly string[];
  readonly unavailable: Readonly<Record<string, string>>;
  /** Why the agent does not run the newest plan: what it refused, or why it could not be made; empty when it does. */
  readonly planError: string;
};

/** What a control plane is made with. */
export type ControlConfig = {
  readonly serverEpoch: string;
  /** LOST after so long without a frame: CACHE_KEY_SECOND in milliseconds. */
  readonly lostAfterMs: number;
  readonly durability: Durability;
  /** Memory beyond which new agents are refused, in bytes; no limit when it is left out. */
  readonly rssBytesMax?: number | undefined;
};
