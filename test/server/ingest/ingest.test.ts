import { describe, expect, it } from "vitest";
import {
  ackDelayMaxMs,
  bootsPerAgentMax,
  ingestAgentsMax,
  loopDelayHighMs,
  pendingAppendsMax,
  resultAgeMaxMs,
  windowBatchesMax,
  windowBytesMax,
} from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";
import { appendOf, columnsOf, createHarness, only, wallMs } from "./ingest-harness.js";

describe("Ingest: sequence numbers", () => {
  it("applies, appends, and acknowledges only after the log has it", () => {
    const h = createHarness();
    expect(h.session()).toEqual([]);
    const outputs = h.results({ seq: 1 });
    expect(outputs.map(({ kind }) => kind)).toEqual(["count", "apply", "append"]);
    expect(outputs[0]).toEqual({ kind: "count", name: "results_accepted", label: "", by: 2 });
    expect(only(h.tick(2_000), "ack")).toEqual([]);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(0);
    expect(only(h.appended(appendOf(outputs).token), "ack")).toEqual([]);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(1);
    expect(only(h.tick(ackDelayMaxMs - 1), "ack")).toEqual([]);
    const ack = { kind: "ack", agentId: "x", bootId: "b1", seq: 1 };
    expect(only(h.tick(1), "ack")).toEqual([ack]);
    expect(only(h.tick(5_000), "ack")).toEqual([]);
  });

  it("acknowledges cumulatively over appends that finish out of order", () => {
    const h = createHarness();
    h.session();
    const tokens = [1, 2, 3].map((seq) => appendOf(h.results({ seq })).token);
    h.appended(tokens[2] ?? 0);
    h.appended(tokens[1] ?? 0);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(0);
    expect(only(h.tick(5_000), "ack")).toEqual([]);
    h.appended(tokens[0] ?? 0);
    expect(only(h.tick(ackDelayMaxMs), "ack").map(({ seq }) => seq)).toEqual([3]);
  });

  it("acknowledges at the latest half a window later, without waiting for a tick", () => {
    const h = createHarness();
    h.session();
    const acks = [];
    for (let seq = 1; seq <= windowBatchesMax; seq++) {
      acks.push(...only(h.appended(appendOf(h.results({ seq })).token), "ack"));
    }
    expect(acks.map(({ seq }) => seq)).toEqual([windowBatchesMax / 2, windowBatchesMax]);
  });

  it("counts a duplicate and acknowledges it again", () => {
    const h = createHarness();
    h.session();
    h.appended(appendOf(h.results({ seq: 1 })).token);
    h.tick(ackDelayMaxMs);
    const again = h.results({ seq: 1 });
    expect(again).toEqual([{ kind: "count", name: "results_duplicate", label: "resent", by: 2 }]);
    expect(only(h.tick(1), "ack").map(({ seq }) => seq)).toEqual([1]);
  });

  it("refuses a number out of order once, and waits for the next session", () => {
    const h = createHarness();
    h.session();
    expect(h.results({ seq: 2 })).toEqual([
      {
        kind: "reject",
        agentId: "x",
        code: "invalid_argument",
        why: "seq 2 is out of order, expected 1",
      },
    ]);
    expect(h.results({ seq: 1 })).toEqual([]);
    h.session();
    expect(only(h.results({ seq: 1 }), "append")).toHaveLength(1);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 60])("refuses %s as a sequence number", (seq) => {
    const h = createHarness();
    h.session();
    expect(only(h.results({ seq }), "reject")).toHaveLength(1);
  });

  it("refuses results without a session, and those of another boot", () => {
    const h = createHarness();
    expect(only(h.results({ seq: 1 }), "reject")[0]?.code).toBe("failed_precondition");
    h.session();
    expect(only(h.results({ seq: 1, bootId: "b2" }), "reject")[0]?.code).toBe("invalid_argument");
  });

  it("leaves out what a superseded boot still had under way", () => {
    const h = createHarness();
    h.session(1, "b1");
    h.session(1, "b2");
    expect(h.results({ seq: 1, bootId: "b1" })).toEqual([]);
    expect(only(h.results({ seq: 1, bootId: "b2" }), "append")).toHaveLength(1);
  });

  it("keeps the marks of bootsPerAgentMax boots", () => {
    const h = createHarness();
    for (let boot = 0; boot <= bootsPerAgentMax; boot++) {
      h.session(1, `b${boot}`);
      h.appended(appendOf(h.results({ seq: 1, bootId: `b${boot}` })).token);
    }
    expect(h.ingest.ackedSeq("x", "b0")).toBe(0);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(1);
    h.session(1, "b1");
    expect(only(h.results({ seq: 1, bootId: "b1" }), "append")).toEqual([]);
  });

  it("keeps at most ingestAgentsMax agents", () => {
    const h = createHarness();
    for (let agent = 0; agent < ingestAgentsMax; agent++) h.session(1, "b1", `a${agent}`);
    expect(only(h.session(1, "b1", "late"), "reject")[0]?.code).toBe("resource_exhausted");
    h.step({ kind: "forget", agentId: "a0" });
    expect(h.session(1, "b1", "late")).toEqual([]);
  });

  it("refuses an agent that has more than windowBatchesMax batches in flight", () => {
    const h = createHarness();
    h.session();
    let seq = 1;
    while (only(h.results({ seq }), "reject").length === 0) seq += 1;
    expect(seq).toBe(windowBatchesMax + 2);
  });

  it("goes on from recovered marks", () => {
    const h = createHarness();
    h.step({ kind: "recovered", marks: [{ agentId: "x", bootId: "b1", seq: 7 }] });
    expect(h.ingest.ackedSeq("x", "b1")).toBe(7);
    expect(h.session(5)).toEqual([]);
    expect(only(h.results({ seq: 7 }), "append")).toEqual([]);
    expect(only(h.results({ seq: 8 }), "append")).toHaveLength(1);
  });

  it("recovers the last bootsPerAgentMax boots of an agent and the last ingestAgentsMax agents", () => {
    const h = createHarness();
    const boots = Array.from({ length: bootsPerAgentMax + 1 }, (_, n) => `b${n}`);
    const agents = Array.from({ length: ingestAgentsMax }, (_, n) => `a${n}`);
    h.step({
      kind: "recovered",
      marks: [
        ...agents.map((agentId) => ({ agentId, bootId: "b1", seq: 3 })),
        ...boots.map((bootId) => ({ agentId: "x", bootId, seq: 7 })),
      ],
    });
    expect(boots.map((bootId) => h.ingest.ackedSeq("x", bootId))).toEqual([
      0,
      ...boots.slice(1).map(() => 7),
    ]);
    expect(["a0", "a1"].map((agentId) => h.ingest.ackedSeq(agentId, "b1"))).toEqual([0, 3]);
  });

  it("lets agents come that the recovered log does not know", () => {
    const h = createHarness();
    const agents = Array.from({ length: ingestAgentsMax }, (_, n) => `a${n}`);
    h.step({
      kind: "recovered",
      marks: agents.map((agentId) => ({ agentId, bootId: "b1", seq: 3 })),
    });
    expect(h.session(4, "b1", "a0")).toEqual([]);
    expect(h.session(1, "b1", "new")).toEqual([]);
    expect(h.ingest.ackedSeq("a0", "b1")).toBe(3);
  });
});

