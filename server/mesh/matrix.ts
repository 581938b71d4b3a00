import type { ResultColumns } from "../../common/agent-stream.js";
import { type Outcome, outcomeFromNumber, outcomeNumber } from "../../common/probe.js";
import { matrixCellsMax, matrixCellsPerAgentMax } from "../limits.js";
import { type CellChunk, CellStore, tallyUnknown } from "./cell-store.js";

/** State of a pair for one kind of probe. */
export type PairState = "ok" | "degraded" | "down" | "stale" | "not_measured";

/** What to look at. */
export type CellQuery = {
  /** The server's clock, microseconds since 1970. */
  readonly nowUnixUs: number;
  /** How far back counts and percentiles reach, in seconds; at most as far as the samples do. */
  readonly windowS: number;
  /** How often the cell is to be measured, in milliseconds. */
  readonly periodMs: number;
};

/** One probe as the matrix knows it. */
export type LastProbeView = {
  readonly outcome: Outcome;
  readonly rttUs: number | undefined;
  readonly measuredUnixUs: number;
  readonly detail: string;
};

/** A cell within a window. */
export type CellView = {
  readonly state: PairState;
  readonly last: LastProbeView;
  /** Round-trip time of the newest answer in the window, or of the last probe when the window is empty. */
  readonly rttUs: number | undefined;
  /** Probes that ran in the window. */
  readonly sent: number;
  /** Those without a good answer. */
  readonly lost: number;
};

/** Percentiles of the round-trip times of a window's good answers, in microseconds; nearest rank. */
export type RttQuantiles = { readonly p50: number; readonly p99: number };

/** Counts every result by labels of its own; see probe-tally.ts. */
export interface Tally {
  /** The row that results of this pair count in. */
  rowFor(agentId: string, targetId: number): number;
  add(row: number, rttUs: number, outcome: number): void;
}

/** What a matrix is made with. */
export type MatrixOptions = {
  readonly tally?: Tally;
  /** At most so many cells; results of further pairs are dropped and counted. */
  readonly cellsMax?: number;
};

/** A pair is down when its last so many probes all failed, or all of fewer. */
export const downProbes = 3;

/** A cell is stale when no probe was sent for so many periods. */
export const stalePeriods = 3;

const okNumber = outcomeNumber("ok");
const notRunNumber = outcomeNumber("not_run");

/**
 * What every pair looks like right now: for each (agent, target) a ring of recent samples in typed arrays. Results may
 * come late and out of order; the last probe never goes back in time.
 *
 * States: not_measured when no probe ran; stale when the last one was sent more than stalePeriods ago; down when the
 * last downProbes probes failed, or all of the window's; degraded when the window has a loss, or when the window is
 * empty and the last probe failed; else ok. Probes that were not run are no probes.
 */
export class Matrix {
  readonly #store = new CellStore();
  readonly #rows = new Map<string, Map<number, number>>();
  readonly #tally: Tally | undefined;
  readonly #cellsMax: number;
  #seq = 0;
  #dropped = 0;

  constructor({ tally, cellsMax = matrixCellsMax }: MatrixOptions = {}) {
    this.#tally = tally;
    this.#cellsMax = cellsMax;
  }

  /** Counts the batches applied; a cell's seq is that of the last batch that wrote to it. */
  get seq(): number {
    return this.#seq;
  }

  /** Cells in use. */
  get cellCount(): number {
    return this.#store.size;
  }

