import { memo } from "../../../common/memo.js";
import type { GroupEdge } from "./graph-edges.js";
import type { GraphGroup } from "./graph-group.js";
import { findHubs, type Hub } from "./graph-hubs.js";
import { Numbers } from "./graph-rows.js";
import { graphLabelsMax } from "./limits.js";

/** What is drawn: groups, some of them joined to one node, and what leads from node to node. */
export type Drawing = {
  /** Positions of the groups of each node. */
  readonly nodes: readonly (readonly number[])[];
  readonly edges: readonly DrawnEdge[];
  readonly hubs: readonly Hub[];
  readonly labels: readonly string[];
};

/** What leads from one node to another: positions of nodes, and of the label. */
export type DrawnEdge = GroupEdge & {
  /** Whether the same leads back. */
  readonly both: boolean;
};

/** Everything to draw from: groups, their edges, and the texts of labels. */
export type DrawingSource = {
  readonly groups: readonly GraphGroup[];
  readonly edges: readonly GroupEdge[];
  readonly labels: readonly string[];
};

/**
 * Draws groups as nodes. Where a node is several groups, an edge that not all of them have, or not all alike, says so: "in
 * part: TCP 80".
 */
export const drawNodes = (
  source: DrawingSource,
  nodes: readonly (readonly number[])[],
): Drawing => {
  const labels = new Numbers();
  const edges = joinedEdges(source, nodes).map(({ from, to, text }) => ({
    from,
    to,
    label: labels.of(text),
  }));
  const { hubs, edges: left } = findHubs(edges, aloneOf(source.groups, nodes));
  return { nodes, hubs, labels: labels.names, edges: bothWays(left) };
};

/** Nodes of one workload: it has no way to itself that anyone asks about. */
const aloneOf = (
  groups: readonly GraphGroup[],
  nodes: readonly (readonly number[])[],
): ReadonlySet<number> =>
  new Set(
    nodes.flatMap(([first = 0, second], at) =>
      second === undefined && groups[first]?.names.length === 1 ? [at] : [],
    ),
  );

/** How many edges a drawing has, those to and from hubs included. */
export const edgeCount = ({ edges, hubs }: Drawing): number =>
  hubs.reduce((count, { from, to }) => count + new Set([...from, ...to]).size, edges.length);

type JoinedEdge = { readonly from: number; readonly to: number; readonly text: string };

const joinedEdges = (
  { groups, edges, labels }: DrawingSource,
  nodes: readonly (readonly number[])[],
): readonly JoinedEdge[] => {
  const nodeOf = new Map(nodes.flatMap((node, at) => node.map((group) => [group, at] as const)));
  const found = new Map<string, { from: number; to: number; count: number; labels: Set<number> }>();
  for (const edge of edges) {
    const from = nodeOf.get(edge.from) as number;
    const to = nodeOf.get(edge.to) as number;
    const key = `${from} ${to}`;
    const joined = memo(found, key, () => ({ from, to, count: 0, labels: new Set<number>() }));
    joined.count++;
    joined.labels.add(edge.label);
  }
  return [...found.values()].map(({ from, to, count, labels: own }) => {
    const texts = [...own].map((label) => labels[label] ?? "").sort();
    const isWhole = own.size === 1 && count === pairCount(groups, nodes[from], nodes[to]);
    return { from, to, text: isWhole ? (texts[0] ?? "") : partText(texts) };
  });
};

/** Pairs of groups between two nodes; a single workload has no way to itself. */
const pairCount = (
  groups: readonly GraphGroup[],
  from: readonly number[] = [],
  to: readonly number[] = [],
): number => {
  const all = from.length * to.length;
  return from === to ? all - from.filter((at) => groups[at]?.names.length === 1).length : all;
};

const partText = (texts: readonly string[]): string => {
  const more = texts.length - graphLabelsMax;
  const shown = texts.slice(0, graphLabelsMax);
  return [
    `in part: ${shown[0] ?? ""}`,
    ...shown.slice(1),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join("\n");
};

/** Both ways with the same label are one edge. */
const bothWays = (edges: readonly GroupEdge[]): readonly DrawnEdge[] => {
  const keyOf = (from: number, to: number, label: number): string => `${from} ${to} ${label}`;
  const all = new Set(edges.map(({ from, to, label }) => keyOf(from, to, label)));
  return edges
    .map((edge) => ({ ...edge, both: all.has(keyOf(edge.to, edge.from, edge.label)) }))
    .filter(({ from, to, both }) => !both || from <= to)
    .sort((one, other) => one.from - other.from || one.to - other.to || one.label - other.label);
};
