import { type Drawing, type DrawingSource, drawNodes, edgeCount } from "./graph-drawing.js";
import type { GraphGroup } from "./graph-group.js";
import { graphEdgesMax } from "./limits.js";

/**
 * Draws every group as a node, and where that is too much to read, joins the nodes of one namespace after the other to one,
 * those with the most edges first. Of addresses the group that holds most of them stays apart.
 */
export const drawReadably = (source: DrawingSource, edgesMax: number = graphEdgesMax): Drawing => {
  let drawing = drawNodes(
    source,
    source.groups.map((_, at) => [at]),
  );
  for (let count = edgeCount(drawing); count > edgesMax; count = edgeCount(drawing)) {
    const places = busiestFirst(source.groups, drawing);
    if (places.length === 0) break;
    // Far from the goal several at once, so that a large graph is not drawn as often as it has namespaces.
    const some = count > 2 * edgesMax ? Math.ceil(places.length / 4) : 1;
    const nodes = places
      .slice(0, some)
      .reduce((joined, place) => joinPlace(source.groups, joined, place), drawing.nodes);
    drawing = drawNodes(source, nodes);
  }
  return drawing;
};

const placeOf = (groups: readonly GraphGroup[], [first]: readonly number[]): string =>
  groups[first ?? 0]?.namespace ?? "";

/** The places that have several nodes to join, those with the most edges first; "" is that of addresses. */
const busiestFirst = (
  groups: readonly GraphGroup[],
  { nodes, edges, hubs }: Drawing,
): readonly string[] => {
  const places = nodes.map((node) => placeOf(groups, node));
  const edgesOf = new Map<string, number>();
  const count = (node: number): void => {
    const place = places[node] ?? "";
    edgesOf.set(place, (edgesOf.get(place) ?? 0) + 1);
  };
  for (const { from, to } of edges) {
    count(from);
    count(to);
  }
  for (const { from, to } of hubs) for (const node of [...from, ...to]) count(node);
  const nodesOf = (place: string): number => places.filter((each) => each === place).length;
  return [...edgesOf]
    .filter(([place]) => nodesOf(place) > (place === "" ? 2 : 1))
    .sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1))
    .map(([place]) => place);
};

const joinPlace = (
  groups: readonly GraphGroup[],
  nodes: readonly (readonly number[])[],
  place: string,
): readonly (readonly number[])[] => {
  const own = nodes.filter((node) => placeOf(groups, node) === place);
  const others = nodes.filter((node) => placeOf(groups, node) !== place);
  const apart = place === "" ? own.slice(0, 1) : [];
  const rest = own.filter((node) => !apart.includes(node)).flat();
  return [...apart, rest, ...others].sort((one, other) => (one[0] ?? 0) - (other[0] ?? 0));
};
