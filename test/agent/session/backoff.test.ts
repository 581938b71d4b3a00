import { describe, expect, it } from "vitest";
import {
  backoffBaseMs,
  backoffMsMax,
  sessionSettledMs,
  toldDelayMsMax,
} from "../../../agent/limits.js";
import { Backoff, type StreamEnding } from "../../../agent/session/backoff.js";
import { createSeededRandom } from "../../../common/random.js";

const ending = (changes: Partial<StreamEnding> = {}): StreamEnding => ({
  code: "unavailable",
  lastedMs: undefined,
  retryAfterMs: undefined,
  drainDelayMs: undefined,
  ...changes,
});

/** Chance that always says nearly 1: the delay is the ceiling. */
const ceilings = { next: () => 0.999999999 };

describe("Backoff", () => {
  it("doubles its ceiling from backoffBaseMs to backoffMsMax", () => {
    const backoff = new Backoff(ceilings);
    const delays = Array.from({ length: 8 }, () => Math.round(backoff.delayMs(ending())));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(delays[0]).toBe(backoffBaseMs);
    expect(delays[7]).toBe(backoffMsMax);
  });

  it("spreads the delay over everything below the ceiling", () => {
    const random = createSeededRandom(1);
    const delays = Array.from({ length: 1000 }, () => new Backoff(random).delayMs(ending()));
    expect(Math.min(...delays)).toBeLessThan(20);
    expect(Math.max(...delays)).toBeGreaterThan(980);
    expect(Math.max(...delays)).toBeLessThan(backoffBaseMs);
  });

  it("starts anew after a session of sessionSettledMs, not after a shorter one", () => {
    const backoff = new Backoff(ceilings);
    for (let i = 0; i < 4; i++) backoff.delayMs(ending());
    const short = backoff.delayMs(ending({ lastedMs: sessionSettledMs - 1 }));
    expect(Math.round(short)).toBe(16_000);
    const settled = backoff.delayMs(ending({ lastedMs: sessionSettledMs }));
    expect(Math.round(settled)).toBe(1000);
  });

  it("grows when another stream replaced a session, however long that lasted", () => {
    const backoff = new Backoff(ceilings);
    const replaced = ending({ code: "aborted", lastedMs: 10 * sessionSettledMs });
    const delays = Array.from({ length: 3 }, () => Math.round(backoff.delayMs(replaced)));
    expect(delays).toEqual([1000, 2000, 4000]);
  });

  it("takes what the server told, with jitter on top of RetryInfo", () => {
    const backoff = new Backoff(ceilings);
    expect(backoff.delayMs(ending({ drainDelayMs: 3000 }))).toBe(3000);
    const settled = ending({ drainDelayMs: 10, lastedMs: sessionSettledMs });
    expect(backoff.delayMs(settled)).toBe(10);
    const retry = backoff.delayMs(ending({ drainDelayMs: 3000, retryAfterMs: 7000 }));
    expect(Math.round(retry)).toBe(8000);
  });

  it("does not come back without pause to a server that drains whoever comes", () => {
    const backoff = new Backoff(ceilings);
    const drained = ending({ code: "ok", drainDelayMs: 0, lastedMs: 5 });
    const delays = Array.from({ length: 4 }, () => Math.round(backoff.delayMs(drained)));
    expect(delays).toEqual([1000, 2000, 4000, 8000]);
  });

  it("believes at most toldDelayMsMax and nothing negative", () => {
    const backoff = new Backoff({ next: () => 0 });
    expect(backoff.delayMs(ending({ drainDelayMs: 1e12 }))).toBe(toldDelayMsMax);
    expect(backoff.delayMs(ending({ retryAfterMs: 1e12 }))).toBe(toldDelayMsMax);
    expect(backoff.delayMs(ending({ retryAfterMs: -5 }))).toBe(0);
  });
});
