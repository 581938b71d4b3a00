import type {
  DirectionView,
  MissView,
  PairAnswer,
  PartView,
  PathView,
} from "../../server/analyzer/answers.js";
import { pathsPrintedMax, pointsPrintedMax } from "../limits.js";
import type { Column } from "./columns.js";
import { type Block, type Item, tableBlock } from "./outline.js";
import {
  atMost,
  connectionsWords,
  countText,
  isNothing,
  modelText,
  placedPolicyText,
  questionText,
  ruleText,
} from "./policy-names.js";
import type { Tone } from "./style.js";

/** How much of a pair is shown. */
export type PairDepth = {
  readonly depth: "verdict" | "explanation";
  /** Everything, however long. */
  readonly wide: boolean;
  /** Commands that lead on, ready to be run. */
  readonly next: readonly string[];
};

/** Whether A may reach B, for reading: the verdict, every way, who decides, what to know, what to do. */
export function* pairOutline(answer: PairAnswer, options: PairDepth): Iterable<Block> {
  yield {
    kind: "verdict",
    word: verdictWords[answer.verdict] ?? answer.verdict,
    tone: verdictTone(answer.verdict),
    text: questionText(answer),
  };
  yield { kind: "line", text: answer.walkthrough };
  if (answer.port === 0 && answer.verdict !== "denied") {
    yield { kind: "line", text: `Permitted: ${connectionsWords(answer.connections)}.` };
  }
  if (!isNothing(answer.undetermined)) {
    yield { kind: "line", text: `Can't be told: ${connectionsWords(answer.undetermined)}.` };
  }
  yield* waysOf(answer);
  const max = options.wide ? answer.paths.length : pathsPrintedMax;
  const shown = options.depth === "verdict" ? [] : answer.paths.slice(0, max);
  if (options.depth === "verdict") yield* decidersOf(answer, options);
  for (const path of shown) yield* pathBlocks(path, answer, options);
  if (options.depth === "explanation" && answer.paths.length > shown.length) {
    const more = countText(answer.paths.length - shown.length, "more way");
    yield { kind: "line", text: `${more}; -o wide explains all.` };
  }
  yield* endOf(answer, options);
}

const verdictWords: Readonly<Record<string, string>> = {
  allowed: "allowed",
  denied: "denied",
  partial: "partly allowed",
  unknown: "can't be told",
};

/** The tone of a verdict, a status or an outcome. */
export const verdictTone = (verdict: string): Tone => {
  switch (verdict) {
    case "allowed":
    case "connected":
    case "passed":
      return "good";
    case "denied":
    case "disconnected":
    case "failed":
      return "bad";
    default:
      return "warn";
  }
};

const wayColumns: readonly Column<PathView>[] = [
  { field: "source", value: (path) => path.source.name },
  { field: "destination", value: (path) => path.destination.name },
  {
    field: "port",
    value: ({ servicePort, targetPort, protocol }) =>
      servicePort === 0 ? "" : `${protocol} ${servicePort} -> ${targetPort}`,
    shown: "filled",
  },
  {
    field: "ready",
    value: ({ servicePort, ready }) => (servicePort === 0 ? "" : ready ? "yes" : "no"),
    shown: "filled",
  },
  { field: "verdict", value: (path) => path.verdict, tone: (path) => verdictTone(path.verdict) },
  { field: "connections", value: (path) => path.connections.text },
];

function* waysOf({ paths }: PairAnswer): Iterable<Block> {
  const [only] = paths;
  if (only === undefined || (paths.length === 1 && only.servicePort === 0)) return;
  yield { kind: "heading", text: "Ways" };
  yield tableBlock({ columns: wayColumns, rows: () => paths, empty: "No way." });
}

function* decidersOf(answer: PairAnswer, { wide }: PairDepth): Iterable<Block> {
  const texts = new Set(
    answer.paths.flatMap((path) =>
      [path.egress, path.ingress].flatMap((direction) =>
        direction.parts
          .filter((part) => part.by !== "default" && concerns(part, askedOf(answer, path)))
          .map((part) => partText(part, direction, askedOf(answer, path))),
      ),
    ),
  );
  if (texts.size === 0) return;
  yield { kind: "heading", text: "Who decides" };
  const items = [...texts].map((text): Item => ({ text }));
  yield { kind: "items", items: bounded(items, wide) };
}

