import { describe, expect, it } from "vitest";
import {
  batchAgeMsMax,
  batchRejectionsMax,
  batchResultsDefault,
  spoolWindowShare,
  windowBatchesMax,
  windowBytesMax,
} from "../../../agent/limits.js";
import { resultBatchBytes } from "../../../common/agent-stream.js";
import {
  agentMessageBytesMax,
  batchResultsMax,
  resultDetailCharsMax,
  resultDetailsMax,
} from "../../../common/limits.js";
import { outcomeFromNumber } from "../../../common/probe.js";
import { AgentRig, measuredOf, sentOf, welcomeOf } from "../../support/agent-rig.js";

const wide = { batches: 1_000_000, bytes: 1_000_000_000 };

const connected = (results = 100, window = wide): AgentRig => {
  const rig = new AgentRig();
  rig.connect({
    heartbeatMs: 3_600_000,
    window,
    limits: { messageBytesMax: 0, batchResultsMax: results, runsMax: 1 },
  });
  return rig;
};

const explained = (detail: string) => ({
  result: { outcome: "timeout", rttUs: undefined, detail } as const,
});

describe("AgentCore, results", () => {
  it("sends batches of batchResultsDefault unless the server says otherwise, never above batchResultsMax", () => {
    const sizes = (results: number): number[] =>
      sentOf(connected(results).measure(2000), "results").map(
        ({ batch }) => batch.columns.targetId.length,
      );
    expect(sizes(0)).toEqual(Array(20).fill(batchResultsDefault));
    expect(sizes(400)).toEqual(Array(5).fill(400));
    expect(sizes(5000)).toEqual([batchResultsMax, batchResultsMax]);
  });

  it("sends a smaller one after batchAgeMsMax", () => {
    const rig = connected();
    rig.measure(3);
    rig.wait(batchAgeMsMax - 1);
    rig.measure(2);
    const [sent] = sentOf(rig.wait(1), "results");
    expect(sent?.batch.columns.targetId.length).toBe(5);
  });

  it("keeps columns exactly: time, outcome, rtt within its bounds, explanation", () => {
    const rig = connected(4);
    const at = rig.nowMs;
    const base = { ...measuredOf(9, at - 1500.25, {}, "refused") };
    const [sent] = sentOf(
      rig.measured([
        { ...base, result: { outcome: "refused", rttUs: 0.2, detail: "no" } },
        { ...base, sentAtMs: at - 2000, result: { outcome: "ok", rttUs: 1e12, detail: "" } },
        {
          ...base,
          sentAtMs: at + 50,
          result: { outcome: "timeout", rttUs: undefined, detail: "" },
        },
        { ...base, sentAtMs: at, result: { outcome: "ok", rttUs: 12.6, detail: "" } },
      ]),
      "results",
    );
    const columns = sent?.batch.columns;
    expect(columns?.baseUnixUs).toBe(Math.round((rig.wallMs - 1500.25) * 1000));
    expect([...Array.from(columns?.timeDeltaUs ?? [])]).toEqual([
      0, -499_750, 1_500_250, 1_500_250,
    ]);
    expect([...Array.from(columns?.rttUs ?? [])]).toEqual([1, 4_294_967_295, 0, 13]);
    const outcomes = Array.from(columns?.outcome ?? [], (number) => outcomeFromNumber(number));
    expect(outcomes).toEqual(["refused", "ok", "timeout", "ok"]);
    expect(columns?.details).toEqual([{ index: 0, text: "no" }]);
  });

  it("cuts a batch at resultDetailsMax explanations of resultDetailCharsMax bytes", () => {
    const rig = connected(1000);
    const outputs = rig.measure(resultDetailsMax + 1, explained("ü".repeat(resultDetailCharsMax)));
    const [sent] = sentOf(outputs, "results");
    expect(sent?.batch.columns.details).toHaveLength(resultDetailsMax);
    expect(sent?.batch.columns.details[0]?.text).toBe("ü".repeat(resultDetailCharsMax / 2));
  });

  it("cuts a batch where it could exceed agentMessageBytesMax with its dictionary", () => {
    const rig = connected(1000);
    const results = Array.from({ length: 1000 }, (_, i) =>
      measuredOf(i + 1, rig.nowMs, { key: `tcp|dns/${"k".repeat(280)}${i}`, epoch: "e0" }),
    );
    const sent = sentOf(rig.measured(results), "results");
    expect(sent.length).toBeGreaterThan(2);
    for (const { batch } of sent) {
      expect(batch.dictionary).toHaveLength(batch.columns.targetId.length);
      expect(resultBatchBytes(batch)).toBeLessThanOrEqual(agentMessageBytesMax);
    }
    expect(resultBatchBytes(sent[0]?.batch ?? fail())).toBeGreaterThan(agentMessageBytesMax - 1000);
  });

  it("cuts a batch where times are too far apart for 32 bits of microseconds", () => {
    const rig = connected(2);
    rig.nowMs += 10_000_000;
    const [old] = sentOf(
      rig.measured([measuredOf(1, rig.nowMs), measuredOf(2, rig.nowMs - 2_147_484)]),
      "results",
    );
    expect(old?.batch.columns.targetId.length).toBe(1);
  });

  it("has no more than windowBatchesMax batches in flight, whatever the server grants", () => {
    const sent = sentOf(connected(10).measure(10 * windowBatchesMax + 50), "results");
    expect(sent).toHaveLength(windowBatchesMax);
  });

  it("has no more than windowBytesMax in flight, whatever the server grants", () => {
    const rig = connected(1000);
    const long = explained("d".repeat(200));
    const sent = sentOf(rig.measure(200 * resultDetailsMax, long), "results");
    const bytes = sent.map(({ batch }) => resultBatchBytes(batch));
    const total = bytes.reduce((sum, each) => sum + each, 0);
    expect(total).toBeLessThanOrEqual(windowBytesMax);
    expect(total + (bytes[0] ?? 0)).toBeGreaterThan(windowBytesMax);
  });

  it("keeps to the granted bytes, but a batch alone in flight always leaves", () => {
    const rig = connected(10, { batches: 8, bytes: 1000 });
    expect(sentOf(rig.measure(40), "results").map(({ batch }) => batch.seq)).toEqual([1, 2]);
    rig.message({ kind: "window", window: { batches: 8, bytes: 10 } });
    expect(sentOf(rig.ack(1), "results")).toEqual([]);
    expect(sentOf(rig.ack(2), "results").map(({ batch }) => batch.seq)).toEqual([3]);
    rig.message({ kind: "window", window: { batches: 8, bytes: 0 } });
    expect(sentOf(rig.ack(3), "results")).toEqual([]);
  });

  it("fills at most spoolWindowShare of the window with spooled batches", () => {
    const rig = connected(10);
    rig.closed("unavailable");
    rig.measure(1000);
    const window = { batches: 40, bytes: 1_000_000 };
    const welcome = welcomeOf({
      window,
      limits: { messageBytesMax: 0, batchResultsMax: 10, runsMax: 1 },
    });
    rig.wait(500);
    const first = sentOf(rig.welcome({ ...welcome, serverTimeMs: rig.wallMs }), "results");
    expect(first).toHaveLength(40 * spoolWindowShare);
    expect(sentOf(rig.measure(10), "results")).toHaveLength(1);
    // By bytes as well: 128 + 26 * 10 each.
    rig.message({ kind: "window", window: { batches: 40, bytes: 4 * 3 * 388 } });
    expect(sentOf(rig.ack(11), "results")).toHaveLength(3);
  });

  it("puts a gap in the place of a batch after batchRejectionsMax refusals", () => {
    const rig = connected(10);
    rig.measure(10);
    for (let i = 0; i < batchRejectionsMax; i++) {
      rig.closed("invalid_argument");
      const { length } = sentOf(rig.connect(), "gap");
      expect(length).toBe(i + 1 < batchRejectionsMax ? 0 : 1);
      expect(rig.status.droppedResults).toBe(10 * length);
    }
    // A refused gap is not replaced again, and other batches are not blamed for it.
    for (let i = 0; i < 5; i++) {
      rig.closed("invalid_argument");
      expect(sentOf(rig.connect(), "gap")).toMatchObject([{ gap: { seq: 1, dropped: 10 } }]);
    }
    rig.ack(1);
    expect(sentOf(rig.measure(100), "results")).toHaveLength(1);
  });

  it("sends a message that the transport's buffer delays only when it is writable", () => {
    const rig = connected(10);
    rig.step({ kind: "blocked", nowMs: rig.nowMs });
    expect(sentOf(rig.measure(20), "results")).toEqual([]);
    const outputs = rig.step({ kind: "writable", nowMs: rig.nowMs, wallMs: rig.wallMs });
    expect(sentOf(outputs, "results")).toHaveLength(2);
  });
});

const fail = (): never => {
  throw new Error("nothing was sent");
};
