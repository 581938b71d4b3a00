import type { GraphView } from "../../server/analyzer/answers.js";
import { curvedEdgesMax } from "../limits.js";
import { printableLine } from "./printable.js";

type Node = GraphView["nodes"][number];

/** A graph of connections in the language of Graphviz: a box for each namespace, one edge where both ways are the same. */
export function* dotLines({ clusters, nodes, edges }: GraphView): Iterable<string> {
  yield "digraph connections {\n";
  const splines = edges.length > curvedEdgesMax ? ", splines=line" : "";
  yield `  graph [rankdir=LR, newrank=true, fontname="Arial"${splines}]\n`;
  yield '  node [shape=box, style=rounded, fontname="Arial", fontsize=11]\n';
  yield '  edge [fontname="Arial", fontsize=9]\n';
  const inside = new Map(clusters.map(({ id }): [string, Node[]] => [id, []]));
  for (const node of nodes) inside.get(node.cluster)?.push(node);
  for (const [index, { id, label }] of clusters.entries()) {
    yield `  subgraph cluster_${index} {\n    label=${quoted(label)}\n`;
    for (const node of inside.get(id) ?? []) yield `    ${nodeText(node)}`;
    yield "  }\n";
  }
  for (const node of nodes) if (!inside.has(node.cluster)) yield `  ${nodeText(node)}`;
  for (const edge of edges) yield `  ${edgeText(edge)}`;
  yield "}\n";
}

const edgeText = ({ source, target, label, both }: GraphView["edges"][number]): string => {
  const looks = [
    ...(label === "" ? [] : [`label=${quoted(label)}`]),
    ...(both ? ["dir=both"] : []),
  ];
  const look = looks.length === 0 ? "" : ` [${looks.join(", ")}]`;
  return `${quoted(source)} -> ${quoted(target)}${look}\n`;
};

const looks: Readonly<Record<string, string>> = {
  external: ", style=dashed",
  // Stands between many that may all reach the same others.
  hub: ", shape=ellipse, style=solid, fontsize=9",
};

const nodeText = ({ id, label, members, kind }: Node): string => {
  const look = looks[kind] ?? "";
  const tip = members.length > 1 ? `, tooltip=${quoted(members.join(", "))}` : "";
  return `${quoted(id)} [label=${quoted(label)}${look}${tip}]\n`;
};

// Graphviz reads "\n" in a label as the end of a line; other backslashes are meant as they stand.
const quoted = (text: string): string => {
  const lines = text
    .split("\n")
    .map((line) => printableLine(line).replaceAll("\\", "\\\\").replaceAll('"', '\\"'));
  return `"${lines.join("\\n")}"`;
};
