import type { CellView, MatrixView } from "./model.js";

/**
 * The matrix after a frame of WatchMatrix: a whole frame replaces it, any other adds what was measured anew. Rows and
 * cells of names that the frame no longer lists go.
 */
export const mergeMatrix = (matrix: MatrixView | undefined, frame: MatrixView): MatrixView => {
  if (matrix === undefined || frame.whole) return frame;
  if (frame.sources.length === 0 && frame.rows.size === 0) {
    return { ...matrix, serverTimeMs: frame.serverTimeMs ?? matrix.serverTimeMs };
  }
  const sources = frame.sources.length > 0 ? frame.sources : matrix.sources;
  const targets = frame.targets.length > 0 ? frame.targets : matrix.targets;
  const known = new Set(targets);
  const rows = new Map<string, ReadonlyMap<string, CellView>>();
  for (const source of sources) {
    const kept = [...(matrix.rows.get(source) ?? [])].filter(([target]) => known.has(target));
    const cells = new Map([...kept, ...(frame.rows.get(source) ?? [])]);
    if (cells.size > 0) rows.set(source, cells);
  }
  return { ...frame, sources, targets, rows, whole: true };
};
