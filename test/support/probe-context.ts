import type { ProbeContext } from "../../agent/probe/probe.js";
import { systemClock } from "../../common/clock.js";
import type { ProbeSpec } from "../../common/probe.js";
import { createSeededRandom } from "../../common/random.js";

/** A context of the machine's clock and seeded chance, with nothing known about the agent itself. */
export const createProbeContext = (overrides: Partial<ProbeContext> = {}): ProbeContext => ({
  signal: new AbortController().signal,
  clock: systemClock,
  random: createSeededRandom(Math.floor(Math.random() * 2 ** 32)),
  self: { podUid: "", podIps: [] },
  ...overrides,
});

/** A spec with what a test does not care about. */
export const probeSpec = (spec: Pick<ProbeSpec, "kind"> & Partial<ProbeSpec>): ProbeSpec => ({
  address: "",
  port: 0,
  timeoutMs: 2000,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
  ...spec,
});
