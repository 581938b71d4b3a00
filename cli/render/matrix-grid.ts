import type { CellView, MatrixView } from "../model.js";
import type { Paint } from "./style.js";
import { toneFromState } from "./style.js";
import { lossText, rttText } from "./units.js";

type GridStyle = { readonly width: number; readonly paint: Paint };

const symbols: Readonly<Record<string, string>> = {
  ok: ".",
  degraded: "~",
  down: "X",
  stale: "?",
  not_measured: " ",
};
const selfSymbol = "\\";
const legend = ". ok   ~ degraded   X down   ? stale   blank not measured   \\ itself\n";

/**
 * The matrix as a grid, sources down and targets across. Every node has a number; the columns carry those numbers, in
 * blocks: agents (their pods), nodes, names. With room for it, cells show figures; else one character.
 */
export const gridText = (matrix: MatrixView, style: GridStyle): string => {
  const layout = layoutOf(matrix);
  const labelWidth = Math.max(...layout.bases.map((base) => base.length)) + layout.digits + 1;
  const roomy = labelWidth + 2 + matrix.targets.length * (figureWidth + 1) <= style.width;
  return roomy ? figuresGrid(matrix, layout, style) : symbolsGrid(matrix, layout, style);
};

type Block = { readonly title: string; readonly targets: readonly string[] };

type Layout = {
  /** Names of nodes and of other targets; a number is the position here, from 1. */
  readonly bases: readonly string[];
  readonly blocks: readonly Block[];
  /** Digits of the largest number. */
  readonly digits: number;
};

const figureWidth = 11;

/** The part of a name that an agent and its node share; where the node is an IPv6 address, the agent's has "-" for ":". */
const baseOf = (name: string): string =>
  name.startsWith("node/")
    ? name.slice("node/".length).replaceAll(":", "-")
    : name.replace(/\.(pod|host)$/, "");

const blockOf = (target: string): string => {
  if (target.startsWith("node/")) return "nodes";
  return /\.(pod|host)$/.test(target) ? "agents" : "names";
};

const layoutOf = (matrix: MatrixView): Layout => {
  const sources = matrix.sources.map(baseOf);
  const others = matrix.targets.map(baseOf).filter((base) => !sources.includes(base));
  const bases = [...new Set([...sources, ...others])];
  const blocks = ["agents", "nodes", "names"]
    .map((title) => ({
      title,
      targets: matrix.targets.filter((target) => blockOf(target) === title),
    }))
    .filter((block) => block.targets.length > 0);
  return { bases, blocks, digits: String(bases.length).length };
};

const numberOf = (layout: Layout, name: string): number => layout.bases.indexOf(baseOf(name)) + 1;

const rowLabel = (layout: Layout, source: string): string =>
  `${String(numberOf(layout, source)).padStart(layout.digits)} ${baseOf(source)}`;

const symbolsGrid = (matrix: MatrixView, layout: Layout, style: GridStyle): string => {
  const labels = matrix.sources.map((source) => rowLabel(layout, source));
  const width = Math.max(...labels.map((label) => label.length)) + 2;
  const widthOf = (block: Block): number => Math.max(block.targets.length, block.title.length);
  const indent = " ".repeat(width);
  const lines = [
    indent + layout.blocks.map((block) => block.title.padEnd(widthOf(block))).join("  "),
  ];
  for (let digit = 0; digit < layout.digits; digit++) {
    const row = layout.blocks.map((block) =>
      block.targets
        .map((target) => String(numberOf(layout, target)).padStart(layout.digits)[digit] ?? " ")
        .join("")
        .padEnd(widthOf(block)),
    );
    lines.push(indent + row.join("  "));
  }
  for (const [index, source] of matrix.sources.entries()) {
    const cells = matrix.rows.get(source);
    const row = layout.blocks.map(
      (block) =>
        block.targets
          .map((target) => symbolOf(cells?.get(target), { source, target }, style.paint))
          .join("") + " ".repeat(widthOf(block) - block.targets.length),
    );
    lines.push((labels[index] ?? "").padEnd(width) + row.join("  "));
  }
  return `${lines.map((line) => `${line.trimEnd()}\n`).join("")}${extraNames(matrix, layout)}\n${legend}`;
};

const symbolOf = (
  cell: CellView | undefined,
  pair: { readonly source: string; readonly target: string },
  paint: Paint,
): string => {
  if (cell !== undefined) return paint(toneFromState(cell.state), symbols[cell.state] ?? " ");
  return baseOf(pair.source) === baseOf(pair.target) ? paint("faint", selfSymbol) : " ";
};

const figuresGrid = (matrix: MatrixView, layout: Layout, style: GridStyle): string => {
  const labels = matrix.sources.map((source) => rowLabel(layout, source));
  const width = Math.max(...labels.map((label) => label.length)) + 2;
  const indent = " ".repeat(width);
  const column = (text: string): string => text.padEnd(figureWidth + 1);
  const titles = layout.blocks.map((block) =>
    `to ${block.title}`.padEnd(block.targets.length * (figureWidth + 1)),
  );
  const numbers = layout.blocks.flatMap((block) =>
    block.targets.map((target) => column(String(numberOf(layout, target)))),
  );
  const lines = [indent + titles.join(""), indent + numbers.join("")];
  for (const [index, source] of matrix.sources.entries()) {
    const cells = matrix.rows.get(source);
    const fields = layout.blocks.flatMap((block) =>
      block.targets.map((target) => {
        const cell = cells?.get(target);
        const text = figureOf(cell, { source, target }).slice(0, figureWidth);
        const painted = style.paint(toneFromState(cell?.state ?? ""), text);
        return painted + " ".repeat(figureWidth + 1 - text.length);
      }),
    );
    lines.push((labels[index] ?? "").padEnd(width) + fields.join(""));
  }
  return `${lines.map((line) => `${line.trimEnd()}\n`).join("")}${extraNames(matrix, layout)}`;
};

const figureOf = (
  cell: CellView | undefined,
  pair: { readonly source: string; readonly target: string },
): string => {
  if (cell === undefined) return baseOf(pair.source) === baseOf(pair.target) ? selfSymbol : "";
  switch (cell.state) {
    case "ok":
      return rttText(cell.rttUs);
    case "degraded":
      return `~ ${lossText(cell.lossRatio)} lost`;
    case "down":
      return `X ${cell.outcome}`;
    case "stale":
      return "? stale";
    default:
      return "";
  }
};

const extraNames = (matrix: MatrixView, layout: Layout): string => {
  const sources = new Set(matrix.sources.map(baseOf));
  return layout.bases
    .map((base, index) => ({ base, number: index + 1 }))
    .filter(({ base }) => !sources.has(base))
    .map(({ base, number }) => `${String(number).padStart(layout.digits)} ${base} (target only)\n`)
    .join("");
};
