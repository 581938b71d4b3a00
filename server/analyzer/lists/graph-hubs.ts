import { memo } from "../../../common/memo.js";
import { BitSet } from "./bit-set.js";
import type { GroupEdge } from "./graph-edges.js";
import { graphHubSeedsMax, graphHubsMax } from "./limits.js";

/** Everything on one side may reach everything on the other by one label: drawn through a point between. */
export type Hub = {
  /** Positions of nodes, ascending. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly label: number;
};

/** What hubs leave. */
export type HubbedEdges = { readonly hubs: readonly Hub[]; readonly edges: readonly GroupEdge[] };

/** Edges that a hub must save to be worth its point. */
const savedMin = 4;

/**
 * Finds sets of nodes of which each reaches each of another set by the same label, the largest saving of a label first, and
 * takes their edges out. `alone` are nodes whose way to itself says nothing: it is counted in where it does not exist.
 */
export const findHubs = (edges: readonly GroupEdge[], alone: ReadonlySet<number>): HubbedEdges => {
  const size = edges.reduce((most, { from, to }) => Math.max(most, from + 1, to + 1), 0);
  const byLabel = new Map<number, Sources>();
  for (const { from, to, label } of edges) {
    const sources = memo(byLabel, label, () => new Map());
    memo(sources, from, () => new BitSet(size)).add(to);
  }
  const hubs: Hub[] = [];
  for (const [label, sources] of byLabel) {
    while (hubs.length < graphHubsMax) {
      const best = bestOf(sources, alone);
      if (best === undefined || best.saved < savedMin) break;
      hubs.push({ from: [...best.from].sort(ascending), to: [...best.to], label });
      takeOut(sources, best);
    }
  }
  const left = [...byLabel].flatMap(([label, sources]) =>
    [...sources].flatMap(([from, targets]) => [...targets].map((to) => ({ from, to, label }))),
  );
  return { hubs, edges: left };
};

/** The nodes that each node reaches by one label. */
type Sources = Map<number, BitSet>;

type Candidate = { readonly from: readonly number[]; readonly to: BitSet; readonly saved: number };

const ascending = (one: number, other: number): number => one - other;

const takeOut = (sources: Sources, { from, to }: Candidate): void => {
  for (const source of from) {
    const left = sources.get(source)?.without(to);
    if (left === undefined || left.count === 0) sources.delete(source);
    else sources.set(source, left);
  }
};

/** Grows a set from each of the sources that reach most. */
const bestOf = (sources: Sources, alone: ReadonlySet<number>): Candidate | undefined => {
  const seeds = [...sources]
    .map(([source, targets]) => ({ source, count: targets.count }))
    .sort((one, other) => other.count - one.count || one.source - other.source)
    .slice(0, graphHubSeedsMax);
  let best: Candidate | undefined;
  for (const { source } of seeds) {
    const grown = growFrom(source, sources, alone);
    if (grown !== undefined && grown.saved > (best?.saved ?? 0)) best = grown;
  }
  return best;
};

/** Takes in the sources that have most in common with the first, and stops where the saving was largest. */
const growFrom = (
  seed: number,
  sources: Sources,
  alone: ReadonlySet<number>,
): Candidate | undefined => {
  const reachedFrom = (source: number): BitSet => {
    const targets = sources.get(source) as BitSet;
    return alone.has(source) ? targets.with(source) : targets;
  };
  const own = reachedFrom(seed);
  const others = [...sources.keys()]
    .filter((source) => source !== seed)
    .map((source) => ({ source, common: own.commonCount(reachedFrom(source)) }))
    .filter(({ common }) => common > 0)
    .sort((one, other) => other.common - one.common || one.source - other.source);
  let best: Candidate | undefined;
  let to = own;
  const from = [seed];
  for (const { source } of others) {
    to = to.and(reachedFrom(source));
    from.push(source);
    const targets = to.count;
    if (targets === 0) break;
    const most = from.length * targets - Math.max(from.length, targets);
    if (most <= (best?.saved ?? 0)) continue;
    const saved = savedBy(from, to, sources);
    if (saved > (best?.saved ?? 0)) best = { from: [...from], to, saved };
  }
  return best;
};

/** Edges that are taken out, less those to and from the hub; a node on both sides has one edge. */
const savedBy = (from: readonly number[], to: BitSet, sources: Sources): number => {
  let taken = 0;
  let ends = to.count;
  for (const source of from) {
    taken += (sources.get(source) as BitSet).commonCount(to);
    if (!to.has(source)) ends++;
  }
  return taken - ends;
};
