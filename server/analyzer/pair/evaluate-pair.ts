import type { PairAnswer } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { judgeQuestion } from "./judge-question.js";
import type { JudgedWay } from "./judge-way.js";
import { pathsMax } from "./limits.js";
import { mergeWays } from "./merge-ways.js";
import { pairWarnings } from "./pair-warnings.js";
import { pathView, wayWalkthrough } from "./path-view.js";
import type { PairQuestion } from "./question.js";
import type { QuestionEnd } from "./question-ends.js";
import { rollUp } from "./roll-up.js";
import type { Verdict } from "./verdict.js";
import { connectionsView } from "./views.js";

/**
 * Whether A may reach B: every concrete way with what both of its ends' policies say, and what all of them come to. Throws
 * QuestionError for what can't be asked: a malformed name, what the model lacks, more than `waysJudgedMax` pairs.
 */
export const evaluatePair = (world: PolicyWorld, question: PairQuestion): PairAnswer => {
  const all = judgeQuestion(world, question);
  const { asked, source, destination } = all;
  const judged = mergeWays(world, all.judged);
  const summary = rollUp(judged, all.isAnyAddress);
  const shown = judged.length <= pathsMax ? judged : worstFirst(judged).slice(0, pathsMax);
  return {
    source: source.name.view,
    destination: destination.name.view,
    port: asked.port,
    protocol: asked.protocol ?? "",
    verdict: hasNoLiveEnd(source, destination) ? "unknown" : summary.verdict,
    connections: connectionsView(summary.connections),
    undetermined: connectionsView(summary.undetermined),
    walkthrough: walkthroughOfAll(judged, summary.verdict),
    paths: shown.map((each) => pathView(world, each, question.explain)),
    warnings: pairWarnings(world, { ...all, judged, isExplained: question.explain }),
    profile: world.engine.profile.name,
    model: world.view,
  };
};

/** Whether a side has no pods at all: a workload that is scaled to nothing, a pod that has finished. */
const hasNoLiveEnd = (source: QuestionEnd, destination: QuestionEnd): boolean =>
  source.ends.length === 0 ||
  (destination.ends.length === 0 && destination.name.service === undefined);

const order: readonly Verdict[] = ["denied", "unknown", "partial", "allowed"];

const worstFirst = (judged: readonly JudgedWay[]): readonly JudgedWay[] =>
  [...judged].sort(
    (one, other) =>
      Number(other.counts) - Number(one.counts) ||
      order.indexOf(one.verdict) - order.indexOf(other.verdict),
  );

/** The walkthrough of the way that decides, with the number of ways that are judged otherwise. */
const walkthroughOfAll = (judged: readonly JudgedWay[], verdict: Verdict): string => {
  const counted = judged.filter(({ counts }) => counts);
  const first = counted.find((way) => way.verdict === verdict) ?? worstFirst(counted)[0];
  if (first === undefined) return "nothing takes the connection";
  const text = wayWalkthrough(first);
  const others = counted.filter((way) => wayWalkthrough(way) !== text).length;
  if (others === 0) return text;
  return `${text} (${others} of ${counted.length} ways otherwise)`;
};
