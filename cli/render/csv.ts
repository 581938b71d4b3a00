import { stringify } from "csv-stringify/sync";
import { csvRowsAtOnce } from "../limits.js";
import type { Listing } from "./columns.js";
import { printableLine } from "./printable.js";

/**
 * The rows as CSV (RFC 4180: CRLF, quotes where needed), with a line of names first. A cell that a spreadsheet would take
 * for a formula (it begins with = + - @) gets an apostrophe in front, which spreadsheets do not show.
 */
export function* csvLines<Row>({ columns, rows }: Listing<Row>): Iterable<string> {
  yield `${columns.map(({ field }) => field).join(",")}\r\n`;
  let records: string[][] = [];
  for (const row of rows()) {
    records.push(columns.map((column) => printableLine(column.value(row))));
    if (records.length < csvRowsAtOnce) continue;
    yield csvText(records);
    records = [];
  }
  yield csvText(records);
}

const csvText = (records: readonly (readonly string[])[]): string =>
  records.length === 0
    ? ""
    : stringify(records as string[][], { escape_formulas: true, record_delimiter: "windows" });
