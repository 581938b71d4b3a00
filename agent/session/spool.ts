import {
  type Batch,
  halvesOf,
  type Loss,
  type LossReason,
  lossFromBatch,
  mergeLosses,
} from "./batch.js";
import { RingQueue } from "./ring-queue.js";

/**
 * Batches that were never sent: live ones of this session, and spooled ones from before it. What had to be dropped is one
 * coalesced loss that leaves before anything else here.
 */
export class Spool {
  readonly #live = new RingQueue<Batch>();
  readonly #spooled = new RingQueue<Batch>();
  #loss: Loss | undefined;
  #results = 0;

  /** Batches in here. */
  get batches(): number {
    return this.#live.length + this.#spooled.length;
  }

  /** Results in here. */
  get results(): number {
    return this.#results;
  }

  /** Whether batches of this session wait. */
  get hasLive(): boolean {
    return this.#live.length > 0;
  }

  /** What was dropped and not yet told. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** Appends a sealed batch. */
  add(batch: Batch): void {
    this.#live.push(batch);
    this.#results += batch.count;
  }

  /** The session ended: what waits is spooled now. */
  endSession(): void {
    for (let batch = this.#live.shift(); batch !== undefined; batch = this.#live.shift()) {
      this.#spooled.push(batch);
    }
  }

  /** The oldest live one. */
  nextLive(): Batch | undefined {
    return this.#live.at(0);
  }

  /** The oldest spooled one. */
  nextSpooled(): Batch | undefined {
    return this.#spooled.at(0);
  }

  /** Takes the oldest live one. */
  takeLive(): Batch | undefined {
    return this.#taken(this.#live.shift());
  }

  /** Takes the oldest spooled one. */
  takeSpooled(): Batch | undefined {
    return this.#taken(this.#spooled.shift());
  }

  /** Puts two halves in the place of the oldest one. Returns by how much its memory grew; undefined when that is no use. */
  halve(from: "live" | "spooled"): number | undefined {
    const queue = from === "live" ? this.#live : this.#spooled;
    const batch = queue.at(0);
    const halves = batch && halvesOf(batch);
    if (batch === undefined || halves === undefined) return undefined;
    queue.shift();
    queue.unshift(halves[1]);
    queue.unshift(halves[0]);
    return halves[0].memoryBytes + halves[1].memoryBytes - batch.memoryBytes;
  }

  /** Takes the loss. */
  takeLoss(): Loss | undefined {
    const loss = this.#loss;
    this.#loss = undefined;
    return loss;
  }

  /** The oldest batch: spooled ones are older than live ones. */
  oldest(): Batch | undefined {
    return this.#spooled.at(0) ?? this.#live.at(0);
  }

  /** Drops the oldest batch into the loss. */
  dropOldest(reason: LossReason): Batch | undefined {
    const batch = this.#spooled.length > 0 ? this.takeSpooled() : this.takeLive();
    if (batch === undefined) return undefined;
    const loss = lossFromBatch(batch, reason);
    this.#loss = this.#loss === undefined ? loss : mergeLosses(loss, this.#loss);
    return batch;
  }

  #taken(batch: Batch | undefined): Batch | undefined {
    this.#results -= batch?.count ?? 0;
    return batch;
  }
}
