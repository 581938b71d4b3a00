import type { GraphRows } from "./graph-rows.js";

/**
 * Digests of sets of (end, label), to which members can be added in any order: two numbers of 32 bits for each of many sets.
 */
export class Digests {
  readonly #one: Uint32Array;
  readonly #other: Uint32Array;

  constructor(count: number) {
    this.#one = new Uint32Array(count);
    this.#other = new Uint32Array(count);
  }

  /** Adds a member to a set. */
  add(set: number, end: number, label: number): void {
    this.#one[set] = (this.#one[set] as number) + mix(end, label, 0x9e37_79b9);
    this.#other[set] = (this.#other[set] as number) + mix(end, label, 0x51ed_270b);
  }

  /** The digest of a set as a text; with one more member where one is given. */
  textOf(set: number, more?: { readonly end: number; readonly label: number }): string {
    let one = this.#one[set] as number;
    let other = this.#other[set] as number;
    if (more !== undefined) {
      one = (one + mix(more.end, more.label, 0x9e37_79b9)) >>> 0;
      other = (other + mix(more.end, more.label, 0x51ed_270b)) >>> 0;
    }
    return `${one}.${other}`;
  }
}

/** The finalizer of MurmurHash3 over both numbers. */
const mix = (end: number, label: number, seed: number): number => {
  let hash = Math.imul(end + 1, seed) ^ Math.imul(label + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** The digests of what leads out of each end, and into it. */
export type EndDigests = { readonly out: Digests; readonly into: Digests };

/** The digests of rows. */
export const digestsOf = ({ ends, arcs }: GraphRows): EndDigests => {
  const out = new Digests(ends.length);
  const into = new Digests(ends.length);
  for (const { from, to, label } of arcs) {
    out.add(from, to, label);
    into.add(to, from, label);
  }
  return { out, into };
};
