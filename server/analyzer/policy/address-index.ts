import type { IpFamily } from "../sets/ip.js";
import type { IpSet } from "../sets/ip-set.js";
import type { Match } from "./match-peer.js";
import type { PolicyEnd } from "./policy-end.js";
import { type AddressMatch, matchAddresses, type PossibleAddresses } from "./possible-addresses.js";

type Placed = { readonly value: bigint; readonly id: number };

/** What of an index a set holds: ids in any order. */
export type IndexedMatch = {
  readonly yes: number[];
  readonly maybe: number[];
  readonly reason: Match;
};

/**
 * Finds the ends whose address lies in a set. Ends with one known address are found by order; those with several, or with
 * none that is known, are compared one by one, those that can have the same addresses at once.
 */
export class AddressIndex {
  readonly #placed: Record<IpFamily, Placed[]> = { 4: [], 6: [] };
  readonly #others = new Map<readonly PossibleAddresses[], number[]>();
  #isSorted = true;

  /** Takes an end in; one without addresses is never found. */
  add(id: number, { addresses }: PolicyEnd): void {
    const [only, second] = addresses;
    if (only === undefined) return;
    const [range, other] = only.possible;
    if (second === undefined && other === undefined && range?.first === range?.last && range) {
      this.#placed[only.family].push({ value: range.first, id });
      this.#isSorted = false;
      return;
    }
    const same = this.#others.get(addresses);
    if (same === undefined) this.#others.set(addresses, [id]);
    else same.push(id);
  }

  /** The ends not below an id that a set holds; with families, ends of both are looked at in these only. */
  find(set: IpSet, from: number, families: string): IndexedMatch {
    this.#sort();
    const found: IndexedMatch = { yes: [], maybe: [], reason: "unknown-address" };
    for (const { family, first, last } of set) {
      const placed = this.#placed[family];
      for (let index = indexFrom(placed, first); index < placed.length; index++) {
        const { value, id } = placed[index] as Placed;
        if (value > last) break;
        if (id >= from) found.yes.push(id);
      }
    }
    for (const [addresses, ids] of this.#others) {
      const match = matchAddresses(set, sharedWith(addresses, families));
      if (match !== "no") listOf(found, match).push(...ids.filter((id) => id >= from));
    }
    return found;
  }

  #sort(): void {
    if (this.#isSorted) return;
    for (const family of [4, 6] as const) {
      this.#placed[family].sort((one, other) =>
        one.value < other.value ? -1 : one.value > other.value ? 1 : one.id - other.id,
      );
    }
    this.#isSorted = true;
  }
}

const listOf = (found: IndexedMatch, match: AddressMatch): number[] =>
  match === "yes" ? found.yes : found.maybe;

const sharedWith = (
  addresses: readonly PossibleAddresses[],
  families: string,
): readonly PossibleAddresses[] => {
  if (families === "" || addresses.length < 2) return addresses;
  const shared = addresses.filter(({ family }) => families.includes(String(family)));
  return shared.length > 0 ? shared : addresses;
};

/** Index of the first entry that is not below a value. */
const indexFrom = (placed: readonly Placed[], value: bigint): number => {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((placed[middle] as Placed).value < value) low = middle + 1;
    else high = middle;
  }
  return low;
};
