import type { FindingView } from "../answers.js";
import { compareTexts } from "./compare-texts.js";
import { severityRank } from "./finding.js";

/** Orders findings: the worst first, then by file, line, rule, object and message. */
export const compareFindings = (one: FindingView, other: FindingView): number =>
  severityRank(one.severity) - severityRank(other.severity) ||
  compareTexts(one.location.file, other.location.file) ||
  one.location.line - other.location.line ||
  compareTexts(one.rule, other.rule) ||
  compareTexts(one.object, other.object) ||
  compareTexts(one.message, other.message);
