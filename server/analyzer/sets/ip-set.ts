import { type IpAddress, type IpFamily, type IpRange, lastAddress, rangeContains } from "./ip.js";

/** A set of addresses of both families: ranges ascending by family and first address, disjoint, not adjacent. */
export type IpSet = readonly IpRange[];

/** Every address of the given families. */
export const allAddresses = (families: readonly IpFamily[] = [4, 6]): IpSet =>
  families.map((family) => ({ family, first: 0n, last: lastAddress(family) }));

/** The set of any ranges, overlapping or not. */
export const ipSetOf = (ranges: readonly IpRange[]): IpSet => {
  const sorted = [...ranges].sort(
    (one, other) => one.family - other.family || compare(one.first, other.first),
  );
  const merged: IpRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last?.family !== range.family || range.first > last.last + 1n) merged.push(range);
    else if (range.last > last.last) merged[merged.length - 1] = { ...last, last: range.last };
  }
  return merged;
};

/** Addresses in either set. */
export const unionIps = (one: IpSet, other: IpSet): IpSet => ipSetOf([...one, ...other]);

/** Addresses of the first set that are not in the second. One pass over both. */
export const subtractIps = (from: IpSet, other: IpSet): IpSet => {
  const left: IpRange[] = [];
  let at = 0;
  for (const range of from) {
    let { first } = range;
    at = firstNotBefore(other, at, range);
    for (let index = at; index < other.length; index++) {
      const hole = other[index] as IpRange;
      if (!overlap(range, hole)) break;
      if (hole.first > first) left.push({ ...range, first, last: hole.first - 1n });
      first = hole.last + 1n;
    }
    if (first <= range.last) left.push({ ...range, first });
  }
  return left;
};

/** Addresses in both sets. One pass over both. */
export const intersectIps = (one: IpSet, other: IpSet): IpSet => {
  const common: IpRange[] = [];
  let at = 0;
  for (const range of one) {
    at = firstNotBefore(other, at, range);
    for (let index = at; index < other.length; index++) {
      const next = other[index] as IpRange;
      if (!overlap(range, next)) break;
      common.push({
        family: range.family,
        first: compare(range.first, next.first) > 0 ? range.first : next.first,
        last: compare(range.last, next.last) < 0 ? range.last : next.last,
      });
    }
  }
  return common;
};

/** How a set lies to another: all of it in it, none of it, or a part. An empty set lies nowhere in it. */
export const overlapOf = (set: IpSet, other: IpSet): "all" | "none" | "part" => {
  let isAnyIn = false;
  let isAnyOut = false;
  for (const range of set) {
    const next = other[firstNotBefore(other, 0, range)];
    const isIn = next !== undefined && overlap(range, next);
    const isWhole = isIn && next.first <= range.first && range.last <= next.last;
    isAnyIn ||= isIn;
    isAnyOut ||= !isWhole;
    if (isAnyIn && isAnyOut) return "part";
  }
  return isAnyIn ? "all" : "none";
};

/** Whether an address is in the set. */
export const containsIp = (set: IpSet, { family, value }: IpAddress): boolean => {
  const point = { family, first: value, last: value };
  const next = set[firstNotBefore(set, 0, point)];
  return next !== undefined && rangeContains(next, { family, value });
};

/** Whether the first set lies within the second. */
export const isSubsetOfIps = (set: IpSet, of: IpSet): boolean =>
  set.length === 0 || overlapOf(set, of) === "all";

/** The first range of a set, from an index on, that does not end before another begins; found by halving. */
const firstNotBefore = (set: IpSet, from: number, { family, first }: IpRange): number => {
  let low = from;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = set[middle] as IpRange;
    if (range.family < family || (range.family === family && range.last < first)) low = middle + 1;
    else high = middle;
  }
  return low;
};

const overlap = (one: IpRange, other: IpRange): boolean =>
  one.family === other.family && one.first <= other.last && other.first <= one.last;

const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
