import type { ResultColumns } from "../../common/agent-stream.js";
import {
  agentMessageBytesMax,
  batchResultsMax,
  resultDetailCharsMax,
  resultDetailsMax,
} from "../../common/limits.js";
import { outcomeNumber } from "../../common/probe.js";
import { batchResultsDefault } from "../limits.js";
import { type Batch, batchFromColumns, wireRttUs } from "./batch.js";
import { clipText } from "./clip-text.js";
import type { Measured } from "./protocol.js";

/** Farthest that a result's time may be from the first one's: 32 bits of microseconds. */
const deltaUsMax = 2_147_483_647;

/** The batch that still grows: columns that are filled, copied out when the batch is sealed, and used again. */
export class BatchBuilder {
  #ids = new Uint32Array(128);
  #deltas = new Int32Array(128);
  #rtts = new Uint32Array(128);
  #outcomes = new Uint8Array(128);
  #details: { readonly index: number; readonly text: string }[] = [];
  #count = 0;
  #epoch = "";
  #baseUnixUs = 0;
  #openedAtMs = 0;
  /** Upper bound of the encoding with a dictionary that names every result's id. */
  #wireBytes = 0;
  #resultsMax = batchResultsDefault;
  #bytesMax = agentMessageBytesMax;

  /** Results so far. */
  get count(): number {
    return this.#count;
  }

  /** When the first result came in; only while there is one. */
  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  /** Largest batch to build from now on, as the server asks, within the contract's bounds; 0 leaves the default. */
  limit(limits: { readonly resultsMax: number; readonly bytesMax: number }): void {
    this.#resultsMax = Math.min(limits.resultsMax || batchResultsDefault, batchResultsMax);
    this.#bytesMax = Math.min(limits.bytesMax || agentMessageBytesMax, agentMessageBytesMax);
  }

  /** Whether nothing more should be added. */
  isFull(): boolean {
    return this.#count >= this.#resultsMax;
  }

  /** Whether a result may join: same epoch, time in reach, room for it and its explanation. */
  accepts(measured: Measured, unixUs: number): boolean {
    if (this.#count === 0) return true;
    return (
      this.#count < this.#resultsMax &&
      measured.epoch === this.#epoch &&
      Math.abs(unixUs - this.#baseUnixUs) <= deltaUsMax &&
      (measured.result.detail === "" || this.#details.length < resultDetailsMax) &&
      this.#wireBytes + resultBytes(measured) <= this.#bytesMax
    );
  }

  /** Adds a result that is accepted. */
  add(measured: Measured, unixUs: number, nowMs: number): void {
    if (this.#count === 0) this.#open(measured.epoch, unixUs, nowMs);
    if (this.#count === this.#ids.length) this.#grow();
    const i = this.#count;
    const { outcome, rttUs, detail } = measured.result;
    this.#ids[i] = measured.id;
    this.#deltas[i] = unixUs - this.#baseUnixUs;
    this.#rtts[i] = rttUs === undefined ? 0 : wireRttUs(rttUs);
    this.#outcomes[i] = outcomeNumber(outcome);
    if (detail !== "") {
      this.#details.push({ index: i, text: clipText(detail, resultDetailCharsMax) });
    }
    this.#count += 1;
    this.#wireBytes += resultBytes(measured);
  }

  /** The batch so far, and a fresh start; undefined when it is empty. */
  seal(nowMs: number): Batch | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const columns = this.#columns();
    this.#count = 0;
    this.#details = [];
    return batchFromColumns(this.#epoch, columns, nowMs);
  }

  #open(epoch: string, unixUs: number, nowMs: number): void {
    this.#epoch = epoch;
    this.#baseUnixUs = unixUs;
    this.#openedAtMs = nowMs;
    this.#wireBytes = batchBytes;
  }

  /** Exact copies in one buffer, so that a kept batch costs what is in it. */
  #columns(): ResultColumns {
    const count = this.#count;
    const buffer = new ArrayBuffer(13 * count);
    const targetId = new Uint32Array(buffer, 0, count);
    const timeDeltaUs = new Int32Array(buffer, 4 * count, count);
    const rttUs = new Uint32Array(buffer, 8 * count, count);
    const outcome = new Uint8Array(buffer, 12 * count, count);
    targetId.set(this.#ids.subarray(0, count));
    timeDeltaUs.set(this.#deltas.subarray(0, count));
    rttUs.set(this.#rtts.subarray(0, count));
    outcome.set(this.#outcomes.subarray(0, count));
    return {
      baseUnixUs: this.#baseUnixUs,
      targetId,
      timeDeltaUs,
      rttUs,
      outcome,
      details: this.#details,
    };
  }

  #grow(): void {
    const length = this.#ids.length * 2;
    const ids = new Uint32Array(length);
    const deltas = new Int32Array(length);
    const rtts = new Uint32Array(length);
    const outcomes = new Uint8Array(length);
    ids.set(this.#ids);
    deltas.set(this.#deltas);
    rtts.set(this.#rtts);
    outcomes.set(this.#outcomes);
    this.#ids = ids;
    this.#deltas = deltas;
    this.#rtts = rtts;
    this.#outcomes = outcomes;
  }
}

/** Bytes of a batch without results, as resultBatchBytes counts them. */
const batchBytes = 128;

/** Bytes that a result adds with its explanation and its id's name, as resultBatchBytes counts them. */
const resultBytes = (measured: Measured): number => {
  const detail = measured.result.detail;
  const detailBytes = detail === "" ? 0 : 16 + 3 * Math.min(detail.length, resultDetailCharsMax);
  return 26 + 16 + 3 * measured.key.length + detailBytes;
};
