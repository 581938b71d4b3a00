import type { Gap, ResultBatch, ResultColumns } from "../../common/agent-stream.js";
import {
  batchResultsMax,
  resultDetailCharsMax,
  resultDetailsMax,
  targetKeyBytesMax,
} from "../../common/limits.js";
import { outcomes, parseTargetKey } from "../../common/probe.js";
import { resultAgeMaxMs, resultFutureMaxMs } from "../limits.js";

/** Target ids of this server's epoch: server/mesh/interner.ts. */
export interface TargetIds {
  /** The id of a key that an agent named, given out now if it is new; undefined when there is no room for another. */
  idForNamed(key: string): number | undefined;
  /** The key of an id; undefined for an id that was never given out. */
  keyOf(id: number): string | undefined;
}

/** A batch after the checks. */
export type CheckedBatch =
  | {
      readonly kind: "good";
      /** Typed arrays; ids are this server's. */
      readonly columns: ResultColumns;
      /** Results left out because no id was left for their target. */
      readonly unplaced: number;
      /** How far the batch was moved back because it claimed to be from the future. */
      readonly shiftedUs: number;
    }
  | { readonly kind: "bad"; readonly reason: BadBatch; readonly why: string };

/** Why a batch was refused: labels of a counter. */
export type BadBatch =
  | "columns"
  | "details"
  | "dictionary"
  | "unknown_id"
  | "time"
  | "age"
  | "value";

type CheckInput = {
  readonly batch: ResultBatch;
  readonly serverEpoch: string;
  readonly interner: TargetIds;
  readonly wallMs: number;
};

/** Checks everything that an agent may get wrong in a batch, and gives it this server's ids. */
export const checkBatch = ({ batch, serverEpoch, interner, wallMs }: CheckInput): CheckedBatch => {
  const source = batch.columns;
  const shape = badShape(source) ?? badDetails(source) ?? badValues(source);
  if (shape !== undefined) return shape;
  const shiftedUs = shiftUs(source, wallMs);
  if (oldestUs(source) - shiftedUs < (wallMs - resultAgeMaxMs) * 1000) {
    return bad("age", `a result is older than ${resultAgeMaxMs} ms`);
  }
  const ids =
    batch.serverEpoch === serverEpoch ? ownIds(source, interner) : mappedIds(batch, interner);
  if (ids.kind === "bad") return ids;
  const columns = { ...ids.columns, baseUnixUs: ids.columns.baseUnixUs - shiftedUs };
  return { kind: "good", columns, unplaced: ids.unplaced, shiftedUs };
};

/** Why a gap record is not valid; undefined when it is. */
export const badGap = (gap: Gap): string | undefined => {
  if (!(isCount(gap.fromUnixMs) && isCount(gap.toUnixMs) && gap.fromUnixMs <= gap.toUnixMs)) {
    return "gap.from must not be after gap.to";
  }
  if (!isCount(gap.dropped)) return "gap.dropped must be a whole number";
  if (!gapReasons.includes(gap.reason)) return `gap.reason must be one of ${gapReasons.join(", ")}`;
  return undefined;
};

/** The gap that a refused batch leaves: what it had is gone, and how many is known. */
export const gapFromBatch = ({ bootId, seq, columns }: ResultBatch): Gap => {
  const fromUnixMs = Math.max(0, Math.floor(oldestUs(columns) / 1000));
  const toUnixMs = Math.max(fromUnixMs, Math.ceil(newestUs(columns) / 1000));
  const dropped = columns.targetId.length;
  return { bootId, seq, fromUnixMs, toUnixMs, dropped, reason: "rejected" };
};

const gapReasons: readonly string[] = ["spool_full", "spool_age", "rejected"];

const u32Max = 0xffffffff;
const i32Max = 0x7fffffff;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const bad = (
  reason: BadBatch,
  why: string,
): { readonly kind: "bad"; readonly reason: BadBatch; readonly why: string } => ({
  kind: "bad",
  reason,
  why,
});

const badShape = (columns: ResultColumns) => {
  const count = columns.targetId.length;
  if (count > batchResultsMax) {
    return bad("columns", `a batch holds at most ${batchResultsMax} results, not ${count}`);
  }
  const equal =
    columns.timeDeltaUs.length === count &&
    columns.rttUs.length === count &&
    columns.outcome.length === count;
  return equal ? undefined : bad("columns", "columns must have equal lengths");
};

const badDetails = (columns: ResultColumns) => {
  const { details } = columns;
  if (details.length > resultDetailsMax) {
    return bad("details", `a batch holds at most ${resultDetailsMax} details`);
  }
  const seen = new Set<number>();
  for (const { index, text } of details) {
    if (!isCount(index) || index >= columns.targetId.length || seen.has(index)) {
      return bad("details", "details must name results of the batch, each at most once");
    }
    if (text.length > resultDetailCharsMax) {
      return bad("details", `a detail has at most ${resultDetailCharsMax} characters`);
    }
    seen.add(index);
  }
  return undefined;
};

