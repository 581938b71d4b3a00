import { lostListedMsMax, startGraceHeartbeats } from "../limits.js";
import type { Context } from "./context.js";
import { type Agent, wakeAt } from "./records.js";
import type { Sessions } from "./sessions.js";

/**
 * Who is up, suspect and lost, by frames and by the time of the liveness clock, which stands still while the server does.
 * Looked at only when an agent's time has come: frames just move the time.
 */
export class Liveness {
  readonly #context: Context;
  readonly #sessions: Sessions;

  constructor(context: Context, sessions: Sessions) {
    this.#context = context;
    this.#sessions = sessions;
  }

  /** A frame came. */
  heard(agent: Agent): void {
    this.#sessions.heard(agent);
    if (agent.state === "suspect") this.#context.setState(agent, "up", "connected");
  }

  /** The agent said goodbye: it is lost without suspicion, and no target any more. */
  goodbye(agent: Agent): void {
    agent.gone = true;
    this.#context.setState(agent, "lost", "goodbye");
  }

  /** Looks at an agent whose time has come. */
  check(agent: Agent): void {
    if (agent.state === "lost") {
      this.#checkLost(agent);
      return;
    }
    const { clock, nowMs } = this.#context;
    const now = clock.at(nowMs);
    const lostAt = this.#lostAt(agent);
    if (now >= lostAt) {
      this.#lose(agent);
      return;
    }
    wakeAt(agent, clock.monotonic(lostAt));
    if (agent.state === "suspect") return;
    const suspectAtMs = this.#suspectAtMs(agent);
    if (nowMs < suspectAtMs) wakeAt(agent, suspectAtMs);
    else this.#suspect(agent);
  }

  #checkLost(agent: Agent): void {
    const forgetMs = agent.lostMs + lostListedMsMax;
    if (this.#context.nowMs < forgetMs) wakeAt(agent, forgetMs);
    else if (agent.session === undefined) this.#sessions.forget(agent);
  }

  /** Liveness time at which an agent without frames is lost; nobody is while the server has just started. */
  #lostAt(agent: Agent): number {
    const { clock, config, nowMs, startedMs } = this.#context;
    const graceMs = startGraceHeartbeats * agent.hello.settings.heartbeatIntervalS * 1000;
    const graceEnd = clock.at((startedMs ?? nowMs) + graceMs);
    return Math.max(agent.lastFrameMs + config.lostAfterMs, graceEnd);
  }

  #suspectAtMs(agent: Agent): number {
    if (agent.session === undefined) return agent.expectedBackMs;
    const { clock } = this.#context;
    return clock.monotonic(agent.lastFrameMs + missedHeartbeats * agent.session.heartbeatMs);
  }

  #suspect(agent: Agent): void {
    const reason = agent.session === undefined ? agent.reason : "frames_missing";
    this.#context.setState(agent, "suspect", reason);
  }

  #lose(agent: Agent): void {
    const { session } = agent;
    const reason = session === undefined ? agent.reason : "frames_missing";
    this.#context.setState(agent, "lost", reason);
    if (session === undefined) return;
    this.#sessions.close(session.stream, {
      code: "deadline_exceeded",
      message: `no frame for ${this.#context.config.lostAfterMs} ms`,
      reason: "frames_missing",
    });
  }
}

/** Intervals without a frame that make an agent suspect. */
const missedHeartbeats = 2;
