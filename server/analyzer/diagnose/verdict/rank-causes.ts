import { catalogue } from "../catalogue/catalogue.js";
import { type Finding, places } from "../findings/finding.js";
import { shownFindingsMax } from "../limits.js";
import type { AccessMode } from "../situation/way.js";
import { certaintyOf, type Knowledge, rounded } from "./confidence.js";
import {
  consequenceWeight,
  otherModeWeight,
  unknownCauseMin,
  unseenFault,
} from "./confidence-table.js";
import { type ModeVerdict, type Status, stoppingOf, type WayState } from "./mode-verdict.js";

/** A finding with its part in what is wrong. */
export type RankedFinding = {
  readonly finding: Finding;
  /** Probability that this is what is wrong, given the status. */
  readonly probability: number;
  /** Whether it is the first thing that stops some way. */
  readonly blocks: boolean;
};

/** Findings in the order in which a person should look at them. */
export type Ranking = {
  /** What is wrong, the likeliest first. */
  readonly causes: readonly RankedFinding[];
  /** What would be wrong next, and risks. */
  readonly latent: readonly RankedFinding[];
  /** How many of both were left out because there are too many. */
  readonly omitted: number;
  /** Probability that it is something that objects don't show; undefined where nothing is wrong. */
  readonly unknown: number | undefined;
};

/**
 * Ranks findings. The first thing that stops a way masks what comes after it on the way: that one is latent, and its
 * probability is that of everything before it being wrong about itself.
 */
export const rankFindings = (
  findings: readonly Finding[],
  {
    verdicts,
    primary,
    status,
    knowledge,
  }: {
    readonly verdicts: readonly ModeVerdict[];
    readonly primary: AccessMode;
    readonly status: Status;
    readonly knowledge: Knowledge;
  },
): Ranking => {
  const parts = partsOf(verdicts, primary, knowledge);
  const isCause = (finding: Finding): boolean => parts.get(finding)?.isFirst === true;
  const isWrong = status === "disconnected" || status === "degraded";
  const total = [...parts.values()].reduce((sum, { weight }) => sum + weight, 0);
  const unseen = unseenOf(verdicts, primary, knowledge);
  const unknown = isWrong ? Math.max(unknownCauseMin, unseen / (unseen + total || 1)) : undefined;
  const share = (finding: Finding): number =>
    total === 0 ? 0 : rounded(((parts.get(finding)?.weight ?? 0) / total) * (1 - (unknown ?? 0)));
  const ranked = findings.map((finding) => ({
    finding,
    probability: share(finding),
    blocks: finding.effect === "blocks" && isCause(finding),
  }));
  const causes = ranked.filter(({ finding }) => isCause(finding)).sort(byProbability);
  const latent = ranked.filter(({ finding }) => !isCause(finding)).sort(bySeverity);
  return {
    causes: causes.slice(0, shownFindingsMax),
    latent: latent.slice(0, shownFindingsMax),
    omitted: [causes, latent].reduce(
      (sum, { length }) => sum + Math.max(0, length - shownFindingsMax),
      0,
    ),
    unknown: unknown === undefined ? undefined : rounded(unknown),
  };
};

type Part = { readonly weight: number; readonly isFirst: boolean };

/** What each finding contributes to the ways that don't work. */
const partsOf = (
  verdicts: readonly ModeVerdict[],
  primary: AccessMode,
  knowledge: Knowledge,
): ReadonlyMap<Finding, Part> => {
  const parts = new Map<Finding, Part>();
  for (const { mode, status, ways } of verdicts) {
    const share = mode === primary ? 1 : otherModeWeight;
    for (const state of ways) {
      for (const [finding, part] of partsOfWay(state, { share, status, knowledge })) {
        const known = parts.get(finding) ?? { weight: 0, isFirst: false };
        parts.set(finding, {
          weight: Math.max(known.weight, part.weight),
          isFirst: known.isFirst || part.isFirst,
        });
      }
    }
  }
  return parts;
};

/** On one way: each finding stops it unless one before did; those of one place don't mask each other. */
const partsOfWay = (
  { blockers, impairing, doubts }: WayState,
  {
    share,
    status,
    knowledge,
  }: { readonly share: number; readonly status: Status; readonly knowledge: Knowledge },
): readonly (readonly [Finding, Part])[] => {
  const parts: (readonly [Finding, Part])[] = [];
  let before = share;
  for (const group of blockers) {
    let rest = before;
    const hasRoot = group.some(({ isConsequence }) => isConsequence !== true);
    for (const finding of group) {
      const certainty = certaintyOf(finding, knowledge);
      const share = hasRoot && finding.isConsequence === true ? consequenceWeight : 1;
      const weight = before * certainty * share;
      parts.push([finding, { weight, isFirst: group === blockers[0] }]);
      rest *= 1 - certainty;
    }
    before = rest;
  }
  const isFirst = blockers.length === 0;
  for (const finding of impairing) {
    parts.push([finding, { weight: before * certaintyOf(finding, knowledge), isFirst }]);
  }
  if (status === "unknown") {
    for (const finding of doubts) parts.push([finding, { weight: before, isFirst }]);
  }
  return parts;
};

/** What is left for causes that objects don't show, in the mode that was asked for or, where that works, in the others. */
const unseenOf = (
  verdicts: readonly ModeVerdict[],
  primary: AccessMode,
  knowledge: Knowledge,
): number => {
  const main = verdicts.filter(({ mode }) => mode === primary);
  const wrong = main.some(({ status }) => status !== "connected") ? main : verdicts;
  const rests = wrong.flatMap(({ ways }) =>
    ways
      .map((state) => [...stoppingOf(state), ...state.impairing])
      .filter((found) => found.length > 0)
      .map((found) =>
        found.reduce((rest, finding) => rest * (1 - certaintyOf(finding, knowledge)), unseenFault),
      ),
  );
  return rests.length === 0 ? 0 : Math.max(...rests);
};

const severities = ["critical", "high", "medium", "low", "info"];

/** How bad a finding is: its own word, else the catalogue's. */
export const severityOf = ({ severity, code }: Finding): string =>
  severity ?? catalogue[code].severity;

const rankOf = (finding: Finding): number => severities.indexOf(severityOf(finding));

const byProbability = (one: RankedFinding, other: RankedFinding): number =>
  other.probability - one.probability || byName(one, other);

const bySeverity = (one: RankedFinding, other: RankedFinding): number =>
  rankOf(one.finding) - rankOf(other.finding) || byName(one, other);

const byName = ({ finding: one }: RankedFinding, { finding: other }: RankedFinding): number =>
  places.indexOf(one.place) - places.indexOf(other.place) ||
  compare(one.code, other.code) ||
  compare(one.component, other.component) ||
  compare(one.issue, other.issue);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
