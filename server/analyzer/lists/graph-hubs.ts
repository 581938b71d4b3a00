import type { GroupEdge } from "./graph-edges.js";

/** Everything on one side may reach everything on the other by one label: drawn through a point between. */
export type Hub = {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly label: number;
};

/** What hubs leave. */
export type HubbedEdges = { readonly hubs: readonly Hub[]; readonly edges: readonly GroupEdge[] };

/** How much is drawn through hubs. */
export type HubBounds = {
  /** Edges that a hub must save. */
  readonly savedMin: number;
  readonly hubsMax: number;
};

/**
 * Finds sets of nodes of which each reaches each of another set by the same label, the largest saving first, and takes their
 * edges out. The way of a node to itself may be counted in where it does not exist: it says nothing.
 */
export const findHubs = (edges: readonly GroupEdge[], bounds: HubBounds): HubbedEdges => {
  const byLabel = new Map<number, Sources>();
  for (const { from, to, label } of edges) {
    const sources = at(byLabel, label, () => new Map());
    at(sources, from, () => new Set()).add(to);
  }
  const hubs: Hub[] = [];
  for (const [label, sources] of byLabel) {
    while (hubs.length < bounds.hubsMax) {
      const best = bestOf(sources);
      if (best === undefined || best.saved < bounds.savedMin) break;
      hubs.push({ from: best.from, to: best.to, label });
      takeOut(sources, best);
    }
  }
  const left = [...byLabel].flatMap(([label, sources]) =>
    [...sources].flatMap(([from, targets]) => [...targets].map((to) => ({ from, to, label }))),
  );
  return { hubs, edges: left };
};

/** The nodes that each node reaches by one label. */
type Sources = Map<number, Set<number>>;

const takeOut = (sources: Sources, { from, to }: Candidate): void => {
  for (const source of from) {
    const targets = sources.get(source);
    for (const target of to) targets?.delete(target);
    if (targets?.size === 0) sources.delete(source);
  }
};

type Candidate = {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly saved: number;
};

/** Grows a set from each of the sources that reach most. */
const bestOf = (sources: Sources): Candidate | undefined => {
  const seeds = [...sources]
    .sort((one, other) => other[1].size - one[1].size || one[0] - other[0])
    .slice(0, seedsMax);
  let best: Candidate | undefined;
  for (const [seed] of seeds) {
    const grown = growFrom(seed, sources);
    if (grown !== undefined && grown.saved > (best?.saved ?? 0)) best = grown;
  }
  return best;
};

const seedsMax = 8;

const growFrom = (seed: number, sources: Sources): Candidate | undefined => {
  const own = reached(seed, sources);
  const others = [...sources.keys()]
    .filter((source) => source !== seed)
    .map((source) => ({ source, common: common(own, reached(source, sources)).length }))
    .filter(({ common: count }) => count > 0)
    .sort((one, other) => other.common - one.common || one.source - other.source);
  let best: Candidate | undefined;
  let to: readonly number[] = [...own];
  const from = [seed];
  for (const { source } of others) {
    to = common(to, reached(source, sources));
    from.push(source);
    if (to.length === 0) break;
    const saved = savedBy(from, to, sources);
    if (saved > (best?.saved ?? 0)) best = { from: [...from], to, saved };
  }
  return best;
};

/** What a source reaches, itself included. */
const reached = (source: number, sources: Sources): ReadonlySet<number> =>
  new Set([...(sources.get(source) ?? []), source]);

const common = (one: Iterable<number>, other: ReadonlySet<number>): readonly number[] =>
  [...one].filter((value) => other.has(value));

/** Edges that are taken out, less those to and from the hub; a node on both sides has one edge. */
const savedBy = (from: readonly number[], to: readonly number[], sources: Sources): number => {
  let taken = 0;
  for (const source of from) {
    const targets = sources.get(source);
    for (const target of to) if (targets?.has(target) === true) taken++;
  }
  return taken - new Set([...from, ...to]).size;
};

const at = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
};
