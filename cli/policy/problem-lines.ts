import type { ProblemView } from "../../server/analyzer/answers.js";
import { problemsPrintedMax } from "../limits.js";
import { printableLine } from "../render/printable.js";

/**
 * Problems of the input as lines for standard error, errors first; at most `problemsPrintedMax`, the rest is counted.
 */
export const problemLines = (problems: readonly ProblemView[]): readonly string[] => {
  const sorted = severities.flatMap((severity) =>
    problems.filter((problem) => problem.severity === severity),
  );
  const shown = sorted.slice(0, problemsPrintedMax).map(problemLine);
  const more = sorted.length - shown.length;
  return more > 0
    ? [...shown, `… and ${more} more problems of the input (-o json lists them)`]
    : shown;
};

const severities = ["error", "warning", "info"];

const problemLine = ({ severity, message, file, line, column, object }: ProblemView): string => {
  const place = [file, ...(line > 0 ? [line, ...(column > 0 ? [column] : [])] : [])].join(":");
  const words = [place, severity, object].filter((word) => word !== "");
  return printableLine(`${[...words, message].join(": ")}`);
};

/** Whether something of the input could not be used: what --strict refuses. */
export const hasUnreadable = (problems: readonly ProblemView[]): boolean =>
  problems.some(({ severity }) => severity === "error");
