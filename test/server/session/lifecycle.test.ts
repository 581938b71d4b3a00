import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import {
  agentsListedMax,
  controlTickMs,
  credentialGraceMs,
  drainGraceMs,
  drainReturnMsMin,
  drainSlice,
  goodbyeGraceMs,
  sessionAgeMsMax,
  sessionsPerSecondMax,
  stopAgentsMsMax,
  stopConnectionsMsMax,
  stopGraceMs,
} from "../../../server/limits.js";
import { ControlRig, only, sent } from "../../support/control-rig.js";

const drainNow = (rig: ControlRig) =>
  rig.step({ kind: "drain", reason: "shutdown", nowMs: rig.nowMs });

describe("session age", () => {
  it("ends within a tenth of sessionAgeMsMax: Drain first, then a close after drainGraceMs", () => {
    const rig = new ControlRig({ random: createSeededRandom(5) });
    for (let stream = 1; stream <= 20; stream++) rig.join(stream, `n${stream}.pod`);
    rig.wait(500);
    for (let stream = 1; stream <= 20; stream++) rig.ackPlan(stream);
    const startMs = rig.nowMs;
    const drainedMs: number[] = [];
    const closedMs: number[] = [];
    for (let i = 0; i < (sessionAgeMsMax * 1.2) / 5_000; i++) {
      const outputs = rig.wait(5_000);
      for (let stream = 1; stream <= 20; stream++) rig.heartbeat(stream);
      for (const { message } of sent(outputs, "drain")) {
        drainedMs.push(rig.nowMs - startMs);
        expect(message).toMatchObject({ reason: "max_age", reconnectAfterMs: 0 });
      }
      for (const close of only(outputs, "close")) {
        closedMs.push(rig.nowMs - startMs);
        expect(close).toMatchObject({ code: "unavailable", retryAfterMs: 0 });
      }
    }
    expect(drainedMs).toHaveLength(20);
    expect(Math.min(...drainedMs)).toBeGreaterThan(sessionAgeMsMax * 0.9 - 5_000);
    expect(Math.max(...drainedMs)).toBeLessThan(sessionAgeMsMax * 1.1 + 5_000);
    expect(Math.max(...drainedMs) - Math.min(...drainedMs)).toBeGreaterThan(sessionAgeMsMax * 0.1);
    expect(closedMs).toEqual(drainedMs.map((at) => at + drainGraceMs));
  });

  it("makes nobody suspect who comes back as told, and suspects who does not", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.wait(500);
    rig.ackPlan(1);
    while (sent(rig.wait(5_000), "drain").length === 0) rig.heartbeat(1);
    rig.heartbeat(1);
    rig.closed(1, "ended");
    expect(rig.state("n1.pod")).toBe("up max_age");
    rig.wait(4_750);
    expect(rig.state("n1.pod")).toBe("up max_age");
    rig.wait(250);
    expect(rig.state("n1.pod")).toBe("suspect max_age");
    rig.wait(10_000);
    expect(rig.state("n1.pod")).toBe("lost max_age");
  });
});

