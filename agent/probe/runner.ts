import { setMaxListeners } from "node:events";
import type { RunResult } from "../../common/agent-stream.js";
import { runProbesMax } from "../../common/limits.js";
import type { ProbeSpec } from "../../common/probe.js";
import { runProbesAtOnceMax, runsMax, runTimeoutMsMax } from "../limits.js";
import type { DestinationPolicy } from "./destination-policy.js";
import { failure } from "./outcome.js";
import { type ProbeContext, type ProbeTable, runProbe } from "./probe.js";
import { validateProbeSpec } from "./validate.js";

/** Probes to run once, beside the plan. */
export type RunRequest = {
  /** 1-16. */
  readonly specs: readonly ProbeSpec[];
  /** The run gives up after so long; what is not done by then is "not_run". */
  readonly timeoutMs: number;
  /** Cancels the run; the rest is "not_run". */
  readonly signal: AbortSignal;
};

/** How a run ended: one result a spec, in order; or nothing was sent at all, and why. */
export type RunEnd =
  | { readonly kind: "done"; readonly results: readonly RunResult[] }
  | { readonly kind: "refused"; readonly error: string };

/** Runs probes on demand. */
export type Runner = {
  /** Never rejects. Refuses all specs when one is not valid or not allowed. */
  readonly run: (request: RunRequest) => Promise<RunEnd>;
  /** Runs that are going on. */
  readonly active: () => number;
};

/** What a runner is made with. */
export type RunnerOptions = {
  readonly table: ProbeTable;
  readonly policy: Pick<DestinationPolicy, "refusal">;
  /** Its signal ends all runs. */
  readonly context: ProbeContext;
};

/** Bounds runs: how many at once, how many probes each, where to, and for how long. */
export const createRunner = (options: RunnerOptions): Runner => {
  let active = 0;
  // One listener a run is no leak.
  setMaxListeners(0, options.context.signal);
  return {
    run: async (request) => {
      const error = refusalOf(request, active, options.policy);
      if (error !== undefined) return { kind: "refused", error };
      active++;
      try {
        return { kind: "done", results: await runSpecs(request, options) };
      } finally {
        active--;
      }
    },
    active: () => active,
  };
};

const refusalOf = (
  { specs }: RunRequest,
  active: number,
  policy: RunnerOptions["policy"],
): string | undefined => {
  if (active >= runsMax) return `${runsMax} runs are going on already`;
  if (specs.length < 1 || specs.length > runProbesMax)
    return `probes has ${specs.length} entries; allowed: 1 to ${runProbesMax}`;
  for (const [index, spec] of specs.entries()) {
    const check = validateProbeSpec(spec);
    const error = check.kind === "error" ? check.message : policy.refusal(spec);
    if (error !== undefined) return specs.length === 1 ? error : `probes[${index}]: ${error}`;
  }
  return undefined;
};

const runSpecs = async (request: RunRequest, options: RunnerOptions): Promise<RunResult[]> => {
  const bound = boundRun(request, options.context.signal);
  const context: ProbeContext = { ...options.context, signal: bound.signal };
  const results: RunResult[] = [];
  const queue = [...request.specs.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, spec] = next;
      const measuredAtUnixMs = context.clock.wallMs();
      const result = await runProbe(options.table, spec, context);
      const told = bound.isLate() && result.outcome === "not_run" ? outOfTime : result;
      results[index] = { ...told, measuredAtUnixMs };
    }
  };
  try {
    await Promise.all(Array.from({ length: runProbesAtOnceMax }, work));
    return results;
  } finally {
    bound.release();
  }
};

const outOfTime = failure("not_run", "the run's time was up");

/** One signal for whatever ends a run. By hand: AbortSignal.any() on a long-lived signal leaks on Node 20. */
const boundRun = (request: RunRequest, stopping: AbortSignal) => {
  const controller = new AbortController();
  let late = false;
  const end = (): void => controller.abort();
  const signals = [request.signal, stopping];
  for (const signal of signals) {
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }
  const timer = setTimeout(
    () => {
      late = true;
      end();
    },
    Math.min(Math.max(request.timeoutMs, 0), runTimeoutMsMax),
  );
  return {
    signal: controller.signal,
    isLate: (): boolean => late,
    release: (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
    },
  };
};
