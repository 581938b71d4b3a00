import type { EvaluatedPolicy } from "../../policy/decision.js";
import type { Code } from "../catalogue/catalogue.js";
import { type Finding, remedyOf } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import type { Way } from "../situation/way.js";
import type { JudgedDirection } from "./judged-way.js";
import type { DeniedConnection } from "./rule-miss.js";

/** A direction of a way with what was decided. */
export type HintTask = Pick<JudgedDirection, "decision" | "verdict"> & {
  readonly way: Way;
  readonly connection: DeniedConnection;
};

/** What a hint says. */
export type HintParts = {
  readonly code: Code;
  readonly component: string;
  readonly issue: string;
  readonly solution: string;
  readonly why: string;
  readonly step: string;
  readonly data: Readonly<Record<string, string>>;
};

/** A hint as a finding that stops nothing. */
export const hintFinding = (
  { way, connection: { direction } }: HintTask,
  parts: HintParts,
): Finding =>
  hintAt(
    {
      place: direction,
      origin: direction === "egress" ? "source" : "destination",
      hits: (each) => each === way,
    },
    { ...parts, data: { direction, ...parts.data } },
  );

/** A hint at any place. */
export const hintAt = (
  at: Pick<Finding, "place" | "origin" | "hits">,
  parts: HintParts,
): Finding => ({
  ...at,
  code: parts.code,
  effect: "risk",
  component: parts.component,
  proof: "direct",
  issue: parts.issue,
  solutions: [`${parts.solution}: run ${parts.step}`],
  observations: [{ kind: "policy", data: parts.data }],
  remedy: remedyOf({ summary: parts.solution, why: parts.why, steps: [parts.step] }),
});

/** The command that shows a policy. */
export const showPolicy = (policy: EvaluatedPolicy): string =>
  policy.namespace === ""
    ? kubectl("", "get", policy.kind.toLowerCase(), policy.name, "-o", "yaml")
    : kubectl(policy.namespace, "get", "networkpolicy", policy.name, "-o", "yaml");
