import { matrixProblemsMax } from "../limits.js";
import type { CellView, MatrixView, WorstView } from "../model.js";
import type { ListStyle } from "./agents.js";
import { gridText } from "./matrix-grid.js";
import { toneFromState } from "./style.js";
import { type Field, tableText } from "./table.js";
import { ageText, lossText, rttText } from "./units.js";

/** How to show a matrix. */
export type MatrixStyle = ListStyle & {
  /** Columns of the terminal. */
  readonly width: number;
};

/** The matrix: a grid with what is not well below it; wide, one line for each cell. */
export const matrixText = (matrix: MatrixView, style: MatrixStyle): string => {
  if (matrix.sources.length === 0) {
    return "No agent has connected yet, so there is nothing to show.\n";
  }
  const cells = allCells(matrix);
  if (style.wide) return `${worstText(cells, style)}${notMeasuredText(matrix)}`;
  const bad = cells.filter(({ cell }) => cell.state !== "ok" && cell.state !== "not_measured");
  return [
    gridText(matrix, style),
    "\n",
    summaryText(matrix, cells),
    bad.length === 0 ? "" : problemsText(bad, style),
  ].join("");
};

/** Pairs as a table, in the order given. */
export const worstText = (pairs: readonly WorstView[], style: ListStyle): string => {
  if (pairs.length === 0) return "No pair has been measured yet.\n";
  const heading = ["SOURCE", "TARGET", "KIND", "STATE", "RTT", "LOSS", "LAST", "AGE"];
  const more = ["SENT", "LOST"];
  const rows = pairs.map(({ source, cell }): readonly Field[] => {
    const short: readonly Field[] = [
      source,
      cell.target,
      cell.kind,
      { text: cell.state, tone: toneFromState(cell.state) },
      rttText(cell.rttUs),
      lossText(cell.lossRatio),
      cell.outcome,
      ageText(cell.measuredAtMs, style.nowMs),
    ];
    return style.wide ? [...short, String(cell.sent), String(cell.lost)] : short;
  });
  return tableText(style.wide ? [...heading, ...more] : heading, rows, style.paint);
};

/** How many pairs are in which state, one line. */
export const summaryText = (matrix: MatrixView, cells = allCells(matrix)): string => {
  const count = (state: string): number => cells.filter(({ cell }) => cell.state === state).length;
  const measured = cells.length - count("not_measured");
  const others = ["degraded", "down", "stale"]
    .map((state) => ({ state, pairs: count(state) }))
    .filter(({ pairs }) => pairs > 0)
    .map(({ state, pairs }) => `, ${pairs} ${state}`);
  return `${count("ok")} of ${measured} measured pairs ok${others.join("")}${
    matrix.notMeasured > 0 ? `; ${matrix.notMeasured} not measured` : ""
  }\n`;
};

const rank: readonly string[] = ["down", "degraded", "stale", "ok", "not_measured"];

const allCells = (matrix: MatrixView): readonly WorstView[] =>
  matrix.sources.flatMap((source) =>
    [...(matrix.rows.get(source)?.values() ?? [])].map((cell) => ({ source, cell })),
  );

const problemsText = (bad: readonly WorstView[], style: ListStyle): string => {
  const order = (cell: CellView): number => rank.indexOf(cell.state);
  const worst = [...bad].sort((a, b) => order(a.cell) - order(b.cell)).slice(0, matrixProblemsMax);
  const omitted = bad.length - worst.length;
  return `\n${worstText(worst, { ...style, wide: false })}${
    omitted > 0 ? `… and ${omitted} more: causeway worst, or -o wide\n` : ""
  }`;
};

const notMeasuredText = (matrix: MatrixView): string =>
  matrix.notMeasured > 0 ? `${matrix.notMeasured} pairs are not measured.\n` : "";
