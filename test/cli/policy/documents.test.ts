// The JSON of a run without a server is that of the RPCs: the shapes are held against the messages.

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runDiff } from "../../../cli/commands/policy-changes.js";
import { runList } from "../../../cli/commands/policy-list.js";
import { runExposure, runLint } from "../../../cli/commands/policy-model.js";
import { runExplain, runFix } from "../../../cli/commands/policy-pair.js";
import {
  checkShape,
  diffShape,
  exposureShape,
  type FieldShape,
  fixShape,
  lintShape,
  listShape,
  pairShape,
  type Shape,
} from "../../../cli/policy/answer-shapes.js";
import { diagnosisShape } from "../../../cli/policy/diagnosis-shape.js";
import { jsonDocument, snakeCase } from "../../../cli/policy/json-document.js";
import { DiagnosisSchema } from "../../../gen/causeway/v1/analysis_pb.js";
import {
  CheckReportSchema,
  ConnectionDiffSchema,
  ExposureReportSchema,
  LintReportSchema,
  ListConnectionsResponseSchema,
  PairVerdictSchema,
  PolicyFixSchema,
} from "../../../gen/causeway/v1/policy_pb.js";
import { blastRadiusListedMax } from "../../../server/analyzer/fix/limits.js";
import { problemsListedMax } from "../../../server/analyzer/limits.js";
import { caughtRequest } from "../../support/caught-request.js";
import { modelOf } from "../../support/pair-answers.js";
import {
  cannedAnswers,
  diagnosisAnswer,
  diffAnswer,
  fixAnswer,
  rowViews,
} from "../../support/policy-answers.js";

const shapeOf = (message: DescMessage): Shape =>
  Object.fromEntries(
    [...message.fields]
      .sort((one, other) => one.number - other.number)
      .map((field) => [field.localName, fieldShapeOf(field)]),
  );

const fieldShapeOf = (field: DescField): FieldShape => {
  if (field.fieldKind === "message") return shapeOf(field.message);
  return field.fieldKind === "list" && field.listKind === "message"
    ? [shapeOf(field.message)]
    : "value";
};

/** As text, so that the order of fields counts. */
const textOf = (shape: Shape): string => JSON.stringify(shape, undefined, 1);

describe("the shapes of answers", () => {
  it.each([
    ["PairVerdict", pairShape, PairVerdictSchema],
    ["ListConnectionsResponse", listShape, ListConnectionsResponseSchema],
    ["ConnectionDiff", diffShape, ConnectionDiffSchema],
    ["LintReport", lintShape, LintReportSchema],
    ["PolicyFix", fixShape, PolicyFixSchema],
    ["ExposureReport", exposureShape, ExposureReportSchema],
    ["CheckReport", checkShape, CheckReportSchema],
    ["Diagnosis", diagnosisShape, DiagnosisSchema],
  ] as const)("are those of %s, field by field in order", (_name, shape, message) => {
    expect(textOf(shape)).toBe(textOf(shapeOf(message)));
  });

  it("have the names of the messages in JSON", () => {
    const names = (message: DescMessage): readonly string[] =>
      message.fields.map((field) => field.name);
    expect(Object.keys(diagnosisShape).map(snakeCase)).toEqual(names(DiagnosisSchema));
    expect(Object.keys(pairShape).map(snakeCase)).toEqual(names(PairVerdictSchema));
    expect(snakeCase("aEgressIsolated")).toBe("a_egress_isolated");
  });
});

describe("jsonDocument()", () => {
  it("puts the first six fields of a diagnosis first", () => {
    const document = jsonDocument(diagnosisShape, diagnosisAnswer);
    expect(Object.keys(document).slice(0, 6)).toEqual([
      "pod_a",
      "pod_b",
      "status",
      "confidence",
      "issues",
      "solutions",
    ]);
  });

  it("leaves out what the answer lacks and what the shape does not name", () => {
    const shape: Shape = { some: "value", deep: [{ aB: "value" }], gone: "value" };
    const answer = { deep: [{ aB: 1, other: 2 }], some: "x", __proto__: { gone: 1 } };
    const document = jsonDocument(shape, { ...answer });
    expect(JSON.stringify(document)).toBe('{"some":"x","deep":[{"a_b":1}]}');
  });
});

const everything = { namespace: "", source: "", destination: "" };
const lintRun = { failOn: "high", rules: undefined, suppressionsFile: undefined } as const;

describe("documents", () => {
  it.each([
    ["list", (request) => runList(request, everything)],
    ["lint", (request) => runLint(request, lintRun)],
    ["exposure", runExposure],
    ["diff", (request) => runDiff(request, "after")],
    ["explain", (request) => runExplain(request, { source: "a", destination: "b" })],
  ] as readonly (readonly [string, typeof runExposure])[])(
    "of %s say the same as JSON and as YAML",
    async (_name, run) => {
      const json = caughtRequest("json");
      const yaml = caughtRequest("yaml");
      await run(json.request);
      await run(yaml.request);
      expect(parse(yaml.out())).toEqual(JSON.parse(json.out()));
    },
  );

  it("are whole where a list is empty", async () => {
    const answers = {
      ...cannedAnswers,
      list: async () => ({ rows: () => [], profile: "upstream", model: modelOf() }),
    };
    for (const format of ["json", "yaml"] as const) {
      const { request, out } = caughtRequest(format, { answers });
      await runList(request, everything);
      expect(parse(out())).toMatchObject({ rows: [], total_size: 0, next_page_token: "" });
    }
    const table = caughtRequest("table", { answers });
    await runList(table.request, everything);
    expect(table.out()).toBe("No connection.\n");
    const csv = caughtRequest("csv", { answers });
    await runList(csv.request, everything);
    expect(csv.out()).toBe("source,destination,connections,undetermined,because\r\n");
  });

  it("list problemsListedMax problems and blastRadiusListedMax rows, as the server does", async () => {
    const [problem] = modelOf().problems;
    const [row] = diffAnswer.rows;
    if (problem === undefined || row === undefined) throw new Error("the answers are empty");
    const model = modelOf({ problems: new Array(problemsListedMax + 1).fill(problem) });
    const blastRadius = new Array(blastRadiusListedMax + 1).fill(row);
    const answers = {
      ...cannedAnswers,
      fix: async () => ({ ...fixAnswer, blastRadius, model }),
      list: async () => ({ rows: () => rowViews, profile: "upstream", model }),
    };
    const fix = caughtRequest("json", { answers });
    await runFix(fix.request, { source: "a", destination: "b" });
    const document = JSON.parse(fix.out());
    expect(document.model.problems).toHaveLength(problemsListedMax);
    expect(document.blast_radius).toHaveLength(blastRadiusListedMax);
    const list = caughtRequest("json", { answers });
    await runList(list.request, everything);
    expect(JSON.parse(list.out()).model.problems).toHaveLength(problemsListedMax);
  });

  it("list what was left out of the input first where there are too many problems", async () => {
    const [problem] = modelOf().problems;
    if (problem === undefined) throw new Error("the answers are empty");
    const warning = { ...problem, severity: "warning" as const };
    const error = { ...problem, severity: "error" as const, message: "left out" };
    const problems = [...new Array(problemsListedMax).fill(warning), error];
    const fix = caughtRequest("json", {
      answers: {
        ...cannedAnswers,
        fix: async () => ({ ...fixAnswer, model: modelOf({ problems }) }),
      },
    });
    await runFix(fix.request, { source: "a", destination: "b" });
    expect(JSON.parse(fix.out()).model.problems[0].message).toBe("left out");
  });
});
