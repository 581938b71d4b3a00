import type { DiagnosisAnswer } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { answerOf } from "./answer/answer-of.js";
import { checkDns } from "./dns/check-dns.js";
import { joinResults } from "./findings/finding.js";
import { mergeFindings, relevantFindings } from "./findings/merge-findings.js";
import { checkNodes } from "./nodes/check-nodes.js";
import { checkPods } from "./pods/check-pods.js";
import { checkPolicies } from "./policies/check-policies.js";
import { unenforcedLookups } from "./policies/enforcement-hints.js";
import { judgeWays } from "./policies/judged-way.js";
import type { DiagnosisContext, DiagnosisQuestion } from "./question.js";
import { checkServices } from "./services/check-services.js";
import { situationOf } from "./situation/situation.js";
import { gapsOf } from "./verdict/gaps.js";
import { modeVerdictOf, overallOf, wayStatesOf } from "./verdict/mode-verdict.js";
import { rankFindings } from "./verdict/rank-causes.js";

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
  const situation = situationOf(world, question, context.startedAtMs);
  const judged = judgeWays(situation);
  const result = joinResults([
    checkPods(situation),
    checkNodes(situation),
    checkServices(situation),
    checkDns(situation),
    checkPolicies(situation, judged),
  ]);
  const found = [...result.findings, ...unenforcedLookups(situation, result.findings)];
  const findings = mergeFindings(relevantFindings(found, situation.ways));
  const gaps = gapsOf(situation);
  const knowledge = { plugin: situation.plugin, gaps };
  const states = wayStatesOf(situation.ways, findings);
  const verdicts = situation.modes.map((mode) =>
    modeVerdictOf(
      mode,
      states.filter(({ way }) => way.mode === mode),
      knowledge,
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
