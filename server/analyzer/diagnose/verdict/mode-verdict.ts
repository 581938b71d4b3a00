import { type Finding, type Place, places } from "../findings/finding.js";
import { isOutsideWay } from "../situation/service-ways.js";
import type { AccessMode, Way } from "../situation/way.js";
import { certaintyOf, connectedConfidence, type Knowledge } from "./confidence.js";

/** connected, degraded, disconnected, unknown. */
export type Status = "connected" | "degraded" | "disconnected" | "unknown";

/** A way with what was found on it. */
export type WayState = {
  readonly way: Way;
  /** What stops it, in groups of one place, in the order in which a connection meets them. */
  readonly blockers: readonly (readonly Finding[])[];
  readonly impairing: readonly Finding[];
  readonly doubts: readonly Finding[];
};

/** What objects say of one mode. */
export type ModeVerdict = {
  readonly mode: AccessMode;
  readonly status: Status;
  readonly confidence: number;
  /** Probability that it works beside what makes the whole degraded. */
  readonly support: number;
  readonly ways: readonly WayState[];
};

/** Every way with what was found on it. */
export const wayStatesOf = (
  ways: readonly Way[],
  findings: readonly Finding[],
): readonly WayState[] =>
  ways.map((way) => {
    const own = findings.filter(({ hits }) => hits(way));
    const having = (effect: Finding["effect"]): readonly Finding[] =>
      own.filter((each) => each.effect === effect);
    const stopping = having("blocks");
    const blockers = places.flatMap((place) => {
      const group = stopping.filter((finding) => placeOn(way, finding) === place);
      return group.length === 0 ? [] : [group];
    });
    return { way, blockers, impairing: having("impairs"), doubts: having("unknown") };
  });

/** Where a finding takes effect: pods that are not ready make their Service refuse. */
const placeOn = ({ destination, route }: Way, { place }: Finding): Place =>
  destination === undefined && route !== undefined && place.startsWith("destination")
    ? "service"
    : place;

/** Everything that stops a way. */
export const stoppingOf = ({ blockers }: WayState): readonly Finding[] => blockers.flat();

/**
 * The status of a mode from its ways: connected when all work, disconnected when none does, degraded when some do or when
 * something impairs them, unknown where that can't be told.
 */
export const modeVerdictOf = (
  mode: AccessMode,
  ways: readonly WayState[],
  knowledge: Knowledge,
): ModeVerdict => {
  const certainty = (findings: readonly Finding[]): number =>
    Math.max(0, ...findings.map((each) => certaintyOf(each, knowledge)));
  const support = connectedConfidence(knowledge, mode, "faults");
  const verdict = (status: Status, confidence: number): ModeVerdict => ({
    mode,
    status,
    confidence,
    support,
    ways,
  });
  const down = ways.filter(({ blockers }) => blockers.length > 0);
  const open = ways.filter(({ blockers, doubts }) => blockers.length === 0 && doubts.length > 0);
  const up = ways.length - down.length - open.length;
  if (down.length === ways.length) {
    return verdict("disconnected", Math.min(...down.map((state) => certainty(stoppingOf(state)))));
  }
  if (open.length > 0 && (up === 0 || down.length === 0)) return verdict("unknown", 0);
  // A name outside has one of many addresses: that some are permitted says nothing of the one it has.
  if (down.length > 0 && ways.some(({ way }) => isOutsideWay(way))) return verdict("unknown", 0);
  const faults = ways.map((state) => certainty([...stoppingOf(state), ...state.impairing]));
  const worst = Math.max(...faults);
  const impaired = ways.some(({ impairing }) => impairing.length > 0);
  return down.length > 0 || impaired
    ? verdict("degraded", Math.min(support, worst))
    : verdict("connected", connectedConfidence(knowledge, mode, "nothing"));
};

/** The status of all modes: that of the one that was asked for, degraded where it works and another does not. */
export const overallOf = (
  verdicts: readonly ModeVerdict[],
  primary: AccessMode,
): { readonly status: Status; readonly confidence: number } => {
  const main = verdicts.find(({ mode }) => mode === primary);
  if (main === undefined) return { status: "unknown", confidence: 0 };
  const worse = verdicts.filter(({ status }) => status === "disconnected" || status === "degraded");
  const works = main.status === "connected" || main.status === "degraded";
  if (!works || worse.length === 0) return main;
  const found = Math.max(...worse.map(({ confidence }) => confidence));
  return { status: "degraded", confidence: Math.min(main.support, found) };
};
