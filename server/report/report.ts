import { reportProblemsMax } from "../limits.js";
import {
  activeClientCount,
  type CheckerRow,
  type CheckerServiceRow,
  type CheckerSources,
  hostIps,
  hostRows,
  podIps,
  podRows,
  serviceRows,
} from "../mesh/checker-results.js";
import { findProblems, type Problem } from "./problems.js";

/** Languages of the report. */
export const reportLangs = ["en", "zh"] as const;

/** A language of the report. */
export type ReportLang = (typeof reportLangs)[number];

/** Figures of one layer of tests. */
export type ReportStatistics = {
  readonly tests: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly durationNsSum: number;
};

/** The report before it is put into words. */
export type Report = {
  readonly generatedUnixMs: number;
  readonly activeClientCount: number;
  /** Worst first, at most reportProblemsMax. */
  readonly problems: readonly Problem[];
  readonly problemsOmitted: number;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  readonly hosts: ReportStatistics;
  readonly pods: ReportStatistics;
  /** Undefined without results. */
  readonly service: ReportStatistics | undefined;
};

/** Makes the report of what is known now. */
export const createReport = (
  sources: CheckerSources,
  { wallMs, windowS }: { readonly wallMs: number; readonly windowS: number },
): Report => {
  const query = { nowUnixUs: wallMs * 1000, windowS };
  const problems = findProblems(sources, query);
  const service = serviceRows(sources, query);
  return {
    generatedUnixMs: wallMs,
    activeClientCount: activeClientCount(sources),
    problems: problems.slice(0, reportProblemsMax),
    problemsOmitted: Math.max(0, problems.length - reportProblemsMax),
    hostIps: hostIps(sources),
    podIps: podIps(sources),
    hosts: statisticsOf(hostRows(sources, query), hasSucceeded),
    pods: statisticsOf(podRows(sources, query), hasSucceeded),
    service: service.length === 0 ? undefined : statisticsOf(service, hasServiceSucceeded),
  };
};

/** A test succeeds when the address answers and its port is not closed. */
const hasSucceeded = ({ ping, port }: CheckerRow): boolean =>
  ping === "reachable" && port !== "closed";

const hasServiceSucceeded = ({ ping, ports }: CheckerServiceRow): boolean => {
  const states = Object.values(ports);
  return ping === "reachable" && states.length > 0 && states.every((state) => state === "open");
};

const statisticsOf = <T extends { readonly durationNs: number }>(
  rows: readonly T[],
  isGood: (row: T) => boolean,
): ReportStatistics => {
  const succeeded = rows.filter(isGood).length;
  return {
    tests: rows.length,
    succeeded,
    failed: rows.length - succeeded,
    durationNsSum: rows.reduce((sum, { durationNs }) => sum + durationNs, 0),
  };
};
