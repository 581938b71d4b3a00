import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../../common/logger.js";
import type { ModelView, ProblemView } from "../../../server/analyzer/answers.js";
import { policyProblemsLoggedMax } from "../../../server/policy/limits.js";
import { ModelLog } from "../../../server/policy/model-log.js";

const problemOn = (line: number, severity = "error"): ProblemView => ({
  severity,
  code: "invalid",
  message: "spec.podSelector: expected a map",
  file: "a.yaml",
  line,
  column: 1,
  object: "NetworkPolicy default/web",
});

const modelWith = (...problems: ProblemView[]): ModelView => ({
  source: "manifests",
  namespaces: 1,
  pods: 2,
  policies: 3,
  services: 4,
  problems,
  ageS: 0,
});

const create = () => {
  const lines: string[] = [];
  const write = (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push(`${message} ${String(fields["line"] ?? fields["more"] ?? "")}`.trim());
  const logger: Logger = { ...silentLogger, info: write, warn: write };
  return { log: new ModelLog("/m", logger), lines };
};

describe("ModelLog", () => {
  it("tells a problem once, and again when it has come back", () => {
    const { log, lines } = create();
    log.loaded(modelWith(problemOn(1), problemOn(2)), 10);
    log.loaded(modelWith(problemOn(2), problemOn(3)), 10);
    log.loaded(modelWith(problemOn(1)), 10);
    expect(lines).toEqual([
      "manifests loaded",
      "problem in manifests 1",
      "problem in manifests 2",
      "manifests loaded",
      "problem in manifests 3",
      "manifests loaded",
      "problem in manifests 1",
    ]);
  });

  it("tells policyProblemsLoggedMax problems of one load and counts the rest; what is no problem is not told", () => {
    const { log, lines } = create();
    const problems = Array.from({ length: policyProblemsLoggedMax + 5 }, (_, at) => problemOn(at));
    log.loaded(modelWith(problemOn(1, "info"), ...problems), 10);
    expect(lines).toHaveLength(policyProblemsLoggedMax + 2);
    expect(lines.at(-1)).toBe("more problems in manifests 5");
  });

  it("tells why the files can't be read once for each reason, and that they can again", () => {
    const { log, lines } = create();
    for (const reason of ["gone", "gone", "denied"]) log.unreadable(reason);
    log.readable();
    log.readable();
    log.unreadable("gone");
    expect(lines).toEqual([
      "manifests not readable, keeping the model",
      "manifests not readable, keeping the model",
      "manifests readable again",
      "manifests not readable, keeping the model",
    ]);
  });
});
