import {
  allConnections,
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import type { DirectionDecision, Doubt, Part } from "./decision.js";

/**
 * The decision of a direction that may be judged in several ways (in either family of addresses), and it isn't known which:
 * what the ways do not agree on can't be told. `doubts` are those of all ways at once.
 */
export const mergeDecisions = (
  ways: readonly [DirectionDecision, ...DirectionDecision[]],
  doubts: readonly Doubt[],
): DirectionDecision => {
  const [first, ...others] = ways;
  if (others.length === 0) return first;
  const allowed = ways.map((way) => way.allowed).reduce(intersectConnections);
  const disputed = subtractConnections(
    ways.map((way) => way.allowed).reduce(unionConnections),
    allowed,
  );
  const undetermined = ways.map((way) => way.undetermined).reduce(unionConnections, disputed);
  return {
    ...first,
    allowed,
    undetermined,
    parts: mergedParts(ways.flatMap(({ parts }) => parts)),
    doubts: isEmptyConnections(undetermined) ? [] : sharesOf(doubts, undetermined),
  };
};

/** A decision of which it isn't known whether policies are asked at all: what they deny may be allowed. */
export const openDecision = (
  decision: DirectionDecision,
  doubt: Pick<Extract<Doubt, { readonly what: string }>, "reason" | "what">,
): DirectionDecision => {
  const denied = subtractConnections(allConnections, decision.allowed);
  if (isEmptyConnections(denied)) return decision;
  return {
    ...decision,
    undetermined: unionConnections(decision.undetermined, denied),
    doubts: [...decision.doubts, { ...doubt, connections: denied }],
  };
};

const sharesOf = (doubts: readonly Doubt[], undetermined: ConnectionSet): readonly Doubt[] =>
  doubts
    .map((doubt) => ({
      ...doubt,
      connections: intersectConnections(doubt.connections, undetermined),
    }))
    .filter(({ connections }) => !isEmptyConnections(connections));

/** Parts that are alike but for their connections become one. */
const mergedParts = (parts: readonly Part[]): readonly Part[] => {
  const merged = new Map<string, Part>();
  for (const part of parts) {
    const key = partKey(part);
    const same = merged.get(key);
    const connections =
      same === undefined ? part.connections : unionConnections(same.connections, part.connections);
    merged.set(key, { ...part, connections });
  }
  return [...merged.values()];
};

const partKey = (part: Part): string => {
  const rule = "rule" in part ? part.rule : undefined;
  const { kind = "", name = "", namespace = "" } = rule?.policy ?? {};
  const action = "action" in part ? part.action : "";
  return [part.by, action, kind, namespace, name, rule?.index ?? ""].join("\n");
};
