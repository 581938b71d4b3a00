import type { OutcomeRow } from "./outcome-rows.js";
import type { OutcomeId } from "./outcome-table.js";

/**
 * Rows turned round: for one end, what each of many rows says of it. Kept as what differs from the usual outcome of each
 * row, by end, so that it takes no more memory than the rows.
 */
export class OutcomeColumns {
  readonly #usual: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #outcomes: Uint32Array;

  /** `size`: ends of the axis that the rows are about. */
  constructor(rows: readonly OutcomeRow[], size: number) {
    this.#usual = Uint32Array.from(rows, ({ usual }) => usual);
    this.#starts = new Uint32Array(size + 1);
    for (const { ends } of rows) {
      for (let at = 0; at < ends.length; at++) {
        const next = (ends[at] as number) + 1;
        this.#starts[next] = (this.#starts[next] as number) + 1;
      }
    }
    for (let end = 0; end < size; end++) {
      this.#starts[end + 1] = (this.#starts[end + 1] as number) + (this.#starts[end] as number);
    }
    const filled = this.#starts.slice(0, size);
    this.#rows = new Uint32Array(this.#starts[size] as number);
    this.#outcomes = new Uint32Array(this.#rows.length);
    for (const [row, { ends, outcomes }] of rows.entries()) {
      for (let at = 0; at < ends.length; at++) {
        const end = ends[at] as number;
        const place = filled[end] as number;
        filled[end] = place + 1;
        this.#rows[place] = row;
        this.#outcomes[place] = outcomes[at] as OutcomeId;
      }
    }
  }

  /** How many rows there are. */
  get rowCount(): number {
    return this.#usual.length;
  }

  /** Writes what every row says of an end, in the order of the rows. */
  column(end: number, into: Uint32Array): void {
    into.set(this.#usual);
    const last = this.#starts[end + 1] as number;
    for (let place = this.#starts[end] as number; place < last; place++) {
      into[this.#rows[place] as number] = this.#outcomes[place] as OutcomeId;
    }
  }
}
