import type { DirectionView, PairView, RunView } from "../model.js";
import type { ListStyle } from "./agents.js";
import { toneFromState } from "./style.js";
import { type Field, tableText } from "./table.js";
import { ageText, lossText, rttText } from "./units.js";

/** A pair in both directions, one line for each kind of probe. */
export const pairText = (pair: PairView, style: ListStyle): string => {
  const back =
    pair.reverse === undefined
      ? `\n${pair.target} does not probe, so there is no way back to show.\n`
      : `\n${directionText(pair.reverse, style)}`;
  return directionText(pair, style) + back;
};

/** The probes of a run, one line each. */
export const runText = (run: RunView, style: ListStyle): string => {
  const rows = run.results.map((result): readonly Field[] => [
    result.kind,
    { text: result.outcome, tone: result.outcome === "ok" ? "good" : "bad" },
    rttText(result.rttUs),
    result.destination,
    result.detail,
  ]);
  const heading = ["KIND", "OUTCOME", "RTT", "DESTINATION", "DETAIL"];
  return `${run.source} -> ${run.target}\n${tableText(heading, rows, style.paint)}`;
};

const directionText = (direction: DirectionView, style: ListStyle): string => {
  const title = `${direction.source} -> ${direction.target}\n`;
  if (direction.kinds.length === 0) return `${title}Nothing is measured on this way.\n`;
  const heading = [
    "KIND",
    "STATE",
    "LAST",
    "RTT",
    "P50",
    "P99",
    "LOSS",
    "AGE",
    "DESTINATION",
    "DETAIL",
  ];
  const rows = direction.kinds.map((kind): readonly Field[] => [
    kind.kind,
    { text: kind.state, tone: toneFromState(kind.state) },
    kind.outcome === "unspecified" ? "" : kind.outcome,
    rttText(kind.rttUs),
    rttText(kind.rttUsP50),
    rttText(kind.rttUsP99),
    kind.sent === 0 ? "-" : `${lossText(kind.lost / kind.sent)} of ${kind.sent}`,
    ageText(kind.measuredAtMs, style.nowMs),
    kind.destination,
    kind.detail,
  ]);
  return title + tableText(heading, rows, style.paint);
};
