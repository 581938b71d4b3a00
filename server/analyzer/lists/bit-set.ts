/** A set of small numbers, of which many are compared; all that are compared are of one size. */
export class BitSet {
  readonly #words: Uint32Array;

  /** `size`: one more than the largest number that can be in it. */
  constructor(size: number | Uint32Array) {
    this.#words = typeof size === "number" ? new Uint32Array((size + 31) >>> 5) : size;
  }

  add(value: number): void {
    const word = value >>> 5;
    this.#words[word] = (this.#words[word] as number) | (1 << (value & 31));
  }

  delete(value: number): void {
    const word = value >>> 5;
    this.#words[word] = (this.#words[word] as number) & ~(1 << (value & 31));
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5] as number) & (1 << (value & 31))) !== 0;
  }

  get count(): number {
    let count = 0;
    for (const word of this.#words) count += bitsOf(word);
    return count;
  }

  /** How many numbers are in both. */
  commonCount(other: BitSet): number {
    let count = 0;
    for (let at = 0; at < this.#words.length; at++) {
      count += bitsOf((this.#words[at] as number) & (other.#words[at] as number));
    }
    return count;
  }

  /** The numbers in both. */
  and(other: BitSet): BitSet {
    return new BitSet(this.#words.map((word, at) => word & (other.#words[at] as number)));
  }

  /** The numbers that are not in the other. */
  without(other: BitSet): BitSet {
    return new BitSet(this.#words.map((word, at) => word & ~(other.#words[at] as number)));
  }

  /** The same set with one number more. */
  with(value: number): BitSet {
    const set = new BitSet(this.#words.slice());
    set.add(value);
    return set;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const [at, word] of this.#words.entries()) {
      for (let left = word; left !== 0; left &= left - 1) {
        yield at * 32 + 31 - Math.clz32(left & -left);
      }
    }
  }
}

const bitsOf = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
};
