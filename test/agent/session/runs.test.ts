import { describe, expect, it } from "vitest";
import { runGraceMs, runIdBytesMax, runsMax, runTimeoutMsMax } from "../../../agent/limits.js";
import type { RunResult, ServerMessage } from "../../../common/agent-stream.js";
import { explanationBytesMax, runProbesMax } from "../../../common/limits.js";
import { AgentRig, entryOf, outputsOf, sentOf } from "../../support/agent-rig.js";

const { probe } = entryOf(1, "tcp|node/n2");

const connected = (max: number): AgentRig => {
  const rig = new AgentRig();
  rig.connect({ limits: { messageBytesMax: 0, batchResultsMax: 0, runsMax: max } });
  return rig;
};

const run = (rig: AgentRig, requestId: string, probes = 1, deadlineMs = 2000): ServerMessage => ({
  kind: "run",
  requestId,
  probes: Array.from({ length: probes }, () => probe),
  vantage: "agent",
  deadlineUnixMs: rig.wallMs + deadlineMs,
});

const result: RunResult = { outcome: "ok", rttUs: 7, detail: "", measuredAtUnixMs: 1 };

describe("AgentCore, runs", () => {
  it("allows no more than runsMax at once, whatever the server says", () => {
    const rig = connected(1000);
    for (let i = 0; i < runsMax; i++) {
      expect(outputsOf(rig.message(run(rig, `r${i}`)), "start_run")).toHaveLength(1);
    }
    const [refusal] = sentOf(rig.message(run(rig, "over")), "run_outcome");
    expect(refusal?.outcome).toMatchObject({ requestId: "over", results: [] });
    expect(refusal?.outcome.error).toContain(`at most ${runsMax}`);
  });

  it("takes runProbesMax probes and a name of runIdBytesMax bytes, not more", () => {
    const rig = connected(4);
    const id = "x".repeat(runIdBytesMax);
    expect(outputsOf(rig.message(run(rig, id, runProbesMax)), "start_run")).toHaveLength(1);
    const long = sentOf(rig.message(run(rig, `${id}y`)), "run_outcome");
    expect(long[0]?.outcome).toMatchObject({ requestId: id, results: [] });
    const many = sentOf(rig.message(run(rig, "many", runProbesMax + 1)), "run_outcome");
    expect(many[0]?.outcome.error).toContain(`1 to ${runProbesMax} probes`);
  });

  it("bounds the time by runTimeoutMsMax and gives up runGraceMs after it", () => {
    const rig = connected(4);
    const [start] = outputsOf(rig.message(run(rig, "r", 1, 1e9)), "start_run");
    expect(start?.timeoutMs).toBe(runTimeoutMsMax);
    const quick = connected(4);
    quick.message(run(quick, "r", 1, 500));
    expect(sentOf(quick.wait(500 + runGraceMs - 1), "run_outcome")).toEqual([]);
    const outputs = quick.wait(1);
    expect(outputsOf(outputs, "cancel_run")).toHaveLength(1);
    expect(sentOf(outputs, "run_outcome")).toHaveLength(1);
  });

  it("clips details and errors to explanationBytesMax", () => {
    const rig = connected(4);
    rig.message(run(rig, "a"));
    rig.message(run(rig, "b"));
    const long = "d".repeat(2 * explanationBytesMax);
    const results = [{ ...result, detail: long }];
    const { nowMs } = rig;
    const a = rig.step({ kind: "run_done", requestId: "a", results, error: "", nowMs });
    expect(sentOf(a, "run_outcome")[0]?.outcome.results[0]?.detail).toHaveLength(
      explanationBytesMax,
    );
    const b = rig.step({ kind: "run_done", requestId: "b", results, error: long, nowMs });
    expect(sentOf(b, "run_outcome")[0]?.outcome).toEqual({
      requestId: "b",
      results: [],
      error: "d".repeat(explanationBytesMax),
    });
  });

  it("tells whole microseconds, at least 1", () => {
    const rig = connected(4);
    rig.message(run(rig, "a", 3));
    const results = [0.3, 12.6, undefined].map((rttUs) => ({ ...result, rttUs }));
    const { nowMs } = rig;
    const done = rig.step({ kind: "run_done", requestId: "a", results, error: "", nowMs });
    const told = sentOf(done, "run_outcome")[0]?.outcome.results.map(({ rttUs }) => rttUs);
    expect(told).toEqual([1, 13, undefined]);
  });

  it("holds a drained session until they ended", () => {
    const rig = connected(4);
    rig.message(run(rig, "r"));
    const drain = rig.message({ kind: "drain", reconnectAfterMs: 1000, reason: "rebalance" });
    expect(outputsOf(drain, "close")).toEqual([]);
    const { nowMs } = rig;
    const done = rig.step({
      kind: "run_done",
      requestId: "r",
      results: [result],
      error: "",
      nowMs,
    });
    expect(sentOf(done, "run_outcome")).toHaveLength(1);
    expect(outputsOf(done, "close")).toEqual([{ kind: "close", graceful: true }]);
  });
});
