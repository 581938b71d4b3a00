import type { ConnectionRowView } from "../analyzer/answers.js";
import type { PageFields } from "./question.js";
import { RefusedError } from "./refused.js";

/** A part of a list, and where the next begins; undefined on the last. */
export type Slice<T> = {
  readonly entries: readonly T[];
  readonly next?: number;
  readonly total: number;
};

/** Where a page starts. Throws RefusedError when the list is another one than that of the page before. */
export const offsetOf = ({ after }: PageFields, fingerprint: string): number => {
  if (after === undefined) return 0;
  if (after.fingerprint !== fingerprint) {
    throw new RefusedError(
      "changed",
      "the model has changed since the page before: start again without page_token",
    );
  }
  return after.offset;
};

/** A page of a list that is there as a whole. */
export const sliceOf = <T>(
  list: readonly T[],
  { offset, size }: { readonly offset: number; readonly size: number },
): Slice<T> => {
  const end = offset + size;
  return {
    entries: list.slice(offset, end),
    ...(end < list.length ? { next: end } : {}),
    total: list.length,
  };
};

/** An answer that is kept for the next page. */
export class KeptAnswer {
  #kept: { readonly key: string; readonly answer: unknown } | undefined;

  /** The answer that was made last under this key, or a new one; the old one is let go before. */
  get<T>(key: string, make: () => T): T {
    if (this.#kept?.key === key) return this.#kept.answer as T;
    this.#kept = undefined;
    const answer = make();
    this.#kept = { key, answer };
    return answer;
  }

  /** Lets go of it. */
  clear(): void {
    this.#kept = undefined;
  }
}

/** A list of connections that is read in order: the next page goes on where the last one ended. */
export class RowCursor {
  readonly #rows: Iterable<ConnectionRowView>;
  readonly #total: number;
  #iterator: Iterator<ConnectionRowView>;
  #at = 0;

  constructor(rows: Iterable<ConnectionRowView>, total: number) {
    this.#rows = rows;
    this.#total = total;
    this.#iterator = rows[Symbol.iterator]();
  }

  /** A page; one that does not follow the last makes the rows before it once more. */
  page({ offset, size }: { readonly offset: number; readonly size: number }) {
    if (offset < this.#at) {
      this.#iterator = this.#rows[Symbol.iterator]();
      this.#at = 0;
    }
    while (this.#at < offset && this.#read() !== undefined);
    const entries: ConnectionRowView[] = [];
    while (entries.length < size) {
      const row = this.#read();
      if (row === undefined) break;
      entries.push(row);
    }
    const slice: Slice<ConnectionRowView> = {
      entries,
      ...(this.#at < this.#total ? { next: this.#at } : {}),
      total: this.#total,
    };
    return slice;
  }

  #read(): ConnectionRowView | undefined {
    const { done, value } = this.#iterator.next();
    if (done === true) return undefined;
    this.#at++;
    return value;
  }
}
