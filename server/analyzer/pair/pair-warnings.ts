import type { PolicyWorld } from "../policy-world.js";
import type { ServiceRoute } from "../service/service-route.js";
import { serviceIssueText } from "../service/service-text.js";
import type { JudgedWay } from "./judge-way.js";
import type { Asked, PairQuestion } from "./question.js";
import type { QuestionEnd } from "./question-ends.js";

/** What warnings are made from. */
export type WarningContext = {
  readonly question: PairQuestion;
  readonly asked: Asked;
  readonly source: QuestionEnd;
  readonly destination: QuestionEnd;
  readonly routes: readonly ServiceRoute[];
  readonly judged: readonly JudgedWay[];
};

/** What else should be known about an answer: one sentence each, without repeats. */
export const pairWarnings = (_world: PolicyWorld, context: WarningContext): readonly string[] => {
  const { source, destination, routes } = context;
  return [
    ...new Set([
      ...source.warnings,
      ...destination.warnings,
      ...[source, destination].map(({ name }) => name.reason).filter((reason) => reason !== ""),
      ...routes.flatMap((route) => route.issues.map((issue) => serviceIssueText(route, issue))),
    ]),
  ];
};
