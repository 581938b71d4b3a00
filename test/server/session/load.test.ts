import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import {
  busyAbove,
  busyBelow,
  busySlowdown,
  drainGraceMs,
  helloMsMax,
  loadMeanMs,
  memoryRetryMs,
  overloadedAbove,
  overloadedBelow,
  overloadedSlowdown,
  rssBackShare,
  sessionAgeDelayMsMax,
  sessionAgeMsMax,
  sessionsBurstMax,
} from "../../../server/limits.js";
import { LoadMeter } from "../../../server/session/load.js";
import { ControlRig, counted, only, rigTickMs, sent } from "../../support/control-rig.js";

class Meter {
  readonly load: LoadMeter;
  nowMs = 0;
  changes = 0;

  constructor(rssBytesMax?: number) {
    this.load = new LoadMeter(rssBytesMax);
    this.load.observe({ nowMs: 0 });
  }

  /** Holds a utilisation for so long. */
  hold(loopUtilization: number, ms: number, everyMs = rigTickMs): string {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + everyMs);
      if (this.load.observe({ nowMs: this.nowMs, loopUtilization })) this.changes += 1;
    }
    return this.load.state;
  }

  rss(rssBytes: number): string {
    if (this.load.observe({ nowMs: this.nowMs, rssBytes })) this.changes += 1;
    return this.load.state;
  }
}

describe("LoadMeter", () => {
  it("keeps a mean whose time constant is loadMeanMs, however often it is asked", () => {
    for (const everyMs of [50, 250, 1700, loadMeanMs]) {
      const meter = new Meter();
      meter.hold(1, loadMeanMs, everyMs);
      expect(meter.load.meanUtilization).toBeCloseTo(1 - Math.exp(-1), 9);
    }
  });

  it("takes nothing from its first sample, from none, and from none that is a number", () => {
    const load = new LoadMeter(undefined);
    expect(load.observe({ nowMs: 1e9, loopUtilization: 1, rssBytes: 1e15 })).toBe(false);
    expect(load.observe({ nowMs: 1e9 + 60_000 })).toBe(false);
    expect(load.observe({ nowMs: 1e9 + 120_000, loopUtilization: Number.NaN })).toBe(false);
    expect([load.meanUtilization, load.state]).toEqual([0, "normal"]);
    load.observe({ nowMs: 1e9 + 240_000, loopUtilization: 7 });
    expect(load.meanUtilization).toBeLessThanOrEqual(1);
  });

  it("is busy above busyAbove until it is below busyBelow", () => {
    const meter = new Meter();
    expect(meter.hold(busyAbove - 0.01, 60_000)).toBe("normal");
    expect(meter.hold(busyAbove + 0.02, 60_000)).toBe("busy");
    expect(meter.hold(busyBelow + 0.01, 60_000)).toBe("busy");
    expect(meter.hold(busyBelow - 0.02, 60_000)).toBe("normal");
    expect(meter.hold(busyAbove - 0.01, 60_000)).toBe("normal");
    expect(meter.changes).toBe(2);
  });

  it("is overloaded above overloadedAbove until it is below overloadedBelow", () => {
    const meter = new Meter();
    expect(meter.hold(overloadedAbove - 0.01, 60_000)).toBe("busy");
    expect(meter.hold(overloadedAbove + 0.02, 60_000)).toBe("overloaded");
    expect(meter.hold(overloadedBelow + 0.01, 60_000)).toBe("overloaded");
    expect(meter.hold(overloadedBelow - 0.02, 60_000)).toBe("busy");
    expect(meter.hold(0, 60_000)).toBe("normal");
    expect(meter.changes).toBe(4);
  });

  it("is not moved by one slow second", () => {
    const meter = new Meter();
    meter.hold(0.4, 60_000);
    expect(meter.hold(1, 1000)).toBe("normal");
    expect(meter.changes).toBe(0);
  });

  it("is overloaded beyond rssBytesMax until it is below rssBackShare of it", () => {
    const meter = new Meter(1000);
    expect(meter.rss(1000)).toBe("normal");
    expect(meter.rss(1001)).toBe("overloaded");
    expect(meter.load.isMemoryShort).toBe(true);
    expect(meter.hold(0, 60_000)).toBe("overloaded");
    expect(meter.rss(1000 * rssBackShare + 1)).toBe("overloaded");
    expect(meter.rss(1000 * rssBackShare)).toBe("normal");
    expect(meter.rss(1000)).toBe("normal");
    expect(meter.changes).toBe(2);
    expect(new Meter().rss(Number.MAX_SAFE_INTEGER)).toBe("normal");
  });
});

