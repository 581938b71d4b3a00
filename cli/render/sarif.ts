import type {
  CheckAnswer,
  CheckResultView,
  FindingView,
  LintAnswer,
  ProblemView,
} from "../../server/analyzer/answers.js";
import type { LintRuleInfo } from "../../server/analyzer/lint/finding.js";
import type { Json } from "../policy/json-document.js";
import { fileUri } from "./file-uri.js";
import { ruleName } from "./policy-check.js";
import { printableLine } from "./printable.js";

/** What reports need to know besides the answer. */
export type SarifOptions = {
  /** Version of this program. */
  readonly version: string;
  /** The folder that places are relative to: where the command runs. */
  readonly folder: string;
};

type Fields = { readonly [name: string]: Json };

/**
 * Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), every rule described, suppressed findings
 * marked so.
 */
export const lintSarif = (
  { findings, model }: LintAnswer,
  rules: readonly LintRuleInfo[],
  options: SarifOptions,
): Json => {
  const results = findings.map((finding): Fields => {
    const place = placeOf(finding.location, finding.object, options);
    const index = rules.findIndex(({ id }) => id === finding.rule);
    return {
      ruleId: finding.rule,
      ...(index === -1 ? {} : { ruleIndex: index }),
      level: levelOf(finding.severity),
      message: { text: printableLine(`${finding.message} ${finding.fix}`) },
      ...place,
      partialFingerprints: { "causeway/v1": fingerprint(finding) },
      ...(finding.suppressed === ""
        ? {}
        : {
            suppressions: [{ kind: "external", justification: printableLine(finding.suppressed) }],
          }),
      properties: { severity: finding.severity },
    };
  });
  return report(
    { kind: "lint", rules: rules.map(ruleOf), results, problems: model.problems },
    options,
  );
};

/** Assertions that do not hold as SARIF 2.1.0; they stand in the rules file. */
export const checkSarif = (
  { results, model }: CheckAnswer,
  rulesFile: string,
  options: SarifOptions,
): Json =>
  report(
    {
      kind: "check",
      rules: checkRules,
      results: results
        .filter(({ outcome }) => outcome !== "passed")
        .map((result) => checkResult(result, rulesFile, options)),
      problems: model.problems,
    },
    options,
  );

const report = (
  {
    kind,
    rules,
    results,
    problems,
  }: {
    readonly kind: "lint" | "check";
    readonly rules: readonly Fields[];
    readonly results: readonly Fields[];
    readonly problems: readonly ProblemView[];
  },
  options: SarifOptions,
): Json => ({
  $schema: "https://json.schemastore.org/sarif-2.1.0.json",
  version: "2.1.0",
  runs: [
    {
      tool: { driver: { name: "causeway", version: options.version, rules } },
      automationDetails: { id: `causeway/policy-${kind}/` },
      columnKind: "utf16CodeUnits",
      invocations: [
        {
          executionSuccessful: true,
          toolExecutionNotifications: problems.map((problem) => notificationOf(problem, options)),
        },
      ],
      results,
    },
  ],
});

const ruleOf = ({ id, title, severity, summary }: LintRuleInfo): Fields => ({
  id,
  name: title,
  shortDescription: { text: summary },
  fullDescription: { text: summary },
  help: { text: `${summary} See docs/lint/${id}.md.` },
  defaultConfiguration: { level: levelOf(severity) },
  properties: {
    tags: ["security", "kubernetes", "networkpolicy"],
    precision: "high",
    "security-severity": securitySeverity[severity],
  },
});

// Code scanning grades by numbers: critical above 9.0, high above 7.0, medium above 4.0.
const securitySeverity = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
  info: "1.0",
} as const;

const levelOf = (severity: string): "error" | "warning" | "note" => {
  if (severity === "critical" || severity === "high") return "error";
  return severity === "medium" ? "warning" : "note";
};

const checkRule = (id: string, summary: string): Fields => ({
  id,
  name: id,
  shortDescription: { text: summary },
  fullDescription: { text: summary },
  help: { text: `${summary} See docs/check-rules.md.` },
  defaultConfiguration: { level: "error" },
});

const checkRules: readonly Fields[] = [
  checkRule("permit", "A connection that has to be permitted is."),
  checkRule("forbid", "A connection that has to be impossible is."),
];

const checkResult = (
  result: CheckResultView,
  rulesFile: string,
  options: SarifOptions,
): Fields => ({
  ruleId: result.kind,
  ruleIndex: result.kind === "permit" ? 0 : 1,
  level: result.outcome === "unknown" ? "warning" : "error",
  message: {
    text: printableLine(
      `${ruleName(result)}, ${result.from} -> ${result.to} ${result.ports.join(" ")}: ${result.message}`,
    ),
  },
  ...placeOf({ file: rulesFile, line: result.line }, "", options),
  partialFingerprints: {
    "causeway/v1": hashText([result.kind, result.from, result.to, ...result.ports].join("\n")),
  },
});

/** The place in a file, where there is one, and the object that it is about. */
const placeOf = (
  { file, line }: { readonly file: string; readonly line: number },
  object: string,
  { folder }: SarifOptions,
): Fields => {
  const physical = file === "" ? {} : { physicalLocation: physicalLocation(file, line, folder) };
  const logical =
    object === ""
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: printableLine(object), kind: "resource" }] };
  const location = { ...physical, ...logical };
  return Object.keys(location).length === 0 ? {} : { locations: [location] };
};

const physicalLocation = (file: string, line: number, folder: string): Fields => ({
  artifactLocation: { uri: fileUri(file, folder) },
  ...(line > 0 ? { region: { startLine: line } } : {}),
});

const notificationOf = (problem: ProblemView, options: SarifOptions): Fields => ({
  level:
    problem.severity === "error" ? "error" : problem.severity === "warning" ? "warning" : "note",
  descriptor: { id: problem.code },
  message: { text: printableLine(problem.message) },
  ...placeOf(problem, problem.object, options),
});

/** What a finding is about, apart from its line: it stays when lines above are added. */
const fingerprint = ({ rule, object, location, message }: FindingView): string =>
  hashText([rule, object, location.file, message].join("\n"));

/** FNV-1a of 64 bits in hexadecimal: to tell findings apart, not to keep secrets. */
const hashText = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
};
