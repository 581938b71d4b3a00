import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { allMutants } from "./all-mutants.js";
import type { Verdict } from "./worker.js";

/**
 * Puts one fault after another into the policy engine and shows that its tests notice each: `npm run test:mutants -- [ID…]`.
 * One line a mutant, and last "N killed, N survived". Exit 1 when one survives, does not apply or breaks what it should only
 * falsify; 2 when the tests fail without a fault.
 */

/** Mutants at a time: what a machine with two cores carries. */
const workersMax = 2;
/** A run that takes longer has lost its way in a loop that a fault made endless: that is noticed too. */
const runMaxMs = 120_000;
/** Random clusters of each property: enough for every fault, a fraction of what the unit tier judges. */
const sizes = { CAUSEWAY_POLICY_CLUSTERS: "60", CAUSEWAY_POLICY_CHANGES: "40" };

type Result = Omit<Verdict, "outcome"> & {
  readonly outcome: Verdict["outcome"] | "endless";
  readonly ms: number;
};

/** One process after another; each runs until it is told to end or has lost its way. */
class Runner {
  #child: ChildProcess | undefined;

  run(id: string): Promise<Result> {
    const startedAt = performance.now();
    const child = this.#started();
    return new Promise((resolve) => {
      const finish = (verdict: Omit<Result, "ms">): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve({ ...verdict, ms: performance.now() - startedAt });
      };
      const timer = setTimeout(() => {
        this.end();
        finish({ id, outcome: "endless", by: `no answer within ${runMaxMs / 1000} s` });
      }, runMaxMs);
      child.once("message", (message) => finish(message as Verdict));
      child.once("exit", (code) => {
        this.#child = undefined;
        finish({ id, outcome: "broken", by: `the process ended with ${code}` });
      });
      child.send(id);
    });
  }

  end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #started(): ChildProcess {
    this.#child ??= fork(fileURLToPath(new URL("worker.ts", import.meta.url)), {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, ...sizes },
    });
    return this.#child;
  }
}

const wordOf = ({ outcome }: Result): string =>
  outcome === "failed" || outcome === "endless"
    ? "killed"
    : outcome === "passed"
      ? "SURVIVED"
      : "BROKEN";

const line = (result: Result): string => {
  const fault = allMutants.find(({ id }) => id === result.id)?.fault ?? "";
  const by = result.outcome === "passed" ? "" : ` (${result.by})`;
  return `${wordOf(result).padEnd(9)}${result.id.padEnd(18)}${fault}${by} ${(result.ms / 1000).toFixed(1)} s`;
};

/** Says results in the order of the mutants, each as soon as those before it are said. */
const inOrder = (ids: readonly string[]): ((result: Result) => void) => {
  const waiting = new Map<string, Result>();
  let at = 0;
  return (result) => {
    waiting.set(result.id, result);
    for (let next = waiting.get(ids[at] ?? ""); next; next = waiting.get(ids[++at] ?? "")) {
      console.log(line(next));
    }
  };
};

const runAll = async (runners: readonly Runner[], ids: readonly string[]): Promise<Result[]> => {
  const queue = [...ids];
  const results: Result[] = [];
  const say = inOrder(ids);
  const pump = async (runner: Runner): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const result = await runner.run(id);
      results.push(result);
      say(result);
    }
  };
  await Promise.all(runners.map(pump));
  return results;
};

const idsAsked = (): readonly string[] => {
  const asked = process.argv.slice(2);
  const known = allMutants.map(({ id }) => id);
  const unknown = asked.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new Error(`no mutant is called ${unknown.join(", ")}; there are ${known.join(", ")}`);
  }
  return asked.length > 0 ? asked : known;
};

const main = async (): Promise<number> => {
  const ids = idsAsked();
  const runners = Array.from({ length: workersMax }, () => new Runner());
  try {
    const [first] = runners;
    const sound = await first?.run("");
    if (sound?.outcome !== "passed") {
      console.error(`the tests fail without any fault: ${sound?.by}`);
      return 2;
    }
    console.log(`no fault: ${sound.by} pass ${(sound.ms / 1000).toFixed(1)} s`);
    const results = await runAll(runners, ids);
    const count = (word: string): number =>
      results.filter((result) => wordOf(result) === word).length;
    const [survived, broken] = [count("SURVIVED"), count("BROKEN")];
    if (broken > 0) console.log(`${broken} do not apply or do not run: bring them up to date`);
    console.log(`${count("killed")} killed, ${survived} survived`);
    return survived + broken === 0 ? 0 : 1;
  } finally {
    for (const runner of runners) runner.end();
  }
};

process.exitCode = await main();
