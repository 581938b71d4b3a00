import { evidencePerCauseMax } from "../limits.js";
import type { Way } from "../situation/way.js";
import type { Finding, Observation } from "./finding.js";

/** Findings that concern a way, and those of DNS and risks, which are worth knowing all the same. */
export const relevantFindings = (
  findings: readonly Finding[],
  ways: readonly Way[],
): readonly Finding[] =>
  findings.filter(
    ({ effect, place, hits }) => effect === "risk" || place === "lookup" || ways.some(hits),
  );

/** Findings that say the same of several ways as one each, in the order of the first. */
export const mergeFindings = (findings: readonly Finding[]): readonly Finding[] => {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = [
      finding.code,
      finding.place,
      finding.effect,
      finding.component,
      finding.issue,
    ].join("\n");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].map(mergeGroup);
};

const mergeGroup = (group: readonly Finding[]): Finding => {
  const [first] = group as readonly [Finding, ...Finding[]];
  return {
    ...first,
    hits: group.length === 1 ? first.hits : (way) => group.some(({ hits }) => hits(way)),
    observations: distinct(group.flatMap(({ observations }) => observations)),
  };
};

/** Observations without repeats, bounded. */
export const distinct = (observations: readonly Observation[]): readonly Observation[] => {
  const byText = new Map(observations.map((each) => [observationKey(each), each]));
  return [...byText.values()].slice(0, evidencePerCauseMax);
};

/** Equal observations have equal keys. */
export const observationKey = ({ kind, data }: Observation): string =>
  JSON.stringify([kind, Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1))]);
