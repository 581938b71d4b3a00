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
 * What the engine is asked about a pair, so that its answer is that of its row: a unit on the host network is at home with
 * another only where all pods of both are on one node.
 */
export const endpointsOf = (
  source: ListEnd,
  destination: ListEnd,
): readonly [PolicyEndpoint, PolicyEndpoint] => {
  const plain = [endpointOf(source), endpointOf(destination)] as const;
  const [from, to] = plain;
  if (!isUnit(source) || !isUnit(destination) || from.kind !== "pod" || to.kind !== "pod") {
    return plain;
  }
  if (!from.pod.hostNetwork && !to.pod.hostNetwork) return plain;
  if (from.pod.nodeName !== to.pod.nodeName) return plain;
  const isAway = ({ nodeName }: PodObject): boolean => nodeName !== from.pod.nodeName;
  const other = source.pods.find(isAway);
  if (other !== undefined) return [{ kind: "pod", pod: other }, to];
  const away = destination.pods.find(isAway);
  return away === undefined ? plain : [from, { kind: "pod", pod: away }];
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
