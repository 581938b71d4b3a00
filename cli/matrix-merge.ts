import type { CellView, MatrixView } from "./model.js";

/**
 * The matrix after a frame of WatchMatrix: a whole frame, which comes whenever sources or targets change, replaces it; any
 * other has only the cells that were measured anew, and names only what stands in it.
 */
export const mergeMatrix = (matrix: MatrixView | undefined, frame: MatrixView): MatrixView => {
  if (matrix === undefined || frame.whole) return frame;
  const rows = new Map<string, ReadonlyMap<string, CellView>>(matrix.rows);
  for (const [source, cells] of frame.rows) {
    rows.set(source, new Map([...(matrix.rows.get(source) ?? []), ...cells]));
  }
  const { notMeasured, serverTimeMs } = frame;
  return { ...matrix, rows, notMeasured, serverTimeMs };
};
