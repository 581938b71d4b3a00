import { groupBy } from "../../../common/group-by.js";
import { type IpFamily, type IpRange, ipRangeText, lastAddress } from "../sets/ip.js";
import { ipSetOf } from "../sets/ip-set.js";
import type { EndDigests } from "./graph-digest.js";
import type { GraphGroup } from "./graph-group.js";
import type { GraphRows } from "./graph-rows.js";

/** A range that no row cuts, and the ends that hold it. */
type Atom = {
  readonly range: IpRange;
  readonly asSource: number | undefined;
  readonly asDestination: number | undefined;
};

/** Groups addresses that have the same ways to and from all workloads. */
export const groupAddresses = (
  rows: GraphRows,
  { out, into }: EndDigests,
): readonly GraphGroup[] => {
  const groups = groupBy(atomsOf(rows), ({ asSource, asDestination }) => {
    const outText = asSource === undefined ? "" : out.textOf(asSource);
    const intoText = asDestination === undefined ? "" : into.textOf(asDestination);
    return `${outText} ${intoText}`;
  });
  return [...groups.values()].map((atoms) => ({
    namespace: "",
    members: [],
    asSource: atoms[0]?.asSource,
    asDestination: atoms[0]?.asDestination,
    names: ipSetOf(atoms.map(({ range }) => range)).map(ipRangeText),
    addressCount: atoms.reduce((sum, { range }) => sum + range.last - range.first + 1n, 0n),
    among: undefined,
  }));
};

const atomsOf = (rows: GraphRows): readonly Atom[] => {
  const sources = rangesOf(rows, "from");
  const destinations = rangesOf(rows, "to");
  return ([4, 6] as const).flatMap((family) => {
    const isOfFamily = ({ range }: Held): boolean => range.family === family;
    return atomsOfFamily(family, sources.filter(isOfFamily), destinations.filter(isOfFamily));
  });
};

type Held = { readonly range: IpRange; readonly end: number };

/** The ranges that are an end of arcs on one side, in order; they do not overlap. */
const rangesOf = ({ ends, arcs }: GraphRows, side: "from" | "to"): readonly Held[] => {
  const held = new Map<number, Held>();
  for (const arc of arcs) {
    const end = arc[side];
    const range = ends[end]?.range;
    if (range !== undefined && !held.has(end)) held.set(end, { range, end });
  }
  return [...held.values()].sort((one, other) => (one.range.first < other.range.first ? -1 : 1));
};

const atomsOfFamily = (
  family: IpFamily,
  sources: readonly Held[],
  destinations: readonly Held[],
): readonly Atom[] => {
  const starts = new Set<bigint>();
  for (const { range } of [...sources, ...destinations]) {
    starts.add(range.first);
    starts.add(range.last + 1n);
  }
  const sorted = [...starts].sort((one, other) => (one < other ? -1 : 1));
  const endOf = { source: createFind(sources), destination: createFind(destinations) };
  return sorted
    .map((first, at) => ({
      range: { family, first, last: (sorted[at + 1] ?? lastAddress(family) + 1n) - 1n },
      asSource: endOf.source(first),
      asDestination: endOf.destination(first),
    }))
    .filter((atom) => atom.asSource !== undefined || atom.asDestination !== undefined);
};

/** Finds who holds an address; asked in ascending order. */
const createFind = (held: readonly Held[]): ((address: bigint) => number | undefined) => {
  let at = 0;
  return (address) => {
    while ((held[at]?.range.last ?? address) < address) at++;
    const found = held[at];
    return found !== undefined && found.range.first <= address ? found.end : undefined;
  };
};
