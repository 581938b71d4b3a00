import type { Hello, Window } from "../../common/agent-stream.js";
import type { PlanMember } from "../mesh/planner.js";
import type { Snapshot } from "./plan-store.js";
import type { AgentState, Principal, StreamId } from "./protocol.js";

/** One open stream, from the time it was opened until it was closed by either side. Times are monotonic. */
export type Stream = {
  readonly id: StreamId;
  readonly remote: string;
  readonly openedMs: number;
  principal: Principal;
  /** When its credential has ended and the grace is over; Infinity when it does not end. */
  credentialEndMs: number;
  /** A credential is being looked at; a newer one waits. */
  checking: { waiting: string | undefined } | undefined;
  /** What Hello made of it. */
  session: Session | undefined;
};

/** A plan that was pushed and not answered. */
export type Outstanding = {
  readonly nonce: number;
  readonly snapshot: Snapshot;
  /** Liveness time: a stall of the server is not the agent's delay. */
  readonly sentAt: number;
};

/** An agent's stream after Welcome. At most one an agent. */
export type Session = {
  readonly stream: Stream;
  readonly agent: Agent;
  readonly bootId: string;
  readonly generation: number;
  readonly sessionId: string;
  readonly heartbeatMs: number;
  lastSentMs: number;
  window: Window;
  /** When it is told to leave for its age. */
  ageEndMs: number;
  /** When it is closed: it was told to leave, or said goodbye. Infinity before. */
  closeAtMs: number;
  /** Why it was told to leave; empty before. */
  drainReason: string;
  /** How long the agent was told to stay away. */
  reconnectAfterMs: number;
  outstanding: Outstanding | undefined;
  /** The next push is whole, whatever base is known. */
  wholeNext: boolean;
  /** Content that was pushed whole after a mismatch: a second mismatch parks it. */
  resyncedHash: string;
  /** Until then the agent keeps the plan of a former server. */
  keepsFormerUntilMs: number;
};

/** A listed agent. */
export type Agent = {
  readonly agentId: string;
  hello: Hello;
  /** Replaced, never changed, when what plans depend on changes. */
  member: PlanMember;
  groupKey: string;
  session: Session | undefined;
  /** Counts its sessions. */
  generation: number;
  state: AgentState;
  reason: string;
  sinceUnixMs: number;
  lastSeenUnixMs: number;
  /** When the last frame came, on the clock of liveness (see stall.ts). */
  lastFrameMs: number;
  /** While its stream is away as it was told to: suspicion waits until then. Monotonic. */
  expectedBackMs: number;
  /** It said goodbye: not a target until it comes back. */
  gone: boolean;
  /** When it was lost, monotonic. */
  lostMs: number;
  /** When the agent has to be looked at again at the latest, monotonic. */
  dueMs: number;
  /** The plan that it runs or ran last, of this epoch; revision 0 for none. */
  runs: { readonly revision: number; readonly hash: string };
  spooledBatches: number;
  /** Clock differences of the last heartbeats, in milliseconds; newest last. */
  readonly clockSamples: number[];
  /** Content that it refused: not sent again. */
  parked: { readonly hash: string; readonly bootId: string } | undefined;
  planError: string;
  /** When its live session was replaced lately, monotonic, oldest first. */
  readonly replacedMs: number[];
};

/** Sees to it that an agent is looked at by then. */
export const wakeAt = (agent: Agent, atMs: number): void => {
  if (atMs < agent.dueMs) agent.dueMs = atMs;
};
