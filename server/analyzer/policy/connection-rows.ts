import type { ConnectionSet } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import type { Direction } from "./decision.js";
import type { OutcomeColumns } from "./outcome-columns.js";
import { expand, type OutcomeRow } from "./outcome-rows.js";
import {
  denied,
  deniedPair,
  type OutcomeId,
  type OutcomeTable,
  open,
  type PairOutcome,
} from "./outcome-table.js";
import type { PlacedUnit, PolicyUnit } from "./policy-units.js";
import type { Profile } from "./profile.js";

/** A row of the list of connections: two units, or a unit and a range of addresses outside. */
export type ConnectionRow = {
  readonly source: PolicyUnit | IpRange;
  readonly destination: PolicyUnit | IpRange;
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
};

/** What the list is made from. */
export type RowSources = {
  readonly profile: Profile;
  readonly outcomes: OutcomeTable;
  readonly units: readonly PlacedUnit[];
  /** Addresses outside, as destinations of egress and as sources of ingress. */
  readonly ranges: Readonly<Record<Direction, readonly IpRange[]>>;
  /** What the egress of a unit says of classes, and of ranges. */
  readonly egressToClasses: (unit: PlacedUnit) => OutcomeRow;
  readonly egressToRanges: (unit: PlacedUnit) => OutcomeRow;
  /** What the ingress of units says of classes, and of ranges. */
  readonly ingressFromClasses: OutcomeColumns;
  readonly ingressFromRanges: OutcomeColumns;
  /** Which of these rows is a unit's. */
  readonly ingressRowOf: (unit: PlacedUnit) => number;
  readonly classCount: number;
};

/** Every ordered pair with a connection or a doubt, by source, units before ranges; never a unit to itself. */
export function* connectionRows(sources: RowSources): Iterable<ConnectionRow> {
  const { units, ranges } = sources;
  const rows = Uint32Array.from(units, sources.ingressRowOf);
  const egress = new Uint32Array(sources.classCount);
  const ingress = new Uint32Array(sources.ingressFromClasses.rowCount);
  for (const source of units) {
    expand(sources.egressToClasses(source), egress);
    sources.ingressFromClasses.column(source.of.id, ingress);
    yield* unitRows(sources, source, (target, at) => [
      egress[target.of.id] as OutcomeId,
      ingress[rows[at] as number] as OutcomeId,
    ]);
    yield* rangeRows(sources, source);
  }
  for (const [index, range] of ranges.ingress.entries()) {
    sources.ingressFromRanges.column(index, ingress);
    for (let at = 0; at < units.length; at++) {
      const outcome = sources.outcomes.both(open, ingress[rows[at] as number] as OutcomeId);
      if (outcome === deniedPair) continue;
      yield rowOf([range, (units[at] as PlacedUnit).unit], outcome);
    }
  }
}

function* unitRows(
  sources: RowSources,
  source: PlacedUnit,
  directionsTo: (target: PlacedUnit, at: number) => readonly [OutcomeId, OutcomeId],
): Iterable<ConnectionRow> {
  const { units, outcomes } = sources;
  for (let at = 0; at < units.length; at++) {
    const target = units[at] as PlacedUnit;
    if (target === source) continue;
    let [out, into] = directionsTo(target, at);
    if (source.isHost !== target.isHost) {
      [out, into] = nodeLocal(sources, { source, target, out, into });
    }
    if (out === denied || into === denied) continue;
    const outcome = outcomes.both(out, into);
    if (outcome !== deniedPair) yield rowOf([source.unit, target.unit], outcome);
  }
}

function* rangeRows(sources: RowSources, source: PlacedUnit): Iterable<ConnectionRow> {
  const outside = new Uint32Array(sources.ranges.egress.length);
  expand(sources.egressToRanges(source), outside);
  for (const [index, outcome] of outside.entries()) {
    if (outcome === denied) continue;
    const pair = sources.outcomes.both(outcome, open);
    yield rowOf([source.unit, sources.ranges.egress[index] as IpRange], pair);
  }
}

const rowOf = (
  [source, destination]: readonly [ConnectionRow["source"], ConnectionRow["destination"]],
  { allowed, undetermined }: PairOutcome,
): ConnectionRow => ({ source, destination, allowed, undetermined });

/**
 * Both directions of a pair of which one is a host. Between a pod and its own node policies may not be asked: so it is where
 * all pods of both are on one node, and so it may be where a node is not known.
 */
const nodeLocal = (
  { profile, outcomes }: RowSources,
  pair: {
    readonly source: PlacedUnit;
    readonly target: PlacedUnit;
    readonly out: OutcomeId;
    readonly into: OutcomeId;
  },
): readonly [OutcomeId, OutcomeId] => {
  const { source, target, out, into } = pair;
  const isKnown = source.isPlaced && target.isPlaced;
  if (isKnown && (source.node === undefined || source.node !== target.node)) return [out, into];
  const exempt = (outcome: OutcomeId): OutcomeId =>
    isKnown ? open : outcomes.either(outcome, open);
  const { ownNodeAllowed } = profile;
  return [
    target.isHost && ownNodeAllowed.includes("egress") ? exempt(out) : out,
    source.isHost && ownNodeAllowed.includes("ingress") ? exempt(into) : into,
  ];
};
