import type { PolicyWorld } from "../policy-world.js";
import { connectionsText } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { type EndGroup, soleGroup } from "./end-groups.js";
import type { JudgedWay } from "./judge-way.js";
import { wayWalkthrough } from "./path-view.js";

/** Joins ways that policies judge alike: neighbouring ranges of addresses, and the two families of one endpoint. */
export const mergeWays = (
  { model }: Pick<PolicyWorld, "model">,
  judged: readonly JudgedWay[],
): readonly JudgedWay[] => {
  const merged: JudgedWay[] = [];
  const seen = new Map<string, JudgedWay>();
  for (const one of judged) {
    const before = merged.at(-1);
    const next = before === undefined ? undefined : joinRanges(model, before, one);
    if (next !== undefined) {
      merged[merged.length - 1] = next;
      continue;
    }
    const key = keyOf(one);
    if (seen.has(key)) continue;
    seen.set(key, one);
    merged.push(one);
  }
  return merged;
};

type Model = PolicyWorld["model"];

/** The two as one where they differ in a range of addresses only, and that range goes on where the other ends. */
const joinRanges = (model: Model, one: JudgedWay, other: JudgedWay): JudgedWay | undefined => {
  const source = joinedEnd(one.way.source, other.way.source);
  const destination = joinedEnd(one.way.destination, other.way.destination);
  const { source: from, destination: to } = one.way;
  const isNext =
    (source !== undefined && to.view.name === other.way.destination.view.name) ||
    (destination !== undefined && from.view.name === other.way.source.view.name);
  if (!isNext || outcomeOf(one) !== outcomeOf(other)) return undefined;
  const group = (range: IpRange | undefined, before: EndGroup): EndGroup =>
    range === undefined ? before : soleGroup(model, { kind: "addresses", range });
  return {
    ...one,
    way: { ...one.way, source: group(source, from), destination: group(destination, to) },
  };
};

const joinedEnd = (one: EndGroup, other: EndGroup): IpRange | undefined => {
  const [first] = one.ends;
  const [second] = other.ends;
  if (first.kind !== "addresses" || second.kind !== "addresses") return undefined;
  const isNext =
    first.range.family === second.range.family && first.range.last + 1n === second.range.first;
  return isNext ? { ...first.range, last: second.range.last } : undefined;
};

const outcomeOf = (judged: JudgedWay): string => {
  const { allowed, undetermined, counts, way } = judged;
  const { servicePort, targetPort, state } = way.through?.leg ?? {};
  const port = `${servicePort?.protocol} ${servicePort?.port} ${targetPort} ${state}`;
  const sets = `${connectionsText(allowed)} ${connectionsText(undetermined)}`;
  return `${port} ${counts} ${sets} ${wayWalkthrough(judged)}`;
};

const keyOf = (judged: JudgedWay): string =>
  `${judged.way.source.view.name} ${judged.way.destination.view.name} ${outcomeOf(judged)}`;
