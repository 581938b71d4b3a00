import { assertNever } from "../../../common/assert.js";
import type { IpFamily, IpRange } from "../sets/ip.js";
import { lastIndexUpTo } from "./address-atoms.js";
import type { PeerMatcher } from "./compiled-policy.js";
import { type EndAxis, type Held, matcherKey, nothingHeld } from "./peer-sets.js";

/** The ranges of addresses outside the cluster as peers. No policy tells two addresses of one range apart. */
export class RangeAxis implements EndAxis {
  readonly ranges: readonly IpRange[];
  readonly #starts: Record<IpFamily, bigint[]> = { 4: [], 6: [] };
  readonly #first: Record<IpFamily, number> = { 4: 0, 6: 0 };
  readonly #held = new Map<string, Held>();
  readonly #all: readonly number[];

  /** Ranges as `externalRanges` makes them: ascending, cut at every block of the policies that will be asked about. */
  constructor(ranges: readonly IpRange[]) {
    this.ranges = ranges;
    this.#all = ranges.map((_, index) => index);
    for (const [index, { family, first }] of ranges.entries()) {
      if (this.#starts[family].length === 0) this.#first[family] = index;
      this.#starts[family].push(first);
    }
  }

  get size(): number {
    return this.ranges.length;
  }

  held(matcher: PeerMatcher): Held {
    switch (matcher.kind) {
      case "addresses": {
        const key = matcherKey(matcher);
        const known = this.#held.get(key);
        if (known !== undefined) return known;
        const held = { ...nothingHeld, yes: this.#inSet(matcher.set) };
        this.#held.set(key, held);
        return held;
      }
      case "names":
        return { yes: [], maybe: this.#all, reason: "domain-name" };
      case "pods":
      case "nodes":
      case "everyone":
        return nothingHeld;
      default:
        return assertNever(matcher);
    }
  }

  #inSet(set: readonly IpRange[]): readonly number[] {
    const inside: number[] = [];
    for (const { family, first, last } of set) {
      const starts = this.#starts[family];
      if (starts.length === 0) continue;
      for (let index = lastIndexUpTo(starts, first); index < starts.length; index++) {
        if ((starts[index] as bigint) > last) break;
        inside.push(this.#first[family] + index);
      }
    }
    return inside;
  }
}
