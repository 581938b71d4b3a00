import {
  credentialGraceMs,
  drainGraceMs,
  drainReturnMsMin,
  drainSlice,
  sessionAgeDelayMsMax,
  sessionsPerSecondMax,
  stopGraceMs,
} from "../limits.js";
import type { Closing, Context } from "./context.js";
import type { ControlInput, Principal } from "./protocol.js";
import { type Session, type Stream, wakeAt } from "./records.js";
import { credentialEndMs, type Sessions } from "./sessions.js";

/** A session's life beside its plans and frames: heartbeats, age, credential, and leaving when the server stops. */
export class Lifecycle {
  readonly #context: Context;
  readonly #sessions: Sessions;
  #stopping:
    | { readonly reason: string; readonly spreadMs: number; readonly left: Session[] }
    | undefined;

  constructor(context: Context, sessions: Sessions) {
    this.#context = context;
    this.#sessions = sessions;
  }

  /** Whether the server sends everybody away. */
  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Why no stream may begin; undefined while the server does not stop. */
  refusal(): Closing | undefined {
    if (this.#stopping === undefined) return undefined;
    return {
      code: "unavailable",
      message: `the server leaves: ${this.#stopping.reason}`,
      reason: "draining",
      retryAfterMs: this.#turnMs(this.#stopping.spreadMs),
    };
  }

  /** Sends everybody away, in slices; nobody new is let in. */
  stop(reason: string): void {
    if (this.#stopping !== undefined) return;
    const left: Session[] = [];
    for (const { session } of this.#context.agents.values()) {
      if (session !== undefined) left.push(session);
    }
    const spreadMs = (left.length / sessionsPerSecondMax) * 1000;
    this.#stopping = { reason, spreadMs, left };
    this.#context.out.log("info", { sessions: left.length, reason }, "sending agents away");
    const closing = this.refusal();
    if (closing !== undefined) this.#sessions.closeSilent(closing);
    this.tick();
  }

  /** Sends the next slice away. */
  tick(): void {
    if (this.#stopping === undefined) return;
    const { reason, spreadMs, left } = this.#stopping;
    for (const session of left.splice(0, drainSlice)) {
      if (session.stream.session !== session) continue;
      this.#drain(session, {
        reason,
        graceMs: stopGraceMs,
        reconnectAfterMs: this.#turnMs(spreadMs),
      });
    }
  }

  /** Looks at a session whose time has come. */
  check(session: Session): void {
    const { nowMs } = this.#context;
    const { stream, agent } = session;
    if (nowMs >= session.closeAtMs) {
      this.#sessions.close(stream, closingOf(session));
      return;
    }
    if (nowMs >= stream.credentialEndMs) {
      const message = `the credential ended ${credentialGraceMs} ms ago and no fresh one came`;
      this.#sessions.close(stream, { code: "unauthenticated", message, reason: "auth_expired" });
      return;
    }
    if (nowMs >= session.ageEndMs && session.closeAtMs === Number.POSITIVE_INFINITY) {
      this.#aged(session);
    }
    this.#heartbeat(session);
    wakeAt(agent, Math.min(session.closeAtMs, stream.credentialEndMs));
    if (session.closeAtMs === Number.POSITIVE_INFINITY) wakeAt(agent, session.ageEndMs);
  }

  /** A fresh credential came: the authenticator looks at one at a time, and then at the newest. */
  token(stream: Stream, token: string): void {
    if (stream.checking !== undefined) {
      stream.checking.waiting = token;
      return;
    }
    stream.checking = { waiting: undefined };
    this.#context.out.add({ kind: "reauthenticate", stream: stream.id, token });
  }

  /** The authenticator answered. A refused credential changes nothing: the former one holds until it ends. */
  authenticated(stream: Stream, { principal, why, nowMs, wallMs }: Authenticated): void {
    const waiting = stream.checking?.waiting;
    stream.checking = undefined;
    const agentId = stream.session?.agent.agentId;
    if (principal === undefined) {
      this.#context.out.log("warn", { agent_id: agentId, why }, "fresh credential refused");
    } else if (this.#isForAnother(stream, principal)) {
      const message = `the fresh credential is for node ${principal.node}`;
      this.#sessions.close(stream, { code: "permission_denied", message, reason: "wrong_node" });
      return;
    } else {
      stream.principal = principal;
      stream.credentialEndMs = credentialEndMs(principal, { nowMs, wallMs });
      if (stream.session !== undefined) wakeAt(stream.session.agent, stream.credentialEndMs);
    }
    if (waiting !== undefined) this.token(stream, waiting);
  }

  #isForAnother({ session }: Stream, { node }: Principal): boolean {
    return (
      node !== undefined && session !== undefined && node !== session.agent.hello.identity.node
    );
  }

  /** An overloaded server keeps whom it has, and spreads what it put off. */
  #aged(session: Session): void {
    const { load, nowMs, ports } = this.#context;
    if (load.state === "overloaded") {
      session.ageEndMs = nowMs + sessionAgeDelayMsMax * ports.random.next();
      return;
    }
    this.#drain(session, { reason: "max_age", graceMs: drainGraceMs, reconnectAfterMs: 0 });
  }

  #heartbeat(session: Session): void {
    const { nowMs, wallMs } = this.#context;
    if (nowMs >= session.lastSentMs + session.heartbeatMs) {
      this.#context.send(session, { kind: "heartbeat", serverTimeMs: wallMs });
    }
    wakeAt(session.agent, session.lastSentMs + session.heartbeatMs);
  }

  #drain(
    session: Session,
    {
      reason,
      graceMs,
      reconnectAfterMs,
    }: { readonly reason: string; readonly graceMs: number; readonly reconnectAfterMs: number },
  ): void {
    session.drainReason = reason;
    session.reconnectAfterMs = reconnectAfterMs;
    session.closeAtMs = Math.min(session.closeAtMs, this.#context.nowMs + graceMs);
    wakeAt(session.agent, session.closeAtMs);
    this.#context.send(session, { kind: "drain", reconnectAfterMs, reason });
  }

  #turnMs(spreadMs: number): number {
    return drainReturnMsMin + Math.ceil(this.#context.ports.random.next() * spreadMs);
  }
}

type Authenticated = Extract<ControlInput, { readonly kind: "authenticated" }>;

const closingOf = ({ agent, drainReason, reconnectAfterMs }: Session): Closing =>
  agent.gone
    ? { code: "ok", message: "goodbye", reason: "goodbye" }
    : {
        code: "unavailable",
        message: `told to leave: ${drainReason}`,
        reason: drainReason,
        retryAfterMs: reconnectAfterMs,
      };
