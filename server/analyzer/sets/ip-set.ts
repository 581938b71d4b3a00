import { type IpAddress, type IpFamily, type IpRange, lastAddress, rangeContains } from "./ip.js";

/** A set of addresses of both families: ranges ascending by family and first address, disjoint, not adjacent. */
export type IpSet = readonly IpRange[];

/** No address. */
export const noAddresses: IpSet = Object.freeze([]);

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

/** Addresses of the first set that are not in the second. */
export const subtractIps = (from: IpSet, other: IpSet): IpSet => {
  let left: IpRange[] = [...from];
  for (const hole of other) {
    left = left.flatMap((range) => without(range, hole));
  }
  return left;
};

/** Addresses in both sets. */
export const intersectIps = (one: IpSet, other: IpSet): IpSet =>
  subtractIps(one, subtractIps(one, other));

/** Whether an address is in the set. */
export const containsIp = (set: IpSet, address: IpAddress): boolean =>
  set.some((range) => rangeContains(range, address));

/** Whether the first set lies within the second. */
export const isSubsetOfIps = (set: IpSet, of: IpSet): boolean => subtractIps(set, of).length === 0;

const without = (range: IpRange, hole: IpRange): IpRange[] => {
  if (range.family !== hole.family || hole.last < range.first || hole.first > range.last) {
    return [range];
  }
  const rest: IpRange[] = [];
  if (hole.first > range.first) rest.push({ ...range, last: hole.first - 1n });
  if (hole.last < range.last) rest.push({ ...range, first: hole.last + 1n });
  return rest;
};

const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
