import type { Random } from "../../common/random.js";
import {
  admissionTurnMsMax,
  admissionTurnsMax,
  admissionWaitMsMax,
  busySlowdown,
  overloadedSlowdown,
  sessionsBurstMax,
  sessionsPerSecondMax,
} from "../limits.js";
import type { LoadState } from "./protocol.js";

/** Whether a new session may begin, and if not, when to come back. */
export type Admission =
  | { readonly kind: "admitted" }
  | { readonly kind: "refused"; readonly retryAfterMs: number };

/** Who asks: agents that are listed have a rate of their own, so that newcomers can't keep them out. */
export type AdmissionClass = "listed" | "new";

/** One Hello that asks for a session. */
export type AdmissionAsk = {
  readonly agentId: string;
  readonly from: AdmissionClass;
  /** What the rate depends on. */
  readonly load: LoadState;
  readonly nowMs: number;
};

/** When an agent may come, and the load whose rate that turn was spread at. */
type Turn = { readonly atMs: number; readonly load: LoadState };

/**
 * Lets new sessions begin at a bounded rate, which is lower under load. Who is refused gets a turn, spread at that rate, and
 * is let in when it comes back at its turn or later: nobody is refused for ever, however many ask. Under more load than
 * there was when the turn was given, it takes another one at the lower rate; a turn of the lowest rate always holds.
 */
export class AdmissionGate {
  readonly #random: Random;
  /** When the next turn of each class and load is, monotonic. Apart, so that a slower rate begins at once. */
  readonly #nextMs = { listed: newLines(), new: newLines() };
  /** Turns given out, by agent, oldest first. */
  readonly #turns = new Map<string, Turn>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Decides about one Hello. */
  ask({ agentId, from, load, nowMs }: AdmissionAsk): Admission {
    this.#forgetOldTurns(nowMs);
    const turn = this.#turns.get(agentId);
    if (turn !== undefined) {
      if (nowMs < turn.atMs) return refused(turn.atMs - nowMs);
      if (spacingMs[load] <= spacingMs[turn.load]) {
        this.#turns.delete(agentId);
        return { kind: "admitted" };
      }
    }
    const lines = this.#nextMs[from];
    const nextMs = Math.max(lines[load], nowMs);
    const waitMs = nextMs - nowMs - burstMs;
    const isFull = turn === undefined && this.#turns.size >= admissionTurnsMax;
    if (waitMs > admissionWaitMsMax || (waitMs > 0 && isFull)) {
      // A turn of less load is kept: it may hold again when the agent comes back.
      return refused(admissionWaitMsMax * (0.5 + this.#random.next()));
    }
    lines[load] = nextMs + spacingMs[load];
    this.#turns.delete(agentId);
    if (waitMs <= 0) return { kind: "admitted" };
    this.#turns.set(agentId, { atMs: nowMs + waitMs, load });
    return refused(waitMs);
  }

  /** Turns given out and not taken up. */
  get turnCount(): number {
    return this.#turns.size;
  }

  #forgetOldTurns(nowMs: number): void {
    for (const [agentId, { atMs }] of this.#turns) {
      if (nowMs <= atMs + admissionTurnMsMax) return;
      this.#turns.delete(agentId);
    }
  }
}

const newLines = (): Record<LoadState, number> => ({
  normal: Number.NEGATIVE_INFINITY,
  busy: Number.NEGATIVE_INFINITY,
  overloaded: Number.NEGATIVE_INFINITY,
});

const fullSpacingMs = 1000 / sessionsPerSecondMax;
const burstMs = fullSpacingMs * (sessionsBurstMax - 1);

const spacingMs: Readonly<Record<LoadState, number>> = {
  normal: fullSpacingMs,
  busy: fullSpacingMs * busySlowdown,
  overloaded: fullSpacingMs * overloadedSlowdown,
};

const refused = (retryAfterMs: number): Admission => ({
  kind: "refused",
  retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
});
