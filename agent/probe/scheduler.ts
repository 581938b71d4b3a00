import { setMaxListeners } from "node:events";
import type { ProbeOutcome } from "../../common/probe.js";
import { probeTickMs } from "../limits.js";
import { type ProbeContext, type ProbeTable, runProbe } from "./probe.js";
import { Schedule, type ScheduleEntry } from "./schedule.js";

/** One probe of the plan that ended. */
export type ScheduledResult = {
  readonly id: number;
  /** Epoch of the plan that the probe was started for. */
  readonly epoch: string;
  readonly key: string;
  /** Monotonic clock when it was started. */
  readonly sentAtMs: number;
  readonly result: ProbeOutcome;
};

/** Figures of a scheduler, for metrics. */
export type SchedulerStatus = {
  readonly entries: number;
  readonly inFlight: number;
  /** Probes started since the start. */
  readonly started: number;
  /** Turns skipped since the start. */
  readonly missed: number;
};

/** What a scheduler is made with. */
export type SchedulerOptions = {
  /** Name of this agent: agents with other names probe in other phases. */
  readonly self: string;
  readonly table: ProbeTable;
  /** Its signal ends all probes, and the schedule. */
  readonly context: ProbeContext;
  /** Called for every probe that ended, but not after stop(). */
  readonly onResult: (result: ScheduledResult) => void;
  /** How late probes were started, in milliseconds; for metrics. */
  readonly onLateness?: (latenessMs: number) => void;
};

/** Probes a plan, over and over. */
export type Scheduler = {
  /** The plan from now on; epoch is handed back with its results. */
  readonly replace: (entries: readonly ScheduleEntry[], epoch?: string) => void;
  readonly status: () => SchedulerStatus;
  /** Ends what is in flight, without results. */
  readonly stop: () => void;
};

type PlannedEntry = ScheduleEntry & { readonly epoch: string };

/** Drives a Schedule with one timer, which stands only while something is due. */
export const createScheduler = (options: SchedulerOptions): Scheduler => {
  const { clock } = options.context;
  const schedule = new Schedule<PlannedEntry>(options.self);
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, options.context.signal]);
  // One listener a probe in flight is no leak.
  setMaxListeners(0, signal);
  const context: ProbeContext = { ...options.context, signal };
  let timer: NodeJS.Timeout | undefined;

  const run = async (entry: PlannedEntry): Promise<void> => {
    const { id, epoch, key, spec } = entry;
    const sentAtMs = clock.nowMs();
    const result = await runProbe(options.table, spec, context);
    const wasFull = schedule.nextDueMs() === Number.POSITIVE_INFINITY;
    schedule.finish();
    if (signal.aborted) return;
    options.onResult({ id, epoch, key, sentAtMs, result });
    if (wasFull) arm();
  };

  const tick = (): void => {
    const nowMs = clock.nowMs();
    for (const { entry, dueMs } of schedule.start(nowMs)) {
      options.onLateness?.(nowMs - dueMs);
      void run(entry);
    }
    arm();
  };

  const arm = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const dueMs = schedule.nextDueMs();
    if (signal.aborted || dueMs === Number.POSITIVE_INFINITY) return;
    // At most a day: longer timers fire at once.
    const delayMs = Math.min(Math.max(Math.ceil(dueMs - clock.nowMs()), probeTickMs), 86_400_000);
    timer = setTimeout(tick, delayMs);
  };

  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return {
    replace: (entries, epoch = "") => {
      const planned = entries.map((entry) => ({ ...entry, epoch }));
      schedule.replace(planned, clock.nowMs());
      arm();
    },
    status: () => ({
      entries: schedule.size,
      inFlight: schedule.inFlight,
      ...schedule.counters,
    }),
    stop: () => stopping.abort(),
  };
};
