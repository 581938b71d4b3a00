import type { StatusCode } from "../../common/agent-stream.js";
import type { Random } from "../../common/random.js";
import { backoffBaseMs, backoffMsMax, sessionSettledMs, toldDelayMsMax } from "../limits.js";

/** How a stream ended, as far as the next attempt depends on it. */
export type StreamEnding = {
  readonly code: StatusCode;
  /** How long the session lasted after its Welcome; undefined when there was none. */
  readonly lastedMs: number | undefined;
  /** Delay told by RetryInfo. */
  readonly retryAfterMs: number | undefined;
  /** Delay told by Drain. */
  readonly drainDelayMs: number | undefined;
};

/**
 * When to try again: full jitter under a ceiling that doubles from 1 s to 60 s and starts anew after a session that
 * lasted. What the server told wins; but a session that did not last is not followed sooner than by the jitter, or a
 * server that drains whoever comes would be asked without pause. A session that another one replaced never resets the
 * ceiling: two agents with one id would take the stream from each other without end.
 */
export class Backoff {
  readonly #random: Random;
  #ceilingMs = backoffBaseMs;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long to wait after a stream that ended so. */
  delayMs(ending: StreamEnding): number {
    const settled = (ending.lastedMs ?? 0) >= sessionSettledMs;
    if (settled && ending.code !== "aborted") this.#ceilingMs = backoffBaseMs;
    if (ending.retryAfterMs !== undefined) return told(ending.retryAfterMs) + this.#jittered();
    if (ending.drainDelayMs !== undefined) {
      const delayMs = told(ending.drainDelayMs);
      return settled ? delayMs : Math.max(delayMs, this.#jittered());
    }
    return this.#jittered();
  }

  #jittered(): number {
    const delayMs = this.#random.next() * this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#ceilingMs * 2, backoffMsMax);
    return delayMs;
  }
}

const told = (delayMs: number): number => Math.min(Math.max(delayMs, 0), toldDelayMsMax);
