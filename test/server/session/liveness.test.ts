import { describe, expect, it } from "vitest";
import {
  clockSamplesMax,
  sessionsBurstMax,
  stallMs,
  startGraceHeartbeats,
} from "../../../server/limits.js";
import { LivenessClock } from "../../../server/session/stall.js";
import { ControlRig, counted, only, sent } from "../../support/control-rig.js";

/** A rig that is past its start, with n1.pod on stream 1. */
const rigOf = (heartbeatIntervalS = 5): ControlRig => {
  const rig = new ControlRig();
  rig.wait(20_000);
  rig.join(1, "n1.pod", { settings: { heartbeatIntervalS } });
  rig.wait(500);
  rig.ackPlan(1);
  return rig;
};

describe("liveness", () => {
  it("suspects after two heartbeats without a frame and calls lost after CACHE_KEY_SECOND", () => {
    const rig = rigOf();
    rig.wait(9_750);
    expect(rig.state("n1.pod")).toBe("up connected");
    rig.wait(250);
    expect(rig.state("n1.pod")).toBe("suspect frames_missing");
    rig.wait(4_750);
    expect(rig.state("n1.pod")).toBe("suspect frames_missing");
    const outputs = rig.wait(250);
    expect(rig.state("n1.pod")).toBe("lost frames_missing");
    expect(only(outputs, "close")).toMatchObject([{ stream: 1, code: "deadline_exceeded" }]);
    expect(counted(outputs, "sessions_closed", "frames_missing")).toBe(1);
    expect(only(outputs, "agent_changed")).toHaveLength(1);
    expect(rig.heartbeat(1)).toEqual([]);
  });

  it("is lost without suspicion when two heartbeats take longer than CACHE_KEY_SECOND", () => {
    const rig = rigOf(14);
    rig.wait(42_000 - 20_500);
    expect(rig.state("n1.pod")).toBe("lost frames_missing");
  });

  it("takes any frame for a sign of life", () => {
    const rig = rigOf();
    for (let i = 0; i < 6; i++) {
      rig.wait(10_000);
      rig.message(1, { kind: "unsupported", what: "x" });
      expect(rig.state("n1.pod")).toBe("up connected");
    }
  });

  it("suspects at once when the stream breaks, however it broke, and never takes an end for a goodbye", () => {
    for (const end of ["cancelled", "ended", "reset"] as const) {
      const rig = rigOf();
      const outputs = rig.closed(1, end);
      expect(only(outputs, "agent_changed")).toEqual([
        { kind: "agent_changed", agentId: "n1.pod" },
      ]);
      expect(rig.state("n1.pod")).toBe("suspect stream_broken");
      rig.wait(15_000);
      expect(rig.state("n1.pod")).toBe("lost stream_broken");
    }
  });

  it("calls an agent lost at once that said goodbye, and plans without it", () => {
    const rig = rigOf();
    rig.join(2, "n2.pod");
    rig.wait(500);
    rig.ackPlan(2);
    rig.message(1, { kind: "goodbye", reason: "shutdown" });
    expect(rig.state("n1.pod")).toBe("lost goodbye");
    rig.closed(1, "ended");
    rig.wait(500);
    const targets = rig.core.planFor("n2.pod").map(({ key }) => key);
    expect(targets.filter((key) => key.includes("n1"))).toEqual([]);
    expect(rig.core.agent("n1.pod")?.state).toBe("lost");
  });

  it("keeps a lost agent as a target while it is listed", () => {
    const rig = rigOf();
    rig.join(2, "n2.pod");
    rig.closed(1);
    rig.wait(16_000, () => rig.heartbeat(2));
    expect(rig.state("n1.pod")).toBe("lost stream_broken");
    expect(rig.core.planFor("n2.pod").map(({ key }) => key)).toContain("udp|n1.pod");
  });

  it("stays up over a reconnect within a step, and comes back from lost", () => {
    const rig = rigOf();
    rig.closed(1);
    rig.wait(20_000);
    expect(rig.state("n1.pod")).toBe("lost stream_broken");
    const { sinceUnixMs } = rig.core.agent("n1.pod") ?? { sinceUnixMs: 0 };
    rig.join(2, "n1.pod");
    expect(rig.state("n1.pod")).toBe("up connected");
    expect(rig.core.agent("n1.pod")?.sinceUnixMs).toBeGreaterThan(sinceUnixMs);
  });

  it("calls nobody lost because the server stood still, whichever comes first after it", () => {
    for (const first of ["tick", "frame"] as const) {
      const rig = rigOf();
      rig.join(2, "n2.pod");
      rig.wait(500);
      rig.nowMs += 120_000;
      if (first === "frame") rig.heartbeat(2);
      rig.tick();
      expect(rig.core.agents().map(({ state }) => state)).toEqual(["up", "up"]);
      rig.wait(15_000);
      expect(rig.core.agents().map(({ state }) => state)).toEqual(["lost", "lost"]);
    }
  });

  it("calls nobody lost who is told to wait for a turn", () => {
    const rig = rigOf();
    rig.closed(1);
    rig.wait(10_000);
    for (let stream = 2; stream <= sessionsBurstMax + 2; stream++) {
      rig.join(stream, "n2.pod");
      rig.closed(stream);
    }
    expect(only(rig.join(1000, "n1.pod"), "close")).toMatchObject([{ code: "resource_exhausted" }]);
    rig.wait(15_000);
    expect(rig.state("n1.pod")).toBe("suspect stream_broken");
    rig.wait(250);
    expect(rig.state("n1.pod")).toBe("lost stream_broken");
  });

  it("calls nobody lost while the server has just started", () => {
    const rig = new ControlRig({ config: { lostAfterMs: 6_000 } });
    rig.join(1, "n1.pod");
    rig.closed(1);
    rig.wait(startGraceHeartbeats * 5_000 - 250);
    expect(rig.state("n1.pod")).toBe("suspect stream_broken");
    rig.wait(250);
    expect(rig.state("n1.pod")).toBe("lost stream_broken");
  });

  it("takes the clock skew from the least delayed of the last clockSamplesMax heartbeats", () => {
    const rig = rigOf();
    expect(rig.core.agent("n1.pod")?.clockSkewUs).toBeUndefined();
    for (const skewMs of [-70, 12, -3, -900]) rig.heartbeat(1, skewMs);
    expect(rig.core.agent("n1.pod")?.clockSkewUs).toBe(12_000);
    for (let i = 0; i < clockSamplesMax; i++) rig.heartbeat(1, -5000);
    expect(rig.core.agent("n1.pod")?.clockSkewUs).toBe(-5_000_000);
  });

  it("sends heartbeats when nothing else was sent for an interval", () => {
    const rig = rigOf();
    const outputs = rig.wait(30_000, () => rig.heartbeat(1));
    expect(sent(outputs, "heartbeat").length).toBe(6);
    const busy = rig.wait(30_000, () => [
      ...rig.heartbeat(1),
      ...rig.step({ kind: "acked", agentId: "n1.pod", bootId: "b1", seq: 1, nowMs: rig.nowMs }),
    ]);
    expect(sent(busy, "heartbeat")).toEqual([]);
  });
});

