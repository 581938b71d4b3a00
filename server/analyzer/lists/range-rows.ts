import { memo } from "../../../common/memo.js";
import type { ConnectionRow, PolicyEngine, PolicyUnit } from "../policy/engine.js";
import type { IpRange } from "../sets/ip.js";
import type { ListRow } from "./list-ends.js";
import type { ListRange } from "./list-ranges.js";

type Reach = Pick<ConnectionRow, "allowed" | "undetermined">;

/** The rows from addresses outside, which the engine gives last and in order of addresses, kept to be read in any order. */
export class RangeRows {
  readonly #units: readonly PolicyUnit[];
  readonly #reaches: Reach[] = [];
  /** Position of the unit, and of what it may be reached by, for each row. */
  readonly #unitAt: number[] = [];
  readonly #reachAt: number[] = [];
  /** First row of each range, and the one after its last. */
  readonly #stretches = new Map<IpRange, { readonly first: number; end: number }>();

  private constructor(units: readonly PolicyUnit[]) {
    this.#units = units;
  }

  /** Reads the rows; undefined when there are more than can be kept. */
  static read(engine: PolicyEngine, rowsMax: number): RangeRows | undefined {
    const rows = new RangeRows(engine.units());
    return rows.#read(engine, rowsMax) ? rows : undefined;
  }

  /** The rows from a range, by unit. */
  *from(source: ListRange): Iterable<ListRow> {
    const stretch = this.#stretches.get(source.range);
    if (stretch === undefined) return;
    for (let row = stretch.first; row < stretch.end; row++) {
      const { allowed, undetermined } = this.#reaches[this.#reachAt[row] as number] as Reach;
      const destination = this.#units[this.#unitAt[row] as number] as PolicyUnit;
      yield { source, destination, allowed, undetermined };
    }
  }

  #read(engine: PolicyEngine, rowsMax: number): boolean {
    const placeOf = new Map(this.#units.map((unit, place) => [unit, place]));
    const numbers = new Map<Reach["allowed"], Map<Reach["undetermined"], number>>();
    for (const { source, destination, allowed, undetermined } of engine.rows()) {
      if ("pods" in source) continue;
      const row = this.#unitAt.length;
      if (row >= rowsMax) return false;
      const ofAllowed = memo(numbers, allowed, () => new Map<Reach["undetermined"], number>());
      const reach = memo(
        ofAllowed,
        undetermined,
        () => this.#reaches.push({ allowed, undetermined }) - 1,
      );
      this.#unitAt.push(placeOf.get(destination as PolicyUnit) as number);
      this.#reachAt.push(reach);
      memo(this.#stretches, source, () => ({ first: row, end: row })).end = row + 1;
    }
    return true;
  }
}
