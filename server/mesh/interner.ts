import { assert } from "../../common/assert.js";
import { internedKeysMax, namedKeysMax } from "../limits.js";

/** Gives target keys small numbers for one server epoch: from 1, in order of first use, never reused. */
export class Interner {
  readonly #ids = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #keysMax: number;
  readonly #namedKeysMax: number;
  #namedCount = 0;

  constructor(keysMax: number = internedKeysMax, namedMax: number = namedKeysMax) {
    assert(keysMax > 0 && keysMax < 2 ** 32, "ids must fit 32 bits");
    this.#keysMax = keysMax;
    this.#namedKeysMax = namedMax;
  }

  /** The id of a key of ours, given out now if it is new; undefined when the limit is reached. */
  idFor(key: string): number | undefined {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#keys.length >= this.#keysMax) return undefined;
    this.#keys.push(key);
    this.#ids.set(key, this.#keys.length);
    return this.#keys.length;
  }

  /** The same for a key that an agent named: the new ones among these are fewer, so that no agent can stop the plans. */
  idForNamed(key: string): number | undefined {
    const known = this.#ids.get(key);
    if (known !== undefined || this.#namedCount >= this.#namedKeysMax) return known;
    const id = this.idFor(key);
    if (id !== undefined) this.#namedCount += 1;
    return id;
  }

  /** The key of an id; undefined for an id that was never given out. */
  keyOf(id: number): string | undefined {
    return this.#keys[id - 1];
  }

  /** How many ids were given out; the highest of them. */
  get size(): number {
    return this.#keys.length;
  }
}