describe("Ingest: loss", () => {
  it("says what a former server acknowledged and lost", () => {
    const h = createHarness();
    const outputs = h.session(6);
    expect(only(outputs, "count")).toEqual([
      { kind: "count", name: "batches_lost", label: "server_lost", by: 5 },
    ]);
    expect(appendOf(outputs).record).toEqual({
      kind: "gap",
      agentId: "x",
      bootId: "b1",
      seqFrom: 1,
      seqTo: 5,
      fromUnixMs: 0,
      toUnixMs: expect.any(Number),
      dropped: undefined,
      reason: "server_lost",
    });
    expect(h.ingest.loss("x")).toEqual({ lostResults: 0, lostBatches: 5 });
    h.appended(appendOf(h.results({ seq: 6 })).token);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(0);
    h.appended(appendOf(outputs).token);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(6);
  });

  it("says nothing for a first session that starts at 1", () => {
    expect(createHarness().session(1)).toEqual([]);
  });

  it("counts it once, even when the log refuses the gap record", () => {
    const h = createHarness();
    const first = h.session(6);
    expect(only(h.failed(appendOf(first).token), "reject")[0]?.code).toBe("unavailable");
    const second = h.session(6);
    expect(only(second, "count")).toEqual([]);
    h.appended(appendOf(second).token);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(5);
    expect(h.ingest.loss("x")).toEqual({ lostResults: 0, lostBatches: 5 });
  });

  it("takes a gap record like a batch and counts its results as lost", () => {
    const h = createHarness();
    h.session();
    const outputs = h.gap({ seq: 1, dropped: 40 });
    expect(only(outputs, "count")).toEqual([
      { kind: "count", name: "results_lost", label: "spool_full", by: 40 },
    ]);
    const { record, token } = appendOf(outputs);
    expect(record).toMatchObject({ kind: "gap", seqFrom: 1, seqTo: 1, dropped: 40 });
    h.appended(token);
    expect(h.ingest.loss("x")).toEqual({ lostResults: 40, lostBatches: 0 });
    expect(only(h.gap({ seq: 1, dropped: 40 }), "count")).toEqual([]);
  });

  it.each([
    { dropped: -1 },
    { dropped: 1.5 },
    { fromUnixMs: 2, toUnixMs: 1 },
    { reason: "felt like it" },
  ])("refuses the gap %j", (gap) => {
    const h = createHarness();
    h.session();
    expect(only(h.gap({ seq: 1, ...gap }), "reject")[0]?.code).toBe("invalid_argument");
  });

  it("never counts more as lost than a number holds exactly, whatever an agent claims", () => {
    const h = createHarness();
    const dropped = Number.MAX_SAFE_INTEGER;
    h.session(dropped);
    h.session(dropped, "b2");
    for (const seq of [dropped - 1, dropped]) h.gap({ bootId: "b2", seq, dropped });
    h.session(1, "b3");
    for (const seq of [1, 2, 3]) h.gap({ bootId: "b3", seq, dropped });
    expect(h.ingest.loss("x")).toEqual({
      lostResults: Number.MAX_SAFE_INTEGER,
      lostBatches: Number.MAX_SAFE_INTEGER,
    });
  });

  it("makes a gap of a batch that is too old, and lets the agent go on", () => {
    const h = createHarness();
    h.session();
    const columns = columnsOf([h.ids[0] ?? 0, h.ids[1] ?? 0]);
    const old = { ...columns, baseUnixUs: (wallMs - resultAgeMaxMs) * 1000 - 1_000_000 };
    const outputs = h.results({ seq: 1, columns: old });
    expect(only(outputs, "reject")).toEqual([]);
    expect(only(outputs, "apply")).toEqual([]);
    const { record, token } = appendOf(outputs);
    expect(record).toMatchObject({
      kind: "gap",
      seqFrom: 1,
      seqTo: 1,
      dropped: 2,
      reason: "rejected",
    });
    expect(h.ingest.loss("x")).toEqual({ lostResults: 2, lostBatches: 0 });
    h.appended(token);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(1);
    expect(only(h.results({ seq: 2 }), "apply")).toHaveLength(1);
  });

  it("forgets an agent", () => {
    const h = createHarness();
    h.session(6);
    h.step({ kind: "forget", agentId: "x" });
    expect(h.ingest.loss("x")).toEqual({ lostResults: 0, lostBatches: 0 });
    expect(h.ingest.ackedSeq("x", "b1")).toBe(0);
  });

  it("knows what the log has of a boot that comes back after it was forgotten", () => {
    const h = createHarness();
    h.session();
    h.appended(appendOf(h.results({ seq: 1 })).token);
    h.step({ kind: "forget", agentId: "x" });
    expect(only(h.session(2), "append")).toEqual([]);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(1);
    expect(only(h.results({ seq: 2 }), "append")).toHaveLength(1);
  });
});

