import { describe, expect, it } from "vitest";
import {
  probeFirstEachMs,
  probeFirstMsMax,
  probeLatenessMsMax,
  probeStartsPerTickMax,
  probesInFlightMax,
  probeTickMs,
  sshProbeGapMsMin,
} from "../../../agent/limits.js";
import { hashFraction, Schedule, type ScheduleEntry } from "../../../agent/probe/schedule.js";
import { probeSpec } from "../../support/probe-context.js";

const entry = (index: number, more: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  id: index,
  key: `tcp|n${index}.pod`,
  spec: probeSpec({ kind: "tcp", address: `10.0.${index >> 8}.${index & 255}`, port: 6100 }),
  intervalMs: 10_000,
  ...more,
});

const entries = (count: number, more: Partial<ScheduleEntry> = {}): ScheduleEntry[] =>
  Array.from({ length: count }, (_, index) => entry(index + 1, more));

type Run = { readonly nowMs: number; readonly key: string; readonly id: number };

/** Runs a schedule on a clock of its own; every probe takes so long. Returns what was started, and when. */
const simulate = (
  schedule: Schedule<ScheduleEntry>,
  options: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly tookMs?: (entry: ScheduleEntry) => number;
  },
): Run[] => {
  const runs: Run[] = [];
  let ends: number[] = [];
  for (let nowMs = options.fromMs; nowMs <= options.toMs; nowMs += probeTickMs) {
    for (const endMs of ends) if (endMs <= nowMs) schedule.finish();
    ends = ends.filter((endMs) => endMs > nowMs);
    for (const start of schedule.start(nowMs)) {
      runs.push({ nowMs, key: start.entry.key, id: start.entry.id });
      ends.push(nowMs + (options.tookMs?.(start.entry) ?? 1));
    }
    if (schedule.inFlight !== ends.length) throw new Error(`${schedule.inFlight} in flight`);
  }
  for (const _ of ends) schedule.finish();
  return runs;
};

const timesOf = (runs: readonly Run[], key: string): number[] =>
  runs.filter((run) => run.key === key).map((run) => run.nowMs);

const gapsOf = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => time - (times[index] ?? 0));

