import { isFinished } from "../../model/cluster-model.js";
import { amongAll, type Opinion, opinionOf, type Translation } from "../../pair/opinion.js";
import { translatedEgress, translatedIngress } from "../../pair/translation.js";
import type { DirectionDecision, PairDecision, PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { Situation } from "../situation/situation.js";
import { holdsWay, type Way } from "../situation/way.js";
import { unseenLabelsOf } from "./unseen-labels.js";

/** What a direction says of a way. */
export type DirectionVerdict = "allowed" | "denied" | "unknown";

/** A direction of a way with what was decided. */
export type JudgedDirection = {
  readonly decision: DirectionDecision;
  readonly verdict: DirectionVerdict;
  /** Why it can't be told beyond the decision's own doubts: a translated address, labels that were not read. */
  readonly doubt: Translation["doubt"] | undefined;
};

/** A way with what policies say of it. */
export type JudgedWay = {
  readonly way: Way;
  readonly egress: JudgedDirection;
  readonly ingress: JudgedDirection;
};

/** What policies say of every way that has two living ends. */
export const judgeWays = ({
  world,
  ways,
}: Pick<Situation, "world" | "ways">): readonly JudgedWay[] => {
  const known = new Map<string, PairDecision>();
  return ways.flatMap((way): readonly JudgedWay[] => {
    const { source, destination } = way;
    if (source === undefined || destination === undefined) return [];
    if (isGone(source) || isGone(destination)) return [];
    const viaService = way.route !== undefined && way.leg?.servicePort !== undefined;
    const key = `${endKey(source)} ${endKey(destination)} ${viaService}`;
    const decision = known.get(key) ?? world.engine.decide(source, destination, { viaService });
    known.set(key, decision);
    const translations = translationsOf(world, way, [source, destination]);
    return [
      {
        way,
        egress: judgeDirection(world, decision.egress, { way, translation: translations.egress }),
        ingress: judgeDirection(world, decision.ingress, {
          way,
          translation: translations.ingress,
        }),
      },
    ];
  });
};

/** How policies may be judged where a Service's outside address, or its node, stands in for an end. */
const translationsOf = (
  world: PolicyWorld,
  { route, leg }: Way,
  ends: readonly [PolicyEndpoint, PolicyEndpoint],
): { readonly egress?: Translation | undefined; readonly ingress?: Translation | undefined } => {
  if (route === undefined || leg === undefined) return {};
  const way = { ends, through: { route, leg } };
  return { egress: translatedEgress(world, way), ingress: translatedIngress(world, way) };
};

/** A direction is certain of what every opinion says, and possible is what any says. */
const judgeDirection = (
  world: PolicyWorld,
  decision: DirectionDecision,
  { way, translation }: { readonly way: Way; readonly translation: Translation | undefined },
): JudgedDirection => {
  const plain = verdictOf(opinionOf(decision), way);
  const opinions = translation?.opinions ?? [];
  const verdict = verdictOf(amongAll([opinionOf(decision), ...opinions]), way);
  if (verdict === "denied") {
    const doubt = unseenLabelsOf(world, decision, way);
    return { decision, verdict: doubt === undefined ? "denied" : "unknown", doubt };
  }
  const isFresh = verdict === "unknown" && plain !== "unknown";
  return { decision, verdict, doubt: isFresh ? translation?.doubt : undefined };
};

const verdictOf = ({ certain, possible }: Opinion, way: Way): DirectionVerdict => {
  if (holdsWay(certain, way)) return "allowed";
  return holdsWay(possible, way) ? "unknown" : "denied";
};

const isGone = (end: PolicyEndpoint): boolean => end.kind === "pod" && isFinished(end.pod);

const endKey = (end: PolicyEndpoint): string => {
  switch (end.kind) {
    case "pod":
      return `pod/${end.pod.namespace}/${end.pod.name}`;
    case "node":
      return `node/${end.node.name}`;
    case "addresses":
      return `${end.range.family}/${end.range.first}-${end.range.last}`;
  }
};
