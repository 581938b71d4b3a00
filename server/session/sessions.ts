import type { Hello } from "../../common/agent-stream.js";
import { agentMessageBytesMax, batchResultsMax } from "../../common/limits.js";
import {
  credentialGraceMs,
  helloMsMax,
  runsPerAgentMax,
  sessionAgeMsMax,
  startGraceHeartbeats,
  streamsWithoutHelloMax,
} from "../limits.js";
import { newAgent, updateAgent } from "./agent-record.js";
import type { Closing, Context } from "./context.js";
import { checkHello } from "./hello-check.js";
import type { ControlInput, Principal, StreamEnd } from "./protocol.js";
import { type Agent, type Session, type Stream, wakeAt } from "./records.js";
import { SessionGuard } from "./session-guard.js";

/** What others do when sessions come and go. */
export type SessionHooks = {
  /** Why no session may begin now, with a time to come back; undefined when one may. */
  readonly refuse: () => Closing | undefined;
  readonly begun: (session: Session) => void;
  readonly ended: (session: Session) => void;
  /** What plans are made from changed. */
  readonly membersChanged: () => void;
};

/** Abilities of this server that agents may rely on. */
const serverFeatures = ["run", "token", "window"] as const;

/** Opens and closes streams and sessions: one live session an agent, the newest wins, and nobody flaps. */
export class Sessions {
  readonly #context: Context;
  readonly #hooks: SessionHooks;
  readonly #guard: SessionGuard;
  /** Streams without Hello, oldest first. */
  readonly #silent = new Map<number, { readonly stream: Stream; readonly openedMs: number }>();
  #arrivals = 0;

  constructor(context: Context, hooks: SessionHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.#guard = new SessionGuard(context);
  }

  /** A stream was opened; Hello must follow. */
  opened({ stream: id, principal, remote, wallMs }: InputOf<"opened">): void {
    const { nowMs, clock, streams } = this.#context;
    const stream: Stream = {
      id,
      remote,
      openedMs: nowMs,
      principal,
      credentialEndMs: credentialEndMs(principal, { nowMs, wallMs }),
      checking: undefined,
      session: undefined,
    };
    streams.set(id, stream);
    const full = this.#silent.size >= streamsWithoutHelloMax;
    this.#silent.set(id, { stream, openedMs: clock.at(nowMs) });
    const closing = full ? this.#tooManySilent() : this.#hooks.refuse();
    if (closing !== undefined) this.close(stream, closing);
  }

  /** The first message of a stream. */
  hello(stream: Stream, hello: Hello): void {
    if (stream.session !== undefined) {
      this.violation(stream, "Hello must come once");
      return;
    }
    const { config, agents } = this.#context;
    const checked = checkHello(hello, stream.principal, config);
    if (checked.kind === "bad") {
      this.close(stream, checked);
      return;
    }
    const agent = agents.get(hello.agentId);
    const refusal = this.#hooks.refuse() ?? this.#guard.refusal(agent, hello);
    if (refusal !== undefined) {
      if (agent !== undefined) this.#expectBack(agent, refusal);
      this.close(stream, refusal);
      return;
    }
    const leaver = agent === undefined ? this.#guard.leaver() : undefined;
    if (leaver !== undefined) this.forget(leaver);
    this.#begin(stream, hello, checked.protocolVersion);
  }

  /** Ends a stream from this side; what still comes on it is ignored. */
  close(stream: Stream, { code, message, reason, retryAfterMs }: Closing): void {
    const { out } = this.#context;
    const { session } = stream;
    if (session === undefined) {
      const fields = { remote: stream.remote, code, reason, why: message };
      out.count("sessions_refused", reason);
      out.log(retryAfterMs === undefined ? "warn" : "debug", fields, "stream refused");
    } else {
      this.#end(session, reason, message);
    }
    this.#remove(stream);
    out.add({ kind: "close", stream: stream.id, code, message, retryAfterMs });
  }

