import { isUnit, type ListEnd, type ListEnds, type ListRow } from "./list-ends.js";

/** Which rows are wanted; what is left out is not asked. */
export type RowSelection = {
  readonly sources?: ReadonlySet<ListEnd>;
  readonly destinations?: ReadonlySet<ListEnd>;
  /** A namespace that one end is in. */
  readonly namespace?: string;
};

/** Whether any row of a source can be wanted. */
export const wantsSource = ({ sources }: RowSelection, source: ListEnd): boolean =>
  sources?.has(source) ?? true;

/** Whether a row of a wanted source is wanted. */
export const wantsRow = (
  { destinations, namespace }: RowSelection,
  { source, destination }: Pick<ListRow, "source" | "destination">,
): boolean =>
  (destinations?.has(destination) ?? true) &&
  (namespace === undefined || isIn(source, namespace) || isIn(destination, namespace));

/** How many pairs can be wanted, and how many there are. */
export const pairCounts = (
  { units, sources, destinations }: ListEnds,
  selection: RowSelection,
): { readonly wanted: number; readonly all: number } => {
  const all = (units.length + sources.length) * (units.length + destinations.length);
  const from = selection.sources?.size ?? units.length + sources.length;
  const to = selection.destinations?.size ?? units.length + destinations.length;
  const { namespace } = selection;
  if (namespace === undefined) return { wanted: from * to, all };
  const within = units.filter((unit) => isIn(unit, namespace)).length;
  return { wanted: Math.min(from * to, within * to + from * within), all };
};

const isIn = (end: ListEnd, namespace: string): boolean =>
  isUnit(end) && end.workload.namespace === namespace;
