import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.js";
import { rssShareMax } from "../../server/limits.js";
import { createProcessWatch, rssBytesMaxHere, rssBytesMaxOf } from "../../server/process-watch.js";
import { waitFor } from "../support/wait.js";

describe("createProcessWatch()", () => {
  it("sees a held event loop, only since it was last asked, and the memory of this process", async () => {
    const watch = createProcessWatch();
    await waitFor("an idle event loop", () => watch.take().loopUtilization < 0.5);
    const untilMs = systemClock.nowMs() + 50;
    while (systemClock.nowMs() < untilMs);
    const held = watch.take();
    expect(held.loopUtilization).toBeGreaterThan(0.95);
    expect(held.loopUtilization).toBeLessThanOrEqual(1);
    expect(held.rssBytes).toBeGreaterThan(20e6);
  });
});

describe("rssBytesMaxOf()", () => {
  it("is rssShareMax of the cgroup's memory, or of the machine's when there is no limit", () => {
    const of = (constrainedBytes: number | undefined) =>
      rssBytesMaxOf({ constrainedBytes, totalBytes: 1000 });
    expect(of(400)).toBe(400 * rssShareMax);
    for (const none of [0, undefined, 2 ** 64, 1001]) expect(of(none)).toBe(1000 * rssShareMax);
    expect(rssBytesMaxHere()).toBeLessThanOrEqual(totalmem() * rssShareMax);
    expect(rssBytesMaxHere()).toBeGreaterThan(0);
  });
});
