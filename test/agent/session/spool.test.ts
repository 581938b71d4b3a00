import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { spoolAgeMsMax, spoolBytesMax } from "../../../agent/limits.js";
import type { AgentOutput } from "../../../agent/session/protocol.js";
import { AgentRig, sentOf, welcomeOf } from "../../support/agent-rig.js";

const limits = { messageBytesMax: 0, batchResultsMax: 100, runsMax: 1 };

const connected = (): AgentRig => {
  const rig = new AgentRig();
  rig.connect({ heartbeatMs: 3_600_000, limits, window: { batches: 4, bytes: 1_000_000 } });
  return rig;
};

const disconnected = (): AgentRig => {
  const rig = connected();
  rig.closed("unavailable");
  return rig;
};

/** The collector, without a flag on the command line. */
const exposeGc = (): (() => void) => {
  setFlagsFromString("--expose_gc");
  return runInNewContext("gc") as () => void;
};

/** Batches of 64 long explanations, about 30 KB each. */
const flood = (rig: AgentRig, batches: number): void => {
  const detail = "x".repeat(200);
  for (let i = 0; i < batches; i++) {
    rig.nowMs += 10;
    rig.measure(64, { result: { outcome: "timeout", rttUs: undefined, detail } });
  }
};

const reconnect = (rig: AgentRig, window = { batches: 4, bytes: 1_000_000 }): AgentOutput[] => {
  const outputs = rig.wait(Math.max(0, rig.core.nextDeadlineMs() - rig.nowMs));
  const welcome = welcomeOf({ heartbeatMs: 3_600_000, limits, window });
  return [...outputs, ...rig.welcome({ ...welcome, serverTimeMs: rig.wallMs })];
};

