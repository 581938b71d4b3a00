// Every command in every format, from the same answers each time. The text of a golden is what a person or a program gets.

import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCheck, runDiff } from "../../../cli/commands/policy-changes.js";
import { runGraph, runList } from "../../../cli/commands/policy-list.js";
import { runExposure, runLint } from "../../../cli/commands/policy-model.js";
import { runDiagnose, runEval, runExplain, runFix } from "../../../cli/commands/policy-pair.js";
import type { AnyFormat } from "../../../cli/formats.js";
import { formatsOf } from "../../../cli/formats.js";
import type { PolicyRequest } from "../../../cli/policy/request.js";
import { createProgram } from "../../../cli/program.js";
import { caughtRequest } from "../../support/caught-request.js";
import { servicePair } from "../../support/pair-answers.js";
import { cannedAnswers } from "../../support/policy-answers.js";

const pair = { source: "shop/web-1", destination: "shop/cart-1", port: 8080 };
const everything = { namespace: "", source: "", destination: "" };
const rulesFile = join(tmpdir(), "causeway-rules.yaml");
writeFileSync(rulesFile, "permit: []\n");

type Run = (request: PolicyRequest) => Promise<number>;

const runs: Readonly<Record<string, readonly [Run, number]>> = {
  list: [(request) => runList(request, everything), 0],
  exposure: [runExposure, 0],
  lint: [
    (request) =>
      runLint(request, { failOn: "high", rules: undefined, suppressionsFile: undefined }),
    1,
  ],
  graph: [runGraph, 0],
  eval: [(request) => runEval(request, pair), 1],
  explain: [(request) => runExplain(request, pair), 1],
  fix: [(request) => runFix(request, pair), 0],
  diff: [(request) => runDiff(request, "after"), 1],
  check: [(request) => runCheck(request, rulesFile), 1],
  diagnose: [(request) => runDiagnose(request, pair), 1],
};

const program = createProgram(caughtRequest("table").request.context, () => undefined);
const policy = program.commands.find((command) => command.name() === "policy");
const formatsFor = (name: string): readonly AnyFormat[] => {
  const command = [...program.commands, ...(policy?.commands ?? [])].find(
    (one) => one.name() === name,
  );
  return command === undefined ? [] : formatsOf(command);
};

// These describe every rule that there is; reports.test.ts looks at them.
const isOfRules = (format: AnyFormat): boolean => format === "sarif" || format === "junit";

const cases = Object.keys(runs).flatMap((name) =>
  formatsFor(name)
    .filter((format) => name !== "lint" || !isOfRules(format))
    .map((format) => [name, format] as const),
);

describe("what commands print", () => {
  it.each(cases)("%s -o %s", async (name, format) => {
    const [run, code] = runs[name] ?? [runGraph, 0];
    const { request, out, error } = caughtRequest(format);
    expect(await run(request)).toBe(code);
    const text = out().replaceAll(tmpdir(), "/tmp");
    await expect(text).toMatchFileSnapshot(`../../golden/cli/policy/${name}.${format}.txt`);
    expect(error()).toBe(
      "causeway: old.yaml:3:1: warning: NetworkPolicy shop/old: extensions/v1beta1 is served by no API server any more; read as networking.k8s.io/v1\n",
    );
  });

  it.each(["table", "md"] as const)("a Service with several endpoints -o %s", async (format) => {
    const answers = { ...cannedAnswers, evaluate: async () => servicePair };
    for (const [name, run] of [
      ["eval", runEval],
      ["explain", runExplain],
    ] as const) {
      const { request, out } = caughtRequest(format, { answers });
      expect(await run(request, { ...pair, destination: "svc/shop/cart", port: 80 })).toBe(1);
      const file = `../../golden/cli/policy/${name}-service.${format}.txt`;
      await expect(out()).toMatchFileSnapshot(file);
    }
  });

  it("colours verdicts on a terminal only", async () => {
    const terminal = caughtRequest("table", { isTerminal: true });
    await runEval(terminal.request, pair);
    expect(terminal.out()).toContain("\u001b[31mDENIED\u001b[39m");
    const pipe = caughtRequest("table");
    await runEval(pipe.request, pair);
    expect(pipe.out()).not.toContain("\u001b");
  });

  it("wraps prose at 100 columns", async () => {
    for (const run of [runEval, runExplain, runDiagnose]) {
      const { request, out } = caughtRequest("table");
      await run(request, pair);
      const long = out()
        .split("\n")
        .filter((line) => line.length > 100);
      expect(long).toEqual([]);
    }
  });
});
