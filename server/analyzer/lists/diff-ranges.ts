import { type IpFamily, type IpRange, lastAddress } from "../sets/ip.js";
import { noSide } from "./side-text.js";

/** What holds for a range of addresses, as text. */
export type RangeCell = { readonly range: IpRange; readonly text: string };

/** What holds before and after for a range. */
export type RangeChange = {
  readonly range: IpRange;
  readonly before: string;
  readonly after: string;
};

/** Adds a cell that begins where no earlier one ends; a neighbour of equal text grows. */
export const addCell = (cells: RangeCell[], { range, text }: RangeCell): void => {
  const last = cells.at(-1);
  const grows =
    last !== undefined &&
    last.text === text &&
    last.range.family === range.family &&
    last.range.last + 1n === range.first;
  if (grows) cells[cells.length - 1] = { text, range: { ...last.range, last: range.last } };
  else cells.push({ range, text });
};

/**
 * Two lists of cells, each in order, on common cuts; neighbours that are alike on both sides are one. What neither lists is
 * left out.
 */
export const compareCells = (
  before: readonly RangeCell[],
  after: readonly RangeCell[],
): readonly RangeChange[] => {
  if (areEqual(before, after)) {
    return before.map(({ range, text }) => ({ range, before: text, after: text }));
  }
  return ([4, 6] as const).flatMap((family) => {
    const one = new CellReader(before, family);
    const other = new CellReader(after, family);
    const changes: RangeChange[] = [];
    let first = 0n;
    while (first <= lastAddress(family)) {
      let last = one.endOf(first);
      if (other.endOf(first) < last) last = other.endOf(first);
      addChange(changes, {
        range: { family, first, last },
        before: one.textAt(first),
        after: other.textAt(first),
      });
      first = last + 1n;
    }
    return changes;
  });
};

const areEqual = (one: readonly RangeCell[], other: readonly RangeCell[]): boolean =>
  one.length === other.length &&
  one.every(({ range, text }, at) => {
    const { range: otherRange, text: otherText } = other[at] as RangeCell;
    return (
      text === otherText &&
      range.family === otherRange.family &&
      range.first === otherRange.first &&
      range.last === otherRange.last
    );
  });

const addChange = (changes: RangeChange[], change: RangeChange): void => {
  if (change.before === noSide && change.after === noSide) return;
  const last = changes.at(-1);
  const grows =
    last !== undefined &&
    last.before === change.before &&
    last.after === change.after &&
    last.range.last + 1n === change.range.first;
  if (!grows) changes.push(change);
  else changes[changes.length - 1] = { ...last, range: { ...last.range, last: change.range.last } };
};

/** Reads the cells of a family at ascending addresses. */
class CellReader {
  readonly #cells: readonly RangeCell[];
  readonly #end: bigint;
  #at = 0;

  constructor(cells: readonly RangeCell[], family: IpFamily) {
    this.#cells = cells.filter(({ range }) => range.family === family);
    this.#end = lastAddress(family);
  }

  textAt(address: bigint): string {
    const cell = this.#cellFrom(address);
    return cell !== undefined && cell.range.first <= address ? cell.text : noSide;
  }

  /** The last address that is as this one. */
  endOf(address: bigint): bigint {
    const cell = this.#cellFrom(address);
    if (cell === undefined) return this.#end;
    return cell.range.first <= address ? cell.range.last : cell.range.first - 1n;
  }

  /** The first cell that ends no earlier. */
  #cellFrom(address: bigint): RangeCell | undefined {
    let cell = this.#cells[this.#at];
    while (cell !== undefined && cell.range.last < address) {
      this.#at++;
      cell = this.#cells[this.#at];
    }
    return cell;
  }
}
