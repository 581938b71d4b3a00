import type { IpFamily, IpRange } from "../sets/ip.js";
import type { PossibleAddresses } from "./possible-addresses.js";

/**
 * Where address blocks of policies begin and end: addresses between two neighbouring cuts are equal to every policy. Cuts
 * are only ever added: those of policies that are gone tell more apart than need be, which changes no answer.
 */
export class AddressAtoms {
  readonly #starts: Record<IpFamily, bigint[]> = { 4: [0n], 6: [0n] };
  readonly #known: Record<IpFamily, Set<bigint>> = { 4: new Set([0n]), 6: new Set([0n]) };
  #isSorted = true;

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
  }

  /** Whether these cuts tell two lists of addresses apart. */
  areApart(one: readonly PossibleAddresses[], other: readonly PossibleAddresses[]): boolean {
    if (one === other) return false;
    const [a, b] = [one[0], other[0]];
    const isPlain = one.length === 1 && other.length === 1 && a?.family === b?.family;
    const [first, second] = [a?.possible[0], b?.possible[0]];
    if (!isPlain || first?.first !== first?.last || second?.first !== second?.last) {
      return this.keyOf(one) !== this.keyOf(other);
    }
    if (first === undefined || second === undefined) return first !== second;
    if (!this.#isSorted) this.#sort();
    const starts = this.#starts[first.family];
    return lastIndexUpTo(starts, first.first) !== lastIndexUpTo(starts, second.first);
  }

  /** A text that is equal for addresses that no policy tells apart. */
  keyOf(addresses: readonly PossibleAddresses[]): string {
    let key = "";
    for (const { family, possible } of addresses) {
      key += `${family}:`;
      for (const range of possible) key += `${this.#startsIn(family, range)};`;
    }
    return key;
  }

  /** Where the stretches begin that a range has a part in. */
  #startsIn(family: IpFamily, { first, last }: IpRange): string {
    if (!this.#isSorted) this.#sort();
    const starts = this.#starts[family];
    let index = lastIndexUpTo(starts, first);
    let text = String(starts[index]);
    for (index++; index < starts.length && (starts[index] as bigint) <= last; index++) {
      text += `,${starts[index]}`;
    }
    return text;
  }

  #sort(): void {
    for (const family of [4, 6] as const) {
      this.#starts[family].sort((one, other) => (one < other ? -1 : 1));
    }
    this.#isSorted = true;
  }
}

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