const badValues = (columns: ResultColumns) => {
  if (!isCount(columns.baseUnixUs)) return bad("time", "base_unix_us is not a time");
  for (let index = 0; index < columns.targetId.length; index++) {
    const outcome = columns.outcome[index] ?? 0;
    if (!(Number.isInteger(outcome) && outcome > 0 && outcome < outcomes.length)) {
      return bad("value", `outcome ${outcome} is not known`);
    }
    const rtt = columns.rttUs[index] ?? -1;
    if (!(Number.isInteger(rtt) && rtt >= 0 && rtt <= u32Max)) {
      return bad("value", `rtt_us ${rtt} is not a 32-bit number`);
    }
    const delta = columns.timeDeltaUs[index] ?? Number.NaN;
    if (!(Number.isInteger(delta) && Math.abs(delta) <= i32Max)) {
      return bad("time", `time_delta_us ${delta} is not a 32-bit number`);
    }
  }
  return undefined;
};

const oldestUs = ({ baseUnixUs, timeDeltaUs }: ResultColumns): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < timeDeltaUs.length; index++) {
    least = Math.min(least, timeDeltaUs[index] ?? 0);
  }
  return baseUnixUs + least;
};

const newestUs = ({ baseUnixUs, timeDeltaUs }: ResultColumns): number => {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < timeDeltaUs.length; index++) {
    most = Math.max(most, timeDeltaUs[index] ?? 0);
  }
  return baseUnixUs + most;
};

/** A batch from the future is moved back as a whole: its clock is ahead, its distances are right. */
const shiftUs = (columns: ResultColumns, wallMs: number): number => {
  const newest = newestUs(columns);
  return newest > (wallMs + resultFutureMaxMs) * 1000
    ? Math.ceil(newest - Math.floor(wallMs * 1000))
    : 0;
};

type Mapped =
  | { readonly kind: "mapped"; readonly columns: ResultColumns; readonly unplaced: number }
  | ReturnType<typeof bad>;

const ownIds = (source: ResultColumns, interner: TargetIds): Mapped => {
  for (let index = 0; index < source.targetId.length; index++) {
    const id = source.targetId[index] ?? 0;
    if (interner.keyOf(id) === undefined) {
      return bad("unknown_id", `target id ${id} was never given out in this epoch`);
    }
  }
  return { kind: "mapped", columns: typedColumns(source), unplaced: 0 };
};

/** Ids of another epoch mean nothing here: the batch's own dictionary says what they were. */
const mappedIds = (batch: ResultBatch, interner: TargetIds): Mapped => {
  if (batch.dictionary.length > batchResultsMax) {
    return bad("dictionary", `a dictionary holds at most ${batchResultsMax} entries`);
  }
  const keys = new Map(batch.dictionary.map(({ id, key }) => [id, key]));
  const own = new Map<number, number | undefined>();
  let unplaced = 0;
  for (let index = 0; index < batch.columns.targetId.length; index++) {
    const id = batch.columns.targetId[index] ?? 0;
    if (!own.has(id)) {
      const key = keys.get(id);
      if (
        key === undefined ||
        key.length > targetKeyBytesMax ||
        parseTargetKey(key) === undefined
      ) {
        return bad("dictionary", `id ${id} of epoch ${batch.serverEpoch.slice(0, 64)} has no name`);
      }
      own.set(id, interner.idForNamed(key));
    }
    if (own.get(id) === undefined) unplaced += 1;
  }
  return { kind: "mapped", columns: renamedColumns(batch.columns, own), unplaced };
};

const typedColumns = (source: ResultColumns): ResultColumns => ({
  baseUnixUs: source.baseUnixUs,
  targetId: Uint32Array.from(source.targetId),
  timeDeltaUs: Int32Array.from(source.timeDeltaUs),
  rttUs: Uint32Array.from(source.rttUs),
  outcome: Uint8Array.from(source.outcome),
  details: source.details,
});

const renamedColumns = (
  source: ResultColumns,
  own: ReadonlyMap<number, number | undefined>,
): ResultColumns => {
  const kept: number[] = [];
  for (let index = 0; index < source.targetId.length; index++) {
    if (own.get(source.targetId[index] ?? 0) !== undefined) kept.push(index);
  }
  const place = new Map(kept.map((index, at) => [index, at]));
  return {
    baseUnixUs: source.baseUnixUs,
    targetId: Uint32Array.from(kept, (index) => own.get(source.targetId[index] ?? 0) ?? 0),
    timeDeltaUs: Int32Array.from(kept, (index) => source.timeDeltaUs[index] ?? 0),
    rttUs: Uint32Array.from(kept, (index) => source.rttUs[index] ?? 0),
    outcome: Uint8Array.from(kept, (index) => source.outcome[index] ?? 0),
    details: source.details.flatMap(({ index, text }) => {
      const at = place.get(index);
      return at === undefined ? [] : [{ index: at, text }];
    }),
  };
};
