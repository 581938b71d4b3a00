// Manifests may come from anybody: what stands in them is printed, and steers nothing.

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCheck, runDiff } from "../../../cli/commands/policy-changes.js";
import { runGraph, runList } from "../../../cli/commands/policy-list.js";
import { runExposure, runLint } from "../../../cli/commands/policy-model.js";
import { runDiagnose, runEval, runExplain, runFix } from "../../../cli/commands/policy-pair.js";
import type { AnyFormat } from "../../../cli/formats.js";
import { nextCommands } from "../../../cli/policy/next-commands.js";
import type { PolicyAnswers } from "../../../cli/policy/policy-answers.js";
import type { PolicyRequest } from "../../../cli/policy/request.js";
import { csvLines } from "../../../cli/render/csv.js";
import { dotLines } from "../../../cli/render/dot.js";
import { markdownBlock, markdownCode, markdownText } from "../../../cli/render/markdown.js";
import { printableJson, printableLine } from "../../../cli/render/printable.js";
import { yamlText } from "../../../cli/render/yaml-text.js";
import { caughtRequest } from "../../support/caught-request.js";
import { cannedAnswers, graphView } from "../../support/policy-answers.js";

const nasty = "a\u001b[31m\u0007\u009b2J\u202e\u2028\r\b\"'<script>&`|\\ @team [x](y) \ufeffz";

/** Every string of an answer with the nasty text behind it. */
const poisoned = (value: unknown): unknown => {
  if (typeof value === "string") return value + nasty;
  if (Array.isArray(value)) return value.map(poisoned);
  if (typeof value !== "object" || value === null) return value;
  // Words that are compared stay as they are.
  const fixed = ["outcome", "verdict", "status", "severity", "protocol", "manifest"];
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fixed.includes(key) ? one : poisoned(one)]),
  );
};

const poisonedAnswers: PolicyAnswers = {
  list: async (filter) => {
    const list = await cannedAnswers.list(filter);
    const rows = [...list.rows()].map((row) => poisoned(row) as typeof row);
    return { ...list, rows: () => rows };
  },
  evaluate: async (pair, depth) =>
    poisoned(await cannedAnswers.evaluate(pair, depth)) as Awaited<
      ReturnType<PolicyAnswers["evaluate"]>
    >,
  fix: async (pair) =>
    poisoned(await cannedAnswers.fix(pair)) as Awaited<ReturnType<PolicyAnswers["fix"]>>,
  exposure: async () =>
    poisoned(await cannedAnswers.exposure()) as Awaited<ReturnType<PolicyAnswers["exposure"]>>,
  lint: async (fields) =>
    poisoned(await cannedAnswers.lint(fields)) as Awaited<ReturnType<PolicyAnswers["lint"]>>,
  graph: async (filter) =>
    poisoned(await cannedAnswers.graph(filter)) as Awaited<ReturnType<PolicyAnswers["graph"]>>,
  diff: async (after) =>
    poisoned(await cannedAnswers.diff(after)) as Awaited<ReturnType<PolicyAnswers["diff"]>>,
  whatIf: async (changes) =>
    poisoned(await cannedAnswers.whatIf(changes)) as Awaited<ReturnType<PolicyAnswers["whatIf"]>>,
  check: async (rules) =>
    poisoned(await cannedAnswers.check(rules)) as Awaited<ReturnType<PolicyAnswers["check"]>>,
  diagnose: async (pair) =>
    poisoned(await cannedAnswers.diagnose(pair)) as Awaited<ReturnType<PolicyAnswers["diagnose"]>>,
  close: () => undefined,
};

const pair = { source: "a", destination: "b", port: 80 };
const everything = { namespace: "", source: "", destination: "" };
const runs: readonly (readonly [
  string,
  readonly AnyFormat[],
  (request: PolicyRequest) => Promise<number>,
])[] = [
  [
    "list",
    ["table", "wide", "json", "yaml", "csv", "md", "connlist", "dot", "svg"],
    (request) => runList(request, everything),
  ],
  ["exposure", ["table", "json", "yaml", "csv", "md"], runExposure],
  [
    "lint",
    ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
    (request) =>
      runLint(request, { failOn: "high", rules: undefined, suppressionsFile: undefined }),
  ],
  ["graph", ["dot", "svg", "json", "yaml"], runGraph],
  ["eval", ["table", "wide", "json", "yaml", "md"], (request) => runEval(request, pair)],
  ["explain", ["table", "wide", "json", "yaml", "md"], (request) => runExplain(request, pair)],
  ["fix", ["table", "wide", "json", "md"], (request) => runFix(request, pair)],
  ["diff", ["table", "json", "yaml", "csv", "md"], (request) => runDiff(request, "after")],
  [
    "check",
    ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
    (request) => runCheck(request, "package.json"),
  ],
  ["diagnose", ["table", "wide", "json", "yaml", "md"], (request) => runDiagnose(request, pair)],
];
const cases = runs.flatMap(([name, formats, run]) =>
  formats.map((format) => [name, format, run] as const),
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\ufeff]/;

