import type { Plane } from "../../common/agent-stream.js";
import type { ProbeKind } from "../../common/probe.js";
import type { CellView } from "./matrix.js";
import {
  compareWorst,
  type MatrixMark,
  type MeshQuery,
  type MeshView,
  type PairCell,
} from "./mesh-view.js";

/** Which part of the matrix to show. */
export type FrameQuery = MeshQuery & {
  /** Undefined shows the worst kind of each pair. */
  readonly kind: ProbeKind | undefined;
  readonly plane: Plane;
};

/** A cell that was measured. */
export type FrameCell = { readonly cell: PairCell; readonly view: CellView };

/** A matrix, or what changed in it. */
export type MatrixFrame = {
  /** agent_ids of the probers, sorted. */
  readonly sources: readonly string[];
  /** Sorted. */
  readonly targets: readonly string[];
  readonly rows: readonly { readonly source: string; readonly cells: readonly FrameCell[] }[];
  /** Pairs without a measurement; a source and itself are no pair. */
  readonly notMeasured: number;
};

/** The whole matrix; with since, only the cells that changed after that look. */
export const matrixFrame = (view: MeshView, query: FrameQuery, since?: MatrixMark): MatrixFrame => {
  const sources = view.agents().filter(({ plane }) => plane === query.plane);
  const targets = new Set<string>();
  const rows: { source: string; cells: FrameCell[] }[] = [];
  let measured = 0;
  for (const source of sources) {
    const cells: FrameCell[] = [];
    const pairs = pairsOf(view.cellsOf(source, query), query.kind);
    for (const [target, kinds] of pairs) {
      targets.add(target);
      if (kinds.some((kind) => view.cellSeq(kind) > 0)) measured += 1;
      if (since !== undefined && !kinds.some((kind) => hasChanged(view, kind, since, query))) {
        continue;
      }
      const worst = worstOf(view, kinds, query);
      if (worst !== undefined) cells.push(worst);
    }
    if (cells.length > 0) rows.push({ source: source.agentId, cells: cells.sort(byTarget) });
  }
  const own = sources.reduce(
    (count, { agentId, node }) =>
      count + Number(targets.has(agentId)) + Number(targets.has(`node/${node}`)),
    0,
  );
  return {
    sources: sources.map(({ agentId }) => agentId).sort(),
    targets: [...targets].sort(),
    rows,
    notMeasured: Math.max(0, sources.length * targets.size - own - measured),
  };
};

/** Measured cells of all sources that pass, worst first; ties in the order of names. */
export const worstCells = (
  view: MeshView,
  query: MeshQuery & { readonly kind: ProbeKind | undefined; readonly plane: Plane | undefined },
): FrameCell[] => {
  const cells: FrameCell[] = [];
  for (const source of view.agents()) {
    if (query.plane !== undefined && source.plane !== query.plane) continue;
    for (const cell of view.cellsOf(source, query)) {
      if (query.kind !== undefined && cell.kind !== query.kind) continue;
      const measured = view.view(cell, query);
      if (measured !== undefined && measured.state !== "not_measured") {
        cells.push({ cell, view: measured });
      }
    }
  }
  return cells.sort((a, b) => compareWorst(a.view, b.view) || byName(a, b));
};

const hasChanged = (view: MeshView, cell: PairCell, since: MatrixMark, query: MeshQuery): boolean =>
  view.hasChanged(cell, since, query.nowUnixUs);

const pairsOf = (
  cells: readonly PairCell[],
  kind: ProbeKind | undefined,
): Map<string, PairCell[]> => {
  const pairs = new Map<string, PairCell[]>();
  for (const cell of cells) {
    if (kind !== undefined && cell.kind !== kind) continue;
    const pair = pairs.get(cell.target);
    if (pair === undefined) pairs.set(cell.target, [cell]);
    else pair.push(cell);
  }
  return pairs;
};

/** The worst measured kind of a pair. */
const worstOf = (
  view: MeshView,
  kinds: readonly PairCell[],
  query: MeshQuery,
): FrameCell | undefined => {
  let worst: FrameCell | undefined;
  for (const cell of kinds) {
    const measured = view.view(cell, query);
    if (measured === undefined) continue;
    if (worst === undefined || compareWorst(measured, worst.view) < 0) {
      worst = { cell, view: measured };
    }
  }
  return worst;
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byTarget = (a: FrameCell, b: FrameCell): number =>
  compareText(a.cell.target, b.cell.target) || compareText(a.cell.kind, b.cell.kind);

const byName = (a: FrameCell, b: FrameCell): number =>
  compareText(a.cell.source.agentId, b.cell.source.agentId) || byTarget(a, b);
