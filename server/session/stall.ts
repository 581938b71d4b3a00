import { stallMs } from "../limits.js";

/**
 * The clock of liveness: monotonic time without the pauses in which the server itself stood still, so that a blocked
 * loop or a suspended machine makes nobody suspect or lost.
 */
export class LivenessClock {
  #lastInputMs: number | undefined;
  #lastTickMs: number | undefined;
  #pausedMs = 0;
  #pausedSinceTickMs = 0;

  /** Takes the time of any input; a long silence between inputs is a pause. */
  observe(nowMs: number): void {
    const gapMs = nowMs - (this.#lastInputMs ?? nowMs);
    this.#lastInputMs = nowMs;
    if (gapMs > stallMs) this.#pause(gapMs);
  }

  /** Takes a tick: the loop may have been late although inputs came. Gives the pause since the last tick. */
  tick(nowMs: number, loopDelayMs: number): number {
    const gapMs = Math.max(nowMs - (this.#lastTickMs ?? nowMs), loopDelayMs);
    this.#lastTickMs = nowMs;
    if (gapMs > stallMs && gapMs > this.#pausedSinceTickMs) {
      this.#pause(gapMs - this.#pausedSinceTickMs);
    }
    const paused = this.#pausedSinceTickMs;
    this.#pausedSinceTickMs = 0;
    return paused;
  }

  /** The liveness time of a monotonic time. */
  at(nowMs: number): number {
    return nowMs - this.#pausedMs;
  }

  /** The monotonic time of a liveness time, as far as is known now. */
  monotonic(livenessMs: number): number {
    return livenessMs + this.#pausedMs;
  }

  #pause(ms: number): void {
    this.#pausedMs += ms;
    this.#pausedSinceTickMs += ms;
  }
}
