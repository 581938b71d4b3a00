import {
  type AgentMessage,
  resultBatchBytes,
  type ServerMessage,
  type Window,
} from "../../common/agent-stream.js";
import { SimFailure } from "./sim-trace.js";

/** Follows the credit of one stream as its agent knows it: nothing is sent beyond it. */
export class SimCredit {
  #window: Window = { batches: 0, bytes: 0 };
  #ackedSeq = 0;
  /** Bytes of what was sent on this stream and not acknowledged, by number. */
  readonly #inFlight = new Map<number, number>();

  /** The agent takes a message of the server. */
  received(message: ServerMessage): void {
    if (message.kind === "welcome") {
      this.#window = message.welcome.window;
      this.#acked(message.welcome.ackSeq);
    }
    if (message.kind === "window") this.#window = message.window;
    if (message.kind === "ack") this.#acked(message.seq);
  }

  /** The agent sends. One batch alone may be larger than the window's bytes, or it would never leave. */
  sent(message: AgentMessage): void {
    if (message.kind === "results") {
      this.#inFlight.set(message.batch.seq, resultBatchBytes(message.batch));
    } else if (message.kind === "gap") {
      this.#inFlight.set(message.gap.seq, 0);
    } else {
      return;
    }
    let bytes = 0;
    for (const batchBytes of this.#inFlight.values()) bytes += batchBytes;
    const { size } = this.#inFlight;
    const { batches } = this.#window;
    if (size > batches || (size > 1 && bytes > this.#window.bytes)) {
      const sent = `${size} batches of ${bytes} bytes`;
      throw new SimFailure(
        "memory",
        `${sent} in flight, granted are ${batches} of ${this.#window.bytes}`,
      );
    }
  }

  #acked(seq: number): void {
    this.#ackedSeq = Math.max(this.#ackedSeq, seq);
    for (const sent of this.#inFlight.keys()) {
      if (sent > this.#ackedSeq) break;
      this.#inFlight.delete(sent);
    }
  }
}