describe("Ingest: a log that refuses", () => {
  it("closes the stream, and takes the batches again without applying them twice", () => {
    const h = createHarness();
    h.session();
    const tokens = [1, 2, 3].map((seq) => appendOf(h.results({ seq })).token);
    h.appended(tokens[0] ?? 0);
    const refused = h.failed(tokens[1] ?? 0);
    expect(only(refused, "reject")).toMatchObject([{ code: "unavailable" }]);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(1);
    // What was still under way on the closed stream is left out.
    expect(h.results({ seq: 4 })).toEqual([]);
    // The third was taken after all.
    h.appended(tokens[2] ?? 0);
    h.session(2);
    const again = h.results({ seq: 2 });
    expect(only(again, "apply")).toEqual([]);
    expect(only(again, "count")).toEqual([
      { kind: "count", name: "results_duplicate", label: "retried", by: 2 },
    ]);
    const third = h.results({ seq: 3 });
    expect(only(third, "append")).toEqual([]);
    expect(only(third, "apply")).toEqual([]);
    h.appended(appendOf(again).token);
    expect(h.ingest.ackedSeq("x", "b1")).toBe(3);
    expect(only(h.results({ seq: 4 }), "apply")).toHaveLength(1);
  });

  it("ignores answers for an agent that was forgotten", () => {
    const h = createHarness();
    h.session();
    const { token } = appendOf(h.results({ seq: 1 }));
    h.step({ kind: "forget", agentId: "x" });
    expect(only(h.failed(token), "reject")).toEqual([]);
    expect(h.appended(token)).toEqual([]);
  });
});

