import { type DescMessage, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DiagnosisSchema } from "../../../gen/causeway/v1/analysis_pb.js";
import {
  CheckReportSchema,
  ConnectionDiffSchema,
  ExposureReportSchema,
  LintReportSchema,
  PairVerdictSchema,
  PolicyFixSchema,
} from "../../../gen/causeway/v1/policy_pb.js";
import { messageFrom, type Plain } from "../../../server/rpc/answer-wire.js";
import { deniedPair } from "../../support/pair-answers.js";
import {
  checkAnswer,
  diagnosisAnswer,
  diffAnswer,
  exposureAnswer,
  fixAnswer,
  lintAnswer,
} from "../../support/policy-answers.js";

/** The names of the contract's JSON for those of the answers; keys of maps are data and stay. */
const snake = (value: unknown, isMap = false): unknown => {
  if (Array.isArray(value)) return value.map((entry) => snake(entry));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      isMap ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snake(inner, key === "data"),
    ]),
  );
};

const jsonOf = <Desc extends DescMessage>(
  schema: Desc,
  answer: Plain<MessageInitShape<Desc>>,
): unknown =>
  toJson(schema, messageFrom(schema, answer), {
    useProtoFieldName: true,
    alwaysEmitImplicit: true,
  });

describe("messageFrom()", () => {
  it.each([
    ["PairVerdict", jsonOf(PairVerdictSchema, deniedPair(true)), deniedPair(true)],
    ["ConnectionDiff", jsonOf(ConnectionDiffSchema, diffAnswer), diffAnswer],
    ["PolicyFix", jsonOf(PolicyFixSchema, fixAnswer), fixAnswer],
    ["LintReport", jsonOf(LintReportSchema, lintAnswer), lintAnswer],
    ["ExposureReport", jsonOf(ExposureReportSchema, exposureAnswer), exposureAnswer],
    ["CheckReport", jsonOf(CheckReportSchema, checkAnswer), checkAnswer],
    ["Diagnosis", jsonOf(DiagnosisSchema, diagnosisAnswer), diagnosisAnswer],
  ])("loses nothing of a %s", (_, json, answer) => {
    expect(json).toMatchObject(snake(answer) as object);
  });

  it("gives a diagnosis the first six fields of the oldest clients, in their order and with their types", () => {
    const json = jsonOf(DiagnosisSchema, {
      podA: "default/nginx",
      podB: "default/busybox",
      status: "connected",
      confidence: 0.9,
      issues: [],
      solutions: ["No obvious issues detected"],
    });
    const six = Object.entries(json as object).slice(0, 6);
    expect(JSON.stringify(Object.fromEntries(six))).toBe(
      '{"pod_a":"default/nginx","pod_b":"default/busybox","status":"connected","confidence":0.9,"issues":[],"solutions":["No obvious issues detected"]}',
    );
    expect(JSON.stringify(jsonOf(DiagnosisSchema, {}))).not.toContain("null");
  });
});
