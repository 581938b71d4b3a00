import { type CellView, type RttQuantiles, rttQuantiles } from "./matrix.js";
import type { MeshQuery, MeshView, PairCell } from "./mesh-view.js";

/** What the probes that leave and reach a node say about it. */
export type NodeFigures = {
  readonly out: { readonly sent: number; readonly lost: number };
  readonly in: { readonly sent: number; readonly lost: number };
  /** Of the good answers to its ICMP, UDP and TCP probes; undefined without one. */
  readonly rtt: RttQuantiles | undefined;
};

/** The mesh in figures. */
export type MeshFigures = {
  /** By node name, sorted. */
  readonly nodes: ReadonlyMap<string, NodeFigures>;
  /** Planned measurements of agents that are not lost. */
  readonly plannedCount: number;
  /** Those of them that are not older than three periods. */
  readonly freshCount: number;
  /** Age of the oldest newest probe of a planned measurement, in microseconds; 0 when nothing was measured. */
  readonly oldestAgeUs: number;
};

type Sums = {
  readonly out: { sent: number; lost: number };
  readonly in: { sent: number; lost: number };
  readonly rtts: number[];
};

/** Stands for the node of a target that has none: a DNS name, an agent that is gone. */
const noNode = "";

/** Walks the whole matrix once. */
export const meshFigures = (view: MeshView, query: MeshQuery): MeshFigures => {
  const sums = new Map<string, Sums>();
  const coverage = { plannedCount: 0, freshCount: 0, oldestAgeUs: 0 };
  const nodeOfAgent = new Map(view.agents().map(({ agentId, node }) => [agentId, node]));
  for (const source of view.agents()) {
    if (source.state === "lost") continue;
    const from = sumsOf(sums, source.node);
    for (const cell of view.cellsOf(source, query)) {
      const measured = view.view(cell, query);
      if (cell.entry !== undefined) addCoverage(coverage, measured, query);
      if (measured === undefined) continue;
      addCounts(from.out, measured);
      addCounts(sumsOf(sums, nodeOfTarget(cell, nodeOfAgent)).in, measured);
      if (isNetwork(cell)) from.rtts.push(...view.goodRtts(cell, query));
    }
  }
  sums.delete(noNode);
  return { nodes: nodesOf(sums), ...coverage };
};

const addCoverage = (
  coverage: { plannedCount: number; freshCount: number; oldestAgeUs: number },
  measured: CellView | undefined,
  { nowUnixUs }: MeshQuery,
): void => {
  coverage.plannedCount += 1;
  if (measured === undefined) return;
  if (measured.state !== "stale" && measured.state !== "not_measured") coverage.freshCount += 1;
  const ageUs = nowUnixUs - measured.last.measuredUnixUs;
  coverage.oldestAgeUs = Math.max(coverage.oldestAgeUs, ageUs);
};

const addCounts = (sum: { sent: number; lost: number }, { sent, lost }: CellView): void => {
  sum.sent += sent;
  sum.lost += lost;
};

const sumsOf = (sums: Map<string, Sums>, node: string): Sums => {
  const known = sums.get(node);
  if (known !== undefined) return known;
  const fresh = { out: { sent: 0, lost: 0 }, in: { sent: 0, lost: 0 }, rtts: [] };
  sums.set(node, fresh);
  return fresh;
};

/** HTTP and DNS answers take as long as a program thinks. */
const isNetwork = ({ kind }: PairCell): boolean => kind !== "http" && kind !== "dns";

const nodeOfTarget = ({ target }: PairCell, nodeOfAgent: ReadonlyMap<string, string>): string =>
  target.startsWith("node/") ? target.slice("node/".length) : (nodeOfAgent.get(target) ?? noNode);

const nodesOf = (sums: ReadonlyMap<string, Sums>): Map<string, NodeFigures> =>
  new Map(
    [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([node, { out, in: into, rtts }]) => [node, { out, in: into, rtt: rttQuantiles(rtts) }]),
  );