/** Agents that come at one instant, on streams from so on; how many got in. */
const comeAtOnce = (rig: ControlRig, count: number, first: number): number => {
  const outputs = Array.from({ length: count }, (_, i) =>
    rig.join(first + i, `n${first + i}.pod`),
  ).flat();
  return sent(outputs, "welcome").length;
};

describe("ControlPlane under load", () => {
  it("says that its load changed before all else that the same tick brings", () => {
    const rig = new ControlRig({ config: { rssBytesMax: 1000 } });
    rig.open(1);
    rig.wait(helloMsMax - rigTickMs);
    rig.load = { rssBytes: 2000 };
    const kinds = rig.wait(rigTickMs).map(({ kind }) => kind);
    expect(kinds[0]).toBe("load_changed");
    expect(kinds).toContain("close");
  });

  it("says it once", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.wait(1000);
    rig.load = { loopUtilization: 1 };
    const changes: string[] = [];
    for (let ms = 0; ms < 20_000; ms += rigTickMs) {
      const outputs = rig.wait(rigTickMs);
      rig.heartbeat(1);
      const [change] = only(outputs, "load_changed");
      if (change === undefined) continue;
      changes.push(change.load);
      const logs = only(outputs, "log").filter(({ message }) => message === "server load changed");
      expect(logs).toMatchObject([{ fields: { load: change.load } }]);
    }
    expect(changes).toEqual(["busy", "overloaded"]);
    expect(rig.state("n1.pod")).toBe("up connected");
  });

  it("admits fewer at once: by busySlowdown, by overloadedSlowdown, and all when it is over", () => {
    const rig = new ControlRig();
    rig.load = { loopUtilization: 0.75 };
    rig.wait(60_000);
    expect(comeAtOnce(rig, 200, 1000)).toBe(sessionsBurstMax / busySlowdown);
    rig.load = { loopUtilization: 1 };
    rig.wait(60_000);
    expect(comeAtOnce(rig, 200, 2000)).toBe(sessionsBurstMax / overloadedSlowdown);
    rig.load = { loopUtilization: 0.1 };
    rig.wait(60_000);
    expect(comeAtOnce(rig, 200, 3000)).toBe(sessionsBurstMax);
  });

  it("lets sessions be replaced at the full rate", () => {
    const rig = new ControlRig();
    expect(comeAtOnce(rig, sessionsBurstMax, 1)).toBe(sessionsBurstMax);
    for (let passed = 0; passed < 20; passed++) {
      rig.load = { loopUtilization: 1 };
      rig.wait(1000);
      for (let stream = 1; stream <= sessionsBurstMax; stream++) rig.heartbeat(stream);
    }
    const outputs = Array.from({ length: sessionsBurstMax }, (_, i) =>
      rig.join(1000 + i, `n${1 + i}.pod`),
    ).flat();
    expect(sent(outputs, "welcome")).toHaveLength(sessionsBurstMax);
  });

  it("refuses agents without session while memory is short, to come back about memoryRetryMs later", () => {
    const rig = new ControlRig({
      config: { rssBytesMax: 1000 },
      random: createSeededRandom(3),
    });
    rig.join(1, "n1.pod");
    rig.load = { rssBytes: 2000 };
    rig.tick();
    const refused = rig.join(2, "n2.pod");
    expect(counted(refused, "sessions_refused", "memory_short")).toBe(1);
    const [close] = only(refused, "close");
    expect(close).toMatchObject({ stream: 2, code: "unavailable" });
    expect(close?.retryAfterMs).toBeGreaterThanOrEqual(memoryRetryMs * 0.5);
    expect(close?.retryAfterMs).toBeLessThanOrEqual(memoryRetryMs * 1.5);
    expect(sent(rig.join(3, "n1.pod"), "welcome")).toHaveLength(1);
    rig.load = { rssBytes: 500 };
    rig.tick();
    expect(sent(rig.join(4, "n2.pod"), "welcome")).toHaveLength(1);
  });

  it("puts the end of a session's age off while it is overloaded, by sessionAgeDelayMsMax at most", () => {
    const rig = new ControlRig({ random: createSeededRandom(4) });
    rig.join(1, "n1.pod");
    rig.wait(500);
    rig.ackPlan(1);
    const drained = (ms: number): boolean => {
      for (let passedMs = 0; passedMs < ms; passedMs += 5_000) {
        const outputs = rig.wait(5_000);
        rig.heartbeat(1);
        if (sent(outputs, "drain").length > 0) return true;
      }
      return false;
    };
    rig.load = { loopUtilization: 1 };
    expect(drained(2 * sessionAgeMsMax)).toBe(false);
    rig.load = { loopUtilization: 0 };
    expect(drained(sessionAgeDelayMsMax + drainGraceMs)).toBe(true);
  });
});
