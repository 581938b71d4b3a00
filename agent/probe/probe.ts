import type { Clock } from "../../common/clock.js";
import type { ProbeKind, ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import type { Random } from "../../common/random.js";
import { outcomeFromError } from "./errno-outcome.js";

/** What every probe is run with. */
export type ProbeContext = {
  /** Ends the probe early, as "not_run". */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly self: {
    /** UID of the agent's own pod, empty when unknown. */
    readonly podUid: string;
    /** The agent's own addresses: their families are looked up, and they are what a target should see. */
    readonly podIps: readonly string[];
  };
};

/**
 * Runs one checked probe (see validate.ts) to its end, within spec.timeoutMs and a turn of the event loop; what the process
 * was held does not count. Never rejects: whatever happens is an outcome.
 */
export type ProbeFn = (spec: ProbeSpec, context: ProbeContext) => Promise<ProbeOutcome>;

/** One function a kind of probe. */
export type ProbeTable = Readonly<Record<ProbeKind, ProbeFn>>;

/** Runs the probe of a spec's kind. One that throws breaks its contract; nobody else is to suffer for it. */
export const runProbe = async (
  table: ProbeTable,
  spec: ProbeSpec,
  context: ProbeContext,
): Promise<ProbeOutcome> => {
  try {
    return await table[spec.kind](spec, context);
  } catch (error) {
    return outcomeFromError(error);
  }
};
