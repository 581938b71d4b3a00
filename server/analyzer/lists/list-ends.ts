import type { PodObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit } from "../policy/engine.js";
import type { ConnectionSet } from "../sets/connections.js";
import { type ListRange, listRanges } from "./list-ranges.js";

/** An end of a row: pods of one workload that no policy tells apart, or addresses outside. */
export type ListEnd = PolicyUnit | ListRange;

/** A row of the list: two units, or a unit and a range. */
export type ListRow = {
  readonly source: ListEnd;
  readonly destination: ListEnd;
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
};

/** Whether an end is pods of a workload. */
export const isUnit = (end: ListEnd): end is PolicyUnit => "pods" in end;

/** "ns/name[Kind]", or the range with "[External]". */
export const endText = (end: ListEnd): string => (isUnit(end) ? end.name : end.text);

/** What the engine is asked about an end; any pod of a unit stands for all. */
export const endpointOf = (end: ListEnd): PolicyEndpoint =>
  isUnit(end)
    ? { kind: "pod", pod: end.pods[0] as PolicyUnit["pods"][number] }
    : { kind: "addresses", range: end.range };

/**
 * What the engine is asked about a pair, so that its answer is that of the row: with a unit on the host network the other
 * is at home only where all pods of both are on one node, and may be at home where the node of any of them is not known.
 */
export const endpointsOf = (
  source: ListEnd,
  destination: ListEnd,
): readonly [PolicyEndpoint, PolicyEndpoint] => {
  if (!isUnit(source) || !isUnit(destination)) return [endpointOf(source), endpointOf(destination)];
  const [from, to] = [firstPod(source), firstPod(destination)];
  const [one, other] =
    from.hostNetwork || to.hostNetwork ? podsThatDecide(source, destination) : [from, to];
  return [
    { kind: "pod", pod: one },
    { kind: "pod", pod: other },
  ];
};

/** The pod that stands for all of a unit. */
export const firstPod = ({ pods }: PolicyUnit): PodObject => pods[0] as PodObject;

const podsThatDecide = (
  source: PolicyUnit,
  destination: PolicyUnit,
): readonly [PodObject, PodObject] => {
  const [from, to] = [firstPod(source), firstPod(destination)];
  const isUnplaced = ({ nodeName }: PodObject): boolean => nodeName === undefined;
  const [one, other] = [source.pods.find(isUnplaced), destination.pods.find(isUnplaced)];
  if (one !== undefined || other !== undefined) return [one ?? from, other ?? to];
  const isAway = ({ nodeName }: PodObject): boolean => nodeName !== from.nodeName;
  const away = source.pods.find(isAway);
  if (away !== undefined && from.nodeName === to.nodeName) return [away, to];
  return [from, destination.pods.find(isAway) ?? to];
};

/** The ends of a model. */
export type ListEnds = {
  /** In order of names. */
  readonly units: readonly PolicyUnit[];
  /** The ranges that rows come from. */
  readonly sources: readonly ListRange[];
  /** The ranges that rows go to. */
  readonly destinations: readonly ListRange[];
};

/** Every end of a model. */
export const listEnds = (engine: PolicyEngine): ListEnds => ({
  units: engine.units(),
  sources: listRanges(engine, "ingress"),
  destinations: listRanges(engine, "egress"),
});

/** Units and ranges in order of their texts, which for ranges is not that of their addresses. */
export const endsInOrder = (
  { units }: Pick<ListEnds, "units">,
  ranges: readonly ListRange[],
): readonly ListEnd[] => [...mergedInOrder<ListEnd>(units, rangesInOrder(ranges), endText)];

/** Ranges in order of their texts. */
export const rangesInOrder = (ranges: readonly ListRange[]): readonly ListRange[] =>
  [...ranges].sort((one, other) => (one.text < other.text ? -1 : 1));

/** Two sorted lists as one. */
export function* mergedInOrder<T>(
  one: Iterable<T>,
  other: readonly T[],
  textOf: (value: T) => string,
): Iterable<T> {
  let at = 0;
  for (const value of one) {
    for (; at < other.length; at++) {
      const next = other[at] as T;
      if (textOf(next) > textOf(value)) break;
      yield next;
    }
    yield value;
  }
  for (; at < other.length; at++) yield other[at] as T;
}
