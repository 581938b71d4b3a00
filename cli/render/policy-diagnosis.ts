import type { CauseView, DiagnosisAnswer } from "../../server/analyzer/answers.js";
import { type Block, type Item, tableBlock } from "./outline.js";
import { severityTone } from "./policy-lint.js";
import { verdictTone } from "./policy-pair.js";

/** Why A can't reach B, for reading: the verdict, what is wrong and what to do, every way, what was not looked at. */
export function* diagnosisOutline(answer: DiagnosisAnswer, wide: boolean): Iterable<Block> {
  const { port, protocol } = answer.request;
  const asked = port === undefined ? protocol : `${protocol} ${port}`;
  yield {
    kind: "verdict",
    word: answer.status,
    tone: verdictTone(answer.status),
    text: `${answer.podA} -> ${answer.podB}, ${asked} (${percent(answer.confidence)} sure)`,
  };
  if (answer.policy.walkthrough !== "") yield { kind: "line", text: answer.policy.walkthrough };
  yield* troubleBlocks(answer);
  yield* causeBlocks("Causes", answer.causes);
  yield* causeBlocks("What would be wrong next, and risks", answer.latent);
  yield* wayBlocks(answer);
  if (wide) yield* detailBlocks(answer);
  yield* restBlocks(answer);
}

const percent = (probability: number): string => `${Math.round(probability * 100)} %`;

function* troubleBlocks({ issues, solutions }: DiagnosisAnswer): Iterable<Block> {
  if (issues.length > 0) {
    yield { kind: "heading", text: "What is wrong" };
    yield { kind: "items", items: issues.map((text): Item => ({ text })), isNumbered: true };
  }
  yield { kind: "heading", text: "What to do" };
  yield { kind: "items", items: solutions.map((text): Item => ({ text })), isNumbered: true };
}

function* causeBlocks(heading: string, causes: readonly CauseView[]): Iterable<Block> {
  if (causes.length === 0) return;
  yield { kind: "heading", text: heading };
  yield { kind: "items", items: causes.map(causeItem) };
}

const causeItem = (cause: CauseView): Item => {
  const where = [cause.component, cause.origin].filter((text) => text !== "").join(", ");
  const how = cause.probability === 0 ? [] : [percent(cause.probability)];
  const title = `${cause.code} (${[cause.severity, ...how].join(", ")})`;
  const remedy = cause.remediation;
  return {
    text: where === "" ? title : `${title}: ${where}`,
    tone: severityTone(cause.severity),
    more: [
      ...named("Looks the same", cause.equivalentTo.join(", ")),
      ...(remedy === undefined ? [] : remedyLines(remedy)),
    ],
    codes: remedy === undefined ? [] : remedyCodes(remedy),
  };
};

type Remedy = NonNullable<CauseView["remediation"]>;

/** What is to be pasted: prose is wrapped, and a command in two lines is two commands. The way back is a comment. */
const remedyCodes = ({ patch, steps, verify, rollback }: Remedy): readonly string[] => {
  const commands = [
    ...steps,
    ...(verify === "" ? [] : ["# See that it helped:", verify]),
    ...(rollback === "" ? [] : `To roll back: ${rollback}`.split("\n").map((line) => `# ${line}`)),
  ];
  return [patch, commands.join("\n")].filter((code) => code !== "");
};

const remedyLines = (remedy: Remedy): readonly string[] => [
  ...[remedy.summary, remedy.why].filter((text) => text !== ""),
  ...named("Risk", remedy.risk),
  ...named("Keep it from coming back", remedy.prevention),
];

const named = (name: string, text: string): readonly string[] =>
  text === "" ? [] : [`${name}: ${text}`];

function* wayBlocks({ verdicts }: DiagnosisAnswer): Iterable<Block> {
  if (verdicts.length === 0) return;
  yield { kind: "heading", text: "Ways to reach it" };
  yield tableBlock<DiagnosisAnswer["verdicts"][number]>({
    columns: [
      { field: "way", value: (row) => row.mode },
      { field: "status", value: (row) => row.status, tone: (row) => verdictTone(row.status) },
      { field: "sure", value: (row) => percent(row.confidence) },
      { field: "objects_say", value: (row) => row.static.verdict },
      { field: "probes_say", value: (row) => row.live.verdict },
      { field: "by", value: (row) => [row.static.by, row.static.rule].filter(Boolean).join(" ") },
    ],
    rows: () => verdicts,
    empty: "No way.",
  });
  const reasons = verdicts.filter(({ static: { why } }) => why !== "");
  if (reasons.length === 0) return;
  yield {
    kind: "items",
    items: reasons.map((row): Item => ({ text: `${row.mode}: ${row.static.why}` })),
  };
}

function* detailBlocks({ path, ruledOut }: DiagnosisAnswer): Iterable<Block> {
  if (path.length > 0) {
    yield { kind: "heading", text: "Hop by hop" };
    yield tableBlock<DiagnosisAnswer["path"][number]>({
      columns: [
        { field: "hop", value: (row) => String(row.hop) },
        { field: "at", value: (row) => row.at },
        { field: "check", value: (row) => row.check },
        { field: "result", value: (row) => row.result },
        { field: "evidence", value: (row) => row.evidence },
      ],
      rows: () => path,
      empty: "No hop.",
    });
  }
  if (ruledOut.length === 0) return;
  yield { kind: "heading", text: "Ruled out" };
  yield {
    kind: "items",
    items: ruledOut.map(({ code, because }): Item => ({ text: `${code}: ${because}` })),
  };
}

function* restBlocks({ limits, nextActions }: DiagnosisAnswer): Iterable<Block> {
  if (limits.length > 0) {
    yield { kind: "heading", text: "Not looked at" };
    yield {
      kind: "items",
      items: limits.map(
        ({ what, why, effect }): Item => ({ text: [what, why, effect].filter(Boolean).join(": ") }),
      ),
    };
  }
  if (nextActions.length === 0) return;
  yield { kind: "heading", text: "What would tell more" };
  yield {
    kind: "items",
    items: nextActions.map(
      ({ action, why }): Item => (why === "" ? { text: action } : { text: why, codes: [action] }),
    ),
  };
}
