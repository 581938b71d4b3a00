// How output is written: in pieces, to readers that may go away, with what goes to standard error.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runDiff } from "../../../cli/commands/policy-changes.js";
import { runList } from "../../../cli/commands/policy-list.js";
import { runLint } from "../../../cli/commands/policy-model.js";
import { runDiagnose, runEval, runExplain, runFix } from "../../../cli/commands/policy-pair.js";
import { CliError } from "../../../cli/exit.js";
import {
  chunkCharsMax,
  csvRowsAtOnce,
  curvedEdgesMax,
  pathsPrintedMax,
  pointsPrintedMax,
  problemsPrintedMax,
  progressAfterMs,
  progressLineMs,
  progressRows,
  progressTerminalMs,
  sideFileBytesMax,
  svgEdgesMax,
} from "../../../cli/limits.js";
import {
  codeFromCheck,
  codeFromDiagnosis,
  codeFromDiff,
  codeFromFix,
  codeFromLint,
  codeFromPair,
} from "../../../cli/policy/exit-code.js";
import { problemLines } from "../../../cli/policy/problem-lines.js";
import { createProgress } from "../../../cli/policy/progress.js";
import { readSideFile } from "../../../cli/policy/side-file.js";
import { dotLines } from "../../../cli/render/dot.js";
import { svgText } from "../../../cli/render/svg.js";
import { wrapped } from "../../../cli/render/wrap.js";
import type { ConnectionRowView, ProblemView } from "../../../server/analyzer/answers.js";
import { caughtRequest } from "../../support/caught-request.js";
import { deniedPair, modelOf, servicePair } from "../../support/pair-answers.js";
import {
  cannedAnswers,
  checkAnswer,
  diagnosisAnswer,
  diffAnswer,
  fixAnswer,
  graphView,
  lintAnswer,
  refusedFix,
} from "../../support/policy-answers.js";

const pair = { source: "shop/web-1", destination: "shop/cart-1", port: 8080 };
const everything = { namespace: "", source: "", destination: "" };

/** Rows made when they are asked for, and how many were. */
const manyRows = (count: number) => {
  let made = 0;
  const rows = function* (): Iterable<ConnectionRowView> {
    for (let index = 0; index < count; index++) {
      made++;
      yield {
        source: `shop/web-${index % 100}[Deployment]`,
        destination: `shop/cart-${Math.floor(index / 100)}[Deployment]`,
        connections: "TCP 80,443",
        undetermined: "",
        because: [],
      };
    }
  };
  const list = async () => ({ rows, profile: "upstream", model: modelOf({ problems: [] }) });
  return { answers: { ...cannedAnswers, list }, made: () => made };
};

describe("a long list", () => {
  it.each(["json", "yaml", "csv", "md", "connlist", "table"] as const)(
    "is written in pieces of about chunkCharsMax characters as %s",
    async (format) => {
      const { answers } = manyRows(20_000);
      const { request, pieces, out } = caughtRequest(format, { answers });
      await runList(request, everything);
      expect(pieces.length).toBeGreaterThan(2);
      const longest = Math.max(...pieces.map((piece) => piece.length));
      // CSV comes csvRowsAtOnce rows at a time, of fewer than 100 characters each.
      expect(longest).toBeLessThan(chunkCharsMax + csvRowsAtOnce * 100);
      expect(out().split("\n").length).toBeGreaterThan(20_000);
    },
  );

  it("is whole as JSON", async () => {
    const { answers } = manyRows(20_000);
    const { request, out } = caughtRequest("json", { answers });
    await runList(request, everything);
    const document = JSON.parse(out());
    expect(document.total_size).toBe(20_000);
    expect(document.rows).toHaveLength(20_000);
    expect(document.rows[101]).toMatchObject({ source: "shop/web-1[Deployment]" });
  });

  it.each(["json", "yaml", "csv", "connlist"] as const)(
    "is not made on when its reader went away: %s",
    async (format) => {
      const { answers, made } = manyRows(100_000);
      const { request } = caughtRequest(format, { answers, writesMax: 1 });
      expect(await runList(request, everything)).toBe(0);
      expect(made()).toBeLessThan(20_000);
    },
  );
});

