import type { ConnectionRow, PolicyEngine, PolicyUnit } from "../policy/engine.js";
import type { IpRange } from "../sets/ip.js";
import { askRows } from "./ask-rows.js";
import {
  endText,
  type ListEnd,
  type ListEnds,
  type ListRow,
  mergedInOrder,
  rangesInOrder,
} from "./list-ends.js";
import type { ListRange } from "./list-ranges.js";
import { RangeRows } from "./range-rows.js";
import { type RowSelection, wantsRow, wantsSource } from "./row-selection.js";

/**
 * Reads every row of the engine, drops what is not wanted, and gives the rest in order. At most `keptRowsMax` rows from
 * addresses outside are kept to be sorted; past that many they are asked for pair by pair.
 */
export function* readRows(
  engine: PolicyEngine,
  ends: ListEnds,
  { selection, keptRowsMax }: { readonly selection: RowSelection; readonly keptRowsMax: number },
): Iterable<ListRow> {
  const ranges = rangesInOrder(ends.sources).filter((range) => wantsSource(selection, range));
  const rowsFrom = createRowsFrom(engine, ends, keptRowsMax);
  const groups = mergedInOrder<RowGroup>(
    unitGroups(engine, ends),
    ranges.map((source) => ({ source, rows: () => rowsFrom(source) })),
    ({ source }) => endText(source),
  );
  const isAll = selection.destinations === undefined && selection.namespace === undefined;
  for (const { source, rows } of groups) {
    if (!wantsSource(selection, source)) continue;
    if (isAll) yield* rows();
    else for (const row of rows()) if (wantsRow(selection, row)) yield row;
  }
}

/** The rows of one source, in order. */
type RowGroup = { readonly source: ListEnd; readonly rows: () => Iterable<ListRow> };

const createRowsFrom = (
  engine: PolicyEngine,
  ends: ListEnds,
  keptRowsMax: number,
): ((range: ListRange) => Iterable<ListRow>) => {
  let kept: RangeRows | undefined;
  let isRead = false;
  return (range) => {
    if (!isRead) kept = RangeRows.read(engine, keptRowsMax);
    isRead = true;
    return kept?.from(range) ?? askRows(engine, range, ends.units);
  };
};

function* unitGroups(engine: PolicyEngine, ends: ListEnds): Iterable<RowGroup> {
  const sortedRows = createSort(ends);
  let group: { readonly source: PolicyUnit; readonly rows: ConnectionRow[] } | undefined;
  for (const row of engine.rows()) {
    const { source } = row;
    if (group !== undefined && group.source !== source) {
      const { rows } = group;
      yield { source: group.source, rows: () => sortedRows(rows) };
      group = undefined;
    }
    if (!("pods" in source)) return;
    group ??= { source, rows: [] };
    group.rows.push(row);
  }
  if (group === undefined) return;
  const { source, rows } = group;
  yield { source, rows: () => sortedRows(rows) };
}

/** Sorts the rows of one unit, which the engine gives to units by name, then to ranges by address. */
const createSort = ({
  destinations,
}: ListEnds): ((rows: readonly ConnectionRow[]) => readonly ListRow[]) => {
  const ranges = rangesInOrder(destinations);
  const placeOf = new Map(ranges.map(({ range }, place) => [range, place]));
  return (rows) => {
    const toRanges = new Array<ListRow | undefined>(ranges.length).fill(undefined);
    const toUnits: ListRow[] = [];
    for (const row of rows) {
      if (isUnitRow(row)) {
        toUnits.push(row);
        continue;
      }
      const place = placeOf.get(row.destination as IpRange);
      if (place !== undefined) toRanges[place] = withDestination(row, ranges[place] as ListRange);
    }
    const found = toRanges.filter((row) => row !== undefined);
    return found.length === 0
      ? toUnits
      : [...mergedInOrder(toUnits, found, ({ destination }) => endText(destination))];
  };
};

const isUnitRow = (row: ConnectionRow): row is ConnectionRow & ListRow =>
  "pods" in row.source && "pods" in row.destination;

const withDestination = (
  { source, allowed, undetermined }: ConnectionRow,
  destination: ListRange,
): ListRow => ({ source: source as PolicyUnit, destination, allowed, undetermined });
