// Reports that other programs read: SARIF 2.1.0 and JUnit XML.

import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { runCheck } from "../../../cli/commands/policy-changes.js";
import { runLint } from "../../../cli/commands/policy-model.js";
import { fileUri } from "../../../cli/render/file-uri.js";
import { checkJunit, lintJunit } from "../../../cli/render/junit.js";
import { checkSarif, lintSarif } from "../../../cli/render/sarif.js";
import type { LintRuleInfo } from "../../../server/analyzer/lint/finding.js";
import { lintRuleInfos } from "../../../server/analyzer/lint/lint.js";
import { caughtRequest } from "../../support/caught-request.js";
import { checkAnswer, lintAnswer } from "../../support/policy-answers.js";

const rules: readonly LintRuleInfo[] = [
  { id: "CW001", title: "policy-selects-nothing", severity: "high", summary: "Selects no pod." },
  { id: "CW002", title: "peer-selects-nothing", severity: "low", summary: "A peer is nobody." },
  { id: "CW003", title: "peer-or-and", severity: "medium", summary: "OR where AND is meant." },
];
const options = { version: "0.1.0", folder: "/repo" };

type Sarif = {
  readonly version: string;
  readonly $schema: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly rules: readonly {
          readonly id: string;
          readonly shortDescription: { readonly text: string };
          readonly fullDescription: { readonly text: string };
          readonly help: { readonly text: string };
        }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations?: readonly {
        readonly physicalLocation?: {
          readonly artifactLocation: { readonly uri: string };
          readonly region?: { readonly startLine: number };
        };
      }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly suppressions?: readonly { readonly kind: string }[];
    }[];
  }[];
};

/** What the schema of SARIF 2.1.0 requires, and what code scanning asks for beyond it. */
const expectSarif = (report: Sarif): Sarif["runs"][number] => {
  expect(report.version).toBe("2.1.0");
  const [run] = report.runs;
  if (run === undefined) throw new Error("the report has no run");
  const { rules: described } = run.tool.driver;
  for (const rule of described) {
    const { shortDescription, fullDescription, help } = rule;
    for (const { text } of [shortDescription, fullDescription, help]) expect(text).not.toBe("");
  }
  for (const result of run.results) {
    expect(result.message.text).not.toBe("");
    expect(["error", "warning", "note"]).toContain(result.level);
    if (result.ruleIndex !== undefined) {
      expect(described[result.ruleIndex]?.id).toBe(result.ruleId);
    }
    for (const { physicalLocation: place } of result.locations ?? []) {
      if (place === undefined) continue;
      expect(place.artifactLocation.uri).not.toMatch(/^\/|\\|^\.\./);
      if (place.region !== undefined) expect(place.region.startLine).toBeGreaterThan(0);
    }
  }
  return run;
};

