import type { IpFamily, IpRange } from "../sets/ip.js";
import type { IpSet } from "../sets/ip-set.js";
import type { Match } from "./match-peer.js";
import { endInFamily, type JudgedFamily, type PolicyEnd } from "./policy-end.js";
import { matchAddresses, type PossibleAddresses } from "./possible-addresses.js";

/** An end by its known address of one family; `isOnly`: it has none of the other. */
type Placed = { readonly value: bigint; readonly id: number; readonly isOnly: boolean };

/** Ends that can have the same addresses, which are not known. */
type Unplaced = { readonly end: PolicyEnd; readonly ids: number[] };

/** What of an index a set holds: ids in any order. */
type IndexedMatch = { readonly yes: number[]; readonly maybe: number[]; readonly reason: Match };

/**
 * Finds the ends whose address lies in a set. Known addresses are found by order; what is not known, or has several addresses
 * of a family, is compared at once for all ends that can have the same.
 */
export class AddressIndex {
  readonly #placed: Record<IpFamily, Placed[]> = { 4: [], 6: [] };
  readonly #unplaced = new Map<readonly PossibleAddresses[], Unplaced>();
  #isSorted = true;

  /** Takes an end in; one without addresses is never found. */
  add(id: number, end: PolicyEnd): void {
    const { addresses } = end;
    if (addresses.length === 0) return;
    const known = addresses.map(soleAddress);
    if (known.some((range) => range === undefined)) {
      const same = this.#unplaced.get(addresses);
      if (same === undefined) this.#unplaced.set(addresses, { end, ids: [id] });
      else same.ids.push(id);
      return;
    }
    for (const range of known) {
      if (range === undefined) continue;
      this.#placed[range.family].push({ value: range.first, id, isOnly: known.length === 1 });
    }
    this.#isSorted = false;
  }

  /** The ends not below an id that a set holds, judged in a family. */
  find(set: IpSet, from: number, family: JudgedFamily): IndexedMatch {
    if (!this.#isSorted) this.#sort();
    const found: IndexedMatch = { yes: [], maybe: [], reason: "unknown-address" };
    for (const range of set) {
      const isJudged = family === "" || family === range.family;
      for (const { id, isOnly } of within(this.#placed[range.family], range)) {
        if (id >= from && (isJudged || isOnly)) found.yes.push(id);
      }
    }
    this.#findUnplaced(found, set, { from, family });
    return found;
  }

  #findUnplaced(
    found: IndexedMatch,
    set: IpSet,
    { from, family }: { readonly from: number; readonly family: JudgedFamily },
  ): void {
    for (const { end, ids } of this.#unplaced.values()) {
      const match = matchAddresses(set, endInFamily(end, family).addresses);
      if (match === "no") continue;
      const list = match === "yes" ? found.yes : found.maybe;
      for (const id of ids) if (id >= from) list.push(id);
    }
  }

  #sort(): void {
    for (const family of [4, 6] as const) {
      this.#placed[family].sort((one, other) =>
        one.value < other.value ? -1 : one.value > other.value ? 1 : one.id - other.id,
      );
    }
    this.#isSorted = true;
  }
}

const soleAddress = ({ possible: [range, other] }: PossibleAddresses): IpRange | undefined =>
  other === undefined && range?.first === range?.last ? range : undefined;

function* within(placed: readonly Placed[], { first, last }: IpRange): Iterable<Placed> {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((placed[middle] as Placed).value < first) low = middle + 1;
    else high = middle;
  }
  for (let index = low; index < placed.length; index++) {
    const next = placed[index] as Placed;
    if (next.value > last) return;
    yield next;
  }
}
