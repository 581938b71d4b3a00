import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type Matrix, PairState } from "../../../gen/causeway/v1/mesh_pb.js";
import { matrixWatchersMax, watchFrameMinMs, watchHeartbeatMs } from "../../../server/limits.js";
import {
  agentView,
  measureAll,
  type TestMesh,
  threeNodeMesh,
} from "../../support/mesh-fixtures.js";
import { expectFailure, queryClients } from "../../support/query-client.js";

const invalid = Code.InvalidArgument;

describe("WatchMatrix", () => {
  const watching = (mesh: TestMesh) => {
    const controller = new AbortController();
    const { signal } = controller;
    const stream = queryClients(mesh).mesh.watchMatrix({ kind: "icmp" }, { signal });
    const iterator = stream[Symbol.asyncIterator]();
    return {
      controller,
      next: async (): Promise<Matrix> => {
        const { value, done } = await iterator.next();
        if (done === true) throw new Error("the watch ended");
        return value;
      },
      iterator,
    };
  };
  const cellNames = (frame: Matrix) =>
    frame.rows.flatMap(({ source, cells }) => cells.map(({ target }) => `${source} ${target}`));

  it("begins with the whole matrix, then sends what was measured anew, once a second", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh);
    const watch = watching(mesh);
    const first = await watch.next();
    expect(first.whole).toBe(true);
    expect(cellNames(first)).toHaveLength(12);
    const second = watch.next();
    await mesh.clock.slept();
    mesh.measure("n1.pod", [{ target: "n2.pod", kind: "icmp" }]);
    mesh.measure("n3.pod", [{ target: "n1.pod", kind: "tcp" }]);
    mesh.clock.advance(watchFrameMinMs);
    const frame = await second;
    expect(frame.whole).toBe(false);
    expect(cellNames(frame)).toEqual(["n1.pod n2.pod"]);
    expect(frame.sources).toEqual(["n1.pod"]);
    expect(frame.targets).toEqual(["n2.pod"]);
    watch.controller.abort();
  });

  it("sends an empty frame after watchHeartbeatMs of silence", async () => {
    const mesh = threeNodeMesh();
    const watch = watching(mesh);
    await watch.next();
    const second = watch.next();
    let waited = 0;
    let frame: Matrix | undefined;
    void second.then((value) => {
      frame = value;
    });
    while (frame === undefined) {
      await mesh.clock.slept();
      mesh.clock.advance(watchFrameMinMs);
      waited += watchFrameMinMs;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(waited).toBe(watchHeartbeatMs);
    expect(frame).toMatchObject({ whole: false, rows: [] });
    watch.controller.abort();
  });

  it("sends cells that became stale, and a whole matrix when agents come", async () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [{ target: "n2.pod", kind: "icmp" }]);
    const watch = watching(mesh);
    await watch.next();
    const second = watch.next();
    await mesh.clock.slept();
    mesh.clock.advance(31_000);
    const stale = await second;
    expect(stale.rows[0]?.cells[0]?.state).toBe(PairState.STALE);
    const third = watch.next();
    await mesh.clock.slept();
    mesh.put(agentView({ agentId: "n4.pod" }));
    mesh.clock.advance(watchFrameMinMs);
    const whole = await third;
    expect(whole.whole).toBe(true);
    expect(whole.sources).toContain("n4.pod");
    expect(cellNames(whole)).toEqual(["n1.pod n2.pod"]);
    watch.controller.abort();
  });

  it("joins what a slow reader missed into one frame", async () => {
    const mesh = threeNodeMesh();
    const watch = watching(mesh);
    await watch.next();
    const second = watch.next();
    await mesh.clock.slept();
    mesh.measure("n1.pod", [{ target: "n2.pod", kind: "icmp" }]);
    mesh.clock.advance(watchFrameMinMs);
    await second;
    for (let second = 0; second < 100; second++) {
      mesh.measure("n2.pod", [{ target: "n3.pod", kind: "icmp" }]);
      mesh.measure("n3.pod", [{ target: "n1.pod", kind: "icmp" }]);
      mesh.clock.advance(watchFrameMinMs);
    }
    const third = watch.next();
    await mesh.clock.slept();
    mesh.clock.advance(watchFrameMinMs);
    const frame = await third;
    expect(cellNames(frame)).toEqual(expect.arrayContaining(["n2.pod n3.pod", "n3.pod n1.pod"]));
    watch.controller.abort();
  });

  it("stops working when the caller goes", async () => {
    const mesh = threeNodeMesh();
    const watch = watching(mesh);
    await watch.next();
    const second = watch.next().catch((error: unknown) => error);
    await mesh.clock.slept();
    watch.controller.abort();
    expect(await second).toBeInstanceOf(Error);
    await expect.poll(() => mesh.clock.sleeperCount).toBe(0);
  });

  it("refuses wrong fields, and more than matrixWatchersMax watches", async () => {
    const mesh = threeNodeMesh();
    const { mesh: client } = queryClients(mesh);
    const first = (request: { kind?: string }, signal?: AbortSignal) =>
      client
        .watchMatrix(request, signal === undefined ? {} : { signal })
        [Symbol.asyncIterator]()
        .next();
    await expectFailure(first({ kind: "smoke" }), invalid, /^kind/);
    const controllers = Array.from({ length: matrixWatchersMax }, () => new AbortController());
    for (const { signal } of controllers) await first({}, signal);
    await expectFailure(first({}), Code.ResourceExhausted, `${matrixWatchersMax} watches`);
    for (const controller of controllers) controller.abort();
    await expect
      .poll(
        async () =>
          await first({}).then(
            () => "open",
            () => "full",
          ),
      )
      .toBe("open");
  });
});
