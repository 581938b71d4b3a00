import type { ConnectionRowView, GraphView } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { drawReadably } from "./graph-coarsening.js";
import { edgesOf } from "./graph-edges.js";
import type { GraphGroup } from "./graph-group.js";
import { groupEnds } from "./graph-groups.js";
import type { Hub } from "./graph-hubs.js";
import { readGraphRows } from "./graph-rows.js";
import { graphLabelNamesMax } from "./limits.js";
import { listConnections, type RowFilter } from "./list-connections.js";

/** The connections of a model as a graph that people can read. Throws QuestionError as the list does. */
export const connectionGraph = (world: PolicyWorld, filter: RowFilter = {}): GraphView =>
  graphFromRows(listConnections(world, filter));

/**
 * A graph of a list of connections: a cluster for each namespace; a node for each group of workloads, or of addresses, with
 * the same ways to and from all others; one edge for both ways with the same label. Where each of several nodes may reach
 * each of several others by the same label, a node of kind hub stands between. Where more than `graphEdgesMax` edges are left,
 * the groups of a namespace become one node, and edges say "in part" where not all of it is meant. Equal rows give an equal
 * graph, in any order.
 */
export const graphFromRows = (rows: Iterable<ConnectionRowView>): GraphView => {
  const read = readGraphRows(rows);
  const groups = [...groupEnds(read)].sort(byPlace);
  const drawing = drawReadably({ groups, edges: edgesOf(read, groups), labels: read.labels });
  const nodes = drawing.nodes.map((node) => nodeOf(node.map((at) => groups[at] as GraphGroup)));
  const labelOf = (label: number): string => drawing.labels[label] ?? "";
  const idOf = (node: number): string => nodes[node]?.id ?? "";
  return {
    clusters: [...new Set(groups.map(({ namespace }) => namespace))]
      .filter((namespace) => namespace !== "")
      .map((namespace) => ({ id: namespace, label: namespace })),
    nodes: [...nodes, ...drawing.hubs.map((hub, at) => hubNode(at, labelOf(hub.label)))],
    edges: [
      ...drawing.edges.map(({ from, to, label, both }) => ({
        source: idOf(from),
        target: idOf(to),
        label: labelOf(label),
        both,
      })),
      ...drawing.hubs.flatMap((hub, at) => hubEdges(hub, at, idOf)),
    ],
  };
};

/** By namespace and name; of addresses, which come first, those that are most. */
const byPlace = (one: GraphGroup, other: GraphGroup): number =>
  compare(one.namespace, other.namespace) ||
  compare(other.addressCount, one.addressCount) ||
  compare(one.names[0] ?? "", other.names[0] ?? "");

const compare = <T extends string | bigint>(one: T, other: T): number =>
  one === other ? 0 : one < other ? -1 : 1;

const nodeOf = (groups: readonly GraphGroup[]): GraphView["nodes"][number] => {
  const members = groups.flatMap(({ names }) => names);
  const namespace = groups[0]?.namespace ?? "";
  return {
    id: members[0] ?? "",
    label: labelOfMembers(members, namespace),
    cluster: namespace,
    members,
    kind: namespace === "" ? "external" : "workloads",
  };
};

/** A few names, one a line, without the namespace, which the cluster says. */
const labelOfMembers = (members: readonly string[], namespace: string): string => {
  const short = members.map((name) => (namespace === "" ? name : name.slice(namespace.length + 1)));
  const more = short.length - graphLabelNamesMax;
  return more <= 0
    ? short.join("\n")
    : [...short.slice(0, graphLabelNamesMax), `and ${more} more`].join("\n");
};

const hubId = (at: number): string => `hub ${at + 1}`;

const hubNode = (at: number, label: string): GraphView["nodes"][number] => ({
  id: hubId(at),
  label,
  cluster: "",
  members: [],
  kind: "hub",
});

const hubEdges = (
  { from, to }: Hub,
  at: number,
  idOf: (node: number) => string,
): readonly GraphView["edges"][number][] => {
  const [sources, targets] = [new Set(from), new Set(to)];
  return [
    ...from.map((each) => ({
      source: idOf(each),
      target: hubId(at),
      label: "",
      both: targets.has(each),
    })),
    ...to
      .filter((each) => !sources.has(each))
      .map((each) => ({ source: hubId(at), target: idOf(each), label: "", both: false })),
  ];
};
