import type { Hello } from "../../common/agent-stream.js";
import {
  agentsListedMax,
  memoryRetryMs,
  replacementsOtherBootMax,
  replacementsSameBootMax,
  replacementWindowMs,
} from "../limits.js";
import { AdmissionGate } from "./admission.js";
import type { Closing, Context } from "./context.js";
import type { Agent } from "./records.js";

/** Decides whether a sound Hello may become a session now: no flapping, no overfull list, no storm. */
export class SessionGuard {
  readonly #context: Context;
  readonly #gate: AdmissionGate;

  constructor(context: Context) {
    this.#context = context;
    this.#gate = new AdmissionGate(context.ports.random);
  }

  /** Why not, and when to come back; undefined when it may. agent is the listed one of that id. */
  refusal(agent: Agent | undefined, hello: Hello): Closing | undefined {
    return (
      this.#replacementRefusal(agent, hello) ??
      this.#memoryRefusal(agent) ??
      this.#listRefusal(agent) ??
      this.#rateRefusal(agent, hello)
    );
  }

  /** The agent that makes room for a new one: lost the longest. Undefined when there is room, or nobody is lost. */
  leaver(): Agent | undefined {
    if (this.#context.agents.size < agentsListedMax) return undefined;
    let longest: Agent | undefined;
    for (const agent of this.#context.agents.values()) {
      if (agent.session !== undefined || agent.state !== "lost") continue;
      if (longest === undefined || agent.lostMs < longest.lostMs) longest = agent;
    }
    return longest;
  }

  /** Two processes under one name would take the session from each other without end. */
  #replacementRefusal(agent: Agent | undefined, hello: Hello): Closing | undefined {
    if (agent?.session === undefined || agent.state !== "up") return undefined;
    const { nowMs, config } = this.#context;
    const { replacedMs } = agent;
    while ((replacedMs[0] ?? nowMs) <= nowMs - replacementWindowMs) replacedMs.shift();
    const same = agent.session.bootId === hello.bootId;
    const max = same ? replacementsSameBootMax : replacementsOtherBootMax;
    if (replacedMs.length < max) return undefined;
    const message = same
      ? `${agent.agentId} reconnects too often: ${max} times in ${replacementWindowMs} ms`
      : `${agent.agentId} is connected from another process (boot ${agent.session.bootId}); agent_id must be unique`;
    return {
      code: "resource_exhausted",
      message,
      reason: same ? "reconnects_too_often" : "duplicate_agent",
      retryAfterMs: Math.ceil(config.lostAfterMs * (1 + this.#context.ports.random.next())),
    };
  }

  /** Whoever has a session keeps it, and may replace it. */
  #memoryRefusal(agent: Agent | undefined): Closing | undefined {
    const { load, ports } = this.#context;
    if (!load.isMemoryShort || agent?.session !== undefined) return undefined;
    return {
      code: "unavailable",
      message: "the server is short of memory and takes no agent that has no session",
      reason: "memory_short",
      retryAfterMs: Math.ceil(memoryRetryMs * (0.5 + ports.random.next())),
    };
  }

  #listRefusal(agent: Agent | undefined): Closing | undefined {
    const { agents, config } = this.#context;
    if (agent !== undefined || agents.size < agentsListedMax || this.leaver() !== undefined) {
      return undefined;
    }
    return {
      code: "resource_exhausted",
      message: `at most ${agentsListedMax} agents are listed, and none of them is lost`,
      reason: "agents_listed",
      retryAfterMs: config.lostAfterMs,
    };
  }

  #rateRefusal(agent: Agent | undefined, { agentId }: Hello): Closing | undefined {
    const { nowMs, load } = this.#context;
    const answer = this.#gate.ask({
      agentId,
      from: agent === undefined ? "new" : "listed",
      // A session that replaces a live one is no further load.
      load: agent?.session === undefined ? load.state : "normal",
      nowMs,
    });
    if (answer.kind === "admitted") return undefined;
    return {
      code: "resource_exhausted",
      message: "too many agents connect at once",
      reason: "admission_rate",
      retryAfterMs: answer.retryAfterMs,
    };
  }
}