  /** Ends a stream whose agent broke the order of the protocol. */
  violation(stream: Stream, message: string): void {
    this.close(stream, { code: "failed_precondition", message, reason: "protocol_violation" });
  }

  /** A stream ended from the other side. A clean end is no goodbye: dead peers look the same. */
  closed(stream: Stream, end: StreamEnd): void {
    if (stream.session !== undefined) this.#end(stream.session, "stream_broken", end);
    this.#remove(stream);
  }

  /** The agent of a session has left for good: forget it. */
  forget(agent: Agent): void {
    this.#context.agents.delete(agent.agentId);
    this.#context.out.changed(agent.agentId);
    this.#hooks.membersChanged();
  }

  /** Closes streams that did not say Hello in time. */
  tick(): void {
    const { clock, nowMs } = this.#context;
    for (const { stream, openedMs } of this.#silent.values()) {
      if (clock.at(nowMs) - openedMs < helloMsMax) return;
      const message = `Hello must come within ${helloMsMax} ms`;
      this.close(stream, { code: "deadline_exceeded", message, reason: "hello_missing" });
    }
  }

  /** Closes every stream without a session: the server stops. */
  closeSilent(closing: Closing): void {
    for (const { stream } of [...this.#silent.values()]) this.close(stream, closing);
  }

  #remove(stream: Stream): void {
    this.#context.streams.delete(stream.id);
    this.#silent.delete(stream.id);
  }

  #tooManySilent(): Closing {
    return {
      code: "resource_exhausted",
      message: `at most ${streamsWithoutHelloMax} streams may be without Hello`,
      reason: "streams_without_hello",
      retryAfterMs: Math.ceil(helloMsMax * this.#context.ports.random.next()),
    };
  }

  #begin(stream: Stream, hello: Hello, protocolVersion: number): void {
    const { agents, out, nowMs, wallMs } = this.#context;
    const known = agents.get(hello.agentId);
    if (known?.session !== undefined) this.#replace(known, known.session, hello.bootId);
    this.#arrivals += 1;
    const agent = known ?? newAgent(hello, this.#arrivals);
    agents.set(agent.agentId, agent);
    const changed = known === undefined || updateAgent(agent, hello, this.#arrivals);
    if (changed) this.#hooks.membersChanged();
    const session = this.#newSession(stream, agent, hello);
    this.#silent.delete(stream.id);
    this.#takeApplied(session, hello);
    const { agentId, bootId } = hello;
    const unackedFirst = hello.unacked.first;
    out.add({ kind: "session", agentId, bootId, unackedFirst, nowMs, wallMs });
    this.#welcome(session, protocolVersion);
    out.count("sessions_opened", known === undefined ? "new" : "back");
    const fields = {
      agent_id: agentId,
      boot_id: bootId,
      session_id: session.sessionId,
      session_generation: session.generation,
      remote: stream.remote,
      principal: stream.principal.name,
      version: hello.version,
    };
    out.log("info", fields, "session began");
    this.heard(agent);
    this.#context.setState(agent, "up", "connected");
    out.changed(agentId);
    agent.dueMs = nowMs;
    this.#hooks.begun(session);
  }

  /** Any frame is a sign of life. */
  heard(agent: Agent): void {
    const { clock, nowMs, wallMs } = this.#context;
    agent.lastFrameMs = clock.at(nowMs);
    agent.lastSeenUnixMs = wallMs;
  }

  /** It lives, and stays away because it is told to: its silence counts from when it should be back. */
  #expectBack(agent: Agent, { retryAfterMs }: Closing): void {
    if (agent.session !== undefined || retryAfterMs === undefined) return;
    const { clock, nowMs, wallMs } = this.#context;
    agent.lastFrameMs = clock.at(nowMs) + retryAfterMs;
    agent.lastSeenUnixMs = wallMs;
  }

  #replace(agent: Agent, former: Session, bootId: string): void {
    if (agent.state === "up") agent.replacedMs.push(this.#context.nowMs);
    this.close(former.stream, {
      code: "aborted",
      message: `replaced by session ${agent.generation + 1} of boot ${bootId}`,
      reason: "replaced",
    });
  }

  #newSession(stream: Stream, agent: Agent, hello: Hello): Session {
    const { nowMs, window, config, ports } = this.#context;
    agent.generation += 1;
    const session: Session = {
      stream,
      agent,
      bootId: hello.bootId,
      generation: agent.generation,
      sessionId: `${config.serverEpoch.slice(0, 8)}-${stream.id}`,
      heartbeatMs: hello.settings.heartbeatIntervalS * 1000,
      lastSentMs: nowMs,
      window,
      ageEndMs: nowMs + sessionAgeMsMax * (0.9 + 0.2 * ports.random.next()),
      closeAtMs: Number.POSITIVE_INFINITY,
      drainReason: "",
      reconnectAfterMs: 0,
      outstanding: undefined,
      wholeNext: false,
      resyncedHash: "",
      keepsFormerUntilMs: 0,
    };
    stream.session = session;
    agent.session = session;
    return session;
  }

