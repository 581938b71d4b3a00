import {
  type AgentMessage,
  type ResultBatch,
  resultBatchBytes,
  type Window,
} from "../../common/agent-stream.js";
import { assert } from "../../common/assert.js";
import {
  batchRejectionsMax,
  spoolWindowShare,
  windowBatchesMax,
  windowBytesMax,
} from "../limits.js";
import { type Batch, gapFromLoss, gapWireBytes, type Loss } from "./batch.js";
import { isBatch, type Outbox, type Sent } from "./outbox.js";
import type { AgentOutput } from "./protocol.js";
import type { ResultStore } from "./result-store.js";

/** What a session's Welcome says about results. */
export type SenderSession = {
  readonly epoch: string;
  readonly window: Window;
  readonly messageBytesMax: number;
  readonly batchResultsMax: number;
};

/** Sends what the store holds, in the order and within the credit that the protocol asks for. */
export class Sender {
  readonly #bootId: string;
  readonly #store: ResultStore;
  readonly #outbox: Outbox;
  #session: SenderSession | undefined;
  #window: Window = { batches: 0, bytes: 0 };
  #blocked = false;
  #draining = false;
  /** Until this number is acknowledged one batch goes at a time, to find out which one a server refuses. */
  #suspectSeq = 0;
  #suspectRejections = 0;

  constructor(bootId: string, store: ResultStore) {
    this.#bootId = bootId;
    this.#store = store;
    this.#outbox = store.outbox;
  }

  /** A session began. */
  begin(session: SenderSession): void {
    this.#session = session;
    this.#blocked = false;
    this.#draining = false;
    this.grant(session.window);
  }

  /** New credit; 0 batches means pause. */
  grant(window: Window): void {
    this.#window = {
      batches: Math.min(window.batches, windowBatchesMax),
      bytes: Math.min(window.bytes, windowBytesMax),
    };
  }

  /** Whether the transport wants batches held back. */
  block(blocked: boolean): void {
    this.#blocked = blocked;
  }

  /** Only what this session measured is still sent. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether a new batch would leave at once. */
  isReady(): boolean {
    return (
      !this.#blocked &&
      !this.#store.spool.hasLive &&
      this.#outbox.nextAgain() === undefined &&
      this.#fits(0)
    );
  }

  /** Whether everything that drain() leaves to send is acknowledged. */
  isDrained(): boolean {
    return this.#outbox.length === 0 && !this.#store.spool.hasLive;
  }

  /**
   * The session ended; rejected tells whether with INVALID_ARGUMENT. A batch that did it twice would do it for ever: a
   * loss takes its place, and its number is returned.
   */
  end(rejected: boolean): number | undefined {
    const suspect = rejected && this.#outbox.inFlight > 0 ? this.#outbox.first() : undefined;
    this.#session = undefined;
    this.#store.endSession();
    if (suspect === undefined) return undefined;
    this.#suspectRejections = suspect.seq === this.#suspectSeq ? this.#suspectRejections + 1 : 1;
    this.#suspectSeq = suspect.seq;
    if (this.#suspectRejections < batchRejectionsMax || !isBatch(suspect)) return undefined;
    this.#store.replace(suspect, "rejected");
    return suspect.seq;
  }

  /** Sends what may leave now. Returns how many messages that is. */
  pump(out: AgentOutput[]): number {
    const session = this.#session;
    if (session === undefined) return 0;
    let count = 0;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const message = this.#message(next, session);
      const wireBytes = message.kind === "results" ? resultBatchBytes(message.batch) : gapWireBytes;
      if (isOversize(next.content, wireBytes, session)) {
        this.#shrink(next, out);
        continue;
      }
      if (!this.#fits(wireBytes) || (next.from === "spooled" && !this.#fitsShare(wireBytes))) break;
      const sent = this.#numbered(next);
      this.#store.markSent(sent, wireBytes, next.from === "spooled");
      out.push({ kind: "send", message });
      count += 1;
    }
    return count;
  }

  /** Again first, then what is lost, then live, then spooled. */
  #next(): Next | undefined {
    if (this.#blocked || !this.#fits(0)) return undefined;
    const again = this.#outbox.nextAgain();
    if (again !== undefined) return { from: "again", seq: again.seq, content: again.content };
    const { spool } = this.#store;
    const seq = this.#outbox.lastSeq + 1;
    if (spool.loss !== undefined) return { from: "loss", seq, content: spool.loss };
    const live = spool.nextLive();
    if (live !== undefined) return { from: "live", seq, content: live };
    const spooled = this.#draining ? undefined : spool.nextSpooled();
    if (spooled === undefined || !this.#fitsShare(spooled.wireBytes)) return undefined;
    return { from: "spooled", seq, content: spooled };
  }

  #numbered(next: Next): Sent {
    const sent = next.from === "again" ? this.#outbox.nextAgain() : this.#store.number(next.from);
    assert(sent !== undefined && sent.seq === next.seq, "what is offered next is numbered next");
    return sent;
  }

  /** This server takes smaller batches than a former one: halves what has no number, a loss replaces the rest. */
  #shrink(next: Next, out: AgentOutput[]): void {
    const { from, seq } = next;
    if ((from === "live" || from === "spooled") && this.#store.halve(from)) return;
    const sent = this.#numbered(next);
    assert(isBatch(sent), "only batches are too large");
    const dropped = sent.content.count;
    this.#store.replace(sent, "rejected");
    const fields = { seq, dropped };
    out.push({ kind: "log", level: "error", fields, message: "batch is too large for the server" });
  }

  #message(next: Next, session: SenderSession): AgentMessage & { kind: "results" | "gap" } {
    const { seq, content } = next;
    const bootId = this.#bootId;
    if (content.kind === "loss") return { kind: "gap", gap: gapFromLoss(content, bootId, seq) };
    const { epoch, columns } = content;
    const dictionary = epoch === session.epoch ? noNames : this.#store.keys.dictionary(content);
    return { kind: "results", batch: { bootId, seq, serverEpoch: epoch, columns, dictionary } };
  }

  /** A batch that is alone in flight may be larger than the window, or it would never leave. */
  #fits(bytes: number): boolean {
    const { inFlight, inFlightBytes, ackedSeq } = this.#outbox;
    const onTrial = ackedSeq < this.#suspectSeq;
    const batches = onTrial ? Math.min(this.#window.batches, 1) : this.#window.batches;
    if (inFlight >= batches || this.#window.bytes === 0) return false;
    return inFlight === 0 || inFlightBytes + bytes <= this.#window.bytes;
  }

  #fitsShare(bytes: number): boolean {
    const { pacedBatches, pacedBytes } = this.#outbox;
    if (pacedBatches === 0) return true;
    return (
      pacedBatches < Math.floor(this.#window.batches * spoolWindowShare) &&
      pacedBytes + bytes <= this.#window.bytes * spoolWindowShare
    );
  }
}

/** What is offered next, the number it has or gets, and where it is. */
type Next = {
  readonly from: "again" | "loss" | "live" | "spooled";
  readonly seq: number;
  readonly content: Batch | Loss;
};

const noNames: ResultBatch["dictionary"] = [];

const isOversize = (content: Batch | Loss, wireBytes: number, session: SenderSession): boolean =>
  content.kind === "batch" &&
  (wireBytes > session.messageBytesMax || content.count > session.batchResultsMax);
