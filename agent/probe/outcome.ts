import type { Outcome, ProbeOutcome } from "../../common/probe.js";

/** A probe that did not succeed; nothing was measured. */
export const failure = (outcome: Outcome, detail = ""): ProbeOutcome => ({
  outcome,
  rttUs: undefined,
  detail,
});

/** When a request left and its answer was read, by the monotonic clock. */
export type RoundTrip = {
  readonly sentMs: number;
  readonly receivedMs: number;
  /** The probe's own timeout. */
  readonly timeoutMs: number;
};

/**
 * A success. A round trip longer than the timeout says that this process read late, not that the network was slow: then
 * the answer counts and the number does not.
 */
export const success = (trip: RoundTrip, detail = ""): ProbeOutcome => {
  const elapsedMs = trip.receivedMs - trip.sentMs;
  if (elapsedMs < 0 || elapsedMs > trip.timeoutMs)
    return { outcome: "ok", rttUs: undefined, detail: detail === "" ? "answer read late" : detail };
  return { outcome: "ok", rttUs: Math.max(1, Math.round(elapsedMs * 1000)), detail };
};
