import { memo } from "../lint/memo.js";
import type { ConnectionRow, PolicyEngine, PolicyUnit } from "../policy/engine.js";
import { isEmptyConnections } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { askedPairsMax, keptRowsMax } from "./limits.js";
import {
  endpointsOf,
  endsInOrder,
  endText,
  isUnit,
  type ListEnd,
  type ListEnds,
  type ListRow,
  mergedInOrder,
  rangesInOrder,
} from "./list-ends.js";
import type { ListRange } from "./list-ranges.js";

/** Which rows are wanted; what is left out is not asked. */
export type RowSelection = {
  readonly sources?: ReadonlySet<ListEnd>;
  readonly destinations?: ReadonlySet<ListEnd>;
  /** A namespace that one end is in. */
  readonly namespace?: string;
};

/** How many pairs are asked one by one, and how many rows are kept. */
export type RowBounds = { readonly askedPairsMax: number; readonly keptRowsMax: number };

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
  const { units, sources, destinations } = ends;
  const fromCount = selection.sources?.size ?? units.length + sources.length;
  const toCount = selection.destinations?.size ?? units.length + destinations.length;
  return fromCount * toCount <= bounds.askedPairsMax
    ? askedRows(engine, ends, selection)
    : readRows(engine, ends, { selection, bounds });
};

/** Few pairs: each is asked for. */
function* askedRows(
  engine: PolicyEngine,
  ends: ListEnds,
  selection: RowSelection,
): Iterable<ListRow> {
  const { sources, destinations } = selection;
  const to = endsInOrder(ends, ends.destinations).filter((end) => destinations?.has(end) ?? true);
  for (const source of endsInOrder(ends, ends.sources)) {
    if (!(sources?.has(source) ?? true)) continue;
    for (const row of rowsTo(engine, source, to)) if (isWanted(row, selection)) yield row;
  }
}

function* rowsTo(
  engine: PolicyEngine,
  source: ListEnd,
  destinations: Iterable<ListEnd>,
): Iterable<ListRow> {
  for (const destination of destinations) {
    if (destination === source || !(isUnit(source) || isUnit(destination))) continue;
    const { allowed, undetermined } = engine.reach(...endpointsOf(source, destination));
    if (isEmptyConnections(allowed) && isEmptyConnections(undetermined)) continue;
    yield { source, destination, allowed, undetermined };
  }
}

/** Many pairs: every row is read, those that are not wanted are dropped. */
function* readRows(
  engine: PolicyEngine,
  ends: ListEnds,
  { selection, bounds }: { readonly selection: RowSelection; readonly bounds: RowBounds },
): Iterable<ListRow> {
  const { sources } = selection;
  const ranges = rangesInOrder(ends.sources).filter((range) => sources?.has(range) ?? true);
  const rowsFrom = createRowsFrom(engine, ranges, bounds);
  const groups = mergedInOrder<RowGroup>(
    unitGroups(engine, ends),
    ranges.map((source) => ({ source, rows: () => rowsFrom(source) })),
    ({ source }) => endText(source),
  );
  const isAll = selection.destinations === undefined && selection.namespace === undefined;
  for (const { source, rows } of groups) {
    if (!(sources?.has(source) ?? true)) continue;
    if (isAll) yield* rows();
    else for (const row of rows()) if (isWanted(row, selection)) yield row;
  }
}

/** The rows of one source, in order. */
type RowGroup = { readonly source: ListEnd; readonly rows: () => Iterable<ListRow> };

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

/** The rows from each range, which the engine gives last, in order of addresses. */
const createRowsFrom = (
  engine: PolicyEngine,
  ranges: readonly ListRange[],
  bounds: RowBounds,
): ((range: ListRange) => Iterable<ListRow>) => {
  const units = engine.units();
  if (ranges.length * units.length > bounds.keptRowsMax) {
    return (range) => rowsTo(engine, range, units);
  }
  let kept: ReadonlyMap<ConnectionRow["source"], readonly ConnectionRow[]> | undefined;
  return (range) => {
    kept ??= rowsByRange(engine, new Set(ranges.map(({ range }) => range)));
    return (kept.get(range.range) ?? []).map(({ destination, allowed, undetermined }) => ({
      source: range,
      destination: destination as PolicyUnit,
      allowed,
      undetermined,
    }));
  };
};

const rowsByRange = (
  engine: PolicyEngine,
  ranges: ReadonlySet<ConnectionRow["source"]>,
): ReadonlyMap<ConnectionRow["source"], readonly ConnectionRow[]> => {
  const rows = new Map<ConnectionRow["source"], ConnectionRow[]>();
  for (const row of engine.rows()) {
    if (ranges.has(row.source)) memo(rows, row.source, () => []).push(row);
  }
  return rows;
};

const isWanted = (
  { source, destination }: ListRow,
  { destinations, namespace }: RowSelection,
): boolean =>
  (destinations?.has(destination) ?? true) &&
  (namespace === undefined || isIn(source, namespace) || isIn(destination, namespace));

const isIn = (end: ListEnd, namespace: string): boolean =>
  isUnit(end) && end.workload.namespace === namespace;
