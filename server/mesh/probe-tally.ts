import { outcomeNumber, outcomes, type ProbeKind, probeKinds } from "../../common/probe.js";
import { tallyRowsMax } from "../limits.js";
import type { Tally } from "./matrix.js";

/** What a tally row stands for. */
export type TallyLabels = {
  readonly srcNode: string;
  readonly dstZone: string;
  readonly kind: ProbeKind;
};

/** One row read out. */
export type TallyRow = {
  readonly labels: TallyLabels;
  /** Results by outcome number. */
  readonly results: ArrayLike<number>;
  /** Round-trip times by bucket, not cumulative; the last is beyond all bounds. */
  readonly buckets: ArrayLike<number>;
  /** Sum of the round-trip times in microseconds. */
  readonly rttUsSum: number;
};

/** Upper bounds of the buckets in microseconds: 50 µs to 10 s. */
export const rttBucketsUs: readonly number[] = [
  50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 250_000, 1_000_000, 2_500_000,
  10_000_000,
];

const bucketCount = rttBucketsUs.length + 1;
const okNumber = outcomeNumber("ok");
const boundsUs = Float64Array.from(rttBucketsUs);

/** Node name that stands for all nodes without a row of their own. */
export const otherNode = "other";

/**
 * Counts results by source node, target zone and kind, for counters and histograms. Rows are bounded: beyond
 * tallyRowsMax all further nodes count in one row a kind.
 */
export class ProbeTally implements Tally {
  readonly #labelsOf: (agentId: string, targetId: number) => TallyLabels;
  readonly #rowsMax: number;
  readonly #rows = new Map<string, number>();
  readonly #labels: (TallyLabels | undefined)[] = [];
  readonly #free: number[] = [];
  #results = new Float64Array(0);
  #buckets = new Float64Array(0);
  #sums = new Float64Array(0);

  constructor(
    labelsOf: (agentId: string, targetId: number) => TallyLabels,
    rowsMax: number = tallyRowsMax,
  ) {
    this.#labelsOf = labelsOf;
    this.#rowsMax = rowsMax;
  }

  rowFor(agentId: string, targetId: number): number {
    const labels = this.#labelsOf(agentId, targetId);
    const known = this.#rows.get(keyOf(labels));
    if (known !== undefined) return known;
    // Some rows stay free for what the nodes beyond the limit share.
    if (this.#rows.size < this.#rowsMax - probeKinds.length) return this.#newRow(labels);
    const shared = { srcNode: otherNode, dstZone: "", kind: labels.kind };
    return this.#rows.get(keyOf(shared)) ?? this.#newRow(shared);
  }

  add(row: number, rttUs: number, outcome: number): void {
    const result = row * outcomes.length + outcome;
    this.#results[result] = (this.#results[result] ?? 0) + 1;
    if (outcome !== okNumber || rttUs === 0) return;
    let bucket = 0;
    while (bucket < boundsUs.length && rttUs > (boundsUs[bucket] ?? 0)) bucket++;
    const place = row * bucketCount + bucket;
    this.#buckets[place] = (this.#buckets[place] ?? 0) + 1;
    this.#sums[row] = (this.#sums[row] ?? 0) + rttUs;
  }

  /** Every row in use. */
  *rows(): Generator<TallyRow> {
    for (const [row, labels] of this.#labels.entries()) {
      if (labels === undefined) continue;
      yield {
        labels,
        results: this.#results.subarray(row * outcomes.length, (row + 1) * outcomes.length),
        buckets: this.#buckets.subarray(row * bucketCount, (row + 1) * bucketCount),
        rttUsSum: this.#sums[row] ?? 0,
      };
    }
  }

  /** Drops the rows of a node that is gone. Call Matrix.relabel() before the next batch. */
  forgetNode(srcNode: string): void {
    for (const [row, labels] of this.#labels.entries()) {
      if (labels?.srcNode !== srcNode) continue;
      this.#rows.delete(keyOf(labels));
      this.#labels[row] = undefined;
      this.#results.fill(0, row * outcomes.length, (row + 1) * outcomes.length);
      this.#buckets.fill(0, row * bucketCount, (row + 1) * bucketCount);
      this.#sums[row] = 0;
      this.#free.push(row);
    }
  }

  #newRow(labels: TallyLabels): number {
    const row = this.#free.pop() ?? this.#labels.length;
    this.#labels[row] = labels;
    this.#rows.set(keyOf(labels), row);
    if (row >= this.#sums.length) this.#grow(Math.max(64, this.#sums.length * 2));
    return row;
  }

  #grow(rows: number): void {
    this.#results = grown(this.#results, rows * outcomes.length);
    this.#buckets = grown(this.#buckets, rows * bucketCount);
    this.#sums = grown(this.#sums, rows);
  }
}

const keyOf = ({ srcNode, dstZone, kind }: TallyLabels): string => `${kind}|${dstZone}|${srcNode}`;

const grown = (from: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> => {
  const to = new Float64Array(length);
  to.set(from);
  return to;
};