  /** What the agent says it runs counts, whatever was acknowledged before. */
  #takeApplied(session: Session, { applied }: Hello): void {
    const { config, nowMs, startedMs } = this.#context;
    const ours = applied?.serverEpoch === config.serverEpoch;
    session.agent.runs =
      applied !== undefined && ours
        ? { revision: applied.revision, hash: applied.hash }
        : { revision: 0, hash: "" };
    if (applied === undefined || ours) return;
    // The plan of a former server is better than ours while the other agents are still on their way back.
    const graceEndMs = (startedMs ?? nowMs) + startGraceHeartbeats * session.heartbeatMs;
    if (nowMs < graceEndMs) session.keepsFormerUntilMs = graceEndMs;
  }

  #welcome(session: Session, protocolVersion: number): void {
    const { config, ports, wallMs, window } = this.#context;
    const { agent, bootId } = session;
    this.#context.send(session, {
      kind: "welcome",
      welcome: {
        serverEpoch: config.serverEpoch,
        sessionId: session.sessionId,
        sessionGeneration: session.generation,
        ackSeq: ports.ackedSeq(agent.agentId, bootId),
        durability: config.durability,
        heartbeatMs: session.heartbeatMs,
        window,
        limits: {
          messageBytesMax: agentMessageBytesMax,
          batchResultsMax,
          runsMax: runsPerAgentMax,
        },
        serverTimeMs: wallMs,
        protocolVersion,
        features: serverFeatures,
      },
    });
  }

  #end(session: Session, reason: string, why: string): void {
    const { out, nowMs } = this.#context;
    const { agent, drainReason } = session;
    this.#hooks.ended(session);
    agent.session = undefined;
    session.stream.session = undefined;
    const label = agent.gone ? "goodbye" : drainReason || reason;
    out.count("sessions_closed", label);
    const fields = {
      agent_id: agent.agentId,
      session_id: session.sessionId,
      reason: label,
      why,
      lasted_ms: Math.round(nowMs - session.stream.openedMs),
    };
    out.log("info", fields, "session ended");
    if (agent.state === "lost" || reason === "replaced") return;
    if (drainReason === "") {
      this.#context.setState(agent, "suspect", reason);
      return;
    }
    // It left because it was told to: suspicion waits until it should be back.
    agent.expectedBackMs = nowMs + session.reconnectAfterMs + session.heartbeatMs;
    wakeAt(agent, agent.expectedBackMs);
    this.#context.setState(agent, agent.state, drainReason);
  }
}

type InputOf<K extends ControlInput["kind"]> = Extract<ControlInput, { readonly kind: K }>;

/** When a credential and its grace are over, on the monotonic clock; Infinity when it does not end. */
export const credentialEndMs = (
  { expiresUnixMs }: Principal,
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): number =>
  expiresUnixMs === undefined
    ? Number.POSITIVE_INFINITY
    : nowMs + (expiresUnixMs - wallMs) + credentialGraceMs;
