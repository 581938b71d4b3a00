import type { Clock } from "../common/clock.js";

/** Sees how long something held the event loop. */
export interface LoopWatch {
  /** The longest delay since it was last asked, in milliseconds. */
  take(): number;
  stop(): void;
}

/** A timer that notices how late it is. Unlike perf_hooks' histogram it misses nothing when it is read and reset. */
export const createLoopWatch = (clock: Pick<Clock, "nowMs">, everyMs: number): LoopWatch => {
  let lastMs = clock.nowMs();
  let longestMs = 0;
  const look = (): void => {
    const nowMs = clock.nowMs();
    longestMs = Math.max(longestMs, nowMs - lastMs - everyMs);
    lastMs = nowMs;
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    take: () => {
      look();
      const taken = longestMs;
      longestMs = 0;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
};
