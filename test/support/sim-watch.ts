import type { AgentMessage, Hello, Plan } from "../../common/agent-stream.js";
import type { AgentView } from "../../server/session/protocol.js";
import type { SimLedger } from "./sim-ledger.js";
import { SimFailure } from "./sim-trace.js";

/** CACHE_KEY_SECOND of the simulated server. */
export const simLostAfterMs = 15_000;

/** How late a run may be finished after its deadline, by ticks and a stall of the loop. */
const runLateMaxMs = 5_000;

/** Sessions of one agent within a minute beyond which streams flap: two processes under one name stay far below. */
const welcomesPerMinuteMax = 25;

/** Pushes of one revision in one session: the difference, and the whole after a mismatch, as long as it is acknowledged. */
const samePushesMax = 3;

type Session = {
  readonly streamId: number;
  /** Pushes of the revision that was pushed last. */
  samePushes: number;
  planRevision: number;
  /** Hash of the plan that was pushed last. */
  planHash: string | undefined;
  /** Nonce of the push that was not answered. */
  outstanding: number | undefined;
};

/** What the rules are told beside what happens. */
export type SimWatchOptions = {
  readonly ledger: SimLedger;
  readonly nowMs: () => number;
  /** Whether two processes fight for this name, or just did. */
  readonly isContested: (agentId: string) => boolean;
};

/** The rules that every output of the server has to keep at once: who is welcomed, acknowledged, pushed to, and lost. */
export class SimWatch {
  readonly #options: SimWatchOptions;
  readonly #hellos = new Map<number, Hello>();
  /** Live sessions by agent: more than one of an agent is a failure. */
  readonly #sessions = new Map<string, Session>();
  /** Deadlines of the runs that did not end. */
  readonly #runs = new Map<string, number>();
  readonly #finishedRuns = new Set<string>();
  readonly #lastFrameMs = new Map<string, number>();
  readonly #welcomes = new Map<string, number[]>();
  readonly #goodbyes = new Set<string>();
  readonly #stateOf = new Map<string, string>();
  #startedMs = 0;
  #isDraining = false;
  /** Welcomes so far. */
  welcomeCount = 0;
  /** Runs that came to an end. */
  finishedRunCount = 0;

  constructor(options: SimWatchOptions) {
    this.#options = options;
  }

  /** Runs that were asked for and did not end. */
  get openRunCount(): number {
    return this.#runs.size;
  }

  /** Agents with a live session. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Hash of the plan that was pushed last in an agent's session; undefined when none was. */
  announcedPlan(agentId: string): string | undefined {
    return this.#sessions.get(agentId)?.planHash;
  }

  /** A server process started. */
  started(): void {
    this.#startedMs = this.#options.nowMs();
  }

  /** The server begins to send everybody away. */
  draining(): void {
    this.#isDraining = true;
  }

  /** The server process is gone, with all it knew. */
  crashed(): void {
    this.#isDraining = false;
    this.#hellos.clear();
    this.#sessions.clear();
    this.#runs.clear();
    this.#stateOf.clear();
  }

  /** A frame reached the server's host, whether or not its process takes it now. */
  arrived(agentId: string): void {
    this.#lastFrameMs.set(agentId, this.#options.nowMs());
  }

  /** The process takes a message. */
  took(streamId: number, agentId: string, message: AgentMessage): void {
    if (message.kind === "hello") this.#hellos.set(streamId, message.hello);
    if (message.kind === "goodbye") this.#goodbyes.add(agentId);
    if (message.kind === "plan_ack" || message.kind === "plan_nack") {
      this.#answered(streamId, message.nonce);
    }
  }

