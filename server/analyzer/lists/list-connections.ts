import { memo } from "../../../common/memo.js";
import type { ConnectionRowView } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  noConnections,
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
  const textOf = remembered(connectionsText);
  const certainText = remembered((allowed) =>
    remembered((undetermined) => connectionsText(subtractConnections(allowed, undetermined))),
  );
  return ({ source, destination, allowed, undetermined }) => {
    const isCertain = undetermined === noConnections || isEmptyConnections(undetermined);
    return {
      source: endText(source),
      destination: endText(destination),
      connections: isCertain ? textOf(allowed) : certainText(allowed)(undetermined),
      undetermined: isCertain ? "" : textOf(undetermined),
      because: isCertain ? nothing : doubts.because({ source, destination, undetermined }),
    };
  };
};

const nothing: readonly string[] = Object.freeze([]);

/** Makes a value for each set once: the engine has one object for equal sets. */
const remembered = <V>(make: (set: ConnectionSet) => V): ((set: ConnectionSet) => V) => {
  const known = new Map<ConnectionSet, V>();
  return (set) => memo(known, set, () => make(set));
};
