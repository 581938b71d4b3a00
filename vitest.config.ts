import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** One project per test tier; what a tier needs is said in its folder's README. */
const project = (name: string, include: string[], testTimeout = 20_000) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, environment: "node" as const },
});

export default defineConfig({
  test: {
    // The default leaves one core out, which on a machine with two is half of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      project("unit", ["test/{common,server,agent,cli,golden}/**/*.test.ts", "test/tidy.test.ts"]),
      project("rpc", ["test/rpc/**/*.test.ts"], 60_000),
      project("sim", ["test/sim/**/*.test.ts"], 1_800_000),
      project("web", ["test/web/**/*.test.ts"], 120_000),
      project("lab", ["test/lab/**/*.test.ts"], 120_000),
    ],
  },
});
