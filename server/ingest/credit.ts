import type { Window } from "../../common/agent-stream.js";
import { loopDelayHighMs, pendingAppendsMax, windowBatchesMax, windowBytesMax } from "../limits.js";

/** What the server may ask of every agent, from all of it down to a pause. */
const steps: readonly Window[] = [
  { batches: windowBatchesMax, bytes: windowBytesMax },
  { batches: Math.floor(windowBatchesMax / 4), bytes: Math.floor(windowBytesMax / 4) },
  { batches: 1, bytes: Math.floor(windowBytesMax / windowBatchesMax) },
  { batches: 0, bytes: 0 },
];

/** From where each step below the first begins. */
const pendingFrom = [pendingAppendsMax / 4, pendingAppendsMax / 2, pendingAppendsMax];
const loopDelayFromMs = [loopDelayHighMs, loopDelayHighMs * 4, loopDelayHighMs * 16];

/** How long it must be calm before credit goes up by one step: longer than a garbage collection or a push. */
const calmMs = 2_000;

/** How busy the server is. */
export type Load = {
  /** Records handed to the log and not yet accepted. */
  readonly pending: number;
  readonly loopDelayMs: number;
  readonly nowMs: number;
};

/**
 * Sheds load by credit: down at once, up one step at a time after two calm seconds below half of what would bring it
 * down, so that it does not swing.
 */
export class Credit {
  #step = 0;
  #calmSinceMs: number | undefined;

  /** What agents may send now. */
  get window(): Window {
    return steps[this.#step] ?? { batches: 0, bytes: 0 };
  }

  /** Looks at the load; gives the new window when it changed. */
  update({ pending, loopDelayMs, nowMs }: Load): Window | undefined {
    const wanted = stepFor({ pending, loopDelayMs });
    if (wanted > this.#step) {
      this.#step = wanted;
      this.#calmSinceMs = undefined;
      return this.window;
    }
    const calm = stepFor({ pending: pending * 2, loopDelayMs: loopDelayMs * 2 }) < this.#step;
    if (this.#step === 0 || !calm) {
      this.#calmSinceMs = undefined;
      return undefined;
    }
    this.#calmSinceMs ??= nowMs;
    if (nowMs - this.#calmSinceMs < calmMs) return undefined;
    this.#step -= 1;
    this.#calmSinceMs = nowMs;
    return this.window;
  }
}

const stepFor = (load: { readonly pending: number; readonly loopDelayMs: number }): number =>
  Math.max(reached(load.pending, pendingFrom), reached(load.loopDelayMs, loopDelayFromMs));

const reached = (value: number, thresholds: readonly number[]): number =>
  thresholds.filter((threshold) => value >= threshold).length;