describe("AgentCore, the spool", () => {
  it("holds spoolBytesMax and drops the oldest into one gap that leaves before anything newer", () => {
    const rig = disconnected();
    const fromUnixMs = rig.wallMs + 10;
    flood(rig, 600);
    const held = rig.status;
    expect(held.spooledBytes).toBeLessThanOrEqual(spoolBytesMax);
    expect(held.spooledBytes).toBeGreaterThan(spoolBytesMax - 32_000);
    expect(held.droppedResults).toBeGreaterThan(0);
    expect(held.droppedResults % 64).toBe(0);
    const outputs = reconnect(rig);
    expect(sentOf(outputs, "gap")).toEqual([
      {
        kind: "gap",
        gap: {
          bootId: "b1",
          seq: 1,
          fromUnixMs,
          toUnixMs: fromUnixMs + (held.droppedResults / 64 - 1) * 10,
          dropped: held.droppedResults,
          reason: "spool_full",
        },
      },
    ]);
    expect(sentOf(outputs, "results").map(({ batch }) => batch.seq)).toEqual([2]);
  });

  it("accounts for no less than what it takes in memory", () => {
    const collectGarbage = exposeGc();
    const rig = disconnected();
    rig.measure(400);
    collectGarbage();
    const before = process.memoryUsage();
    for (let i = 0; i < 4000; i++) rig.measure(100);
    collectGarbage();
    const after = process.memoryUsage();
    const takenBytes = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(rig.status.spooledBatches).toBe(4004);
    expect(rig.status.spooledBytes / takenBytes).toBeGreaterThan(0.9);
    expect(rig.status.spooledBytes / takenBytes).toBeLessThan(2);
  });

  it("drops what is older than spoolAgeMsMax, sent or not", () => {
    const rig = connected();
    rig.measure(300);
    rig.closed("unavailable");
    rig.measure(200);
    expect(rig.status).toMatchObject({ unackedResults: 300, spooledResults: 200 });
    for (let ms = 0; ms < spoolAgeMsMax - 1; ) {
      const stepMs = Math.min(600_000, spoolAgeMsMax - 1 - ms);
      rig.wait(stepMs);
      ms += stepMs;
      if (rig.core.nextDeadlineMs() < rig.nowMs + 600_000) rig.closed("unavailable");
    }
    expect(rig.status).toMatchObject({ droppedResults: 0, spooledResults: 200 });
    const { spooledBytes } = rig.status;
    rig.tick(1);
    expect(rig.status).toMatchObject({
      droppedResults: 200,
      unackedResults: 300,
      unackedBatches: 3,
      spooledResults: 0,
    });
    expect(rig.status.spooledBytes).toBeLessThan(spooledBytes / 5);
    rig.closed("unavailable");
    const gaps = sentOf(reconnect(rig), "gap").map(({ gap }) => gap);
    expect(gaps.map(({ seq, dropped, reason }) => [seq, dropped, reason])).toEqual([
      [1, 100, "spool_age"],
      [2, 100, "spool_age"],
      [3, 100, "spool_age"],
      [4, 200, "spool_age"],
    ]);
    rig.ack(4);
    expect(rig.status).toMatchObject({ unackedBatches: 0, spooledBytes: 0, droppedResults: 500 });
  });

  it("asks for a tick when something gets too old", () => {
    const rig = connected();
    rig.step({ kind: "blocked", nowMs: rig.nowMs });
    rig.measure(100);
    const since = rig.nowMs;
    for (let beats = 0; beats < 24; beats++) {
      rig.message({ kind: "heartbeat", serverTimeMs: rig.wallMs });
      rig.wait(3_600_000 - (beats === 23 ? 1 : 0));
    }
    expect(rig.status.droppedResults).toBe(0);
    expect(rig.core.nextDeadlineMs()).toBe(since + spoolAgeMsMax);
    rig.wait(1);
    expect(rig.status.droppedResults).toBe(100);
    expect(rig.core.nextDeadlineMs()).toBeGreaterThan(rig.nowMs);
  });

  it("replaces what was sent by gaps in place, so that numbers have no hole", () => {
    const rig = connected();
    flood(rig, 4);
    rig.measure(36);
    rig.closed("unavailable");
    flood(rig, 600);
    // Some server may have them: they count as dropped when the gaps go out.
    expect(rig.status).toMatchObject({ unackedBatches: 4, unackedResults: 3 * 64 + 100 });
    const outputs = reconnect(rig, { batches: 16, bytes: 1_000_000 });
    expect(rig.status.unackedResults).toBe(64 * sentOf(outputs, "results").length);
    expect(sentOf(outputs, "gap").map(({ gap }) => [gap.seq, gap.dropped])).toEqual([
      [1, 64],
      [2, 64],
      [3, 64],
      [4, 100],
      [5, rig.status.droppedResults - 3 * 64 - 100],
    ]);
  });

  it("never drops what is in flight", () => {
    const rig = connected();
    flood(rig, 4);
    flood(rig, 600);
    expect(rig.status).toMatchObject({ unackedBatches: 4, unackedResults: 256 });
    expect(rig.status.spooledBytes).toBeLessThanOrEqual(spoolBytesMax);
    // After the stream they are the oldest, and go first.
    rig.closed("unavailable");
    flood(rig, 5);
    const gaps = sentOf(reconnect(rig), "gap").map(({ gap }) => gap.dropped);
    expect(gaps).toEqual([64, 64, 64, 64]);
  });

  it("takes a batch back as acknowledged that it had dropped here and a server has", () => {
    const rig = connected();
    flood(rig, 2);
    rig.measure(36);
    rig.closed("unavailable");
    flood(rig, 600);
    const { droppedResults } = rig.status;
    rig.wait(Math.max(0, rig.core.nextDeadlineMs() - rig.nowMs));
    rig.welcome({ ackSeq: 2, limits });
    expect(rig.status).toMatchObject({ droppedResults, ackedResults: 164 });
  });

  it("drops the oldest of what was sent again and what was not, on whatever stream", () => {
    const rig = new AgentRig();
    rig.connect({ heartbeatMs: 3_600_000, limits, window: { batches: 8, bytes: 1_000_000 } });
    flood(rig, 8);
    rig.measure(36);
    rig.closed("unavailable");
    reconnect(rig, { batches: 2, bytes: 1_000_000 });
    flood(rig, 600);
    rig.closed("unavailable");
    flood(rig, 5);
    const outputs = reconnect(rig, { batches: 16, bytes: 1_000_000 });
    expect(sentOf(outputs, "gap").map(({ gap }) => gap.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("drops what got too old in flight when the stream ends", () => {
    const rig = connected();
    rig.measure(100);
    for (let hours = 0; hours < 25; hours++) {
      rig.message({ kind: "heartbeat", serverTimeMs: rig.wallMs });
      rig.wait(3_600_000);
    }
    rig.closed("unavailable");
    rig.tick();
    expect(sentOf(reconnect(rig), "gap")).toMatchObject([{ gap: { seq: 1, dropped: 100 } }]);
  });

  it("halves what waits until a server with smaller limits takes it, results and explanations alike", () => {
    const rig = disconnected();
    rig.measure(90);
    rig.measure(10, { result: { outcome: "timeout", rttUs: undefined, detail: "late" } });
    rig.wait(Math.max(0, rig.core.nextDeadlineMs() - rig.nowMs));
    const small = { messageBytesMax: 0, batchResultsMax: 30, runsMax: 1 };
    const window = { batches: 16, bytes: 1_000_000 };
    const sent = sentOf(rig.welcome({ limits: small, window }), "results");
    expect(sent.map(({ batch }) => batch.columns.targetId.length)).toEqual([25, 25, 25, 25]);
    expect(sent[3]?.batch.columns.details.map(({ index }) => index)).toEqual([
      15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    ]);
    expect(sent[2]?.batch.columns.details).toEqual([]);
    rig.ack(4);
    expect(rig.status).toMatchObject({ ackedResults: 100, spooledBytes: 0 });
  });

  it("forgets keys with the last result that uses them", () => {
    const rig = disconnected();
    for (let i = 0; i < 1000; i++)
      rig.measure(1, { id: 1000 + i, key: `tcp|dns/${i}${"k".repeat(100)}` });
    expect(rig.status.spooledBytes).toBeGreaterThan(300_000);
    reconnect(rig, { batches: 16, bytes: 1_000_000 });
    for (let seq = 1; seq <= 10; seq++) rig.ack(seq);
    expect(rig.status).toMatchObject({ spooledBytes: 0, ackedResults: 1000 });
  });
});
