import type { Way } from "../situation/way.js";
import { type RankedFinding, type Ranking, severityOf } from "../verdict/rank-causes.js";

/** What the first clients said where they found nothing. */
export const nothingObvious = "No obvious issues detected";

/**
 * What is wrong and what to do, as plain strings in the order of the causes: causes, then what would stop the connection
 * next, then grave risks of the ways in question and what is critical for the whole cluster. Findings for information are
 * left out.
 */
export const issuesOf = (
  { causes, latent }: Ranking,
  ways: readonly Way[],
): { readonly issues: readonly string[]; readonly solutions: readonly string[] } => {
  const isWorthTelling = ({ finding, probability }: RankedFinding): boolean => {
    const severity = severityOf(finding);
    const isGrave = severity === "critical" || severity === "high";
    const concernsAll = severity === "critical" && finding.origin === "cluster";
    return probability > 0 || concernsAll || (isGrave && ways.some(finding.hits));
  };
  const told = [...causes, ...latent.filter(isWorthTelling)]
    .map(({ finding }) => finding)
    .filter((finding) => severityOf(finding) !== "info");
  const issues = [...new Set(told.map(({ issue }) => issue))];
  const solutions = [...new Set(told.flatMap((finding) => finding.solutions))];
  return { issues, solutions: solutions.length === 0 ? [nothingObvious] : solutions };
};