function* pathBlocks(path: PathView, answer: PairAnswer, options: PairDepth): Iterable<Block> {
  if (answer.paths.length > 1) {
    yield {
      kind: "heading",
      text: `${path.source.name} -> ${path.destination.name}: ${path.verdict}`,
    };
  }
  const asked = askedOf(answer, path);
  yield* directionBlocks(path.egress, path.source.name, { ...options, asked });
  yield* directionBlocks(path.ingress, path.destination.name, { ...options, asked });
  if (path.doubts.length === 0) return;
  yield { kind: "heading", text: "What can't be told" };
  const items = path.doubts.map(
    ({ text, connections }): Item => ({
      text: `${text} (${connectionsWords(connections)})`,
      tone: "warn",
    }),
  );
  yield { kind: "items", items: bounded(items, options.wide) };
}

function* directionBlocks(
  direction: DirectionView,
  end: string,
  { wide, asked }: PairDepth & { readonly asked: Asked },
): Iterable<Block> {
  const title = direction.direction === "egress" ? "Egress of" : "Ingress of";
  const isolated = direction.isolated ? "isolated by policies" : "not isolated";
  yield {
    kind: "heading",
    text: `${title} ${end} (${isolated}): ${connectionsWords(direction.allowed)} permitted`,
  };
  yield { kind: "line", text: direction.walkthrough };
  const items = direction.parts.map(
    (part): Item => ({ text: partText(part, direction, asked), tone: partTone(part) }),
  );
  yield { kind: "items", items: bounded(items, wide) };
  if (direction.misses.length === 0) return;
  yield { kind: "line", text: "Why the rest does not match, the nearest first:" };
  yield { kind: "items", items: bounded(direction.misses.map(missItem), wide), isNumbered: true };
}

const partTone = ({ action }: PartView): Tone =>
  action === "deny" ? "bad" : action === "pass" ? "plain" : "good";

const actions: Readonly<Record<string, string>> = {
  accept: "permits",
  deny: "denies",
  pass: "passes on",
};

/** What was asked of one way: on its destination, so behind a Service. Port 0 is every port. */
type Asked = { readonly port: number; readonly protocol: string };

const askedOf = (answer: PairAnswer, path: PathView): Asked => ({
  port: path.targetPort === 0 ? answer.port : path.targetPort,
  protocol: path.protocol === "" ? answer.protocol : path.protocol,
});

/** Whether a part has anything to do with what was asked. */
const concerns = ({ connections }: PartView, { port, protocol }: Asked): boolean =>
  protocol === "" ||
  connections.protocols.some(
    (one) =>
      one.protocol === protocol &&
      (port === 0 || one.ports.some(({ first, last }) => first <= port && port <= last)),
  );

/** Who decided a part, as a sentence; of what was asked where it was a port. */
const partText = (
  part: PartView,
  { direction }: Pick<DirectionView, "direction">,
  asked: Asked,
): string => {
  const what =
    asked.port !== 0 && concerns(part, asked)
      ? `${asked.protocol} ${asked.port}`
      : connectionsWords(part.connections);
  const action = actions[part.action] ?? part.action;
  if (part.by === "exemption") {
    return `${direction}: ${exemptions[part.reason] ?? part.reason}: ${what}`;
  }
  if (part.by === "default") return `${direction}: no policy decides, so it is permitted: ${what}`;
  if (part.rule !== undefined) return `${ruleText(part.rule)} ${action} ${what}`;
  const names = part.policies.map(placedPolicyText).join(", ");
  return `no ${direction} rule of ${names} permits ${what}`;
};

const exemptions: Readonly<Record<string, string>> = {
  self: "a pod always reaches itself",
  "own-node": "policies do not apply between a pod and its own node",
  "host-network": "policies do not apply to pods on the host network",
  "no-subject": "this end has no policies",
  hairpin: "policies do not apply to a pod that reaches itself through a Service",
};

const missItem = ({ text, unmet, hint, rule, policy }: MissView): Item => ({
  text,
  more: [
    ...(unmet.length === 0 ? [] : [`not met: ${unmet.join(", ")}`]),
    ...(hint === "" ? [] : [hint]),
    rule === undefined ? placedPolicyText(policy) : ruleText(rule),
  ],
});

function* endOf({ warnings, profile, model }: PairAnswer, { next }: PairDepth): Iterable<Block> {
  if (warnings.length > 0) {
    yield { kind: "heading", text: "Warnings" };
    yield { kind: "items", items: warnings.map((text): Item => ({ text, tone: "warn" })) };
  }
  if (next.length > 0) {
    yield { kind: "heading", text: "What to do" };
    yield { kind: "code", language: "sh", text: next.join("\n") };
  }
  yield { kind: "heading", text: "Judged by" };
  yield { kind: "line", text: modelText(profile, model) };
}

const bounded = (items: readonly Item[], wide: boolean): readonly Item[] =>
  wide
    ? items
    : atMost(items, pointsPrintedMax, (count) => ({ text: `${count} more; -o wide shows all` }));
