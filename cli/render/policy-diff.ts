import type { DiffAnswer, DiffRowView } from "../../server/analyzer/answers.js";
import type { Listing } from "./columns.js";
import { countText } from "./policy-names.js";
import type { Tone } from "./style.js";

/** The tone of a changed row. */
const changeTone = ({ change }: DiffRowView): Tone =>
  change === "added" ? "good" : change === "removed" ? "bad" : "warn";

/** What differs in connections, one line a pair. */
export const diffListing = (rows: () => Iterable<DiffRowView>): Listing<DiffRowView> => ({
  columns: [
    { field: "change", value: (row) => row.change, tone: changeTone },
    { field: "source", value: (row) => row.source },
    { field: "destination", value: (row) => row.destination },
    { field: "before", value: (row) => row.before },
    { field: "after", value: (row) => row.after },
    { field: "info", value: (row) => row.info, shown: "filled", isProse: true },
  ],
  rows,
  empty: "No difference in connections.",
});

/** The counts of a difference in one line. */
export const diffSummary = ({ added, removed, changed, unchanged }: DiffAnswer): string =>
  `${countText(added, "pair")} added, ${removed} removed, ${changed} changed, ${unchanged} as before.`;
