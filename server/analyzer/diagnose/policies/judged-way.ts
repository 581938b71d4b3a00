import { isFinished } from "../../model/cluster-model.js";
import type { DirectionDecision, PairDecision, PolicyEndpoint } from "../../policy/decision.js";
import { type ConnectionSet, containsConnection } from "../../sets/connections.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";

/** A way with what policies say of it. */
export type JudgedWay = { readonly way: Way; readonly decision: PairDecision };

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
    const viaService = way.route !== undefined;
    const key = `${endKey(source)} ${endKey(destination)} ${viaService}`;
    const decision = known.get(key) ?? world.engine.decide(source, destination, { viaService });
    known.set(key, decision);
    return [{ way, decision }];
  });
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

/** Whether a set of connections has a way in it: of a way to any port, whether it has one of its protocol. */
export const holdsWay = (set: ConnectionSet, { protocol, port }: Way): boolean =>
  port === 0 ? set[protocol].length > 0 : containsConnection(set, protocol, port);

/** Whether a direction lets a way through. */
export const directionVerdict = (
  { allowed, undetermined }: DirectionDecision,
  way: Way,
): "allowed" | "denied" | "unknown" => {
  if (holdsWay(undetermined, way)) return "unknown";
  return holdsWay(allowed, way) ? "allowed" : "denied";
};
