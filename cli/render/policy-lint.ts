import type { FindingView, LintAnswer } from "../../server/analyzer/answers.js";
import { severities } from "../../server/analyzer/lint/finding.js";
import type { Listing } from "./columns.js";
import type { Item } from "./outline.js";
import { countText, placeText } from "./policy-names.js";
import type { Tone } from "./style.js";

/** The tone of a severity. */
export const severityTone = (severity: string): Tone => {
  switch (severity) {
    case "critical":
    case "high":
      return "bad";
    case "medium":
      return "warn";
    default:
      return "plain";
  }
};

/** Findings as CSV and Markdown list them. */
export const findingListing = (rows: () => Iterable<FindingView>): Listing<FindingView> => ({
  columns: [
    { field: "severity", value: (row) => row.severity, tone: (row) => severityTone(row.severity) },
    { field: "rule", value: (row) => row.rule },
    { field: "title", value: (row) => row.title },
    { field: "object", value: (row) => row.object },
    { field: "location", value: (row) => placeText(row.location) },
    { field: "message", value: (row) => row.message, isProse: true },
    { field: "fix", value: (row) => row.fix, isProse: true },
    { field: "suppressed", value: (row) => row.suppressed, shown: "filled", isProse: true },
  ],
  rows,
  empty: "No finding.",
});

/** A finding for reading: where, what, what to do. */
export const findingItem = (finding: FindingView): Item => {
  const place = placeText(finding.location);
  const title = [finding.severity, finding.rule, finding.title].join(" ");
  const where = [finding.object, place].filter((text) => text !== "").join(", ");
  return {
    text: where === "" ? title : `${title}: ${where}`,
    tone: finding.suppressed === "" ? severityTone(finding.severity) : "faint",
    more: [
      finding.message,
      finding.fix,
      ...(finding.suppressed === "" ? [] : [`Suppressed: ${finding.suppressed}`]),
    ],
  };
};

/** How many findings of which severity, in one line. */
export const lintSummary = ({ findings, suppressed }: LintAnswer): string => {
  const open = findings.filter((finding) => finding.suppressed === "");
  const counts = severities
    .map((severity) => ({
      severity,
      count: open.filter((one) => one.severity === severity).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`);
  const total =
    open.length === 0 ? "No finding" : `${countText(open.length, "finding")}: ${counts.join(", ")}`;
  return `${total}${suppressed > 0 ? `; ${suppressed} suppressed` : ""}.`;
};
