import type { DiffRowView } from "../answers.js";
import { createSideText } from "../lists/side-text.js";
import type { Direction } from "../policy/decision.js";
import type { Reach } from "../policy/engine.js";
import { isEmptyConnections } from "../sets/connections.js";
import { type IpRange, ipRangeText } from "../sets/ip.js";

/** A pair whose connections are others with added policies. */
export type ChangedRow = Omit<DiffRowView, "info"> & {
  readonly isLoss: boolean;
  readonly range: IpRange | undefined;
  readonly direction: Direction;
};

/** added, removed or changed. */
export const changeWord = (was: Reach, is: Reach): string => {
  const isNothing = ({ allowed, undetermined }: Reach): boolean =>
    isEmptyConnections(allowed) && isEmptyConnections(undetermined);
  if (isNothing(was)) return "added";
  return isNothing(is) ? "removed" : "changed";
};

/** What a pair may do, as semantic differences write it. */
export const reachText = ({ allowed, undetermined }: Reach): string =>
  createSideText()(allowed, undetermined);

/** Neighbouring ranges with the same change as one, in order of names. */
export const mergedRows = (rows: readonly ChangedRow[]): readonly ChangedRow[] => {
  const joined: ChangedRow[] = [];
  for (const row of rows) {
    const last = joined.at(-1);
    const range = last === undefined ? undefined : nextTo(last, row);
    if (last === undefined || range === undefined) joined.push(row);
    else joined[joined.length - 1] = { ...last, ...renamed(last, range), range };
  }
  return joined.sort(
    (one, other) =>
      compare(one.source, other.source) || compare(one.destination, other.destination),
  );
};

const nextTo = (one: ChangedRow, other: ChangedRow): IpRange | undefined => {
  if (one.range === undefined || other.range === undefined) return undefined;
  const subject = (row: ChangedRow): string =>
    row.direction === "egress" ? row.source : row.destination;
  const isAlike =
    one.direction === other.direction &&
    subject(one) === subject(other) &&
    one.before === other.before &&
    one.after === other.after &&
    one.range.family === other.range.family &&
    one.range.last + 1n === other.range.first;
  return isAlike ? { ...one.range, last: other.range.last } : undefined;
};

const renamed = ({ direction }: ChangedRow, range: IpRange): Partial<ChangedRow> => {
  const name = `${ipRangeText(range)}[External]`;
  return direction === "egress" ? { destination: name } : { source: name };
};

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** A changed row as answers show it. */
export const rowView = ({
  change,
  source,
  destination,
  before,
  after,
}: ChangedRow): DiffRowView => ({
  change,
  source,
  destination,
  before,
  after,
  info: "",
});
