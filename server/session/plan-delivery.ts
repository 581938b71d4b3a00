import type { NackReason, Plan, PlanEntry } from "../../common/agent-stream.js";
import { explanationBytesMax } from "../../common/limits.js";
import { planAnswerMsMax, pushesOutstandingMax } from "../limits.js";
import type { Context } from "./context.js";
import type { PlanStore, Snapshot } from "./plan-store.js";
import type { StreamId } from "./protocol.js";
import { type Agent, type Session, wakeAt } from "./records.js";

/**
 * Brings every session to the newest plan of its group: one push outstanding a stream, so many over all streams, the
 * newest content when a turn comes, the difference where the base is known, nothing where the content already runs.
 */
export class PlanDelivery {
  readonly #store: PlanStore;
  readonly #context: Context;
  /** Sessions that may need a push, in the order in which they came to need it. */
  readonly #waiting = new Set<Session>();
  #outstandingCount = 0;
  #stopped = false;

  constructor(store: PlanStore, context: Context) {
    this.#store = store;
    this.#context = context;
  }

  /** The newest plan of an agent, its own entries included; empty before there is one. */
  planFor(agent: Agent): readonly PlanEntry[] {
    return this.#newestFor(agent)?.entries ?? [];
  }

  /** Revision of that plan; 0 before there is one. */
  newestRevisionFor(agent: Agent): number {
    return this.#newestFor(agent)?.revision ?? 0;
  }

  /** Revision that an agent is known to run: the newest one when its content is what runs. */
  appliedRevision(agent: Agent): number {
    const newest = this.#newestFor(agent);
    return newest?.hash === agent.runs.hash ? newest.revision : agent.runs.revision;
  }

  /** Why the agent does not run the newest plan; empty when nothing is wrong. */
  errorFor(agent: Agent): string {
    const group = this.#store.group(agent.groupKey);
    return group?.error || agent.planError;
  }

  /** A session began, or a plan was made: look whether it needs a push. */
  want(session: Session): void {
    this.#waiting.add(session);
  }

  /** A session ended. */
  drop(session: Session): void {
    this.#waiting.delete(session);
    this.#release(session);
  }

  /** No more pushes: the server stops. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** Pushes what may be pushed now; to be called at the end of each step. */
  pump(): void {
    if (this.#waiting.size === 0 || this.#stopped) return;
    const pushes = new Map<Plan, StreamId[]>();
    for (const session of this.#waiting) {
      if (this.#outstandingCount >= pushesOutstandingMax) break;
      this.#waiting.delete(session);
      const plan = this.#planToPush(session);
      if (plan === undefined) continue;
      const streams = pushes.get(plan);
      if (streams === undefined) pushes.set(plan, [session.stream.id]);
      else streams.push(session.stream.id);
    }
    for (const [plan, streams] of pushes) {
      this.#context.out.push(streams, plan);
      this.#context.out.count(
        "plans_pushed",
        plan.baseRevision === undefined ? "full" : "delta",
        streams.length,
      );
    }
  }

  /** The agent runs a plan now. */
  ack(session: Session, nonce: number, revision: number): void {
    const outstanding = this.#answered(session, nonce);
    if (outstanding === undefined) return;
    const { snapshot } = outstanding;
    if (revision !== snapshot.revision) {
      const error = `revision ${revision} is acknowledged, ${snapshot.revision} was pushed`;
      this.#nacked(session, snapshot, { reason: "hash_mismatch", error });
      return;
    }
    session.agent.runs = { revision, hash: snapshot.hash };
    session.resyncedHash = "";
    session.agent.parked = undefined;
    this.#setError(session.agent, "");
    this.want(session);
  }

  /** The agent refused a plan and keeps the former one. */
  nack(
    session: Session,
    nack: {
      readonly nonce: number;
      readonly reason: NackReason;
      readonly error: string;
      readonly runningRevision: number;
    },
  ): void {
    const outstanding = this.#answered(session, nack.nonce);
    if (outstanding === undefined) return;
    this.#nacked(session, outstanding.snapshot, nack);
  }

  /** Looks at a session whose time has come; gives why it must be closed, if it must. */
  check(session: Session): "plan_unanswered" | undefined {
    const { nowMs } = this.#context;
    const { agent, outstanding, keepsFormerUntilMs } = session;
    if (keepsFormerUntilMs > nowMs) wakeAt(agent, keepsFormerUntilMs);
    else if (keepsFormerUntilMs > 0) {
      session.keepsFormerUntilMs = 0;
      this.want(session);
    }
    if (outstanding === undefined) return undefined;
    const endMs = this.#context.clock.monotonic(outstanding.sentAt + planAnswerMsMax);
    if (nowMs >= endMs) return "plan_unanswered";
    wakeAt(agent, endMs);
    return undefined;
  }

  #newestFor(agent: Agent): Snapshot | undefined {
    return this.#store.group(agent.groupKey)?.newest;
  }

