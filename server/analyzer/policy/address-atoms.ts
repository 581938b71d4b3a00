import type { IpFamily, IpRange } from "../sets/ip.js";
import type { IpSet } from "../sets/ip-set.js";
import type { PossibleAddresses } from "./possible-addresses.js";

/**
 * Where address blocks of policies begin and end: addresses between two neighbouring cuts are equal to every policy. Cuts
 * are only ever added: those of policies that are gone tell more apart than need be, which changes no answer.
 */
export class AddressAtoms {
  readonly #starts: Record<IpFamily, bigint[]> = { 4: [0n], 6: [0n] };
  readonly #known: Record<IpFamily, Set<bigint>> = { 4: new Set([0n]), 6: new Set([0n]) };
  #isSorted = true;
  #keys = new WeakMap<readonly PossibleAddresses[], string>();

  /** How many cuts there are. */
  get size(): number {
    return this.#known[4].size + this.#known[6].size - 2;
  }

  /** Cuts at both ends of ranges; the ranges that brought a new cut. */
  add(ranges: Iterable<IpRange>): readonly IpRange[] {
    const fresh: IpRange[] = [];
    for (const range of ranges) {
      const before = this.#known[range.family].size;
      for (const start of [range.first, range.last + 1n]) this.#cut(range.family, start);
      if (this.#known[range.family].size > before) fresh.push(range);
    }
    return fresh;
  }

  #cut(family: IpFamily, start: bigint): void {
    if (this.#known[family].has(start)) return;
    this.#known[family].add(start);
    this.#starts[family].push(start);
    this.#isSorted = false;
    this.#keys = new WeakMap();
  }

  /** Whether these cuts tell two lists of addresses apart. */
  areApart(one: readonly PossibleAddresses[], other: readonly PossibleAddresses[]): boolean {
    if (one === other) return false;
    const [first, second] = [soleAddress(one), soleAddress(other)];
    if (first?.family !== second?.family || first === undefined || second === undefined) {
      return this.keyOf(one) !== this.keyOf(other);
    }
    const starts = this.#sorted(first.family);
    return lastIndexUpTo(starts, first.first) !== lastIndexUpTo(starts, second.first);
  }

  /**
   * A text that is equal for addresses that no policy tells apart: the stretches that they can be in, of each family; "" as
   * long as nothing is cut.
   */
  keyOf(addresses: readonly PossibleAddresses[]): string {
    if (this.size === 0) return "";
    let key = this.#keys.get(addresses);
    if (key === undefined) {
      key = addresses
        .map(({ family, possible }) => `${family}:${this.#startsIn(family, possible)}`)
        .join(";");
      this.#keys.set(addresses, key);
    }
    return key;
  }

  /** Where the stretches begin that a set has a part in. */
  #startsIn(family: IpFamily, set: IpSet): string {
    const starts = this.#sorted(family);
    const touched: bigint[] = [];
    for (const { first, last } of set) {
      let index = lastIndexUpTo(starts, first);
      if (starts[index] === touched.at(-1)) index++;
      for (; index < starts.length && (starts[index] as bigint) <= last; index++) {
        touched.push(starts[index] as bigint);
      }
    }
    return touched.join();
  }

  #sorted(family: IpFamily): readonly bigint[] {
    if (!this.#isSorted) this.#sort();
    return this.#starts[family];
  }

  #sort(): void {
    for (const family of [4, 6] as const) {
      this.#starts[family].sort((one, other) => (one < other ? -1 : 1));
    }
    this.#isSorted = true;
  }
}

/** The one address that is known; undefined where there are several, or none for certain. */
const soleAddress = ([only, second]: readonly PossibleAddresses[]): IpRange | undefined => {
  const [range, other] = only?.possible ?? [];
  if (second !== undefined || other !== undefined) return undefined;
  return range?.first === range?.last ? range : undefined;
};

/** Index of the last of ascending numbers that is not above a value; the first of them is never above it. */
export const lastIndexUpTo = (numbers: readonly bigint[], value: bigint): number => {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((numbers[middle] as bigint) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
};