  /** Results dropped because the matrix was full, or their agent's part of it. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** Takes a batch; ids are the interner's. */
  apply(agentId: string, columns: ResultColumns): void {
    const seq = ++this.#seq;
    const row = this.#rowFor(agentId);
    const { baseUnixUs, targetId, timeDeltaUs, rttUs, outcome } = columns;
    const store = this.#store;
    const tally = this.#tally;
    for (let index = 0; index < targetId.length; index++) {
      const id = targetId[index] ?? 0;
      const cell = row.get(id) ?? this.#newCell(row, id);
      if (cell === undefined) continue;
      const chunk = store.chunkOf(cell);
      const at = store.placeOf(cell);
      const unixUs = baseUnixUs + (timeDeltaUs[index] ?? 0);
      const rtt = rttUs[index] ?? 0;
      const ended = outcome[index] ?? 0;
      if (chunk.detailed[at] === 1 && unixUs >= (chunk.lastUs[at] ?? 0)) store.setDetail(cell, "");
      store.put(chunk, at, unixUs, rtt, ended);
      chunk.seq[at] = seq;
      if (tally !== undefined) {
        tally.add(this.#tallyRow(chunk, at, agentId), rtt, ended);
      }
    }
    if (columns.details.length > 0) this.#keepDetails(row, columns);
  }

  /** Agents that have measured something. */
  sources(): IterableIterator<string> {
    return this.#rows.keys();
  }

  /** Targets that an agent has measured. */
  targetsOf(agentId: string): IterableIterator<number> {
    return (this.#rows.get(agentId) ?? emptyRow).keys();
  }

  /** The sequence number of the batch that last wrote to a cell; 0 when there is none. */
  cellSeq(agentId: string, targetId: number): number {
    const cell = this.#rows.get(agentId)?.get(targetId);
    return cell === undefined ? 0 : (this.#store.chunkOf(cell).seq[this.#store.placeOf(cell)] ?? 0);
  }

  /** When a cell's newest probe was sent, microseconds since 1970; 0 when there is none. */
  lastUnixUs(agentId: string, targetId: number): number {
    const cell = this.#rows.get(agentId)?.get(targetId);
    if (cell === undefined) return 0;
    return this.#store.chunkOf(cell).lastUs[this.#store.placeOf(cell)] ?? 0;
  }

  /** A cell; undefined when it was never measured. */
  cell(agentId: string, targetId: number, query: CellQuery): CellView | undefined {
    const cell = this.#rows.get(agentId)?.get(targetId);
    const last = cell === undefined ? undefined : this.#store.sample(cell, 0);
    if (cell === undefined || last === undefined) return undefined;
    const window = windowOf(this.#store, cell, query.nowUnixUs - query.windowS * 1_000_000);
    return {
      state: stateOf(window, streakOf(this.#store, cell), query),
      last: {
        outcome: outcomeFromNumber(last.outcome),
        rttUs: last.rttUs > 0 ? last.rttUs : undefined,
        measuredUnixUs: last.unixUs,
        detail: this.#store.detail(cell),
      },
      rttUs: window.samples === 0 && last.rttUs > 0 ? last.rttUs : window.rttUs,
      sent: window.sent,
      lost: window.lost,
    };
  }

  /** Percentiles of a cell; undefined when the window has no good answer. */
  quantiles(
    agentId: string,
    targetId: number,
    { nowUnixUs, windowS }: Pick<CellQuery, "nowUnixUs" | "windowS">,
  ): RttQuantiles | undefined {
    const rtts = this.goodRtts(agentId, targetId, nowUnixUs - windowS * 1_000_000);
    return rttQuantiles(rtts);
  }

  /** Round-trip times of a cell's good answers since then, newest first. */
  goodRtts(agentId: string, targetId: number, sinceUnixUs: number): number[] {
    const cell = this.#rows.get(agentId)?.get(targetId);
    const rtts: number[] = [];
    if (cell === undefined) return rtts;
    for (let age = 0; ; age++) {
      const sample = this.#store.sample(cell, age);
      if (sample === undefined || sample.unixUs < sinceUnixUs) return rtts;
      if (sample.outcome === okNumber && sample.rttUs > 0) rtts.push(sample.rttUs);
    }
  }

  /** Tally rows are to be looked up again: names or zones may have changed. */
  relabel(): void {
    this.#store.clearTallies();
  }

  /** Drops everything that an agent measured. */
  forget(agentId: string): void {
    for (const cell of (this.#rows.get(agentId) ?? emptyRow).values()) this.#store.free(cell);
    this.#rows.delete(agentId);
  }

  /** Drops targets that nobody will measure again from every row. */
  forgetTargets(isGone: (targetId: number) => boolean): void {
    for (const row of this.#rows.values()) {
      for (const [targetId, cell] of row) {
        if (!isGone(targetId)) continue;
        this.#store.free(cell);
        row.delete(targetId);
      }
    }
  }

  #tallyRow(chunk: CellChunk, at: number, agentId: string): number {
    const known = chunk.tally[at] ?? tallyUnknown;
    if (known !== tallyUnknown || this.#tally === undefined) return known;
    const row = this.#tally.rowFor(agentId, chunk.target[at] ?? 0);
    chunk.tally[at] = row;
    return row;
  }

  #rowFor(agentId: string): Map<number, number> {
    const known = this.#rows.get(agentId);
    if (known !== undefined) return known;
    const row = new Map<number, number>();
    this.#rows.set(agentId, row);
    return row;
  }

  #newCell(row: Map<number, number>, targetId: number): number | undefined {
    if (this.#store.size >= this.#cellsMax || row.size >= matrixCellsPerAgentMax) {
      this.#dropped += 1;
      return undefined;
    }
    const cell = this.#store.allocate(targetId);
    row.set(targetId, cell);
    return cell;
  }

  /** A detail belongs to the newest sample of its cell, or to none. */
  #keepDetails(row: Map<number, number>, columns: ResultColumns): void {
    for (const { index, text } of columns.details) {
      const cell = row.get(columns.targetId[index] ?? 0);
      if (cell === undefined) continue;
      const unixUs = columns.baseUnixUs + (columns.timeDeltaUs[index] ?? 0);
      if (this.#store.sample(cell, 0)?.unixUs === unixUs) this.#store.setDetail(cell, text);
    }
  }
}

type Window = {
  /** Samples in the window, run or not. */
  samples: number;
  sent: number;
  lost: number;
  /** Round-trip time of the newest answer. */
  rttUs: number | undefined;
};

/** How the newest probes that ran ended, in the window or not. */
type Streak = {
  /** Probes looked at: up to the first good one, at most downProbes. */
  ran: number;
  failed: number;
  /** When the newest one was sent. */
  lastUnixUs: number;
};

const emptyRow: ReadonlyMap<number, number> = new Map();

const windowOf = (store: CellStore, cell: number, sinceUnixUs: number): Window => {
  const window: Window = { samples: 0, sent: 0, lost: 0, rttUs: undefined };
  for (let age = 0; ; age++) {
    const sample = store.sample(cell, age);
    if (sample === undefined || sample.unixUs < sinceUnixUs) return window;
    window.samples += 1;
    if (sample.outcome === notRunNumber) continue;
    window.sent += 1;
    if (sample.outcome !== okNumber) window.lost += 1;
    if (sample.rttUs > 0) window.rttUs ??= sample.rttUs;
  }
};

const streakOf = (store: CellStore, cell: number): Streak => {
  const streak: Streak = { ran: 0, failed: 0, lastUnixUs: 0 };
  for (let age = 0; streak.ran < downProbes; age++) {
    const sample = store.sample(cell, age);
    if (sample === undefined) break;
    if (sample.outcome === notRunNumber) continue;
    if (streak.ran === 0) streak.lastUnixUs = sample.unixUs;
    streak.ran += 1;
    if (sample.outcome === okNumber) break;
    streak.failed += 1;
  }
  return streak;
};

const stateOf = (window: Window, streak: Streak, query: CellQuery): PairState => {
  if (streak.ran === 0) return "not_measured";
  const ageUs = query.nowUnixUs - streak.lastUnixUs;
  if (ageUs > stalePeriods * query.periodMs * 1000) return "stale";
  if (streak.failed === streak.ran) return "down";
  const allLost = window.sent > 0 && window.lost === window.sent;
  if (allLost) return "down";
  return window.lost > 0 || streak.failed > 0 ? "degraded" : "ok";
};

/** Nearest-rank percentiles; undefined for no values. Sorts its argument. */
export const rttQuantiles = (rtts: number[]): RttQuantiles | undefined => {
  if (rtts.length === 0) return undefined;
  rtts.sort((a, b) => a - b);
  const at = (share: number): number => rtts[Math.ceil(share * rtts.length) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
};