describe("text that would steer a terminal", () => {
  it.each(cases)("does not get through %s -o %s", async (_name, format, run) => {
    const { request, out, error } = caughtRequest(format, { answers: poisonedAnswers });
    await run(request);
    // CSV ends its lines with CRLF.
    expect(out().replaceAll("\r\n", "\n")).not.toMatch(steering);
    expect(out().length).toBeGreaterThan(0);
    expect(error()).not.toMatch(steering);
  });

  it.each(cases.filter(([, format]) => format === "json" || format === "sarif"))(
    "is still the same text in %s -o %s",
    async (name, format, run) => {
      const { request, out } = caughtRequest(format, { answers: poisonedAnswers });
      await run(request);
      const text = JSON.stringify(JSON.parse(out()));
      const found = format === "json" ? JSON.stringify(nasty).slice(1, -1) : "<script>";
      expect(text, name).toContain(found);
    },
  );

  it("is still the same text in YAML", () => {
    expect(parse(yamlText({ [nasty]: [nasty, "plain"] }))).toEqual({ [nasty]: [nasty, "plain"] });
  });

  it("is taken out of one line and kept in JSON by its number", () => {
    expect(printableLine("a\nb\u001b")).toBe("a?b?");
    expect(printableJson(JSON.stringify("\u009b\u202e"))).toBe('"\\u009b\\u202e"');
  });
});

describe("text that would be markup", () => {
  it("is no markup in Markdown", () => {
    expect(markdownText("<b> [x](http://y) **z** `c` @me | _a_ a_b &lt;")).toBe(
      "\\<b> \\[x\\](http://y) \\*\\*z\\*\\* \\`c\\` &#64;me \\| \\_a\\_ a_b &amp;lt;",
    );
    expect(markdownText("# not a heading")).toBe("\\# not a heading");
    expect(markdownCode("a|b")).toBe("`a\\|b`");
    expect(markdownCode("a`b``c")).toBe("`` a`b` `c ``");
    expect(markdownBlock("x\n```\ny", "yaml")).toBe("````yaml\nx\n```\ny\n````\n");
  });

  it("stays in its string in the language of Graphviz", () => {
    const [node] = graphView.nodes;
    if (node === undefined) throw new Error("no node");
    const text = [
      ...dotLines({
        clusters: [],
        nodes: [{ ...node, label: 'a" -> b; \\N\n', members: [] }],
        edges: [],
      }),
    ].join("");
    expect(text).toContain('[label="a\\" -> b; \\\\N\\n"]');
  });
});

describe("CSV", () => {
  const csv = (cells: readonly string[]): string =>
    [
      ...csvLines({
        columns: [{ field: "name", value: (row: string) => row }],
        rows: () => cells,
        empty: "",
      }),
    ].join("");

  it("quotes what RFC 4180 says and ends lines with CRLF", () => {
    expect(csv(['a,b "c"', "plain", ""])).toBe('name\r\n"a,b ""c"""\r\nplain\r\n\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)"])(
    "keeps a spreadsheet from reading %s as a formula",
    (cell) => {
      expect(csv([cell]).split("\r\n")[1]).toMatch(/^"?'/);
    },
  );
});

describe("commands that are shown to be run", () => {
  it("quote what a shell would read", () => {
    const { request } = caughtRequest("table");
    const asked = { source: "shop/web-1", destination: "shop/web[Deployment]" };
    const dirs = ["a'; rm -rf /", "it $HOME"];
    expect(nextCommands({ ...request, dirs }, asked, ["policy fix"])).toEqual([
      `${request.context.name} policy fix shop/web-1 'shop/web[Deployment]' 'a'\\''; rm -rf /' 'it $HOME'`,
    ]);
  });

  it("are not shown for standard input, which is gone", () => {
    const { request } = caughtRequest("table");
    expect(nextCommands({ ...request, dirs: ["-"] }, pair, ["policy fix"])).toEqual([]);
  });

  it("carry port, protocol and profile", () => {
    const { request } = caughtRequest("table");
    const asked = { ...pair, protocol: "UDP" };
    expect(nextCommands({ ...request, profile: "calico" }, asked, ["policy fix"])).toEqual([
      "causeway policy fix a b manifests --port 80 --protocol UDP --profile calico",
    ]);
  });
});