describe("exit codes", () => {
  it.each([
    ["allowed", 8080, 0],
    ["denied", 8080, 1],
    ["partial", 8080, 1],
    ["unknown", 8080, 3],
    ["allowed", 0, 0],
    ["denied", 0, 1],
    // Something is permitted, and no port was named.
    ["partial", 0, 0],
    ["unknown", 0, 3],
  ])("of a pair that is %s on port %d: %d", (verdict, port, code) => {
    expect(codeFromPair({ ...deniedPair(false), verdict, port })).toBe(code);
  });

  it("of a fix: 0 with a manifest or when none is needed, 1 when it is refused", () => {
    expect(codeFromFix(fixAnswer)).toBe(0);
    expect(codeFromFix({ ...refusedFix, outcome: "none-needed" })).toBe(0);
    expect(codeFromFix(refusedFix)).toBe(1);
  });

  it("of a difference: 1 when there is one", () => {
    expect(codeFromDiff(diffAnswer)).toBe(1);
    expect(codeFromDiff({ ...diffAnswer, added: 0, removed: 0, changed: 0 })).toBe(0);
  });

  it.each([
    ["critical", 0],
    ["high", 1],
    ["medium", 1],
    ["info", 1],
  ] as const)("of findings with --fail-on %s: %d", (failOn, code) => {
    expect(codeFromLint(lintAnswer, failOn)).toBe(code);
  });

  it("of findings leaves out suppressed ones", () => {
    const findings = lintAnswer.findings.filter(({ suppressed }) => suppressed !== "");
    expect(codeFromLint({ ...lintAnswer, findings }, "info")).toBe(0);
  });

  it("of assertions: 1 before 3", () => {
    expect(codeFromCheck(checkAnswer)).toBe(1);
    expect(codeFromCheck({ ...checkAnswer, failed: 0 })).toBe(3);
    expect(codeFromCheck({ ...checkAnswer, failed: 0, unknown: 0 })).toBe(0);
  });

  it.each([
    ["connected", 0],
    ["degraded", 1],
    ["disconnected", 1],
    ["unknown", 3],
  ])("of a diagnosis that is %s: %d", (status, code) => {
    expect(codeFromDiagnosis({ ...diagnosisAnswer, status })).toBe(code);
  });
});

describe("policy fix -o yaml", () => {
  it("is the manifest and nothing else", async () => {
    const { request, out } = caughtRequest("yaml");
    expect(await runFix(request, pair)).toBe(0);
    expect(out()).toBe(fixAnswer.manifest);
  });

  it("prints nothing on standard output when the fix is refused, and why on standard error", async () => {
    const answers = { ...cannedAnswers, fix: async () => refusedFix };
    const { request, out, error } = caughtRequest("yaml", { answers });
    expect(await runFix(request, pair)).toBe(1);
    expect(out()).toBe("");
    expect(error()).toBe(`causeway: ${refusedFix.reason}\n`);
  });
});

describe("problems of the input", () => {
  const problem = (severity: string, message: string): ProblemView => ({
    severity,
    code: "invalid",
    message,
    file: "a.yaml",
    line: 3,
    column: 0,
    object: "",
  });
  const answersWith = (problems: readonly ProblemView[]) => ({
    ...cannedAnswers,
    lint: async () => ({ ...lintAnswer, findings: [], model: modelOf({ problems }) }),
  });
  const lintRun = { failOn: "high", rules: undefined, suppressionsFile: undefined } as const;

  it("are printed errors first, at most problemsPrintedMax, the rest counted", () => {
    const warnings = Array.from({ length: problemsPrintedMax + 4 }, (_, index) =>
      problem("warning", `w${index}`),
    );
    const lines = problemLines([...warnings, problem("error", "broken")]);
    expect(lines).toHaveLength(problemsPrintedMax + 1);
    expect(lines[0]).toBe("a.yaml:3: error: broken");
    expect(lines.at(-1)).toBe("… and 5 more problems of the input (-o json lists them)");
  });

  it("end the run with 4 under --strict, before anything is printed", async () => {
    const answers = answersWith([problem("error", "broken")]);
    const { request, out, error } = caughtRequest("table", { answers, isStrict: true });
    await expect(runLint(request, lintRun)).rejects.toMatchObject({ exitCode: 4 });
    expect(out()).toBe("");
    expect(error()).toBe("causeway: a.yaml:3: error: broken\n");
  });

  it("that are warnings pass --strict", async () => {
    const answers = answersWith([problem("warning", "odd")]);
    const { request } = caughtRequest("table", { answers, isStrict: true });
    expect(await runLint(request, lintRun)).toBe(0);
  });

  it("are silent with --quiet", async () => {
    const answers = answersWith([problem("error", "broken")]);
    const { request, error } = caughtRequest("table", { answers, isQuiet: true });
    expect(await runLint(request, lintRun)).toBe(0);
    expect(error()).toBe("");
  });
});

