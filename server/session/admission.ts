import type { Random } from "../../common/random.js";
import {
  admissionTurnMsMax,
  admissionTurnsMax,
  admissionWaitMsMax,
  sessionsBurstMax,
  sessionsPerSecondMax,
} from "../limits.js";

/** Whether a new session may begin, and if not, when to come back. */
export type Admission =
  | { readonly kind: "admitted" }
  | { readonly kind: "refused"; readonly retryAfterMs: number };

/** Who asks: agents that are listed have a rate of their own, so that newcomers can't keep them out. */
export type AdmissionClass = "listed" | "new";

/**
 * Lets new sessions begin at a bounded rate. Who is refused gets a turn, spread at that rate, and is let in when it comes
 * back at its turn or later: nobody is refused for ever, however many ask.
 */
export class AdmissionGate {
  readonly #random: Random;
  /** When the next turn of each class is, monotonic. */
  readonly #nextMs = { listed: Number.NEGATIVE_INFINITY, new: Number.NEGATIVE_INFINITY };
  /** Turns given out, by agent, oldest first. */
  readonly #turns = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Decides about one Hello. */
  ask(agentId: string, from: AdmissionClass, nowMs: number): Admission {
    this.#forgetOldTurns(nowMs);
    const turnMs = this.#turns.get(agentId);
    if (turnMs !== undefined) {
      if (nowMs < turnMs) return refused(turnMs - nowMs);
      this.#turns.delete(agentId);
      return { kind: "admitted" };
    }
    const nextMs = Math.max(this.#nextMs[from], nowMs);
    const waitMs = nextMs - nowMs - burstMs;
    if (waitMs > admissionWaitMsMax || (waitMs > 0 && this.#turns.size >= admissionTurnsMax)) {
      return refused(admissionWaitMsMax * (0.5 + this.#random.next()));
    }
    this.#nextMs[from] = nextMs + spacingMs;
    if (waitMs <= 0) return { kind: "admitted" };
    this.#turns.set(agentId, nowMs + waitMs);
    return refused(waitMs);
  }

  /** Turns given out and not taken up. */
  get turnCount(): number {
    return this.#turns.size;
  }

  #forgetOldTurns(nowMs: number): void {
    for (const [agentId, turnMs] of this.#turns) {
      if (nowMs <= turnMs + admissionTurnMsMax) return;
      this.#turns.delete(agentId);
    }
  }
}

const spacingMs = 1000 / sessionsPerSecondMax;
const burstMs = spacingMs * (sessionsBurstMax - 1);

const refused = (retryAfterMs: number): Admission => ({
  kind: "refused",
  retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
});
