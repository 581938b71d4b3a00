import type { ConnectionTable } from "../sets/connection-table.js";
import type { ConnectionSet } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import type { Direction } from "./decision.js";
import type { OutcomeColumns } from "./outcome-columns.js";
import type { OutcomeRow } from "./outcome-rows.js";
import { denied, type OutcomeId, type OutcomeTable, open } from "./outcome-table.js";
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
  readonly table: ConnectionTable;
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
      const outcome = ingress[rows[at] as number] as OutcomeId;
      if (outcome === denied) continue;
      yield rowOf(sources, [range, (units[at] as PlacedUnit).unit], outcome);
    }
  }
}

function* unitRows(
  sources: RowSources,
  source: PlacedUnit,
  directionsTo: (target: PlacedUnit, at: number) => readonly [OutcomeId, OutcomeId],
): Iterable<ConnectionRow> {
  const { units, outcomes, profile } = sources;
  for (let at = 0; at < units.length; at++) {
    const target = units[at] as PlacedUnit;
    if (target === source) continue;
    let [out, into] = directionsTo(target, at);
    if (source.isHost !== target.isHost) {
      [out, into] = nodeLocal(profile, { source, target, out, into });
    }
    const outcome = outcomes.both(out, into);
    if (outcome !== denied) yield rowOf(sources, [source.unit, target.unit], outcome);
  }
}

function* rangeRows(sources: RowSources, source: PlacedUnit): Iterable<ConnectionRow> {
  const outside = new Uint32Array(sources.ranges.egress.length);
  expand(sources.egressToRanges(source), outside);
  for (const [index, outcome] of outside.entries()) {
    if (outcome === denied) continue;
    yield rowOf(sources, [source.unit, sources.ranges.egress[index] as IpRange], outcome);
  }
}

const rowOf = (
  { table, outcomes }: RowSources,
  [source, destination]: readonly [ConnectionRow["source"], ConnectionRow["destination"]],
  outcome: OutcomeId,
): ConnectionRow => ({
  source,
  destination,
  allowed: table.get(outcomes.allowedOf(outcome)),
  undetermined: table.get(outcomes.undeterminedOf(outcome)),
});

/** Both directions of a pair of which one is a host: where all its pods are on one node, policies may not be asked. */
const nodeLocal = (
  { ownNodeAllowed }: Profile,
  pair: {
    readonly source: PlacedUnit;
    readonly target: PlacedUnit;
    readonly out: OutcomeId;
    readonly into: OutcomeId;
  },
): readonly [OutcomeId, OutcomeId] => {
  const { source, target, out, into } = pair;
  if (source.node === undefined || source.node !== target.node) return [out, into];
  return [
    target.isHost && ownNodeAllowed.includes("egress") ? open : out,
    source.isHost && ownNodeAllowed.includes("ingress") ? open : into,
  ];
};

/** Writes the outcome for every end. */
export const expand = ({ usual, ends, outcomes }: OutcomeRow, into: Uint32Array): void => {
  into.fill(usual);
  for (let at = 0; at < ends.length; at++) into[ends[at] as number] = outcomes[at] as OutcomeId;
};
