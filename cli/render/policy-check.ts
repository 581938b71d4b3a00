import type { CheckAnswer, CheckResultView } from "../../server/analyzer/answers.js";
import { pointsPrintedMax } from "../limits.js";
import type { Column, Listing } from "./columns.js";
import { type Block, type Item, tableBlock } from "./outline.js";
import { atMost, modelText } from "./policy-names.js";
import { verdictTone } from "./policy-pair.js";

const columns: readonly Column<CheckResultView>[] = [
  { field: "outcome", value: (row) => row.outcome, tone: (row) => outcomeTone(row.outcome) },
  { field: "rule", value: (row) => ruleName(row) },
  { field: "from", value: (row) => row.from },
  { field: "to", value: (row) => row.to },
  { field: "ports", value: (row) => row.ports.join(" ") },
  { field: "line", value: (row) => String(row.line), shown: "wide" },
  { field: "message", value: (row) => row.message, shown: "wide", isProse: true },
];

const outcomeTone = (outcome: string) => verdictTone(outcome === "vacuous" ? "failed" : outcome);

/** "permit 2": how people count the assertions of a rules file. */
export const ruleName = ({ kind, number }: CheckResultView): string => `${kind} ${number}`;

/** Assertions and what came of them. */
export const checkListing = (rows: () => Iterable<CheckResultView>): Listing<CheckResultView> => ({
  columns,
  rows,
  empty: "The rules file has no assertion.",
});

/** The result of a check for reading: the count, every assertion, and what breaks those that fail. */
export function* checkOutline(answer: CheckAnswer, wide: boolean): Iterable<Block> {
  const { passed, failed, unknown } = answer;
  const word = failed > 0 ? "failed" : unknown > 0 ? "can't be told" : "passed";
  yield {
    kind: "verdict",
    word,
    tone: verdictTone(failed > 0 ? "failed" : unknown > 0 ? "unknown" : "passed"),
    text: `${passed} passed, ${failed} failed, ${unknown} can't be told`,
  };
  yield { kind: "heading", text: "Assertions" };
  yield tableBlock(checkListing(() => answer.results));
  for (const result of answer.results) {
    if (result.outcome === "passed") continue;
    yield { kind: "heading", text: `${ruleName(result)}: ${result.from} -> ${result.to}` };
    yield { kind: "line", text: result.message };
    yield { kind: "items", items: violationItems(result, wide) };
  }
  yield { kind: "heading", text: "Judged by" };
  yield { kind: "line", text: modelText(answer.profile, answer.model) };
}

const violationItems = ({ violations }: CheckResultView, wide: boolean): readonly Item[] => {
  const items = violations.map(
    ({ source, destination, connections, undetermined }): Item => ({
      text: `${source} -> ${destination}: ${connections}${undetermined === "" ? "" : `, can't be told: ${undetermined}`}`,
    }),
  );
  return wide
    ? items
    : atMost(items, pointsPrintedMax, (count) => ({ text: `${count} more; -o wide shows all` }));
};
