import { type IpRange, ipRangeText } from "../../server/analyzer/sets/ip.js";
import { canonicalConnections } from "./connections-text.js";
import type { StatedLine } from "./expected-file.js";
import { parsePeer } from "./stated-peer.js";

/** What two lists of connections have in common, cell by cell. */
export type ListComparison = {
  /** Ordered pairs of workloads that were compared. */
  readonly pairs: number;
  /** Workload, direction and range of addresses that were compared. */
  readonly ipCells: number;
  /** Lines from an ingress controller, which stand for Ingress and Route objects and not for policies. */
  readonly leftOut: number;
  readonly differences: readonly string[];
};

type Cells = {
  readonly pairs: Map<string, string>;
  /** By "egress of ns/name[Kind]": ranges with their connections. */
  readonly ranges: Map<string, { readonly range: IpRange; readonly connections: string }[]>;
  readonly workloads: Set<string>;
  leftOut: number;
};

/**
 * Compares two lists as sets: every ordered pair of workloads, and every range of addresses that the bounds cut out, for
 * each workload and direction; what is not listed has no connection.
 */
export const compareLists = (options: {
  readonly expected: readonly StatedLine[];
  readonly ours: readonly StatedLine[];
  /** Every workload of the model. */
  readonly workloads: readonly string[];
  readonly bounds: readonly IpRange[];
}): ListComparison => {
  const expected = cellsOf(options.expected);
  const ours = cellsOf(options.ours);
  const known = new Set(options.workloads);
  const differences = [...expected.workloads]
    .filter((name) => !known.has(name))
    .map((name) => `${name}: expected, but not a workload of the model`);
  for (const key of new Set([...expected.pairs.keys(), ...ours.pairs.keys()])) {
    const [one, other] = [expected.pairs.get(key), ours.pairs.get(key)];
    if (one !== other) differences.push(differs(key, one, other));
  }
  differences.push(...rangeDifferences(expected, ours, options.bounds));
  const count = known.size;
  return {
    pairs: count * (count - 1),
    ipCells: count * 2 * cutsOf(options.bounds).length,
    leftOut: expected.leftOut,
    differences,
  };
};

const none = "No Connections";
const differs = (key: string, expected = none, ours = none): string =>
  `${key}: expected ${expected}, got ${ours}`;

const cellsOf = (lines: readonly StatedLine[]): Cells => {
  const cells: Cells = { pairs: new Map(), ranges: new Map(), workloads: new Set(), leftOut: 0 };
  const texts = new Map<string, string>();
  for (const line of lines) {
    const connections = texts.get(line.connections) ?? canonicalConnections(line.connections);
    texts.set(line.connections, connections);
    addLine(cells, line, connections);
  }
  return cells;
};

const addLine = (cells: Cells, line: StatedLine, connections: string): void => {
  const [source, destination] = [parsePeer(line.source), parsePeer(line.destination)];
  if (source.kind === "ingress-controller") {
    cells.leftOut++;
    return;
  }
  for (const peer of [source, destination]) {
    if (peer.kind === "workload") cells.workloads.add(peer.name);
  }
  if (source.kind === "range" && destination.kind === "workload") {
    addRange(cells, `ingress of ${destination.name}`, source.range, connections);
  } else if (destination.kind === "range" && source.kind === "workload") {
    addRange(cells, `egress of ${source.name}`, destination.range, connections);
  } else {
    const key = `${line.source} => ${line.destination}`;
    if (cells.pairs.has(key)) throw new Error(`listed twice: ${key}`);
    cells.pairs.set(key, connections);
  }
};

const addRange = (cells: Cells, key: string, range: IpRange, connections: string): void => {
  const ranges = cells.ranges.get(key);
  if (ranges === undefined) cells.ranges.set(key, [{ range, connections }]);
  else ranges.push({ range, connections });
};

/** Where the IPv4 addresses are cut: the first address of every piece, ascending. */
const cutsOf = (ranges: Iterable<IpRange>): readonly number[] => {
  const cuts = new Set([0]);
  for (const { first, last } of ranges) {
    cuts.add(Number(first));
    if (last < 0xffff_ffffn) cuts.add(Number(last) + 1);
  }
  return [...cuts].sort((one, other) => one - other);
};

function* allRanges(cells: Cells): Generator<IpRange> {
  for (const ranges of cells.ranges.values()) {
    for (const { range } of ranges) yield range;
  }
}

const rangeDifferences = (
  expected: Cells,
  ours: Cells,
  bounds: readonly IpRange[],
): readonly string[] => {
  const cuts = cutsOf([...bounds, ...allRanges(expected), ...allRanges(ours)]);
  const index = new Map(cuts.map((cut, i) => [cut, i]));
  const differences: string[] = [];
  for (const key of new Set([...expected.ranges.keys(), ...ours.ranges.keys()])) {
    const one = pieces(expected, key, index, cuts.length);
    const other = pieces(ours, key, index, cuts.length);
    let from = 0;
    for (let i = 1; i <= cuts.length; i++) {
      if (i < cuts.length && one[i] === one[from] && other[i] === other[from]) continue;
      if (one[from] !== other[from]) {
        const first = BigInt(cuts[from] ?? 0);
        const last = BigInt(cuts[i] ?? 0x1_0000_0000) - 1n;
        const text = ipRangeText({ family: 4, first, last });
        differences.push(differs(`${key}, ${text}`, one[from], other[from]));
      }
      from = i;
    }
  }
  return differences;
};

const pieces = (
  cells: Cells,
  key: string,
  index: ReadonlyMap<number, number>,
  length: number,
): readonly string[] => {
  const connections = new Array<string>(length).fill(none);
  for (const { range, connections: text } of cells.ranges.get(key) ?? []) {
    const from = index.get(Number(range.first)) ?? 0;
    const to = range.last === 0xffff_ffffn ? length : index.get(Number(range.last) + 1);
    for (let i = from; i < (to ?? length); i++) {
      if (connections[i] !== none) throw new Error(`listed twice: ${key}, ${ipRangeText(range)}`);
      connections[i] = text;
    }
  }
  return connections;
};
