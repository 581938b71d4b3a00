import type {
  DirectionView,
  MissView,
  PairAnswer,
  PathView,
} from "../../server/analyzer/answers.js";

/** An answer about a pair as plain lines, with everything in it that says why: for goldens. */
export const pairText = (answer: PairAnswer): string =>
  [
    `${answer.source.name} => ${answer.destination.name}${askedText(answer)}: ${answer.verdict}`,
    `  connections: ${answer.connections.text}${openText(answer.undetermined.text)}`,
    `  walkthrough: ${answer.walkthrough}`,
    ...answer.warnings.map((warning) => `  warning: ${warning}`),
    ...answer.paths.flatMap(pathLines),
    "",
  ].join("\n");

const askedText = ({ port, protocol }: PairAnswer): string => {
  if (port === 0) return protocol === "" ? "" : ` ${protocol}`;
  return ` ${protocol} ${port}`;
};

const openText = (text: string): string =>
  text === "No Connections" ? "" : `, can't be told: ${text}`;

const pathLines = (path: PathView): readonly string[] => [
  `  path ${path.source.name} => ${path.destination.name}${portText(path)}: ${path.verdict}${path.ready ? "" : " (not in use)"}`,
  `    connections: ${path.connections.text}${openText(path.undetermined.text)}`,
  ...path.doubts.map(({ reason, text }) => `    doubt: ${reason}: ${text}`),
  ...directionLines(path.egress),
  ...directionLines(path.ingress),
];

const portText = ({ servicePort, targetPort, protocol }: PathView): string =>
  servicePort === 0 ? "" : ` (${protocol} ${servicePort} -> ${targetPort})`;

const directionLines = (view: DirectionView): readonly string[] => [
  `    ${view.direction}${view.isolated ? " (isolated)" : ""}: ${view.walkthrough}`,
  ...view.parts.map((part) => {
    const rule = part.rule;
    const who =
      rule === undefined
        ? part.policies.map(({ namespace, name }) => `${namespace}/${name}`).join(", ")
        : `${rule.policy.namespace}/${rule.policy.name} rule ${rule.number}${rule.name === "" ? "" : ` ${rule.name}`} at ${rule.location.file}:${rule.location.line}`;
    const what = [part.by, part.action, part.reason, who].filter((word) => word !== "").join(" ");
    return `      ${what}: ${part.connections.text}`;
  }),
  ...view.misses.map(missLine),
];

const missLine = ({ kind, text, hint, unmet }: MissView): string =>
  `      miss ${kind}: ${text}${unmet.length === 0 ? "" : ` [${unmet.join(", ")}]`}${hint === "" ? "" : ` -- ${hint}`}`;
