import type { PolicyWorld } from "../policy-world.js";
import type { ServiceRoute } from "../service/service-route.js";
import { type JudgedWay, judgeWay } from "./judge-way.js";
import { type Asked, type PairQuestion, parseAsked } from "./question.js";
import { destinationEnd, type QuestionEnd, sourceEnd } from "./question-ends.js";
import { waysOf } from "./ways.js";

/** A question with all its ways judged. */
export type JudgedQuestion = {
  readonly asked: Asked;
  readonly source: QuestionEnd;
  readonly destination: QuestionEnd;
  readonly routes: readonly ServiceRoute[];
  /** Any address outside may be meant: the ways are possibilities, not parts. */
  readonly isAnyAddress: boolean;
  readonly judged: readonly JudgedWay[];
};

/** Judges every way of a question. Throws QuestionError for what can't be asked. */
export const judgeQuestion = (
  world: PolicyWorld,
  question: Omit<PairQuestion, "explain">,
): JudgedQuestion => {
  const asked = parseAsked(question);
  const source = sourceEnd(world, question.source);
  const destination = destinationEnd(world, question.destination);
  const { ways, routes, isAnyAddress } = waysOf(world, { source, destination, asked });
  const judged = ways.map((way) => judgeWay(world, way, asked));
  return { asked, source, destination, routes, isAnyAddress, judged };
};
