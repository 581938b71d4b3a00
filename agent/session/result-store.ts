import type { Spooled } from "../../common/agent-stream.js";
import { spoolAgeMsMax, spoolBytesMax } from "../limits.js";
import { type Batch, type LossReason, lossMemoryBytes } from "./batch.js";
import { BatchBuilder } from "./batch-builder.js";
import { KeyTable } from "./key-table.js";
import { Outbox, type Sent, type SentBatch } from "./outbox.js";
import type { Measured } from "./protocol.js";
import { Spool } from "./spool.js";

/** Where every result since the start is; each is in exactly one place. */
export type ResultCounts = {
  readonly measured: number;
  readonly spooled: number;
  readonly unacked: number;
  readonly acked: number;
  readonly dropped: number;
};

/**
 * All results that no server has acknowledged, within bytes and age: the batch that grows, the spool and the outbox.
 * What is in flight is never dropped (the window bounds it); of the rest the oldest goes first, and is counted.
 */
export class ResultStore {
  /** What was sent and not acknowledged. */
  readonly outbox = new Outbox();
  /** What was never sent. */
  readonly spool = new Spool();
  /** Names of the ids that kept results use. */
  readonly keys = new KeyTable();
  /** The batch that grows. */
  readonly builder = new BatchBuilder();
  #batchBytes = 0;
  #losses = 0;
  #measured = 0;
  #unacked = 0;
  #acked = 0;
  #dropped = 0;
  /** Nothing is too old before this. */
  #expiresAtMs = Number.POSITIVE_INFINITY;

  /** Memory as accounted: all but the columns of the batch that grows, which are used again and again. */
  get bytes(): number {
    return this.#batchBytes + this.#losses * lossMemoryBytes + this.keys.bytes;
  }

  /** When something may be too old. */
  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  /** Adds a result; full batches go to the spool, and the oldest ones out of it. */
  add(measured: Measured, unixMs: number, nowMs: number): void {
    const unixUs = Math.round(unixMs * 1000);
    if (!this.builder.accepts(measured, unixUs)) this.seal(nowMs);
    this.builder.add(measured, unixUs, nowMs);
    this.keys.retain(measured.epoch, measured.id, measured.key);
    this.#measured += 1;
    if (this.builder.isFull()) this.seal(nowMs);
    this.#makeRoom();
  }

  /** Ends the batch that grows. */
  seal(nowMs: number): void {
    const batch = this.builder.seal(nowMs);
    if (batch === undefined) return;
    this.spool.add(batch);
    this.#batchBytes += batch.memoryBytes;
    this.#expiresAtMs = Math.min(this.#expiresAtMs, nowMs + spoolAgeMsMax);
    this.#makeRoom();
  }

  /** Takes the next one out of the spool and gives it a number. */
  number(from: "loss" | "live" | "spooled"): Sent | undefined {
    if (from === "loss") {
      const loss = this.spool.takeLoss();
      return loss === undefined ? undefined : this.outbox.push(loss);
    }
    const batch = from === "live" ? this.spool.takeLive() : this.spool.takeSpooled();
    if (batch === undefined) return undefined;
    this.#unacked += batch.count;
    return this.outbox.push(batch);
  }

  /** Halves the next live or spooled batch; false when it cannot be. */
  halve(from: "live" | "spooled"): boolean {
    const grownBytes = this.spool.halve(from);
    if (grownBytes === undefined) return false;
    this.#batchBytes += grownBytes;
    this.#makeRoom();
    return true;
  }

  /** Everything up to seq is in a server's log. */
  ack(seq: number): void {
    while (this.outbox.length > 0 && this.outbox.ackedSeq < seq) {
      const sent = this.outbox.takeAcked();
      if (sent !== undefined) this.#countAcked(sent);
    }
  }