describe("Ingest: epochs", () => {
  it("gives a batch of another epoch its own ids by the dictionary", () => {
    const h = createHarness();
    h.session();
    const outputs = h.results({
      seq: 1,
      serverEpoch: "former",
      columns: columnsOf([91, 90, 91], { details: [{ index: 1, text: "why" }] }),
      dictionary: [
        { id: 90, key: "tcp|a.pod" },
        { id: 91, key: "udp|new.pod" },
      ],
    });
    const [apply] = only(outputs, "apply");
    const fresh = h.interner.idFor("udp|new.pod");
    expect(Array.from(apply?.columns.targetId ?? [])).toEqual([fresh, h.ids[1], fresh]);
    expect(apply?.columns.details).toEqual([{ index: 1, text: "why" }]);
  });

  it.each([
    ["has no entry", []],
    ["has an entry that is no key", [{ id: 90, key: "smoke|signal" }]],
  ])("refuses a batch of another epoch whose dictionary %s", (_, dictionary) => {
    const h = createHarness();
    h.session();
    const columns = columnsOf([90]);
    const outputs = h.results({ seq: 1, serverEpoch: "former", columns, dictionary });
    expect(only(outputs, "reject")[0]?.code).toBe("invalid_argument");
    expect(only(outputs, "count")).toEqual([
      { kind: "count", name: "results_rejected", label: "dictionary", by: 1 },
    ]);
  });

  it("leaves out and counts what no id is left for", () => {
    const h = createHarness(new Interner(2));
    h.session();
    const outputs = h.results({
      seq: 1,
      serverEpoch: "former",
      columns: columnsOf([90, 91], {
        details: [
          { index: 0, text: "gone" },
          { index: 1, text: "kept" },
        ],
      }),
      dictionary: [
        { id: 90, key: "udp|new.pod" },
        { id: 91, key: "tcp|a.pod" },
      ],
    });
    expect(only(outputs, "count")).toEqual([
      { kind: "count", name: "results_accepted", label: "", by: 1 },
      { kind: "count", name: "results_rejected", label: "no_id_left", by: 1 },
    ]);
    const [apply] = only(outputs, "apply");
    expect(Array.from(apply?.columns.targetId ?? [])).toEqual([h.ids[1]]);
    expect(apply?.columns.details).toEqual([{ index: 0, text: "kept" }]);
  });

  it("refuses an id of its own epoch that it never gave out", () => {
    const h = createHarness();
    h.session();
    const outputs = h.results({ seq: 1, columns: columnsOf([4711]) });
    expect(only(outputs, "reject")[0]?.why).toBe(
      "target id 4711 was never given out in this epoch",
    );
  });
});

describe("Ingest: credit", () => {
  const batches = (outputs: ReturnType<ReturnType<typeof createHarness>["tick"]>) =>
    only(outputs, "credit").map((credit) => credit.batches);

  it("shrinks at once under loop delay, and grows one step at a time when it is calm", () => {
    const h = createHarness();
    expect(batches(h.tick(250, loopDelayHighMs - 1))).toEqual([]);
    expect(batches(h.tick(250, loopDelayHighMs))).toEqual([windowBatchesMax / 4]);
    expect(batches(h.tick(250, loopDelayHighMs * 16))).toEqual([0]);
    // Not calm: half of what brought it down.
    for (let tick = 0; tick < 40; tick++) {
      expect(batches(h.tick(250, loopDelayHighMs * 8))).toEqual([]);
    }
    const grown = [];
    for (let tick = 0; tick < 40; tick++) grown.push(...batches(h.tick(250, 1)));
    expect(grown).toEqual([1, windowBatchesMax / 4, windowBatchesMax]);
  });

  it("does not swing when the load stays where it brought credit down", () => {
    const h = createHarness();
    h.tick(250, loopDelayHighMs);
    for (let tick = 0; tick < 100; tick++) {
      expect(batches(h.tick(250, tick % 2 === 0 ? loopDelayHighMs - 1 : 10))).toEqual([]);
    }
  });

  it("pauses everybody when pendingAppendsMax records wait for the log", () => {
    const h = createHarness();
    const credits = [];
    const tokens = [];
    for (let agent = 0; agent < pendingAppendsMax; agent++) {
      h.session(1, "b1", `a${agent}`);
      const outputs = h.results({ seq: 1 }, `a${agent}`);
      tokens.push(appendOf(outputs).token);
      credits.push(...only(outputs, "credit"));
    }
    expect(credits.map((credit) => credit.batches)).toEqual([windowBatchesMax / 4, 1, 0]);
    expect(credits.map((credit) => credit.bytes)).toEqual([
      windowBytesMax / 4,
      windowBytesMax / windowBatchesMax,
      0,
    ]);
    expect(h.ingest.pendingCount).toBe(pendingAppendsMax);
    for (const token of tokens) h.appended(token);
    const grown = [];
    for (let tick = 0; tick < 40; tick++) grown.push(...batches(h.tick()));
    expect(grown.at(-1)).toBe(windowBatchesMax);
  });
});