  /** A session begins: no other one of that agent lives, and what it says is acknowledged is. */
  welcomed(streamId: number, ackSeq: number): void {
    const hello = this.#helloOf(streamId);
    const { agentId } = hello;
    if (this.#sessions.has(agentId)) {
      throw new SimFailure("sessions", `${agentId} has two live sessions`);
    }
    this.welcomeCount += 1;
    this.#checkFlapping(agentId);
    this.#sessions.set(agentId, {
      streamId,
      planHash: undefined,
      planRevision: 0,
      samePushes: 0,
      outstanding: undefined,
    });
    this.acked(streamId, ackSeq);
  }

  /** A stream is over for the server. */
  ended(streamId: number): void {
    const agentId = this.#hellos.get(streamId)?.agentId ?? "";
    if (this.#sessions.get(agentId)?.streamId === streamId) this.#sessions.delete(agentId);
  }

  /** A plan is pushed. */
  pushed(streamId: number, plan: Plan): void {
    const { agentId } = this.#helloOf(streamId);
    const session = this.#sessions.get(agentId);
    if (session?.streamId !== streamId) {
      throw new SimFailure("sessions", `a plan for ${agentId} without a session`);
    }
    if (session.outstanding !== undefined) {
      throw new SimFailure("plans", `a second plan for ${agentId} before the first is answered`);
    }
    session.outstanding = plan.nonce;
    session.samePushes = plan.revision === session.planRevision ? session.samePushes + 1 : 1;
    session.planRevision = plan.revision;
    session.planHash = plan.hash;
    if (session.samePushes > samePushesMax) {
      const what = `revision ${plan.revision} is pushed to ${agentId}`;
      throw new SimFailure("plans", `${what} again and again`);
    }
  }

  #answered(streamId: number, nonce: number): void {
    const session = this.#sessions.get(this.#hellos.get(streamId)?.agentId ?? "");
    if (session?.streamId === streamId && session.outstanding === nonce) {
      session.outstanding = undefined;
    }
  }

  /** Only what the log has may be acknowledged. */
  acked(streamId: number, seq: number): void {
    const { agentId, bootId, unacked } = this.#helloOf(streamId);
    const mark = this.#options.ledger.mark(agentId, bootId);
    if (seq > Math.max(mark, unacked.first - 1)) {
      throw new SimFailure(
        "results",
        `${agentId} is told that ${seq} is safe, the log has ${mark}`,
      );
    }
  }

  /** A run is asked for. */
  runAsked(requestId: string, deadlineMs: number): void {
    this.#runs.set(requestId, deadlineMs);
  }

  /** Nobody waits for a run any more; returns whether it was open. */
  maybeCancelled(requestId: string): boolean {
    return this.#runs.delete(requestId);
  }

  /** A run ends, once: with an outcome or an error. */
  runFinished(requestId: string): void {
    if (this.#finishedRuns.has(requestId)) {
      throw new SimFailure("runs", `run ${requestId} is finished twice`);
    }
    this.#finishedRuns.add(requestId);
    if (this.#runs.delete(requestId)) this.finishedRunCount += 1;
  }

  /** The server ticked: no run is overdue. */
  ticked(): void {
    const latestMs = this.#options.nowMs() - runLateMaxMs;
    for (const [requestId, deadlineMs] of this.#runs) {
      if (deadlineMs < latestMs) {
        throw new SimFailure("runs", `run ${requestId} was not finished by its deadline`);
      }
    }
  }

  /**
   * An agent came, changed or went; gives whether its state is another one. Lost is a claim: the agent must have been
   * silent, or have said goodbye.
   */
  changed(agentId: string, view: AgentView | undefined): boolean {
    const state = view?.state ?? "forgotten";
    if (this.#stateOf.get(agentId) === state) return false;
    this.#stateOf.set(agentId, state);
    if (state === "lost" && !this.#goodbyes.has(agentId)) this.#checkLost(agentId, view);
    return true;
  }

  #checkLost(agentId: string, view: AgentView | undefined): void {
    if (this.#isDraining) throw new SimFailure("liveness", `${agentId} is lost: it was sent away`);
    // Whoever of two processes under one name is told to stay away is silent as far as sessions go.
    if (this.#options.isContested(agentId)) return;
    const heardMs = this.#lastFrameMs.get(agentId) ?? Number.NEGATIVE_INFINITY;
    const silentMs = this.#options.nowMs() - Math.max(heardMs, this.#startedMs);
    if (silentMs < simLostAfterMs - 1) {
      const heard = `heard ${silentMs.toFixed(0)} ms ago`;
      throw new SimFailure("liveness", `${agentId} is lost (${view?.reason}) though ${heard}`);
    }
  }

  #checkFlapping(agentId: string): void {
    const nowMs = this.#options.nowMs();
    const times = (this.#welcomes.get(agentId) ?? []).filter((atMs) => atMs > nowMs - 60_000);
    times.push(nowMs);
    this.#welcomes.set(agentId, times);
    if (times.length > welcomesPerMinuteMax) {
      throw new SimFailure("sessions", `${agentId} began ${times.length} sessions in a minute`);
    }
  }

  #helloOf(streamId: number): Hello {
    const hello = this.#hellos.get(streamId);
    if (hello === undefined) throw new SimFailure("sessions", `stream ${streamId} has no Hello`);
    return hello;
  }

  /** A stream is forgotten. */
  forget(streamId: number): void {
    this.ended(streamId);
    this.#hellos.delete(streamId);
  }
}