describe("LivenessClock", () => {
  const clockAt = (atMs: number): LivenessClock => {
    const clock = new LivenessClock();
    clock.observe(atMs);
    clock.tick(atMs, 0);
    return clock;
  };

  it("runs with monotonic time while inputs come", () => {
    const clock = clockAt(100);
    for (let now = 100; now <= 10_100; now += 250) {
      clock.observe(now);
      clock.tick(now, 3);
    }
    expect(clock.at(10_100)).toBe(10_100);
    expect(clock.monotonic(10_100)).toBe(10_100);
  });

  it("stands still during a silence longer than stallMs", () => {
    const clock = clockAt(0);
    clock.observe(stallMs);
    clock.tick(stallMs, 0);
    expect(clock.at(stallMs)).toBe(stallMs);
    clock.observe(stallMs + 60_000);
    expect(clock.at(stallMs + 60_000)).toBe(stallMs);
    clock.tick(stallMs + 60_000, 59_000);
    expect(clock.at(stallMs + 60_000)).toBe(stallMs);
  });

  it("stands still while ticks are late although inputs come", () => {
    const clock = clockAt(0);
    for (let now = 0; now <= 5_000; now += 10) clock.observe(now);
    clock.tick(5_000, 10);
    expect(clock.at(5_000)).toBe(0);
    expect(clock.monotonic(0)).toBe(5_000);
  });
});
