import type { PodObject } from "../model/objects.js";
import { isEmptyConnections } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { type ConnectionRow, connectionRows } from "./connection-rows.js";
import type { DecisionSources } from "./decide-pair.js";
import type { Direction } from "./decision.js";
import type { EndClass } from "./end-classes.js";
import { OutcomeColumns } from "./outcome-columns.js";
import { type OutcomeRow, RowMaker } from "./outcome-rows.js";
import { denied, type OutcomeId, open } from "./outcome-table.js";
import type { PolicyIndex } from "./policy-index.js";
import { type PlacedUnit, placedUnits } from "./policy-units.js";
import { RangeAxis } from "./range-axis.js";
import type { SubjectGroup } from "./subject-groups.js";

/** Addresses outside, as destinations of egress and as sources of ingress. */
export type DirectedRanges = Readonly<Record<Direction, readonly IpRange[]>>;

/** How many pairs of classes there are, and how many may connect in some way. */
export type MatrixSummary = {
  readonly classes: number;
  readonly ranges: number;
  readonly pairs: number;
  /** Pairs with a connection. */
  readonly connected: number;
  /** Pairs of which something can't be told. */
  readonly undetermined: number;
};

type Counts = { connected: number; undetermined: number };

/** Every pair of a model at one moment; parts are made when they are asked for. */
export class OutcomeMatrix {
  readonly units: readonly PlacedUnit[];
  readonly #ranges: DirectedRanges;
  readonly #index: PolicyIndex;
  readonly #sources: DecisionSources;
  readonly #classRows: RowMaker;
  readonly #rangeRows: Record<Direction, RowMaker>;
  readonly #ofClasses = new Map<SubjectGroup, OutcomeRow>();
  readonly #ofRanges = new Map<SubjectGroup, OutcomeRow>();
  #ingress: Ingress | undefined;

