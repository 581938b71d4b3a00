import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import type { Clock } from "../../common/clock.js";
import type { MatrixSchema } from "../../gen/causeway/v1/mesh_pb.js";
import { matrixWatchersMax, watchFrameMinMs, watchHeartbeatMs } from "../limits.js";
import { type FrameQuery, type MatrixFrame, matrixFrame } from "../mesh/matrix-frame.js";
import type { MatrixMark, MeshView } from "../mesh/mesh-view.js";
import { RpcError } from "./errors.js";
import { frameToWire } from "./mesh-wire.js";

type Frame = MessageInitShape<typeof MatrixSchema>;

/**
 * Watches of the matrix, at most matrixWatchersMax. A frame is made only when the reader asked for it, at most one in
 * watchFrameMinMs: a slow reader gets fewer frames with more in each, and holds no memory meanwhile. When the
 * sources or targets change, the frame is whole again.
 */
export const createMatrixWatch = ({
  view,
  clock,
}: {
  readonly view: MeshView;
  readonly clock: Clock;
}): ((query: () => FrameQuery, signal: AbortSignal) => AsyncGenerator<Frame>) => {
  let watchers = 0;
  return async function* watch(query, signal) {
    if (watchers >= matrixWatchersMax) {
      const message = `at most ${matrixWatchersMax} watches of the matrix at once`;
      throw new RpcError({ code: "resource_exhausted", message });
    }
    watchers += 1;
    try {
      yield* frames({ view, clock, query, signal });
    } finally {
      watchers -= 1;
    }
  };
};

type WatchOptions = {
  readonly view: MeshView;
  readonly clock: Clock;
  readonly query: () => FrameQuery;
  readonly signal: AbortSignal;
};

async function* frames({ view, clock, query, signal }: WatchOptions): AsyncGenerator<Frame> {
  const first = query();
  let mark = markOf(view, first);
  const whole = matrixFrame(view, first);
  let shape = shapeOf(whole);
  yield frameToWire(whole, { whole: true, nowUnixUs: first.nowUnixUs });
  let sentMs = clock.nowMs();
  while (await maybeSleep(clock, signal)) {
    const asked = query();
    const next = markOf(view, asked);
    const changed = matrixFrame(view, asked, mark);
    const isNewShape = shapeOf(changed) !== shape;
    const isDue = clock.nowMs() - sentMs >= watchHeartbeatMs;
    if (!isNewShape && changed.rows.length === 0 && !isDue) continue;
    mark = next;
    shape = shapeOf(changed);
    sentMs = clock.nowMs();
    const frame = isNewShape ? matrixFrame(view, asked) : onlyNamed(changed);
    yield frameToWire(frame, { whole: isNewShape, nowUnixUs: asked.nowUnixUs });
  }
}

const markOf = (view: MeshView, { nowUnixUs }: FrameQuery): MatrixMark => ({
  seq: view.seq,
  nowUnixUs,
});

/** Waits for the next frame's time. False when the call has ended; throws what ended it, when that has a status. */
const maybeSleep = async (clock: Clock, signal: AbortSignal): Promise<boolean> => {
  try {
    await clock.sleep(watchFrameMinMs, signal);
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (signal.reason instanceof ConnectError) throw signal.reason;
    return false;
  }
};

const shapeOf = ({ sources, targets }: MatrixFrame): string =>
  `${sources.join(" ")}\n${targets.join(" ")}`;

/** A frame of changes names the sources and targets that stand in it. */
const onlyNamed = (frame: MatrixFrame): MatrixFrame => ({
  ...frame,
  sources: frame.rows.map(({ source }) => source),
  targets: [
    ...new Set(frame.rows.flatMap(({ cells }) => cells.map(({ cell }) => cell.target))),
  ].sort(),
});