const perSecond = (runs: readonly Run[]): number[] => {
  const counts = new Map<number, number>();
  for (const { nowMs } of runs) {
    const second = Math.floor(nowMs / 1000);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return [...counts.values()];
};

describe("Schedule", () => {
  it("probes a new target within probeFirstMsMax and then once an interval", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(200), 1_000_000);
    const runs = simulate(schedule, { fromMs: 1_000_000, toMs: 1_120_000 });
    for (const { key } of entries(200)) {
      const times = timesOf(runs, key);
      expect(times[0]).toBeLessThanOrEqual(1_000_000 + probeFirstMsMax + probeTickMs);
      const gaps = gapsOf(times);
      // The first gap leads into the phase: half an interval at least, one and a half at most.
      expect(gaps[0]).toBeGreaterThanOrEqual(5_000 - probeTickMs);
      expect(gaps[0]).toBeLessThanOrEqual(15_000 + probeTickMs);
      for (const gap of gaps.slice(1)) expect(Math.abs(gap - 10_000)).toBeLessThanOrEqual(10);
    }
    expect(schedule.counters.missed).toBe(0);
  });

  it("probes a few new targets within probeFirstEachMs each, and many within probeFirstMsMax", () => {
    const firstsOf = (count: number): number[] => {
      const schedule = new Schedule("n0.pod");
      schedule.replace(entries(count), 0);
      const runs = simulate(schedule, { fromMs: 0, toMs: probeFirstMsMax + probeTickMs });
      return entries(count).map(({ key }) => timesOf(runs, key)[0] ?? Number.POSITIVE_INFINITY);
    };
    expect(Math.max(...firstsOf(12))).toBeLessThanOrEqual(12 * probeFirstEachMs + probeTickMs);
    const many = firstsOf(1000);
    expect(Math.max(...many)).toBeLessThanOrEqual(probeFirstMsMax + probeTickMs);
    for (let fromMs = 0; fromMs < probeFirstMsMax; fromMs += 1000) {
      const started = many.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1000).length;
      expect(Math.abs(started - 200)).toBeLessThan(60);
    }
  });

  it("counts only what is new in a plan when it spreads the first probes", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(200), 0);
    simulate(schedule, { fromMs: 0, toMs: 30_000 });
    schedule.replace(entries(203), 30_005);
    const runs = simulate(schedule, { fromMs: 30_010, toMs: 40_000 });
    for (const { key } of entries(203).slice(200))
      expect(timesOf(runs, key)[0]).toBeLessThanOrEqual(30_010 + 3 * probeFirstEachMs);
  });

  it("spreads targets evenly over the interval", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(1000), 0);
    const runs = simulate(schedule, { fromMs: 0, toMs: 120_000 });
    const steady = perSecond(runs.filter(({ nowMs }) => nowMs >= 20_000 && nowMs < 120_000));
    for (const count of steady) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });

  it("gives two agents different phases for one target", () => {
    expect(hashFraction("a|tcp|n1.pod")).not.toBeCloseTo(hashFraction("b|tcp|n1.pod"), 3);
  });

  it("keeps the period of 200 targets of which half are dead", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(200), 0);
    const runs = simulate(schedule, {
      fromMs: 0,
      toMs: 300_000,
      tookMs: ({ id }) => (id % 2 === 0 ? 1500 : 1),
    });
    for (const { key } of entries(200)) {
      const gaps = gapsOf(timesOf(runs, key)).slice(1);
      expect(gaps.length).toBeGreaterThanOrEqual(27);
      for (const gap of gaps) expect(Math.abs(gap - 10_000)).toBeLessThanOrEqual(probeTickMs);
    }
    expect(schedule.counters).toEqual({ started: runs.length, missed: 0 });
  });

  it("does not make up for a stall of 30 s, and counts what it missed", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(200), 0);
    const before = simulate(schedule, { fromMs: 0, toMs: 60_000 });
    const after = simulate(schedule, { fromMs: 90_000, toMs: 200_000 });
    const busiest = Math.max(...perSecond(before.filter(({ nowMs }) => nowMs > 20_000)));
    expect(Math.max(...perSecond(after))).toBeLessThanOrEqual(
      busiest + Math.ceil((200 / 10_000) * probeLatenessMsMax),
    );
    // 200 targets, three turns each, but for those that were just late.
    expect(schedule.counters.missed).toBeGreaterThanOrEqual(550);
    expect(schedule.counters.missed).toBeLessThanOrEqual(600);
    for (const { key } of entries(200)) {
      const first = timesOf(after, key)[0];
      expect(first).toBeLessThanOrEqual(90_000 + 10_000 + probeTickMs);
    }
  });

  it("spreads a new plan anew when the process stalled before it was first probed", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(200), 0);
    const runs = simulate(schedule, { fromMs: 30_000, toMs: 40_000 });
    const first = runs.filter(({ nowMs }) => nowMs < 30_000 + probeFirstMsMax + probeTickMs);
    expect(new Set(first.map(({ key }) => key)).size).toBe(200);
    expect(Math.max(...perSecond(first))).toBeLessThan(80);
  });

  it("starts at most probeStartsPerTickMax probes in a tick", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(5000), 0);
    const starts = schedule.start(900);
    expect(starts).toHaveLength(probeStartsPerTickMax);
  });

  it("never has more than probesInFlightMax in flight, and is fair to the rest", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(20_000), 0);
    let most = 0;
    const runs = simulate(schedule, {
      fromMs: 0,
      toMs: 60_000,
      tookMs: () => {
        most = Math.max(most, schedule.inFlight);
        return 1500;
      },
    });
    expect(most).toBe(probesInFlightMax);
    expect(schedule.counters.missed).toBeGreaterThan(0);
    expect(runs.length).toBeGreaterThan((probesInFlightMax / 1500) * 60_000 * 0.9);
    // Who was skipped waits for its phase like everybody; nobody is probed twice in an interval.
    for (const { key } of entries(50)) {
      for (const gap of gapsOf(timesOf(runs, key)).slice(1))
        expect(gap).toBeGreaterThan(10_000 - probeLatenessMsMax - probeTickMs);
    }
  });

  it("keeps the time of a key that stays, also under another id", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(50), 0);
    const before = simulate(schedule, { fromMs: 0, toMs: 30_000 });
    schedule.replace(
      entries(50).map((old) => ({ ...old, id: old.id + 1000 })),
      30_005,
    );
    const after = simulate(schedule, { fromMs: 30_010, toMs: 60_000 });
    for (const { key } of entries(50)) {
      const gaps = gapsOf([...timesOf(before, key), ...timesOf(after, key)]).slice(1);
      for (const gap of gaps) expect(Math.abs(gap - 10_000)).toBeLessThanOrEqual(probeTickMs);
    }
    expect(new Set(after.map(({ id }) => id > 1000))).toEqual(new Set([true]));
  });

  it("takes another interval over, and forgets what is not in the plan", () => {
    const schedule = new Schedule("n0.pod");
    schedule.replace(entries(2), 0);
    simulate(schedule, { fromMs: 0, toMs: 20_000 });
    schedule.replace([entry(1, { intervalMs: 2000 })], 20_000);
    const runs = simulate(schedule, { fromMs: 20_000, toMs: 40_000 });
    expect(schedule.size).toBe(1);
    expect(timesOf(runs, entry(2).key)).toEqual([]);
    for (const gap of gapsOf(timesOf(runs, entry(1).key)))
      expect(Math.abs(gap - 2000)).toBeLessThanOrEqual(probeTickMs);
  });

  it("connects to one sshd no sooner than sshProbeGapMsMin, whatever the plan says", () => {
    const schedule = new Schedule("n0.pod");
    const ssh = (id: number, key: string): ScheduleEntry =>
      entry(id, {
        key,
        intervalMs: 1000,
        spec: probeSpec({ kind: "tcp", address: "10.0.0.1", port: 22 }),
      });
    schedule.replace([ssh(1, "tcp|node/a"), ssh(2, "tcp|node/b")], 0);
    const runs = simulate(schedule, { fromMs: 0, toMs: 100_000 });
    schedule.replace([], 100_000);
    schedule.replace([ssh(3, "tcp|node/c")], 100_010);
    runs.push(...simulate(schedule, { fromMs: 100_010, toMs: 300_000 }));
    const gaps = gapsOf(runs.map(({ nowMs }) => nowMs));
    expect(gaps.length).toBeGreaterThanOrEqual(7);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(sshProbeGapMsMin);
  });

  it("has nothing to do without a plan", () => {
    const schedule = new Schedule("n0.pod");
    expect(schedule.nextDueMs()).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.start(1000)).toEqual([]);
  });
});