describe("texts for reading", () => {
  it("explain pathsPrintedMax ways and count the rest; wide explains all", async () => {
    const [path] = servicePair.paths;
    if (path === undefined) throw new Error("no path");
    const paths = new Array(pathsPrintedMax + 3).fill(path);
    const answers = { ...cannedAnswers, evaluate: async () => ({ ...servicePair, paths }) };
    const table = caughtRequest("table", { answers });
    await runExplain(table.request, pair);
    expect(table.out()).toContain("3 more ways; -o wide explains all.");
    const wide = caughtRequest("wide", { answers });
    await runExplain(wide.request, pair);
    expect(wide.out()).not.toContain("more ways");
  });

  it("show pointsPrintedMax points of a list; wide shows all", async () => {
    const [path] = deniedPair(true).paths;
    const [miss] = path?.ingress.misses ?? [];
    if (path === undefined || miss === undefined) throw new Error("no miss");
    const misses = new Array(pointsPrintedMax + 2).fill(miss);
    const paths = [{ ...path, ingress: { ...path.ingress, misses } }];
    const answers = { ...cannedAnswers, evaluate: async () => ({ ...deniedPair(true), paths }) };
    const table = caughtRequest("table", { answers });
    await runExplain(table.request, pair);
    expect(table.out()).toContain("2 more; -o wide shows all");
    const wide = caughtRequest("wide", { answers });
    await runExplain(wide.request, pair);
    expect(wide.out()).not.toContain("more; -o wide");
  });

  it("wrap at blanks and never cut a word", () => {
    expect(wrapped("aa bb cc", 7, "- ")).toEqual(["- aa bb", "  cc"]);
    expect(wrapped("aaaaaaaaaa b", 5, "")).toEqual(["aaaaaaaaaa", "b"]);
    expect(wrapped("", 5, "- ")).toEqual(["- "]);
  });

  it("of a pair without a port say what is permitted", async () => {
    const answers = {
      ...cannedAnswers,
      evaluate: async () => ({
        ...deniedPair(false),
        port: 0,
        protocol: "",
        verdict: "partial",
        connections: servicePair.undetermined,
      }),
    };
    const { request, out } = caughtRequest("table", { answers });
    expect(await runEval(request, { source: "a", destination: "b" })).toBe(0);
    expect(out()).toContain("PARTLY ALLOWED  shop/web-1 -> shop/cart-1, any connection\n");
    expect(out()).toContain("  Permitted: TCP 9090.\n");
  });

  it("of a diagnosis add hops and what is ruled out when wide", async () => {
    const wide = caughtRequest("wide");
    await runDiagnose(wide.request, pair);
    expect(wide.out()).toContain("Hop by hop\n");
    expect(wide.out()).toContain("POD_NOT_RUNNING: both pods are running\n");
  });

  it("of two models without a difference say so", async () => {
    const same = { ...diffAnswer, rows: [], added: 0, removed: 0, changed: 0 };
    const answers = { ...cannedAnswers, diff: async () => same };
    const { request, out } = caughtRequest("table", { answers });
    expect(await runDiff(request, "after")).toBe(0);
    expect(out()).toBe(
      "No difference in connections.\n\n0 pairs added, 0 removed, 0 changed, 7 as before.\n",
    );
  });
});

