import { printableLine } from "./printable.js";
import type { Paint, Tone } from "./style.js";

/** One column of a list. */
export type Column<Row> = {
  /** Its name in CSV; in capitals it is the heading of tables. */
  readonly field: string;
  readonly value: (row: Row) => string;
  readonly tone?: (row: Row) => Tone;
  /** In tables: always (default), only where some row has it, or only in wide ones. CSV has every column. */
  readonly shown?: "filled" | "wide";
  /** Whether it holds sentences; else names, which Markdown shows as code. */
  readonly isProse?: boolean;
};

/** A list: its columns, and its rows as often as they are asked for. */
export type Listing<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly rows: () => Iterable<Row>;
  /** What a table says instead of nothing. */
  readonly empty: string;
};

/** The columns that a table shows, with their widths. Undefined without rows. */
export const measureColumns = <Row>(
  { columns, rows }: Listing<Row>,
  isWide: boolean,
): readonly { readonly column: Column<Row>; readonly width: number }[] | undefined => {
  const candidates = columns.filter((column) => isWide || column.shown !== "wide");
  const widths = new Array<number>(candidates.length).fill(0);
  let isEmpty = true;
  for (const row of rows()) {
    isEmpty = false;
    for (const [index, column] of candidates.entries()) {
      const { length } = column.value(row);
      if (length > (widths[index] ?? 0)) widths[index] = length;
    }
  }
  if (isEmpty) return undefined;
  return candidates
    .map((column, index) => ({
      column,
      width: Math.max(widths[index] ?? 0, 1),
      filled: widths[index] !== 0,
    }))
    .filter(({ column, filled }) => column.shown !== "filled" || filled)
    .map(({ column, width }) => ({ column, width: Math.max(width, column.field.length) }));
};

/** The lines of a table: columns of equal width, two spaces apart; empty fields print as "-". */
export function* tableLines<Row>(
  listing: Listing<Row>,
  { wide, paint }: { readonly wide: boolean; readonly paint: Paint },
): Iterable<string> {
  const measured = measureColumns(listing, wide);
  if (measured === undefined) {
    yield `${listing.empty}\n`;
    return;
  }
  const last = measured.length - 1;
  const padded = (text: string, index: number, tone: Tone): string => {
    const fill = index === last ? 0 : (measured[index]?.width ?? 0) - text.length + 2;
    return paint(tone, text) + " ".repeat(fill);
  };
  yield `${measured.map(({ column }, index) => padded(headingOf(column), index, "strong")).join("")}\n`;
  for (const row of listing.rows()) {
    let line = "";
    for (const [index, { column }] of measured.entries()) {
      const text = printableLine(column.value(row)) || "-";
      line += padded(text, index, column.tone?.(row) ?? "plain");
    }
    yield `${line}\n`;
  }
}

/** The heading of a column in tables. */
export const headingOf = <Row>({ field }: Column<Row>): string =>
  field.toUpperCase().replaceAll("_", "-");
