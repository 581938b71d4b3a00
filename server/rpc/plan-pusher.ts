import { planStreamsPerTurn } from "../limits.js";
import type { StreamId } from "../session/protocol.js";

/** Writes encoded plans to many streams, so many in a turn of the event loop. */
export interface PlanPusher {
  /** The same bytes to all of these streams; a newer push to a stream replaces one that still waits for its turn. */
  push(streams: readonly StreamId[], bytes: Buffer): void;
  stop(): void;
}

/** A pusher that writes with this function. */
export const createPlanPusher = (write: (stream: StreamId, bytes: Buffer) => void): PlanPusher => {
  // A map keeps the order of first insertion: nobody waits longer because somebody else is pushed to again.
  const waiting = new Map<StreamId, Buffer>();
  let turn: NodeJS.Immediate | undefined;

  const writeSome = (): void => {
    turn = undefined;
    let count = 0;
    for (const [stream, bytes] of waiting) {
      waiting.delete(stream);
      write(stream, bytes);
      count += 1;
      if (count >= planStreamsPerTurn) break;
    }
    if (waiting.size > 0) turn = setImmediate(writeSome);
  };

  return {
    push: (streams, bytes) => {
      for (const stream of streams) waiting.set(stream, bytes);
      if (turn === undefined) writeSome();
    },
    stop: () => {
      if (turn !== undefined) clearImmediate(turn);
      waiting.clear();
    },
  };
};
