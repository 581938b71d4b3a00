import { describe, expect, it } from "vitest";
import {
  closeMsMax,
  drainMsMax,
  heartbeatMsMax,
  heartbeatMsMin,
  loopStallMs,
  missedHeartbeatsMax,
  stopMsMax,
  welcomeTimeoutMs,
} from "../../../agent/limits.js";
import type { StatusCode } from "../../../common/agent-stream.js";
import { wordBytesMax } from "../../../common/limits.js";
import { AgentRig, outputsOf, sentOf } from "../../support/agent-rig.js";

const connected = (heartbeatMs = 5000): AgentRig => {
  const rig = new AgentRig();
  rig.connect({ heartbeatMs });
  return rig;
};

describe("AgentCore, the stream", () => {
  it("opens at the first tick, Hello first", () => {
    const rig = new AgentRig();
    expect(rig.core.nextDeadlineMs()).toBeLessThanOrEqual(rig.nowMs);
    const outputs = rig.tick();
    expect(outputs.map((output) => output.kind)).toEqual(["open", "send"]);
    expect(sentOf(outputs, "hello")).toHaveLength(1);
    expect(rig.tick()).toEqual([]);
  });

  it("gives up a stream without a Welcome after welcomeTimeoutMs", () => {
    const rig = new AgentRig();
    rig.tick();
    expect(rig.wait(welcomeTimeoutMs - 1)).toEqual([]);
    expect(outputsOf(rig.wait(1), "close")).toEqual([{ kind: "close", graceful: false }]);
  });

  it("answers what its adapter refused while a session is up, and only then", () => {
    const reply = {
      kind: "plan_nack",
      nonce: 4,
      reason: "unsupported",
      error: "kind 77",
      runningRevision: 0,
    } as const;
    const rig = new AgentRig();
    rig.tick();
    const early = rig.step({ kind: "refused", reply, nowMs: rig.nowMs });
    expect(sentOf(early, "plan_nack")).toEqual([]);
    expect(outputsOf(early, "close")).toEqual([{ kind: "close", graceful: false }]);
    rig.closed("cancelled");
    rig.connect({ heartbeatMs: 2000 });
    rig.wait(missedHeartbeatsMax * 2000 - 1);
    const outputs = rig.step({ kind: "refused", reply, nowMs: rig.nowMs });
    expect(sentOf(outputs, "plan_nack")).toEqual([reply]);
    // It was a sign of life.
    expect(outputsOf(rig.wait(2000), "close")).toEqual([]);
    rig.stop();
    expect(rig.step({ kind: "refused", reply, nowMs: rig.nowMs })).toEqual([]);
  });

  it("gives up a server that missed missedHeartbeatsMax heartbeats", () => {
    const rig = connected(2000);
    expect(outputsOf(rig.wait(missedHeartbeatsMax * 2000 - 1), "close")).toEqual([]);
    expect(outputsOf(rig.wait(1), "close")).toHaveLength(1);
  });

  it("waits a heartbeat longer when a tick is late by loopStallMs: the silence may be its own", () => {
    const rig = connected(2000);
    expect(outputsOf(rig.tick(6000 + loopStallMs), "close")).toEqual([]);
    expect(outputsOf(rig.wait(1999), "close")).toEqual([]);
    expect(outputsOf(rig.wait(1), "close")).toHaveLength(1);
    const other = connected(2000);
    other.wait(5999);
    expect(outputsOf(other.tick(1, loopStallMs * 1000), "close")).toEqual([]);
    const opening = new AgentRig();
    opening.tick();
    expect(opening.tick(welcomeTimeoutMs + loopStallMs)).toEqual([]);
    expect(opening.wait(loopStallMs - 1)).toEqual([]);
    expect(outputsOf(opening.wait(1), "close")).toHaveLength(1);
  });

  it("beats no more often than heartbeatMsMin and no more rarely than heartbeatMsMax", () => {
    const fast = connected(1);
    const beats = sentOf(fast.wait(2 * heartbeatMsMin), "heartbeat");
    expect(beats).toHaveLength(2);
    const slow = connected(1e12);
    expect(slow.wait(heartbeatMsMax - 1)).toEqual([]);
    expect(sentOf(slow.wait(1), "heartbeat")).toHaveLength(1);
  });

  it("takes its own HEARTBEAT_INTERVAL when the server asks for none", () => {
    const rig = connected(0);
    expect(rig.wait(4999)).toEqual([]);
    expect(sentOf(rig.wait(1), "heartbeat")).toHaveLength(1);
  });

  it("tells its own clock and the largest loop delay since the last heartbeat", () => {
    const rig = connected();
    rig.tick(10, 300);
    rig.tick(10, 700.4);
    rig.tick(10, 200);
    const [first] = sentOf(rig.wait(5000), "heartbeat");
    expect(first).toMatchObject({ loopDelayUs: 700, clockUnixMs: rig.wallMs - 30 });
    expect(sentOf(rig.wait(5000), "heartbeat")).toMatchObject([{ loopDelayUs: 0 }]);
  });

  it("closes a drained stream after drainMsMax even when batches are in flight, and drops it closeMsMax later", () => {
    const rig = connected(heartbeatMsMax);
    rig.measure(100);
    rig.message({ kind: "drain", reconnectAfterMs: 500, reason: "rebalance" });
    expect(outputsOf(rig.wait(drainMsMax - 1), "close")).toEqual([]);
    expect(outputsOf(rig.wait(1), "close")).toEqual([{ kind: "close", graceful: true }]);
    expect(outputsOf(rig.wait(closeMsMax - 1), "close")).toEqual([]);
    expect(outputsOf(rig.wait(1), "close")).toEqual([{ kind: "close", graceful: false }]);
  });

  it("leaves what was spooled before the session to the next one when it is drained", () => {
    const rig = connected();
    rig.closed("unavailable");
    rig.measure(300);
    const first = rig.connect({ window: { batches: 4, bytes: 100_000 } });
    expect(sentOf(first, "results")).toHaveLength(1);
    rig.message({ kind: "drain", reconnectAfterMs: 500, reason: "rebalance" });
    const outputs = rig.ack(1);
    expect(sentOf(outputs, "results")).toEqual([]);
    expect(outputsOf(outputs, "close")).toEqual([{ kind: "close", graceful: true }]);
    expect(rig.status.spooledBatches).toBe(2);
  });

  it("ends stopMsMax after a stop at the latest", () => {
    const rig = connected();
    rig.measure(5);
    const outputs = rig.stop("x".repeat(2 * wordBytesMax));
    expect(sentOf(outputs, "results")).toHaveLength(1);
    expect(sentOf(outputs, "goodbye")[0]?.reason).toHaveLength(wordBytesMax);
    expect(outputsOf(rig.wait(stopMsMax - 1), "exit")).toEqual([]);
    expect(outputsOf(rig.wait(1), "exit")).toMatchObject([{ code: 0 }]);
    expect(rig.core.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("stops while it closes a drained stream", () => {
    const rig = connected();
    rig.message({ kind: "drain", reconnectAfterMs: 500, reason: "rebalance" });
    expect(rig.stop()).toEqual([]);
    expect(outputsOf(rig.closed("ok"), "exit")).toMatchObject([{ code: 0, message: "shutdown" }]);
  });

  it("answers what it does not know with at most wordBytesMax bytes, and goes on", () => {
    const rig = connected();
    const outputs = rig.message({ kind: "unknown", what: "w".repeat(2 * wordBytesMax) });
    expect(sentOf(outputs, "unsupported")[0]?.what).toHaveLength(wordBytesMax);
    expect(rig.status.connected).toBe(true);
  });

  it.each<StatusCode>([
    "ok",
    "cancelled",
    "unknown",
    "deadline_exceeded",
    "resource_exhausted",
    "aborted",
    "internal",
    "unavailable",
  ])("comes back after %s, with or without a session", (code) => {
    for (const rig of [new AgentRig(), connected()]) {
      rig.tick();
      expect(outputsOf(rig.closed(code), "exit")).toEqual([]);
      expect(outputsOf(rig.wait(500), "open")).toHaveLength(1);
    }
  });

  it("ignores the end of a stream that is not there, and everything after its own end", () => {
    const rig = new AgentRig();
    expect(rig.closed("unavailable")).toEqual([]);
    rig.stop();
    expect([...rig.tick(), ...rig.welcome(), ...rig.measure(5), ...rig.stop()]).toEqual([]);
  });
});
