import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  BaseSequencer,
  createVitest,
  type Reporter,
  type TestSpecification,
  type Vitest,
} from "vitest/node";
import { allMutants } from "./all-mutants.js";
import { type Mutant, testsOf, withFault } from "./mutant.js";

/**
 * Runs the tests of one mutant after another, as its parent names them; "" stands for no mutant and all tests. The fault is put in
 * while a source file is read, so that nothing is written.
 */

/** What became of a run. */
export type Verdict = {
  readonly id: string;
  /** passed: no test noticed; failed: `by` did; broken: a file did not even load. */
  readonly outcome: "passed" | "failed" | "broken";
  readonly by: string;
};

const root = fileURLToPath(new URL("../..", import.meta.url));
let current: Mutant | undefined;

const faultPlugin = {
  name: "fault",
  enforce: "pre" as const,
  transform: (code: string, id: string): string | undefined =>
    current === undefined ? undefined : withFault(current, relative(root, id), code),
};

const allTests = Object.values(testsOf).flat();

/** Files in the order of their suite. */
class SuiteOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number =>
      allTests.indexOf(relative(root, moduleId));
    return Promise.resolve([...files].sort((one, other) => place(one) - place(other)));
  }
}

/** What the tests of the present run have shown so far. Modules that a failure keeps from running show nothing. */
let seen = nothingSeen();

function nothingSeen(): { passed: number; failed: string[]; errors: unknown[] } {
  return { passed: 0, failed: [], errors: [] };
}

const reporter: Reporter = {
  onTestCaseResult: (test) => {
    const { state } = test.result();
    if (state === "passed") seen.passed++;
    if (state !== "failed") return;
    seen.failed.push(`${basename(test.module.moduleId)}: ${test.fullName}`);
  },
  onTestModuleEnd: (module) => {
    seen.errors.push(...module.errors());
  },
  onTestRunEnd: (_, unhandled) => {
    seen.errors.push(...unhandled);
  },
};

const start = (): Promise<Vitest> =>
  createVitest(
    "test",
    {
      root,
      config: false,
      watch: false,
      include: [...allTests],
      environment: "node",
      // The parent ends a process in which tests never end: with it go its threads.
      pool: "threads",
      isolate: false,
      fileParallelism: false,
      bail: 1,
      sequence: { sequencer: SuiteOrder },
      testTimeout: 600_000,
      reporters: [reporter],
    },
    { plugins: [faultPlugin] },
  );

const forgetFiles = (vitest: Vitest, mutant: Mutant | undefined): void => {
  for (const { file } of mutant?.edits ?? []) vitest.invalidateFile(join(root, file));
};

const run = async (vitest: Vitest, id: string): Promise<Verdict> => {
  current = allMutants.find((mutant) => mutant.id === id);
  const wanted = current === undefined ? allTests : testsOf[current.suite];
  const specifications = await vitest.globTestSpecifications(
    wanted.map((file) => join(root, file)),
  );
  forgetFiles(vitest, current);
  seen = nothingSeen();
  await vitest.runTestSpecifications(specifications);
  forgetFiles(vitest, current);
  return { id, ...verdict() };
};

const verdict = (): Omit<Verdict, "id"> => {
  const [failed] = seen.failed;
  if (failed !== undefined) return { outcome: "failed", by: failed };
  const [error] = seen.errors;
  if (error !== undefined) return { outcome: "broken", by: messageOf(error) };
  return seen.passed === 0
    ? { outcome: "broken", by: "no test ran" }
    : { outcome: "passed", by: `${seen.passed} tests` };
};

const messageOf = (error: unknown): string =>
  error instanceof Error || (typeof error === "object" && error !== null && "message" in error)
    ? String(error.message)
    : String(error);

const vitest = await start();
process.on("message", (id: string) => {
  run(vitest, id).then(
    (verdict) => process.send?.(verdict),
    (error: unknown) =>
      process.send?.({ id, outcome: "broken", by: messageOf(error) } satisfies Verdict),
  );
});
process.on("disconnect", () => process.exit(0));
