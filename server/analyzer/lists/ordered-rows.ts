import type { PolicyEngine } from "../policy/engine.js";
import { askRows } from "./ask-rows.js";
import { askedPairsMax, keptRowsMax } from "./limits.js";
import { endsInOrder, type ListEnds, type ListRow } from "./list-ends.js";
import { readRows } from "./read-rows.js";
import { pairCounts, type RowSelection, wantsRow, wantsSource } from "./row-selection.js";

/** How many pairs are asked one by one, and how many rows are kept. */
export type RowBounds = { readonly askedPairsMax: number; readonly keptRowsMax: number };

/** Asking for a pair takes as long as reading this many. */
const askedPairCost = 25;

/**
 * The engine's rows in the order in which np-guard sorts its lines: by the text of the source, then of the destination.
 * Made as they are read.
 */
export const orderedRows = (
  engine: PolicyEngine,
  ends: ListEnds,
  selection: RowSelection = {},
  bounds: RowBounds = { askedPairsMax, keptRowsMax },
): Iterable<ListRow> => {
  const { wanted, all } = pairCounts(ends, selection);
  const isFew = wanted <= bounds.askedPairsMax || wanted * askedPairCost <= all;
  return isFew && bounds.askedPairsMax > 0
    ? selectedRows(engine, ends, selection)
    : readRows(engine, ends, { selection, keptRowsMax: bounds.keptRowsMax });
};

function* selectedRows(
  engine: PolicyEngine,
  ends: ListEnds,
  selection: RowSelection,
): Iterable<ListRow> {
  const all = endsInOrder(ends, ends.destinations);
  for (const source of endsInOrder(ends, ends.sources)) {
    if (!wantsSource(selection, source)) continue;
    const wanted = all.filter((destination) => wantsRow(selection, { source, destination }));
    yield* askRows(engine, source, wanted);
  }
}
