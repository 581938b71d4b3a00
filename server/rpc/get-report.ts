import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Clock } from "../../common/clock.js";
import { timestampFromUnixMs } from "../../common/wire-values.js";
import type {
  GetReportRequest,
  GetReportResponseSchema,
  ReportSchema,
  ReportStatisticsSchema,
} from "../../gen/causeway/v1/mesh_pb.js";
import { windowDefaultS } from "../limits.js";
import type { LegacyClients } from "../mesh/legacy-clients.js";
import type { MeshView } from "../mesh/mesh-view.js";
import { problemText, renderMarkdown, renderText } from "../report/render.js";
import {
  createReport,
  type Report,
  type ReportLang,
  type ReportStatistics,
  reportLangs,
} from "../report/report.js";
import { subjectOf } from "../report/wording.js";
import { quoted, wrongField } from "./request-fields.js";

/** Formats of the report. */
const formats = ["text", "markdown", "json"] as const;

type Format = (typeof formats)[number];

/** Answers GetReport. */
export const getReport = (
  deps: { readonly view: MeshView; readonly legacy: LegacyClients; readonly clock: Clock },
  request: GetReportRequest,
): MessageInitShape<typeof GetReportResponseSchema> => {
  const format = oneOf("format", request.format, formats);
  const lang = oneOf("lang", request.lang, reportLangs);
  deps.legacy.expire(deps.clock.nowMs());
  const report = createReport(deps, { wallMs: deps.clock.wallMs(), windowS: windowDefaultS });
  return { format, lang, body: bodyOf(report, { format, lang }) };
};

const bodyOf = (
  report: Report,
  { format, lang }: { readonly format: Format; readonly lang: ReportLang },
): NonNullable<MessageInitShape<typeof GetReportResponseSchema>["body"]> => {
  switch (format) {
    case "text":
      return { case: "content", value: renderText(report, lang) };
    case "markdown":
      return { case: "content", value: renderMarkdown(report, lang) };
    default:
      return { case: "report", value: reportToWire(report, lang) };
  }
};

/** A value of a list; empty means the first. */
const oneOf = <T extends string>(
  field: string,
  value: string,
  allowed: readonly [T, ...T[]],
): T => {
  if (value === "") return allowed[0];
  const known = allowed.find((one) => one === value);
  if (known !== undefined) return known;
  throw wrongField(field, `must be one of ${allowed.join(", ")}, not ${quoted(value)}`);
};

const reportToWire = (report: Report, lang: ReportLang): MessageInitShape<typeof ReportSchema> => ({
  generatedAt: timestampFromUnixMs(report.generatedUnixMs),
  activeClientCount: report.activeClientCount,
  problems: report.problems.map((problem) => ({
    severity: problem.severity,
    subject: subjectOf(problem),
    text: problemText(problem, report, lang),
  })),
  problemsOmitted: report.problemsOmitted,
  hostIps: [...report.hostIps],
  podIps: [...report.podIps],
  hosts: statisticsToWire(report.hosts),
  pods: statisticsToWire(report.pods),
  ...(report.service === undefined ? {} : { service: statisticsToWire(report.service) }),
});

const statisticsToWire = ({
  tests,
  succeeded,
  failed,
  durationNsSum,
}: ReportStatistics): MessageInitShape<typeof ReportStatisticsSchema> => ({
  tests,
  succeeded,
  failed,
  durationUsSum: durationNsSum / 1000,
  ...(tests === 0
    ? {}
    : { successRatio: succeeded / tests, durationUsMean: durationNsSum / tests / 1000 }),
});
