import type { ConnectionRowView, GraphView } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { edgesOf, type GroupEdge } from "./graph-edges.js";
import type { GraphGroup } from "./graph-group.js";
import { groupEnds } from "./graph-groups.js";
import { findHubs, type Hub } from "./graph-hubs.js";
import { readGraphRows } from "./graph-rows.js";
import { listConnections, type RowFilter } from "./list-connections.js";

/** The connections of a model as a graph that people can read. Throws QuestionError as the list does. */
export const connectionGraph = (world: PolicyWorld, filter: RowFilter = {}): GraphView =>
  graphFromRows(listConnections(world, filter));

/**
 * A graph of a list of connections: a cluster for each namespace; a node for each group of workloads, or of addresses, with
 * the same ways to and from all others; one edge for both ways with the same label. Where each of several nodes may reach
 * each of several others by the same label, a node of kind hub stands between. Ids are equal for equal rows.
 */
export const graphFromRows = (rows: Iterable<ConnectionRowView>): GraphView => {
  const read = readGraphRows(rows);
  const groups = [...groupEnds(read)].sort(byPlace);
  const { hubs, edges } = findHubs(edgesOf(read, groups), { savedMin: 2, hubsMax: 100 });
  const labelOf = (label: number): string => read.labels[label] ?? "";
  return {
    clusters: [...new Set(groups.map(({ namespace }) => namespace))]
      .filter((namespace) => namespace !== "")
      .map((namespace) => ({ id: namespace, label: namespace })),
    nodes: [...groups.map(nodeOf), ...hubs.map((hub, at) => hubNode(at, labelOf(hub.label)))],
    edges: [
      ...merged(edges).map(({ from, to, label, both }) => ({
        source: idOf(groups[from] as GraphGroup),
        target: idOf(groups[to] as GraphGroup),
        label: labelOf(label),
        both,
      })),
      ...hubs.flatMap((hub, at) => hubEdges(groups, hub, at)),
    ],
  };
};

const byPlace = (one: GraphGroup, other: GraphGroup): number =>
  one.namespace === other.namespace
    ? compareTexts(one.names[0] ?? "", other.names[0] ?? "")
    : compareTexts(one.namespace, other.namespace);

const compareTexts = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;

const idOf = ({ names }: GraphGroup): string => names[0] ?? "";

const hubId = (at: number): string => `hub ${at + 1}`;

const nodeOf = (group: GraphGroup): GraphView["nodes"][number] => ({
  id: idOf(group),
  label: labelOfGroup(group),
  cluster: group.namespace,
  members: group.names,
  kind: group.namespace === "" ? "external" : "workloads",
});

const shownMax = 3;

/** A few names, one a line, without the namespace, which the cluster says. */
const labelOfGroup = ({ names, namespace }: GraphGroup): string => {
  const short = names.map((name) => (namespace === "" ? name : name.slice(namespace.length + 1)));
  const more = short.length - shownMax;
  return more <= 0
    ? short.join("\n")
    : [...short.slice(0, shownMax), `and ${more} more`].join("\n");
};

const hubNode = (at: number, label: string): GraphView["nodes"][number] => ({
  id: hubId(at),
  label,
  cluster: "",
  members: [],
  kind: "hub",
});

const hubEdges = (
  groups: readonly GraphGroup[],
  { from, to }: Hub,
  at: number,
): readonly GraphView["edges"][number][] => {
  const [sources, targets] = [new Set(from), new Set(to)];
  const idAt = (group: number): string => idOf(groups[group] as GraphGroup);
  return [
    ...from.map((each) => ({
      source: idAt(each),
      target: hubId(at),
      label: "",
      both: targets.has(each),
    })),
    ...to
      .filter((each) => !sources.has(each))
      .map((each) => ({ source: hubId(at), target: idAt(each), label: "", both: false })),
  ];
};

/** Both ways with the same label are one edge. */
const merged = (
  edges: readonly GroupEdge[],
): readonly (GroupEdge & { readonly both: boolean })[] => {
  const key = (from: number, to: number, label: number): string => `${from} ${to} ${label}`;
  const all = new Set(edges.map(({ from, to, label }) => key(from, to, label)));
  return edges
    .map((edge) => ({ ...edge, both: all.has(key(edge.to, edge.from, edge.label)) }))
    .filter(({ from, to, both }) => !both || from <= to)
    .sort((one, other) => one.from - other.from || one.to - other.to || one.label - other.label);
};