  /** `ranges`: destinations of egress, and sources of ingress. */
  constructor(index: PolicyIndex, sources: DecisionSources, ranges: DirectedRanges) {
    this.#index = index;
    this.#sources = sources;
    this.units = placedUnits(sources.model, index.classes, index.exactKeys());
    this.#ranges = ranges;
    const { all } = index.classes;
    this.#classRows = new RowMaker(index.groups, sources.table, {
      axis: index.axis,
      portProfileOf: (id) => (all[id] as EndClass).portProfile,
      podOf: (id) => podOf(all[id] as EndClass),
    });
    const rangeRows = (direction: Direction): RowMaker =>
      new RowMaker(index.groups, sources.table, {
        axis: new RangeAxis(ranges[direction]),
        portProfileOf: () => 0,
        podOf: () => undefined,
      });
    this.#rangeRows = { egress: rangeRows("egress"), ingress: rangeRows("ingress") };
  }

  /** Every ordered pair of units, and of units and ranges, with a connection or a doubt. */
  rows(): Iterable<ConnectionRow> {
    const ingress = this.#ingressOfAll();
    const egressOf = ({ of }: PlacedUnit): SubjectGroup => this.#index.groups.of(of, "egress");
    return connectionRows({
      profile: this.#sources.profile,
      outcomes: this.#index.outcomes,
      units: this.units,
      ranges: this.#ranges,
      egressToClasses: (unit) => this.#toClasses(egressOf(unit)),
      egressToRanges: (unit) => this.#toRanges(egressOf(unit)),
      ingressFromClasses: ingress.classes,
      ingressFromRanges: this.#ingressOfRanges(ingress),
      ingressRowOf: ({ of }) => ingress.rowOf(of),
      classCount: this.#index.classes.all.length,
    });
  }

  /** Counts over all ordered pairs of classes that have pods and that policies tell apart. */
  summary(): MatrixSummary {
    const living = this.#exactClasses();
    const ingress = this.#ingressOfAll();
    const { rowCount } = ingress.classes;
    const rowOf = new Int32Array(this.#index.classes.all.length).fill(-1);
    const livingIn = new Uint32Array(rowCount);
    for (const one of living) {
      const row = ingress.rowOf(one);
      rowOf[one.id] = row;
      livingIn[row] = (livingIn[row] as number) + 1;
    }
    const into = new Uint32Array(rowCount);
    const counts = { connected: 0, undetermined: 0 };
    for (const source of living) {
      const egress = this.#toClasses(this.#index.groups.of(source, "egress"));
      ingress.classes.column(source.id, into);
      this.#countSource(counts, egress, { into, rowOf, livingIn });
    }
    return {
      classes: living.length,
      ranges: this.#ranges.egress.length + this.#ranges.ingress.length,
      pairs: living.length ** 2,
      ...counts,
    };
  }

  /** Counts every row of destinations at once with what egress usually says, then puts right where it says otherwise. */
  #countSource(
    counts: Counts,
    { usual, ends, outcomes }: OutcomeRow,
    {
      into,
      rowOf,
      livingIn,
    }: Readonly<Record<"into" | "livingIn", Uint32Array>> & {
      readonly rowOf: Int32Array;
    },
  ): void {
    for (let row = 0; usual !== denied && row < into.length; row++) {
      this.#count(counts, livingIn[row] as number, usual, into[row] as OutcomeId);
    }
    for (let at = 0; at < ends.length; at++) {
      const row = rowOf[ends[at] as number] as number;
      if (row < 0) continue;
      const entry = into[row] as OutcomeId;
      this.#count(counts, 1, outcomes[at] as OutcomeId, entry);
      this.#count(counts, -1, usual, entry);
    }
  }

  #count(counts: Counts, times: number, egress: OutcomeId, ingress: OutcomeId): void {
    if (egress === denied || ingress === denied) return;
    if (egress === open && ingress === open) {
      counts.connected += times;
      return;
    }
    const pair = this.#index.outcomes.both(egress, ingress);
    if (!isEmptyConnections(pair.allowed)) counts.connected += times;
    if (!isEmptyConnections(pair.undetermined)) counts.undetermined += times;
  }

  /** One class with pods for each that policies of now tell apart. */
  #exactClasses(): readonly EndClass[] {
    const keyOf = this.#index.exactKeys();
    const exact = new Map<unknown, EndClass>();
    for (const one of this.#index.classes.all) if (one.members.size > 0) exact.set(keyOf(one), one);
    return [...exact.values()];
  }

  #ingressOfAll(): Ingress {
    this.#ingress ??= this.#makeIngress();
    return this.#ingress;
  }

  #makeIngress(): Ingress {
    const { classes, groups } = this.#index;
    const rowOfGroup = new Map<SubjectGroup, number>();
    const rowOf = (of: EndClass): number => {
      const group = groups.of(of, "ingress");
      let row = rowOfGroup.get(group);
      if (row === undefined) {
        row = rowOfGroup.size;
        rowOfGroup.set(group, row);
      }
      return row;
    };
    for (const one of classes.all) if (one.members.size > 0) rowOf(one);
    const all = [...rowOfGroup.keys()];
    const columns = new OutcomeColumns(
      all.map((group) => this.#toClasses(group)),
      classes.all.length,
    );
    return { groups: all, rowOf, classes: columns };
  }

  #ingressOfRanges({ groups }: Ingress): OutcomeColumns {
    return new OutcomeColumns(
      groups.map((group) => this.#toRanges(group)),
      this.#ranges.ingress.length,
    );
  }

  #toClasses(group: SubjectGroup): OutcomeRow {
    return remembered(this.#ofClasses, group, this.#classRows);
  }

  #toRanges(group: SubjectGroup): OutcomeRow {
    return remembered(this.#ofRanges, group, this.#rangeRows[group.direction]);
  }
}

/** What subjects say of sources: one row for each group of subjects. */
type Ingress = {
  readonly groups: readonly SubjectGroup[];
  readonly rowOf: (of: EndClass) => number;
  readonly classes: OutcomeColumns;
};

const podOf = ({ end }: EndClass): PodObject | undefined =>
  end.kind === "pod" ? end.pod : undefined;

const remembered = (
  rows: Map<SubjectGroup, OutcomeRow>,
  group: SubjectGroup,
  maker: RowMaker,
): OutcomeRow => {
  let row = rows.get(group);
  if (row === undefined) {
    row = maker.rowOf(group);
    rows.set(group, row);
  }
  return row;
};
