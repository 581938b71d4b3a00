// The checkers are worth what they find: every seeded protocol bug must be found, by the checker that is meant to.
import { describe, expect, it } from "vitest";
import { simMutants } from "../support/sim-mutants.js";
import { formatFailure, runSimulation } from "../support/sim-run.js";
import { replayedSeed } from "../support/sim-seeds.js";

/** Seeds that a bug may hide from before its checker is too weak. */
const seedsMax = 4;

describe.skipIf(replayedSeed() !== undefined)("simulation with a seeded bug", () => {
  for (const mutant of simMutants) {
    it(`finds that ${mutant.name}`, () => {
      const seen: string[] = [];
      for (let seed = 1; seed <= seedsMax; seed++) {
        const report = runSimulation({ seed, mutation: mutant.mutation, faults: mutant.faults });
        if (report.failure?.checker === mutant.checker) return;
        seen.push(
          report.failure === undefined ? `seed=${seed} found nothing` : formatFailure(report),
        );
      }
      expect.fail(`not found by "${mutant.checker}":\n${seen.join("\n")}`);
    });
  }
});
