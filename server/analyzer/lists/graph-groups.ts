import { groupBy } from "../../../common/group-by.js";
import { groupAddresses } from "./graph-addresses.js";
import { digestsOf, type EndDigests } from "./graph-digest.js";
import type { GraphGroup } from "./graph-group.js";
import type { GraphRows } from "./graph-rows.js";

/**
 * Groups workloads of one namespace that have the same ways to and from all others, and among themselves either none or all
 * the same, and addresses that have the same ways to and from all workloads.
 */
export const groupEnds = (rows: GraphRows): readonly GraphGroup[] => {
  const digests = digestsOf(rows);
  return [...groupWorkloads(rows, digests), ...groupAddresses(rows, digests)];
};

const groupWorkloads = (rows: GraphRows, digests: EndDigests): readonly GraphGroup[] => {
  const { ends } = rows;
  const single = new Set<number>();
  for (const [end, { range }] of ends.entries()) if (range === undefined) single.add(end);
  const groups: GraphGroup[] = [];
  const keep = (members: readonly number[], among: number | undefined): void => {
    const named = [...members].sort((one, other) =>
      nameOf(rows, one) < nameOf(rows, other) ? -1 : 1,
    );
    const first = named[0] as number;
    groups.push({
      namespace: ends[first]?.namespace ?? "",
      members: named,
      asSource: first,
      asDestination: first,
      names: named.map((end) => nameOf(rows, end)),
      addressCount: 0n,
      among,
    });
    for (const end of members) single.delete(end);
  };
  // First those with nothing among themselves, then for each label those that have it among themselves.
  for (const among of [undefined, ...labelsOfArcs(rows)]) {
    for (const members of twins(single, rows, digests, among)) keep(members, among);
  }
  for (const end of [...single]) keep([end], undefined);
  return groups;
};

/** Labels between workloads, the most frequent first. */
const labelsOfArcs = ({ arcs, labels }: GraphRows): readonly number[] => {
  const counts = new Array<number>(labels.length).fill(0);
  for (const { label } of arcs) counts[label] = (counts[label] ?? 0) + 1;
  return [...counts.keys()].sort(
    (one, other) =>
      (counts[other] ?? 0) - (counts[one] ?? 0) ||
      ((labels[one] ?? "") < (labels[other] ?? "") ? -1 : 1),
  );
};

const twins = (
  candidates: ReadonlySet<number>,
  { ends }: GraphRows,
  { out, into }: EndDigests,
  among: number | undefined,
): readonly (readonly number[])[] => {
  const groups = groupBy(candidates, (end) => {
    const itself = among === undefined ? undefined : { end, label: among };
    return `${ends[end]?.namespace} ${out.textOf(end, itself)} ${into.textOf(end, itself)}`;
  });
  return [...groups.values()].filter((group) => group.length > 1);
};

const nameOf = ({ ends }: GraphRows, end: number): string => ends[end]?.name ?? "";
