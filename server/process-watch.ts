import { totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { rssShareMax } from "./limits.js";

/** What the process used since it was last asked. */
export type ProcessFigures = {
  /** Share of that time that the event loop was busy, 0 to 1. */
  readonly loopUtilization: number;
  /** Memory that the process holds now. */
  readonly rssBytes: number;
};

/** Measures this process's event loop and memory. */
export interface ProcessWatch {
  /** The figures since the last call, or since the watch was made. */
  take(): ProcessFigures;
}

/** Begins to measure. */
export const createProcessWatch = (): ProcessWatch => {
  let last = performance.eventLoopUtilization();
  return {
    take: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return { loopUtilization: utilization, rssBytes: process.memoryUsage.rss() };
    },
  };
};

/** How much memory this process may hold, in bytes: rssShareMax of what its cgroup, or else the machine, has. */
export const rssBytesMaxHere = (): number =>
  rssBytesMaxOf({ constrainedBytes: process.constrainedMemory(), totalBytes: totalmem() });

/** The same from figures. constrainedBytes: 0, undefined or more than totalBytes when there is no constraint. */
export const rssBytesMaxOf = ({
  constrainedBytes,
  totalBytes,
}: {
  readonly constrainedBytes: number | undefined;
  readonly totalBytes: number;
}): number => {
  const bytes = constrainedBytes ? Math.min(constrainedBytes, totalBytes) : totalBytes;
  return Math.floor(bytes * rssShareMax);
};
