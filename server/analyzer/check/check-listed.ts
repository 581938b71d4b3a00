import { groupBy } from "../../../common/group-by.js";
import { memo } from "../../../common/memo.js";
import {
  endsInOrder,
  isUnit,
  type ListEnd,
  type ListEnds,
  type ListRow,
  listEnds,
} from "../lists/list-ends.js";
import { externalText, type ListRange } from "../lists/list-ranges.js";
import { orderedRows } from "../lists/ordered-rows.js";
import { doubtNames, RowDoubts } from "../lists/row-doubts.js";
import { workloadText } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { PolicyUnit } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import { type ConnectionSet, noConnections } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { intersectIps } from "../sets/ip-set.js";
import type { CheckRule } from "./check-rule.js";
import type { RuleSide } from "./rule-ends.js";
import { type PairOutcome, pairOutcome, type RuleTally } from "./rule-tally.js";

/** A side that the list of connections has rows of. */
export type ListedSide = Exclude<RuleSide, { readonly kind: "name" }>;

/** The ends of a side, each with the name that it is shown by. */
type NamedEnds = ReadonlyMap<ListEnd, string>;

/** Judges pairs of pods and addresses by the list of connections. */
export class ListedChecks {
  readonly #world: PolicyWorld;
  readonly #ends: ListEnds;
  readonly #doubts: RowDoubts;
  readonly #unitOf = new Map<PodObject, PolicyUnit>();

  constructor(world: PolicyWorld) {
    this.#world = world;
    this.#ends = listEnds(world.engine);
    this.#doubts = new RowDoubts(world.engine);
    for (const unit of this.#ends.units) for (const pod of unit.pods) this.#unitOf.set(pod, unit);
  }

  /** Judges every pair of both sides but those of a pod with itself and of two ranges. */
  judge(from: ListedSide, to: ListedSide, tally: RuleTally): void {
    const sources = this.#endsOf(from, this.#ends.sources);
    const destinations = this.#endsOf(to, this.#ends.destinations);
    const rows = this.#rowsBetween(sources, destinations)[Symbol.iterator]();
    const outcomeOf = createOutcome(tally.rule);
    let next = rows.next();
    for (const [source, sourceName] of sources) {
      for (const [destination, destinationName] of destinations) {
        if (!isPair(source, destination)) continue;
        const row = rowOfPair(next, source, destination);
        const { allowed, undetermined } = row ?? nothingAllowed;
        tally.add(outcomeOf(allowed, undetermined), () => ({
          source: sourceName,
          destination: destinationName,
          allowed,
          undetermined,
          because: row === undefined ? [] : this.#doubts.because(row),
        }));
        if (row !== undefined) next = rows.next();
      }
    }
    this.#judgeWithin(from, to, tally);
  }

  #rowsBetween(sources: NamedEnds, destinations: NamedEnds): ReturnType<typeof orderedRows> {
    return orderedRows(this.#world.engine, this.#ends, {
      sources: new Set(sources.keys()),
      destinations: new Set(destinations.keys()),
    });
  }

  /** In the order of the list. */
  #endsOf(side: ListedSide, ranges: readonly ListRange[]): NamedEnds {
    const units =
      side.kind === "pods"
        ? new Set(side.pods.map((pod) => this.#unitOf.get(pod)))
        : new Set<PolicyUnit | undefined>();
    const asked = side.kind === "pods" ? [] : side.ranges;
    const named = new Map<ListEnd, string>();
    for (const end of endsInOrder(this.#ends, ranges)) {
      const name = isUnit(end) ? (units.has(end) ? end.name : undefined) : nameWithin(end, asked);
      if (name !== undefined) named.set(end, name);
    }
    return named;
  }

  /** Pods of one unit among themselves, which the list has no rows of. */
  #judgeWithin(from: ListedSide, to: ListedSide, tally: RuleTally): void {
    if (from.kind !== "pods" || to.kind !== "pods") return;
    const targets = this.#byUnit(to.pods);
    for (const [unit, pods] of this.#byUnit(from.pods)) {
      const pair = distinctPair(pods, targets.get(unit) ?? []);
      if (pair === undefined) continue;
      const [source, destination] = pair;
      const decision = this.#world.engine.decide(
        { kind: "pod", pod: source },
        { kind: "pod", pod: destination },
      );
      const { allowed, undetermined } = decision;
      tally.add(pairOutcome(tally.rule, decision), () => ({
        source: podText(source),
        destination: podText(destination),
        allowed,
        undetermined,
        because: doubtNames(decision),
      }));
    }
  }

  #byUnit(pods: readonly PodObject[]): ReadonlyMap<PolicyUnit | undefined, readonly PodObject[]> {
    return groupBy(pods, (pod) => this.#unitOf.get(pod));
  }
}

const nothingAllowed = { allowed: noConnections, undetermined: noConnections };

/** The outcome for each pair of sets is found once: the engine has one object for equal sets. */
const createOutcome = (
  rule: CheckRule,
): ((allowed: ConnectionSet, undetermined: ConnectionSet) => PairOutcome) => {
  const known = new Map<ConnectionSet, Map<ConnectionSet, PairOutcome>>();
  return (allowed, undetermined) => {
    const outcomes = memo(known, undetermined, () => new Map<ConnectionSet, PairOutcome>());
    return memo(outcomes, allowed, () => pairOutcome(rule, { allowed, undetermined }));
  };
};

/** The next row, where it is that of the pair: pairs and rows are in one order. */
const rowOfPair = (
  next: IteratorResult<ListRow>,
  source: ListEnd,
  destination: ListEnd,
): ListRow | undefined => {
  if (next.done === true) return undefined;
  const row: ListRow = next.value;
  return row.source === source && row.destination === destination ? row : undefined;
};

const isPair = (source: ListEnd, destination: ListEnd): boolean =>
  source !== destination && (isUnit(source) || isUnit(destination));

/** The asked part of a range, where there is one. */
const nameWithin = ({ range }: ListRange, asked: readonly IpRange[]): string | undefined => {
  const [first, ...more] = intersectIps([range], asked);
  if (first === undefined) return undefined;
  return externalText(more.length === 0 ? first : range);
};

/** Two pods that are not the same, one of each list. */
const distinctPair = (
  sources: readonly PodObject[],
  destinations: readonly PodObject[],
): readonly [PodObject, PodObject] | undefined => {
  const [source, second] = sources;
  const destination = destinations.find((pod) => pod !== source);
  if (source !== undefined && destination !== undefined) return [source, destination];
  const [only] = destinations;
  return second !== undefined && only !== undefined ? [second, only] : undefined;
};

const podText = ({ namespace, name }: PodObject): string =>
  workloadText({ namespace, name, kind: "Pod" });
