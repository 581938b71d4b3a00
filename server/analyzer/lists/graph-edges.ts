import { memo } from "../../../common/memo.js";
import type { GraphGroup } from "./graph-group.js";
import type { GraphRows } from "./graph-rows.js";

/** What leads from one group to another: positions of groups, and of the label. */
export type GroupEdge = { readonly from: number; readonly to: number; readonly label: number };

/** The ways between groups. */
export const edgesOf = (
  { arcs }: GraphRows,
  groups: readonly GraphGroup[],
): readonly GroupEdge[] => {
  const sources = groupsBy(groups, ({ asSource }) => asSource);
  const destinations = groupsBy(groups, ({ asDestination }) => asDestination);
  const edges: GroupEdge[] = [];
  for (const [at, { among }] of groups.entries()) {
    if (among !== undefined) edges.push({ from: at, to: at, label: among });
  }
  for (const arc of arcs) {
    for (const from of sources.get(arc.from) ?? []) {
      for (const to of destinations.get(arc.to) ?? []) edges.push({ from, to, label: arc.label });
    }
  }
  return edges;
};

/** Groups by the end that stands for them; a range of addresses can stand for several. */
const groupsBy = (
  groups: readonly GraphGroup[],
  endOf: (group: GraphGroup) => number | undefined,
): ReadonlyMap<number, readonly number[]> => {
  const found = new Map<number, number[]>();
  for (const [at, group] of groups.entries()) {
    const end = endOf(group);
    if (end !== undefined) memo(found, end, () => []).push(at);
  }
  return found;
};
