import type { GraphView } from "../../server/analyzer/answers.js";
import { printableLine } from "./printable.js";

type Node = GraphView["nodes"][number];

/** A graph of connections in the language of Graphviz: a box for each namespace, one edge where both ways are the same. */
export function* dotLines({ clusters, nodes, edges }: GraphView): Iterable<string> {
  yield "digraph connections {\n";
  yield '  graph [rankdir=LR, fontname="sans-serif"]\n';
  yield '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]\n';
  yield '  edge [fontname="sans-serif", fontsize=9]\n';
  const inside = new Map(clusters.map(({ id }): [string, Node[]] => [id, []]));
  for (const node of nodes) inside.get(node.cluster)?.push(node);
  for (const [index, { id, label }] of clusters.entries()) {
    yield `  subgraph cluster_${index} {\n    label=${quoted(label)}\n`;
    for (const node of inside.get(id) ?? []) yield `    ${nodeText(node)}`;
    yield "  }\n";
  }
  for (const node of nodes) if (!inside.has(node.cluster)) yield `  ${nodeText(node)}`;
  for (const { source, target, label, both } of edges) {
    const way = both ? ", dir=both" : "";
    yield `  ${quoted(source)} -> ${quoted(target)} [label=${quoted(label)}${way}]\n`;
  }
  yield "}\n";
}

const nodeText = ({ id, label, members, kind }: Node): string => {
  const look = kind === "external" ? ", style=dashed" : "";
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
