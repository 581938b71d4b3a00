import { type Gap, type ResultColumns, resultBatchBytes } from "../../common/agent-stream.js";

/** A sealed batch: homogeneous in epoch, its keys kept in a KeyTable. Never changed. */
export type Batch = {
  readonly kind: "batch";
  readonly epoch: string;
  readonly columns: ResultColumns;
  readonly count: number;
  readonly sealedAtMs: number;
  /** What it counts against the spool. */
  readonly memoryBytes: number;
  /** What it counts against the window, without a dictionary. */
  readonly wireBytes: number;
};

/** Results that are gone, counted; gets its sequence number like a batch. */
export type Loss = {
  readonly kind: "loss";
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly dropped: number;
  readonly reason: LossReason;
};

/** Why results are gone: the spool had no room, they were too old, or no server would take them. */
export type LossReason = "spool_full" | "spool_age" | "rejected";

/** Bytes that a result takes in memory: three 32-bit columns and one of 8 bits. */
export const resultMemoryBytes = 13;

/** Objects, array headers and queue slots around a batch. */
export const batchOverheadBytes = 768;

/** What a loss takes in memory. */
export const lossMemoryBytes = 256;

/** What a gap counts against the window's bytes: an upper bound of its encoding. */
export const gapWireBytes = 128;

/** Round-trip time as the contract has it: whole microseconds, at least 1, 32 bits. */
export const wireRttUs = (rttUs: number): number =>
  Math.min(Math.max(Math.round(rttUs), 1), 4_294_967_295);

/** A sealed batch of these columns. */
export const batchFromColumns = (
  epoch: string,
  columns: ResultColumns,
  sealedAtMs: number,
): Batch => ({
  kind: "batch",
  epoch,
  columns,
  count: columns.targetId.length,
  sealedAtMs,
  memoryBytes: batchMemoryBytes(columns),
  wireBytes: resultBatchBytes({ bootId: "", seq: 0, serverEpoch: epoch, columns, dictionary: [] }),
});

/** Two batches of about half the results each, in order; undefined for a batch of one. */
export const halvesOf = (batch: Batch): readonly [Batch, Batch] | undefined => {
  if (batch.count < 2) return undefined;
  const middle = batch.count >> 1;
  return [partOf(batch, 0, middle), partOf(batch, middle, batch.count)];
};

const partOf = ({ epoch, columns, sealedAtMs }: Batch, from: number, to: number): Batch => {
  const details = columns.details
    .filter(({ index }) => index >= from && index < to)
    .map(({ index, text }) => ({ index: index - from, text }));
  const part: ResultColumns = {
    baseUnixUs: columns.baseUnixUs,
    targetId: Uint32Array.from(columns.targetId).slice(from, to),
    timeDeltaUs: Int32Array.from(columns.timeDeltaUs).slice(from, to),
    rttUs: Uint32Array.from(columns.rttUs).slice(from, to),
    outcome: Uint8Array.from(columns.outcome).slice(from, to),
    details,
  };
  return batchFromColumns(epoch, part, sealedAtMs);
};

/** What a batch takes in memory, keys apart. */
const batchMemoryBytes = (columns: ResultColumns): number => {
  let bytes = batchOverheadBytes + resultMemoryBytes * columns.targetId.length;
  for (const detail of columns.details) bytes += 64 + 2 * detail.text.length;
  return bytes;
};

/** The loss that dropping a batch makes. */
export const lossFromBatch = (batch: Batch, reason: LossReason): Loss => {
  const { baseUnixUs, timeDeltaUs } = batch.columns;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < batch.count; i++) {
    const deltaUs = timeDeltaUs[i] ?? 0;
    first = Math.min(first, deltaUs);
    last = Math.max(last, deltaUs);
  }
  return {
    kind: "loss",
    fromUnixMs: Math.floor((baseUnixUs + first) / 1000),
    toUnixMs: Math.ceil((baseUnixUs + last) / 1000),
    dropped: batch.count,
    reason,
  };
};

/** One loss for two; that the spool was full outweighs that it was old. */
export const mergeLosses = (one: Loss, other: Loss): Loss => ({
  kind: "loss",
  fromUnixMs: Math.min(one.fromUnixMs, other.fromUnixMs),
  toUnixMs: Math.max(one.toUnixMs, other.toUnixMs),
  dropped: one.dropped + other.dropped,
  reason: one.reason === "spool_full" ? one.reason : other.reason,
});

/** The message of a loss. */
export const gapFromLoss = (loss: Loss, bootId: string, seq: number): Gap => ({
  bootId,
  seq,
  fromUnixMs: loss.fromUnixMs,
  toUnixMs: loss.toUnixMs,
  dropped: loss.dropped,
  reason: loss.reason,
});
