import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatFailure, runSimulation } from "./sim-run.js";

/** Files that share the seeds, so that every core has some. */
export const simShards = 4;

/** Seeds of a plain `npm test`: what fits into its half minute. */
const seedsDefault = 20;

const numberFromEnv = (name: string): number | undefined => {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Error(`${name} must be a whole number, not ${text}`);
  }
  return value;
};

/** The one seed to replay (CAUSEWAY_SIM_SEED), if any. */
export const replayedSeed = (): number | undefined => numberFromEnv("CAUSEWAY_SIM_SEED");

const playSeed = (seed: number): void => {
  const report = runSimulation({ seed });
  if (report.failure !== undefined) throw new Error(formatFailure(report));
  expect(report.faults.length).toBeGreaterThanOrEqual(5);
  expect(report.measured).toBeGreaterThan(1000);
};

const replay = (seed: number): void => {
  const lines: string[] = [];
  const report = runSimulation({ seed, sink: (line) => lines.push(line) });
  mkdirSync(".cache", { recursive: true });
  const file = `.cache/sim-${seed}.log`;
  writeFileSync(file, `${lines.join("\n")}\n`);
  console.log(`seed=${seed}: ${lines.length} lines of trace in ${file}`);
  if (report.failure !== undefined) throw new Error(formatFailure(report));
  console.log(`faults: ${report.faults.join(", ")}; no rule was broken`);
};

/**
 * The tests of one shard: CAUSEWAY_SIM_SEEDS seeds (20 without it) from CAUSEWAY_SIM_FIRST on (1 without it), every
 * fourth of them here. CAUSEWAY_SIM_SEED=N replays N alone and writes its trace.
 */
export const describeSeeds = (shard: number): void => {
  const only = replayedSeed();
  const count = numberFromEnv("CAUSEWAY_SIM_SEEDS") ?? seedsDefault;
  const first = numberFromEnv("CAUSEWAY_SIM_FIRST") ?? 1;
  describe(`simulation, shard ${shard}`, () => {
    if (only !== undefined) {
      if (shard === 0) it(`replays seed ${only}`, () => replay(only));
      else it.skip("has no seed to replay");
      return;
    }
    for (let seed = first + shard; seed < first + count; seed += simShards) {
      it(`keeps every rule with seed ${seed}`, () => playSeed(seed));
    }
    if (count <= shard) it("has no seed of so few", () => undefined);
  });
};
