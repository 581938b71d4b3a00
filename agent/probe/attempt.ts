import type { ProbeOutcome } from "../../common/probe.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure } from "./outcome.js";

/** Ends an attempt; only the first call counts. */
export type Settle<T> = (value: T) => void;

/** What bounds an attempt. */
export type AttemptOptions<T> = {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The value when time is up. */
  readonly onTimeout: () => T;
  /** The value when starting threw, or the attempt was cancelled. */
  readonly onFailure: (failed: ProbeOutcome) => T;
};

/**
 * Runs something asynchronous with a timeout and a signal, and cleans up exactly once. `start` returns its cleanup, and
 * may settle before it returns. When time is up, what already waits in sockets is still read first: a stalled event loop
 * must not turn late reading into loss.
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
    // Timers run before the poll phase, setImmediate after it.
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (!settled) settle(options.onTimeout());
      });
    }, options.timeoutMs);
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
