import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** Time as adapters see it. Pure cores get times as inputs and never this port. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start; for intervals. */
  nowMs(): number;
  /** Milliseconds since 1970; for display and for stamps that leave the process. */
  wallMs(): number;
  /** Waits; rejects with an AbortError when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};
