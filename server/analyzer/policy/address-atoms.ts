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

  /** Cuts at both ends of ranges; whether any cut is new. */
  add(ranges: Iterable<IpRange>): boolean {
    let isNew = false;
    for (const { family, first, last } of ranges) {
      for (const start of [first, last + 1n]) {
        if (this.#known[family].has(start)) continue;
        this.#known[family].add(start);
        this.#starts[family].push(start);
        isNew = true;
      }
    }
    if (isNew) this.#isSorted = false;
    return isNew;
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
