import type { FindingView } from "../answers.js";
import { compareTexts } from "./compare-texts.js";
import { severityRank } from "./finding.js";

/** Orders findings: the worst first, then by file, line, rule, object and message. */
export const compareFindings = (one: FindingView, other: FindingView): number =>
  severityRank(one.severity) - severityRank(other.severity) ||
  compareTexts(one.location.file, other.location.file) ||
  one.location.line - other.location.line ||
  compareTexts(one.rule, other.rule) ||
  compareTexts(objectKey(one), objectKey(other)) ||
  compareTexts(one.message, other.message);

// What is of no object (the count of findings that are not listed) comes after what is.
const objectKey = ({ object }: FindingView): string => (object === "" ? "\uffff" : object);