  #planToPush(session: Session): Plan | undefined {
    const { agent } = session;
    const { runs } = agent;
    const { clock, nowMs } = this.#context;
    const group = this.#store.group(agent.groupKey);
    const newest = group?.newest;
    if (group === undefined || newest === undefined) return undefined;
    if (session.outstanding !== undefined || session.closeAtMs < Number.POSITIVE_INFINITY) {
      return undefined;
    }
    if (newest.hash === runs.hash && !session.wholeNext) {
      this.#setError(agent, "");
      return undefined;
    }
    if (agent.parked?.hash === newest.hash || session.keepsFormerUntilMs > nowMs) return undefined;
    const base = this.#store.baseOf(group, runs);
    const plan = session.wholeNext
      ? this.#store.resyncFor(group, newest)
      : this.#store.pushFor(group, newest, base);
    session.wholeNext = false;
    session.outstanding = { nonce: plan.nonce, snapshot: newest, sentAt: clock.at(nowMs) };
    session.lastSentMs = nowMs;
    this.#outstandingCount += 1;
    wakeAt(agent, nowMs + planAnswerMsMax);
    return plan;
  }

  /** The push that a nonce answers; undefined, and counted, for one that is not outstanding on this stream. */
  #answered(session: Session, nonce: number): Session["outstanding"] {
    const { outstanding } = session;
    if (outstanding?.nonce === nonce) {
      this.#release(session);
      return outstanding;
    }
    this.#context.out.count("plans_nacked", "stale_nonce");
    return undefined;
  }

  #release(session: Session): void {
    if (session.outstanding === undefined) return;
    session.outstanding = undefined;
    this.#outstandingCount -= 1;
  }

  #nacked(
    session: Session,
    snapshot: Snapshot,
    {
      reason,
      error,
      runningRevision,
    }: { readonly reason: NackReason; readonly error: string; readonly runningRevision?: number },
  ): void {
    const { agent } = session;
    const fields = {
      agent_id: agent.agentId,
      revision: snapshot.revision,
      reason,
      error: error.slice(0, explanationBytesMax),
    };
    this.#context.out.count("plans_nacked", reason);
    this.#context.out.log("warn", fields, "agent refused a plan");
    const mismatch = reason === "base_mismatch" || reason === "hash_mismatch";
    if (mismatch && session.resyncedHash !== snapshot.hash) {
      session.resyncedHash = snapshot.hash;
      session.wholeNext = true;
      if (runningRevision !== undefined && runningRevision !== agent.runs.revision) {
        agent.runs = { revision: 0, hash: "" };
      }
    } else {
      agent.parked = { hash: snapshot.hash, bootId: session.bootId };
    }
    this.#setError(agent, `${reason}: ${fields.error}`);
    this.want(session);
  }

  #setError(agent: Agent, error: string): void {
    if (agent.planError === error) return;
    agent.planError = error;
    this.#context.out.changed(agent.agentId);
  }
}
