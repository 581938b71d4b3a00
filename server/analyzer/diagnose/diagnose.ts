import type { DiagnosisAnswer } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { answerOf } from "./answer-of.js";
import { checkPods } from "./check-pods.js";
import { checkPolicies, judgeWays } from "./check-policies.js";
import { joinResults } from "./finding.js";
import { gapsOf } from "./gaps.js";
import { mergeFindings } from "./merge-findings.js";
import { modeVerdictOf, overallOf, wayStatesOf } from "./mode-verdict.js";
import type { DiagnosisContext, DiagnosisQuestion } from "./question.js";
import { rankFindings } from "./rank-causes.js";
import { situationOf } from "./situation.js";

export type { DiagnosisContext, DiagnosisQuestion } from "./question.js";

/**
 * Why A can't reach B, by what objects say: pods, nodes, policies in both directions, Services and DNS. Throws
 * QuestionError for a question that can't be asked or that names what the model lacks; whatever exists is diagnosed.
 */
export const diagnose = (
  world: PolicyWorld,
  question: DiagnosisQuestion,
  context: DiagnosisContext,
): DiagnosisAnswer => {
  const situation = situationOf(world, question);
  const judged = judgeWays(situation);
  const result = joinResults([checkPods(situation), checkPolicies(situation, judged)]);
  const findings = mergeFindings(result.findings);
  const gaps = gapsOf(situation);
  const knowledge = { plugin: situation.plugin, gaps };
  const states = wayStatesOf(situation.ways, findings);
  const isAnyOf = situation.b.resolved.kind === "dns";
  const verdicts = situation.modes.map((mode) =>
    modeVerdictOf(
      mode,
      states.filter(({ way }) => way.mode === mode),
      knowledge,
      { isAnyOf },
    ),
  );
  const overall = overallOf(verdicts, situation.primary);
  const ranking = rankFindings(findings, {
    verdicts,
    primary: situation.primary,
    status: overall.status,
    knowledge,
  });
  return answerOf({
    situation,
    judged,
    result: { ...result, findings },
    gaps,
    verdicts,
    overall,
    ranking,
    question,
    context,
  });
};