describe("progress", () => {
  const rig = (isErrorTerminal: boolean) => {
    let nowMs = 0;
    let text = "";
    const progress = createProgress({
      name: "causeway",
      nowMs: () => nowMs,
      isErrorTerminal,
      writeError: (more) => {
        text += more;
      },
    });
    const elapse = (ms: number): void => {
      nowMs += ms;
    };
    return { progress, elapse, text: () => text };
  };

  it("is silent until progressAfterMs have passed", () => {
    const { progress, elapse, text } = rig(false);
    progress.step("reading manifests");
    elapse(progressAfterMs - 1);
    progress.step("reading manifests");
    expect(text()).toBe("");
    elapse(1);
    progress.step("evaluating");
    expect(text()).toBe("causeway: evaluating … 1 s\n");
  });

  it("is one line every progressLineMs where it is no terminal", () => {
    const { progress, elapse, text } = rig(false);
    for (let ms = 0; ms < 3 * progressLineMs; ms += 100) {
      elapse(100);
      progress.step("writing");
    }
    progress.end();
    expect(text().split("\n")).toHaveLength(4);
    expect(text()).not.toContain("\u001b");
  });

  it("counts rows, progressRows at a time, where they do not go to a terminal", async () => {
    const { answers } = manyRows(2 * progressRows + 1);
    const steps: string[] = [];
    const progress = { step: (text: string) => void steps.push(text), end: () => undefined };
    await runList(caughtRequest("json", { answers, progress }).request, everything);
    expect(steps).toEqual([`${progressRows} rows`, `${2 * progressRows} rows`]);
    const isTerminal = true;
    await runList(caughtRequest("json", { answers, progress, isTerminal }).request, everything);
    expect(steps).toHaveLength(2);
  });

  it("is rewritten in place on a terminal every progressTerminalMs, and goes away", () => {
    const { progress, elapse, text } = rig(true);
    elapse(2000);
    progress.step("reading");
    elapse(progressTerminalMs - 1);
    progress.step("reading");
    elapse(1);
    progress.step("writing");
    progress.end();
    progress.end();
    expect(text()).toBe(
      "\r\u001b[Kcauseway: reading … 2 s\r\u001b[Kcauseway: writing … 2 s\r\u001b[K",
    );
  });
});

describe("files beside the manifests", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "causeway-side-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are refused with code 4 when they do not exist, are folders or beyond sideFileBytesMax", () => {
    const large = join(folder, "large");
    writeFileSync(large, " ".repeat(sideFileBytesMax + 1));
    const refusal = (file: string): string => {
      try {
        readSideFile(file, "--rules");
      } catch (error) {
        if (error instanceof CliError && error.exitCode === 4) return error.message;
      }
      return "";
    };
    expect(refusal("/does/not/exist")).toBe("--rules /does/not/exist does not exist");
    expect(refusal(folder)).toBe(`--rules ${folder} is a folder; name a file`);
    expect(refusal(large)).toContain(`${sideFileBytesMax + 1} bytes are too much`);
  });
});

describe("policy lint --rules", () => {
  it("refuses a rule that there is not, and says which there are", async () => {
    const { request } = caughtRequest("table");
    const run = { failOn: "high", rules: ["CW001", "CW01"], suppressionsFile: undefined } as const;
    await expect(runLint(request, run)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /^--rules: there is no rule "CW01"; there are CW001 to CW\d+$/,
      ),
    });
  });
});

describe("a drawing", () => {
  it("has curved edges up to curvedEdgesMax", () => {
    const [edge] = graphView.edges;
    if (edge === undefined) throw new Error("no edge");
    const dot = (count: number): string =>
      [...dotLines({ ...graphView, edges: new Array(count).fill(edge) })].join("");
    expect(dot(curvedEdgesMax)).not.toContain("splines");
    expect(dot(curvedEdgesMax + 1)).toContain("splines=line");
  });

  it("is refused beyond svgEdgesMax edges, and says what to do", async () => {
    const [edge] = graphView.edges;
    if (edge === undefined) throw new Error("no edge");
    const edges = new Array(svgEdgesMax + 1).fill(edge);
    await expect(svgText({ ...graphView, edges })).rejects.toThrow(
      "more than the 2000 that can be drawn; take a part of it",
    );
  });
});