  /** Drops what is too old. */
  expire(nowMs: number): void {
    if (nowMs < this.#expiresAtMs) return;
    const sealedBeforeMs = nowMs - spoolAgeMsMax;
    for (const sent of this.outbox.idleBatches()) {
      if (sent.content.sealedAtMs <= sealedBeforeMs) this.replace(sent, "spool_age");
    }
    while ((this.spool.oldest()?.sealedAtMs ?? Number.POSITIVE_INFINITY) <= sealedBeforeMs) {
      this.#dropSpooled("spool_age");
    }
    this.#expiresAtMs = this.#nextExpiryMs();
  }

  /** Puts a loss in the place of a batch that is not in flight. */
  replace(sent: SentBatch, reason: LossReason): void {
    const batch = this.outbox.drop(sent, reason);
    this.#losses += 1;
    this.#forget(batch);
    // A batch that went out may be acknowledged yet: its results are lost when the gap goes out.
    if (sent.sentAs === "nothing") this.#lose(batch.count);
  }

  /** What was offered to the session went out. */
  markSent(sent: Sent, wireBytes: number, paced: boolean): void {
    const { content, sentAs } = sent;
    if (content.kind === "loss" && sentAs === "batch") this.#lose(content.dropped);
    this.outbox.markSent(sent, wireBytes, paced);
  }

  /** The session ended. */
  endSession(): void {
    this.outbox.endSession();
    this.spool.endSession();
    this.#expiresAtMs = this.#nextExpiryMs();
  }

  /** What waits unsent, for Hello and heartbeats. */
  spooled(nowMs: number): Spooled {
    const oldest = this.spool.oldest();
    const ageMs = oldest === undefined ? 0 : Math.max(0, Math.round(nowMs - oldest.sealedAtMs));
    return { batches: this.spool.batches, oldestMs: ageMs };
  }

  /** Where every result is. */
  counts(): ResultCounts {
    return {
      measured: this.#measured,
      spooled: this.spool.results,
      unacked: this.#unacked,
      acked: this.#acked,
      dropped: this.#dropped,
    };
  }

  #makeRoom(): void {
    while (this.bytes > spoolBytesMax && this.#dropOldest("spool_full")) {}
  }

  /** Whichever of the outbox and the spool has the older batch gives it up. */
  #dropOldest(reason: LossReason): boolean {
    const sent = this.outbox.droppable();
    const waiting = this.spool.oldest();
    if (
      sent !== undefined &&
      sent.content.sealedAtMs <= (waiting?.sealedAtMs ?? Number.POSITIVE_INFINITY)
    ) {
      this.replace(sent, reason);
      return true;
    }
    return this.#dropSpooled(reason);
  }

  #dropSpooled(reason: LossReason): boolean {
    const hadLoss = this.spool.loss !== undefined;
    const batch = this.spool.dropOldest(reason);
    if (batch === undefined) return false;
    if (!hadLoss) this.#losses += 1;
    this.#forget(batch);
    this.#dropped += batch.count;
    return true;
  }

  #countAcked(sent: Sent): void {
    const content = sent.content;
    if (content.kind === "batch") {
      this.#unacked -= content.count;
      this.#acked += content.count;
      this.#forget(content);
      return;
    }
    this.#losses -= 1;
    if (sent.sentAs !== "batch") return;
    // It was dropped here after it went out, and the server has it: nothing is lost.
    this.#unacked -= content.dropped;
    this.#acked += content.dropped;
  }

  #lose(results: number): void {
    this.#unacked -= results;
    this.#dropped += results;
  }

  #forget(batch: Batch): void {
    this.#batchBytes -= batch.memoryBytes;
    this.keys.release(batch);
  }

  #nextExpiryMs(): number {
    let oldestMs = this.spool.oldest()?.sealedAtMs ?? Number.POSITIVE_INFINITY;
    for (const sent of this.outbox.idleBatches()) {
      oldestMs = Math.min(oldestMs, sent.content.sealedAtMs);
    }
    return oldestMs + spoolAgeMsMax;
  }
}
