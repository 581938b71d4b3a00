import { describe, expect, it } from "vitest";
import { clockSamplesMax } from "../../../agent/limits.js";
import { ServerClock } from "../../../agent/session/server-clock.js";

describe("ServerClock", () => {
  it("tells the agent's own time before the first Welcome", () => {
    const clock = new ServerClock();
    clock.observe(100, 5_000_100);
    expect(clock.unixMs(90)).toBe(5_000_090);
    expect(clock.offsetUs()).toBe(0);
  });

  it("tells the server's time, whatever the agent's wall clock does", () => {
    const clock = new ServerClock();
    clock.observe(100, 5_000_100);
    clock.restart(100, 9_000_100);
    expect(clock.unixMs(150)).toBe(9_000_150);
    expect(clock.offsetUs()).toBe(4_000_000_000);
    clock.observe(200, 1_000_200);
    expect(clock.unixMs(150)).toBe(9_000_150);
    expect(clock.offsetUs()).toBe(8_000_000_000);
  });

  it("trusts the sample that was under way for the shortest time", () => {
    const clock = new ServerClock();
    clock.restart(1000, 9_000_000 + 1000 - 40);
    clock.sample(2000, 9_000_000 + 2000 - 3);
    clock.sample(3000, 9_000_000 + 3000 - 900);
    expect(clock.unixMs(4000)).toBe(9_004_000 - 3);
  });

  it("forgets a sample after clockSamplesMax newer ones, so that it follows a clock that was set back", () => {
    const clock = new ServerClock();
    clock.restart(0, 9_000_000);
    for (let i = 1; i < clockSamplesMax; i++) clock.sample(i, 8_000_000 + i);
    expect(clock.unixMs(0)).toBe(9_000_000);
    clock.sample(8, 8_000_008);
    expect(clock.unixMs(0)).toBe(8_000_000);
  });

  it("starts anew with every Welcome and ignores a time that is not set", () => {
    const clock = new ServerClock();
    clock.restart(0, 9_000_000);
    clock.restart(10, 7_000_010);
    expect(clock.unixMs(10)).toBe(7_000_010);
    clock.sample(20, 0);
    clock.sample(20, Number.NaN);
    expect(clock.unixMs(20)).toBe(7_000_020);
  });
});
