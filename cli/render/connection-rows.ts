import type { ConnectionRowView } from "../../server/analyzer/answers.js";
import type { Column, Listing } from "./columns.js";

/** Prints one row of the list in some form. */
export type RowText = (row: ConnectionRowView) => string;

/**
 * Rows as JSON or YAML text, one call a row; `quote` gives the text of one string. Long lists name the same few thousand
 * ends and sets again and again: each is quoted once.
 */
export const rowText = (form: "json" | "yaml", quote: (text: string) => string): RowText => {
  const quoted = remembered(quote);
  if (form === "json") {
    return ({ source, destination, connections, undetermined, because }) =>
      `{"source":${quoted(source)},"destination":${quoted(destination)},"connections":${quoted(connections)},` +
      `"undetermined":${quoted(undetermined)},"because":[${because.map(quoted).join(",")}]}`;
  }
  return ({ source, destination, connections, undetermined, because }) => {
    const reasons =
      because.length === 0 ? " []" : because.map((text) => `\n      - ${quoted(text)}`).join("");
    return (
      `  - source: ${quoted(source)}\n    destination: ${quoted(destination)}\n` +
      `    connections: ${quoted(connections)}\n    undetermined: ${quoted(undetermined)}\n    because:${reasons}\n`
    );
  };
};

const remembered = (make: (text: string) => string): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      known.set(text, made);
    }
    return made;
  };
};

/** The columns of the list. */
export const rowColumns: readonly Column<ConnectionRowView>[] = [
  { field: "source", value: (row) => row.source },
  { field: "destination", value: (row) => row.destination },
  { field: "connections", value: (row) => row.connections },
  {
    field: "undetermined",
    value: (row) => row.undetermined,
    tone: () => "warn",
    shown: "filled",
  },
  {
    field: "because",
    value: (row) => row.because.join("; "),
    shown: "wide",
    isProse: true,
  },
];

/** A list of connections. */
export const rowListing = (
  rows: () => Iterable<ConnectionRowView>,
): Listing<ConnectionRowView> => ({
  columns: rowColumns,
  rows,
  empty: "No connection.",
});
