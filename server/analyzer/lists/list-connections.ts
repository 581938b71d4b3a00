import type { ConnectionRowView } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  subtractConnections,
} from "../sets/connections.js";
import { endText, type ListRow, listEnds } from "./list-ends.js";
import { orderedRows } from "./ordered-rows.js";
import { RowDoubts } from "./row-doubts.js";
import { type RowFilter, selectionOf } from "./row-filter.js";

export type { RowFilter } from "./row-filter.js";

/**
 * Every pair with a connection or a doubt, by the text of the source, then of the destination, as np-guard sorts its lines.
 * Rows are made as they are read, and again for each reader. Throws QuestionError for names that the model lacks.
 */
export const listConnections = (
  world: PolicyWorld,
  filter: RowFilter = {},
): Iterable<ConnectionRowView> => {
  const ends = listEnds(world.engine);
  const selection = selectionOf(world, ends, filter);
  return {
    *[Symbol.iterator]() {
      const viewOf = createRowView(world);
      for (const row of orderedRows(world.engine, ends, selection)) yield viewOf(row);
    },
  };
};

/** A part of the list. */
export type ConnectionPage = {
  readonly rows: readonly ConnectionRowView[];
  /** Rows of the whole list. */
  readonly total: number;
};

/** The rows from a 0-based offset on, at most `limit`; those before and after are counted, not made. */
export const pageConnections = (
  world: PolicyWorld,
  filter: RowFilter,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): ConnectionPage => {
  const ends = listEnds(world.engine);
  const viewOf = createRowView(world);
  const rows: ConnectionRowView[] = [];
  let total = 0;
  for (const row of orderedRows(world.engine, ends, selectionOf(world, ends, filter))) {
    if (total >= offset && rows.length < limit) rows.push(viewOf(row));
    total++;
  }
  return { rows, total };
};

/** Writes rows: connections are those that are allowed for certain. */
const createRowView = (world: PolicyWorld): ((row: ListRow) => ConnectionRowView) => {
  const doubts = new RowDoubts(world.engine);
  const known = new Map<ConnectionSet, string>();
  const textOf = (set: ConnectionSet): string => {
    let text = known.get(set);
    if (text === undefined) {
      text = connectionsText(set);
      known.set(set, text);
    }
    return text;
  };
  return (row) => {
    const { allowed, undetermined } = row;
    const ends = { source: endText(row.source), destination: endText(row.destination) };
    if (isEmptyConnections(undetermined)) {
      return { ...ends, connections: textOf(allowed), undetermined: "", because: [] };
    }
    return {
      ...ends,
      connections: connectionsText(subtractConnections(allowed, undetermined)),
      undetermined: textOf(undetermined),
      because: doubts.because(row),
    };
  };
};
