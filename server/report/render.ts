import { printGoDuration } from "../mesh/go-duration.js";
import type { Problem } from "./problems.js";
import type { Report, ReportLang, ReportStatistics } from "./report.js";
import { subjectOf, type Wording, wordings } from "./wording.js";

/** The report as plain text: what is broken first, then the figures. Ends in a line feed. */
export const renderText = (report: Report, lang: ReportLang): string => {
  const words = wordings[lang];
  const lines = [
    words.title,
    `${words.generatedAt}: ${printTime(report.generatedUnixMs)}`,
    `${words.activeClients}: ${report.activeClientCount}`,
    "",
    `${words.problems} (${report.problems.length + report.problemsOmitted})`,
    ...problemLines(report, words).map((line) => `  ${line}`),
    "",
    ...listLines(words.hostIps, report.hostIps, words),
    ...listLines(words.podIps, report.podIps, words),
    ...statisticsBlocks(report, words).flatMap(({ title, figures }) => [
      "",
      title,
      ...figures.map(([name, value]) => `  ${name}: ${value}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
};

/** The report as Markdown. Ends in a line feed. */
export const renderMarkdown = (report: Report, lang: ReportLang): string => {
  const words = wordings[lang];
  const bullet = (text: string): string => `- ${escapeMarkdown(text)}`;
  const lines = [
    `# ${words.title}`,
    "",
    `- ${words.generatedAt}: ${printTime(report.generatedUnixMs)}`,
    `- ${words.activeClients}: ${report.activeClientCount}`,
    "",
    `## ${words.problems} (${report.problems.length + report.problemsOmitted})`,
    "",
    ...problemLines(report, words).map(bullet),
    ...[
      { title: words.hostIps, ips: report.hostIps },
      { title: words.podIps, ips: report.podIps },
    ].flatMap(({ title, ips }) => [
      "",
      `## ${title} (${ips.length})`,
      "",
      ...(ips.length === 0 ? [words.none] : ips).map(bullet),
    ]),
    ...statisticsBlocks(report, words).flatMap(({ title, figures }) => [
      "",
      `## ${title}`,
      "",
      ...figures.map(([name, value]) => `- ${name}: ${value}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
};

/** The sentence about a problem in the report's language, on one line. */
export const problemText = (problem: Problem, report: Report, lang: ReportLang): string =>
  oneLine(wordings[lang].sentence(problem, report.generatedUnixMs));

const problemLines = (report: Report, words: Wording): string[] => {
  if (report.problems.length === 0) {
    return [report.activeClientCount === 0 ? words.noClients : words.noProblems];
  }
  const lines = report.problems.map((problem) => {
    const sentence = words.sentence(problem, report.generatedUnixMs);
    return oneLine(`[${words.severity[problem.severity]}] ${subjectOf(problem)}: ${sentence}`);
  });
  return report.problemsOmitted > 0 ? [...lines, words.omitted(report.problemsOmitted)] : lines;
};

const listLines = (title: string, ips: readonly string[], words: Wording): string[] => [
  `${title} (${ips.length})`,
  ...(ips.length === 0 ? [`  ${words.none}`] : ips.map((ip) => `  - ${oneLine(ip)}`)),
];

type Block = { readonly title: string; readonly figures: readonly (readonly [string, string])[] };

const statisticsBlocks = (report: Report, words: Wording): Block[] => [
  { title: words.hosts, figures: figuresOf(report.hosts, words) },
  { title: words.pods, figures: figuresOf(report.pods, words) },
  ...(report.service === undefined
    ? []
    : [{ title: words.service, figures: figuresOf(report.service, words) }]),
];

const figuresOf = (
  { tests, succeeded, failed, durationNsSum }: ReportStatistics,
  words: Wording,
): (readonly [string, string])[] => {
  const counts = [
    [words.tests, `${tests}`],
    [words.succeeded, `${succeeded}`],
    [words.failed, `${failed}`],
  ] as const;
  if (tests === 0) return [...counts];
  return [
    ...counts,
    [words.successRatio, `${((100 * succeeded) / tests).toFixed(2)}%`],
    [words.meanDuration, printGoDuration(durationNsSum / tests)],
    [words.sumDuration, printGoDuration(durationNsSum)],
  ];
};

const printTime = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Texts of agents and clients can't start a line of their own. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");

const escapeMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]<#|]/g, "\\$&");
