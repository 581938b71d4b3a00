import type { NetworkPlugin } from "../../network/network-plugin.js";
import { catalogue } from "../catalogue/catalogue.js";
import type { Finding } from "../findings/finding.js";
import type { AccessMode } from "../situation/way.js";
import {
  brokenMax,
  connectedMax,
  connectedMin,
  denyEnforcedMax,
  denyUnenforcedMax,
  denyUnknownMax,
} from "./confidence-table.js";
import type { Gap } from "./gap.js";

/** What confidences are computed from. */
export type Knowledge = {
  readonly plugin: NetworkPlugin;
  readonly gaps: readonly Gap[];
};

/**
 * Probability that a connection by this mode works where nothing was found that stops it: the measured cap, less what is
 * not known. Beside faults that make the status degraded, doubts that are such faults themselves are not counted again:
 * more that is wrong never makes it less sure.
 */
export const connectedConfidence = (
  { gaps }: Knowledge,
  mode: AccessMode,
  beside: "nothing" | "faults",
): number => {
  const cost = gaps
    .filter(({ modes, isFault }) => modes.includes(mode) && !(isFault && beside === "faults"))
    .reduce((sum, each) => sum + each.cost, 0);
  return rounded(Math.max(connectedMin, connectedMax - cost));
};

/** Probability that what a finding concerns fails: the code's own, within the caps, less what weakens findings. */
export const certaintyOf = (finding: Finding, { plugin, gaps }: Knowledge): number => {
  const own = finding.certainty ?? catalogue[finding.code].certainty;
  const cap = catalogue[finding.code].layer === "policy" ? denyMaxOf(plugin) : brokenMax;
  const cost = gaps
    .filter(({ weakensFindings }) => weakensFindings)
    .reduce((sum, each) => sum + each.cost, 0);
  return rounded(Math.max(0, Math.min(own, cap) - cost));
};

const denyMaxOf = ({ enforcesPolicy }: NetworkPlugin): number => {
  if (enforcesPolicy === undefined) return denyUnknownMax;
  return enforcesPolicy ? denyEnforcedMax : denyUnenforcedMax;
};

/** A probability as answers show it: two digits say all that is known. */
export const rounded = (probability: number): number => Math.round(probability * 100) / 100;
