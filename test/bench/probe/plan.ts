/** What one run of an engine does. */
export type RunPlan = {
  readonly engine: "native" | "net-ping";
  /** How many addresses. */
  readonly targets: number;
  readonly rounds: number;
  /** Requests a second. */
  readonly rate: number;
  /** Share of its time that the event loop is busy with other work, 0 to 1. */
  readonly load: number;
};

/** What a run measured. */
export type RunReport = {
  /** Round trips by address, in the order of the requests, in microseconds; null without one. */
  readonly results: readonly (readonly [address: string, rttsUs: readonly (number | null)[]])[];
  /** CPU of the whole process while it sent, the load's among it. */
  readonly cpuUs: number;
  readonly seconds: number;
  readonly rssBytes: number;
};

/** Addresses of the responder's range, 10.77.0.0/16. */
export const pingTargets = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `10.77.${1 + Math.floor(at / 250)}.${1 + (at % 250)}`);