describe("drain", () => {
  it("tells drainSlice agents a tick, spread over what the server can take back", () => {
    const rig = new ControlRig({ random: createSeededRandom(2) });
    const count = drainSlice * 2 + 50;
    for (let stream = 1; stream <= count; stream++) {
      rig.nowMs += 1000 / sessionsPerSecondMax;
      rig.join(stream, `n${stream}.pod`);
    }
    rig.tick();
    const slices = [drainNow(rig), rig.wait(250), rig.wait(250), rig.wait(250)].map((outputs) =>
      sent(outputs, "drain"),
    );
    expect(slices.map(({ length }) => length)).toEqual([drainSlice, drainSlice, 50, 0]);
    const delays = slices.flat().map(({ message }) => message.reconnectAfterMs);
    const spreadMs = (count / sessionsPerSecondMax) * 1000;
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(drainReturnMsMin);
    expect(Math.max(...delays)).toBeLessThanOrEqual(drainReturnMsMin + spreadMs);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(spreadMs / 2);
  });

  it("tells agentsListedMax agents, and closes their streams, in the time that the ports stay open", () => {
    const lastToldMs = (Math.ceil(agentsListedMax / drainSlice) - 1) * controlTickMs;
    expect(lastToldMs).toBeLessThan(stopAgentsMsMax);
    expect(lastToldMs + stopGraceMs).toBeLessThan(stopAgentsMsMax + stopConnectionsMsMax);
  });

  it("lets nobody in, pushes no plan, flushes acknowledgements and closes the rest after stopGraceMs", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.open(2);
    const outputs = drainNow(rig);
    expect(only(outputs, "close")).toMatchObject([{ stream: 2, code: "unavailable" }]);
    expect(sent(outputs, "drain")).toHaveLength(1);
    expect(only(rig.join(3, "n3.pod"), "close")).toMatchObject([
      { stream: 3, code: "unavailable" },
    ]);
    expect(drainNow(rig)).toEqual([]);
    const acked = rig.step({
      kind: "acked",
      agentId: "n1.pod",
      bootId: "b1",
      seq: 4,
      nowMs: rig.nowMs,
    });
    expect(sent(acked, "ack")).toHaveLength(1);
    const early = rig.wait(stopGraceMs - 250);
    expect(only(early, "close")).toEqual([]);
    expect(only(early, "push_plan")).toEqual([]);
    expect(only(rig.wait(250), "close")).toMatchObject([{ stream: 1, code: "unavailable" }]);
  });

  it("calls nobody suspect or lost who was sent away", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.join(2, "n2.pod");
    drainNow(rig);
    rig.closed(1, "ended");
    rig.wait(60_000);
    expect(rig.core.agents().map(({ state }) => state)).toEqual(["up", "up"]);
  });
});

describe("goodbye", () => {
  it("leaves the stream open for acknowledgements, and closes it after goodbyeGraceMs", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.wait(500);
    rig.message(1, { kind: "goodbye", reason: "shutdown" });
    const acked = rig.step({
      kind: "acked",
      agentId: "n1.pod",
      bootId: "b1",
      seq: 4,
      nowMs: rig.nowMs,
    });
    expect(sent(acked, "ack")).toHaveLength(1);
    expect(only(rig.wait(goodbyeGraceMs - 250), "close")).toEqual([]);
    expect(only(rig.wait(250), "close")).toMatchObject([{ stream: 1, code: "ok" }]);
    expect(rig.state("n1.pod")).toBe("lost goodbye");
  });
});

describe("credentials", () => {
  it("end a session credentialGraceMs after they end", () => {
    const rig = new ControlRig();
    rig.open(1, { expiresUnixMs: rig.wallMs + 5_000 });
    rig.hello(1, "n1.pod");
    rig.wait(500);
    rig.ackPlan(1);
    const early = rig.wait(4_250 + credentialGraceMs, () => rig.heartbeat(1));
    expect(only(early, "close")).toEqual([]);
    expect(only(rig.wait(250), "close")).toMatchObject([{ stream: 1, code: "unauthenticated" }]);
    expect(rig.state("n1.pod")).toBe("suspect auth_expired");
  });

  it("are looked at one at a time; the newest of those that came meanwhile is next", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    const token = (text: string) =>
      only(rig.message(1, { kind: "token", token: text }), "reauthenticate").map(
        (one) => one.token,
      );
    expect([token("a"), token("b"), token("c")]).toEqual([["a"], [], []]);
    const answer = (principal: undefined) =>
      only(
        rig.step({
          kind: "authenticated",
          stream: 1,
          principal,
          why: "unknown token",
          nowMs: rig.nowMs,
          wallMs: rig.wallMs,
        }),
        "reauthenticate",
      ).map((one) => one.token);
    expect(answer(undefined)).toEqual(["c"]);
    expect(answer(undefined)).toEqual([]);
    expect(rig.state("n1.pod")).toBe("up connected");
  });
});
