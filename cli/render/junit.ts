import type {
  CheckAnswer,
  CheckResultView,
  FindingView,
  LintAnswer,
} from "../../server/analyzer/answers.js";
import { isAtLeast, type LintRuleInfo, type Severity } from "../../server/analyzer/lint/finding.js";
import { ruleName } from "./policy-check.js";
import { placeText } from "./policy-names.js";
import { withoutControls } from "./printable.js";

type TestCase = {
  readonly suite: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly outcome:
    | { readonly kind: "passed" }
    | {
        readonly kind: "failure" | "error" | "skipped";
        readonly message: string;
        readonly text: string;
      };
};

/**
 * Findings as JUnit XML: a test case for each finding and for each rule without one. Findings below `failOn` and
 * suppressed ones are skipped.
 */
export const lintJunit = (
  { findings }: LintAnswer,
  rules: readonly LintRuleInfo[],
  failOn: Severity,
): string => {
  const found = new Set(findings.map(({ rule }) => rule));
  const passed = rules
    .filter(({ id }) => !found.has(id))
    .map(
      ({ id, title, summary }): TestCase => ({
        suite: `${id} ${title}`,
        name: summary,
        file: "",
        line: 0,
        outcome: { kind: "passed" },
      }),
    );
  const cases = [...findings.map((finding) => findingCase(finding, failOn)), ...passed];
  return junitXml("causeway policy lint", cases);
};

/** Assertions as JUnit XML, a test case each. */
export const checkJunit = ({ results }: CheckAnswer, rulesFile: string): string =>
  junitXml(
    "causeway policy check",
    results.map((result) => checkCase(result, rulesFile)),
  );

const findingCase = (finding: FindingView, failOn: Severity): TestCase => {
  const { rule, title, object, message, fix, location, severity, suppressed } = finding;
  const base = {
    suite: `${rule} ${title}`,
    name: object === "" ? message : `${object}: ${message}`,
    ...location,
  };
  const text = [placeText(location), message, fix].filter((line) => line !== "").join("\n");
  if (suppressed !== "") {
    return { ...base, outcome: { kind: "skipped", message: `suppressed: ${suppressed}`, text } };
  }
  const kind = isAtLeast(severity, failOn) ? "failure" : "skipped";
  return { ...base, outcome: { kind, message: `${severity}: ${message}`, text } };
};

const checkCase = (result: CheckResultView, file: string): TestCase => {
  const { from, to, ports, message, violations, line, outcome } = result;
  const base = {
    suite: "assertions",
    name: `${ruleName(result)}: ${from} -> ${to} ${ports.join(" ")}`.trimEnd(),
    file,
    line,
  };
  if (outcome === "passed") return { ...base, outcome: { kind: "passed" } };
  const lines = violations.map((row) => `${row.source} -> ${row.destination}: ${row.connections}`);
  const kind = outcome === "unknown" ? "error" : "failure";
  return { ...base, outcome: { kind, message, text: [message, ...lines].join("\n") } };
};

const junitXml = (title: string, cases: readonly TestCase[]): string => {
  const suites = new Map<string, TestCase[]>();
  for (const one of cases) {
    const suite = suites.get(one.suite);
    if (suite === undefined) suites.set(one.suite, [one]);
    else suite.push(one);
  }
  const body = [...suites].map(([name, list]) => suiteXml(name, list)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(title)}"${countsOf(cases)}>\n${body}</testsuites>\n`;
};

const suiteXml = (name: string, cases: readonly TestCase[]): string =>
  `  <testsuite name="${escaped(name)}"${countsOf(cases)}>\n${cases.map(caseXml).join("")}  </testsuite>\n`;

const countsOf = (cases: readonly TestCase[]): string => {
  const count = (kind: TestCase["outcome"]["kind"]): number =>
    cases.filter(({ outcome }) => outcome.kind === kind).length;
  return ` tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="0"`;
};

const caseXml = ({ suite, name, file, line, outcome }: TestCase): string => {
  const place = file === "" ? "" : ` file="${escaped(file)}"${line > 0 ? ` line="${line}"` : ""}`;
  const open = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"${place} time="0"`;
  if (outcome.kind === "passed") return `${open}/>\n`;
  const { kind, message, text } = outcome;
  return `${open}>\n      <${kind} message="${escaped(message)}">${escapedText(text)}</${kind}>\n    </testcase>\n`;
};

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** In an attribute, where the end of a line would be read as a blank. */
const escaped = (text: string): string => escapedText(text).replaceAll("\n", "&#10;");

const escapedText = (text: string): string =>
  withoutControls(text).replace(/[&<>"']/g, (char) => entities[char] ?? char);
