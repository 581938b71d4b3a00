import { type Batch, type Loss, type LossReason, lossFromBatch } from "./batch.js";
import { RingQueue } from "./ring-queue.js";

/** Something that has a sequence number and is not acknowledged. */
export type Sent = {
  readonly seq: number;
  content: Batch | Loss;
  /** What went out last under this number: a batch that became a loss may still be acknowledged as the batch. */
  sentAs: "nothing" | "batch" | "loss";
  /** What it counts against the window. */
  wireBytes: number;
  /** True when it counts against the share of spooled batches. */
  paced: boolean;
};

/** One whose results are still here. */
export type SentBatch = Sent & { content: Batch };

/**
 * What was sent and not acknowledged, in order of sequence numbers without a hole. Those sent on this session are the
 * first ones (in flight), as a new session sends the old ones again first and in order. A number is never used twice.
 */
export class Outbox {
  readonly #queue = new RingQueue<Sent>();
  #ackedSeq = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  #pacedBatches = 0;
  #pacedBytes = 0;
  /** Between what is in flight and this number nothing is left to drop. */
  #dropFromSeq = 1;

  /** Highest acknowledged number; the next one is the oldest kept. */
  get ackedSeq(): number {
    return this.#ackedSeq;
  }

  /** Highest number in use. */
  get lastSeq(): number {
    return this.#ackedSeq + this.#queue.length;
  }

  /** How many are not acknowledged. */
  get length(): number {
    return this.#queue.length;
  }

  /** Sent on this session. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Their bytes, as the window counts them. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Spooled ones in flight. */
  get pacedBatches(): number {
    return this.#pacedBatches;
  }

  /** Their bytes. */
  get pacedBytes(): number {
    return this.#pacedBytes;
  }

  /** The oldest one. */
  first(): Sent | undefined {
    return this.#queue.at(0);
  }

  /** The next one to send again on this session. */
  nextAgain(): Sent | undefined {
    return this.#queue.at(this.#inFlight);
  }

  /** Gives a number to something new. It is not in flight until markSent. */
  push(content: Batch | Loss): Sent {
    const sent: Sent = {
      seq: this.lastSeq + 1,
      content,
      sentAs: "nothing",
      wireBytes: 0,
      paced: false,
    };
    this.#queue.push(sent);
    return sent;
  }

  /** The next one to send again went out. */
  markSent(sent: Sent, wireBytes: number, paced: boolean): void {
    sent.sentAs = sent.content.kind;
    sent.wireBytes = wireBytes;
    sent.paced = paced;
    this.#inFlight += 1;
    this.#inFlightBytes += wireBytes;
    if (!paced) return;
    this.#pacedBatches += 1;
    this.#pacedBytes += wireBytes;
  }

  /** Takes the oldest one as acknowledged. */
  takeAcked(): Sent | undefined {
    const sent = this.#queue.shift();
    if (sent === undefined) return undefined;
    this.#ackedSeq = sent.seq;
    if (this.#inFlight === 0) return sent;
    this.#inFlight -= 1;
    this.#inFlightBytes -= sent.wireBytes;
    if (sent.paced) {
      this.#pacedBatches -= 1;
      this.#pacedBytes -= sent.wireBytes;
    }
    return sent;
  }

  /** With nothing kept: numbers go on after this one, which a server has seen already. */
  skipTo(seq: number): void {
    if (this.#queue.length === 0) this.#ackedSeq = Math.max(this.#ackedSeq, seq);
  }

  /** The session ended: all are to be sent again. */
  endSession(): void {
    this.#inFlight = 0;
    this.#inFlightBytes = 0;
    this.#pacedBatches = 0;
    this.#pacedBytes = 0;
    this.#dropFromSeq = 1;
  }

  /** The oldest batch that is not in flight. */
  droppable(): SentBatch | undefined {
    const fromSeq = Math.max(this.#dropFromSeq, this.#ackedSeq + 1 + this.#inFlight);
    for (let seq = fromSeq; seq <= this.lastSeq; seq++) {
      const sent = this.#queue.at(seq - this.#ackedSeq - 1);
      this.#dropFromSeq = seq;
      if (sent !== undefined && isBatch(sent)) return sent;
    }
    return undefined;
  }

  /** Batches that are not in flight. */
  *idleBatches(): Generator<SentBatch> {
    for (let i = this.#inFlight; i < this.#queue.length; i++) {
      const sent = this.#queue.at(i);
      if (sent !== undefined && isBatch(sent)) yield sent;
    }
  }

  /** Puts a loss in the batch's place; the number stays, so that the sequence has no hole. */
  drop(sent: SentBatch, reason: LossReason): Batch {
    const batch = sent.content;
    const place: Sent = sent;
    place.content = lossFromBatch(batch, reason);
    return batch;
  }
}

/** Whether it still is a batch and not a loss. */
export const isBatch = (sent: Sent): sent is SentBatch => sent.content.kind === "batch";