describe("SARIF", () => {
  it("describes findings, rules, places and suppressions", async () => {
    const report = lintSarif(lintAnswer, rules, options);
    await expect(`${JSON.stringify(report, undefined, 2)}\n`).toMatchFileSnapshot(
      "../../golden/cli/policy/lint.sarif.txt",
    );
    const run = expectSarif(report as unknown as Sarif);
    expect(run.results.map(({ level }) => level)).toEqual(["error", "warning", "note"]);
    expect(run.results[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "old.yaml" },
      region: { startLine: 8 },
    });
    expect(run.results.map(({ suppressions }) => suppressions?.length)).toEqual([
      undefined,
      1,
      undefined,
    ]);
  });

  it("keeps the fingerprint of a finding that moves to another line, and of no other", () => {
    const prints = (line: number, object = "NetworkPolicy shop/old"): readonly string[] => {
      const findings = lintAnswer.findings.map((finding) => ({
        ...finding,
        object,
        location: { ...finding.location, line },
      }));
      const report = lintSarif({ ...lintAnswer, findings }, rules, options) as unknown as Sarif;
      return (report.runs[0]?.results ?? []).map(
        ({ partialFingerprints }) => partialFingerprints["causeway/v1"] ?? "",
      );
    };
    expect(prints(1)).toEqual(prints(99));
    expect(new Set(prints(1)).size).toBe(3);
    expect(prints(1)).not.toEqual(prints(1, "NetworkPolicy shop/other"));
  });

  it("names what of the input could not be read", () => {
    const report = lintSarif(lintAnswer, rules, options);
    expect(JSON.stringify(report)).toContain('"toolExecutionNotifications":[{"level":"warning"');
  });

  it("describes assertions that do not hold, in the rules file", () => {
    const run = expectSarif(checkSarif(checkAnswer, "ci/rules.yaml", options) as unknown as Sarif);
    expect(run.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["forbid", "error"],
      ["forbid", "warning"],
    ]);
    expect(run.results[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "ci/rules.yaml" },
      region: { startLine: 5 },
    });
  });

  it("has every rule that there is", async () => {
    const { request, out } = caughtRequest("sarif");
    await runLint(request, { failOn: "high", rules: undefined, suppressionsFile: undefined });
    const run = expectSarif(JSON.parse(out()));
    expect(run.tool.driver.rules.map(({ id }) => id)).toEqual(lintRuleInfos.map(({ id }) => id));
    const check = caughtRequest("sarif");
    await runCheck(check.request, "package.json");
    expectSarif(JSON.parse(check.out()));
  });
});

describe("fileUri()", () => {
  it.each([
    ["policies.yaml", "policies.yaml"],
    ["./a/b c.yaml", "a/b%20c.yaml"],
    ["a/../b.yaml", "b.yaml"],
    ["/repo/x/y.yaml", "x/y.yaml"],
    ["/elsewhere/y.yaml", "file:///elsewhere/y.yaml"],
    ["-", "stdin"],
  ])("gives %s as %s", (file, uri) => expect(fileUri(file, "/repo")).toBe(uri));

  it("is absolute for a file above the folder", () => {
    expect(fileUri("../y.yaml", "/repo")).toBe(pathToFileURL("../y.yaml").href);
  });
});

describe("JUnit XML", () => {
  it("has a case for each finding and for each rule without one", async () => {
    const text = lintJunit(lintAnswer, rules, "high");
    await expect(text).toMatchFileSnapshot("../../golden/cli/policy/lint.junit.txt");
    expect(text).toContain('tests="4" failures="1" errors="0" skipped="2"');
  });

  it("counts as failures what --fail-on names", () => {
    expect(lintJunit(lintAnswer, rules, "info")).toContain('failures="2" errors="0" skipped="1"');
    expect(lintJunit(lintAnswer, rules, "critical")).toContain('failures="0"');
  });

  it("has a case for each assertion, failures apart from what can't be told", () => {
    expect(checkJunit(checkAnswer, "rules.yaml")).toContain(
      'tests="3" failures="1" errors="1" skipped="0"',
    );
  });

  it("escapes markup, keeps ends of lines and leaves out what XML has no place for", () => {
    const [finding] = lintAnswer.findings;
    if (finding === undefined) throw new Error("no finding");
    const nasty = { ...finding, object: "", message: "a<b>&\"'\u0000\u001b\ud800\ufffez\nnext" };
    const text = lintJunit({ ...lintAnswer, findings: [nasty] }, [], "high");
    expect(text).toContain('name="a&lt;b&gt;&amp;&quot;&apos;z&#10;next"');
    expect(text).toContain("a&lt;b&gt;&amp;&quot;&apos;z\nnext\n");
  });

  it("is written with every rule that there is", async () => {
    const { request, out } = caughtRequest("junit");
    await runLint(request, { failOn: "high", rules: undefined, suppressionsFile: undefined });
    for (const { id } of lintRuleInfos) expect(out()).toContain(`"${id} `);
  });
});
