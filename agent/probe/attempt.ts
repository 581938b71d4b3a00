import type { Clock } from "../../common/clock.js";
import type { ProbeOutcome } from "../../common/probe.js";
import { attemptLateMs } from "../limits.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure } from "./outcome.js";

/** Ends an attempt; only the first call counts. */
export type Settle<T> = (value: T) => void;

/** What bounds an attempt. */
export type AttemptOptions<T> = {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "nowMs">;
  /** The value when time is up. */
  readonly onTimeout: () => T;
  /** The value when starting threw, or the attempt was cancelled. */
  readonly onFailure: (failed: ProbeOutcome) => T;
};

/**
 * Runs something asynchronous with a timeout and a signal, and cleans up exactly once. `start` returns its cleanup, and
 * may settle before it returns. A stalled event loop must not turn late reading into loss: when time is up, what already
 * waits in sockets is still read first, and an attempt that was held beyond its time gets what it lost once more, as its
 * next step could not be taken meanwhile.
 */
export const runAttempt = <T>(
  options: AttemptOptions<T>,
  start: (settle: Settle<T>) => () => void,
): Promise<T> =>
  new Promise((resolve) => {
    let settled = false;
    let cleanup: (() => void) | undefined;
    const onAbort = (): void => settle(options.onFailure(failure("not_run", "cancelled")));
    const settle = (value: T): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      options.signal.removeEventListener("abort", onAbort);
      cleanup?.();
      resolve(value);
    };
    const { timeoutMs, clock } = options;
    const endMs = clock.nowMs() + timeoutMs;
    // Timers run before the poll phase, setImmediate after it.
    const giveUp = (): void => {
      setImmediate(() => {
        if (!settled) settle(options.onTimeout());
      });
    };
    let timer = setTimeout(() => {
      const lateMs = clock.nowMs() - endMs;
      if (lateMs < attemptLateMs) giveUp();
      else timer = setTimeout(giveUp, Math.min(lateMs, timeoutMs));
    }, timeoutMs);
    if (options.signal.aborted) {
      onAbort();
      return;
    }
    options.signal.addEventListener("abort", onAbort, { once: true });
    try {
      cleanup = start(settle);
      if (settled) cleanup();
    } catch (error) {
      settle(options.onFailure(outcomeFromError(error)));
    }
  });
