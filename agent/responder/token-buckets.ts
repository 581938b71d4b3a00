/** How much a bucket gives. */
export type BucketRate = {
  /** Tokens a second. */
  readonly perSecond: number;
  /** Tokens of a full bucket. */
  readonly burst: number;
};

/** What the buckets are bounded by. */
export type TokenBucketsOptions = {
  readonly each: BucketRate;
  /** Buckets that are kept: the one used longest ago makes room, and starts full when it comes back. */
  readonly bucketsMax: number;
};

type Bucket = { tokens: number; atMs: number };

/** Token buckets by name. Times come in; nothing is allocated for a name that is known. */
export class TokenBuckets {
  readonly #options: TokenBucketsOptions;
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: TokenBucketsOptions) {
    this.#options = options;
  }

  /** Names that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of a name's bucket; false when it is empty. */
  take(name: string, nowMs: number): boolean {
    const { each, bucketsMax } = this.#options;
    const bucket = this.#buckets.get(name) ?? { tokens: each.burst, atMs: nowMs };
    this.#buckets.delete(name);
    if (this.#buckets.size >= bucketsMax) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    this.#buckets.set(name, bucket);
    const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * each.perSecond;
    bucket.tokens = Math.min(each.burst, bucket.tokens + gained);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
