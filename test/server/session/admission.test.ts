import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import {
  admissionTurnMsMax,
  admissionTurnsMax,
  admissionWaitMsMax,
  busySlowdown,
  overloadedSlowdown,
  sessionsBurstMax,
  sessionsPerSecondMax,
} from "../../../server/limits.js";
import {
  type Admission,
  type AdmissionClass,
  AdmissionGate,
} from "../../../server/session/admission.js";
import type { LoadState } from "../../../server/session/protocol.js";

const gateOf = (): AdmissionGate => new AdmissionGate(createSeededRandom(1));

/** One Hello. */
const ask = (
  gate: AdmissionGate,
  agentId: string,
  nowMs: number,
  { from = "new", load = "normal" }: { from?: AdmissionClass; load?: LoadState } = {},
): Admission => gate.ask({ agentId, from, load, nowMs });

/** Asks for so many new agents at one instant. */
const storm = (
  gate: AdmissionGate,
  count: number,
  nowMs: number,
  { prefix = "n", load = "normal" }: { prefix?: string; load?: LoadState } = {},
) => Array.from({ length: count }, (_, i) => ask(gate, `${prefix}${i}.pod`, nowMs, { load }));

/** So many agents that come again when they are told to, with the jitter of the real ones; when each got in, within an hour. */
const comeBack = (count: number, loadAt: (ms: number) => LoadState): number[] => {
  const gate = gateOf();
  const random = createSeededRandom(7);
  const waiting = Array.from({ length: count }, (_, i) => ({
    agentId: `n${i}.pod`,
    atMs: random.next() * 1000,
    ceilingMs: 1000,
  }));
  const admittedMs: number[] = [];
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.atMs - b.atMs);
    const next = waiting[0];
    if (next === undefined || next.atMs > 3_600_000) break;
    const answer = ask(gate, next.agentId, next.atMs, { load: loadAt(next.atMs) });
    if (answer.kind === "admitted") {
      admittedMs.push(next.atMs);
      waiting.shift();
    } else {
      next.atMs += answer.retryAfterMs + random.next() * next.ceilingMs;
      next.ceilingMs = Math.min(next.ceilingMs * 2, 60_000);
    }
  }
  return admittedMs;
};

const countIn = (times: readonly number[], fromMs: number, toMs: number): number =>
  times.filter((at) => at >= fromMs && at < toMs).length;

describe("AdmissionGate", () => {
  it("lets sessionsBurstMax in at once, then sessionsPerSecondMax a second", () => {
    const gate = gateOf();
    const answers = storm(gate, sessionsBurstMax + 3, 0);
    expect(answers.filter(({ kind }) => kind === "admitted")).toHaveLength(sessionsBurstMax);
    const spacing = 1000 / sessionsPerSecondMax;
    expect(answers.slice(sessionsBurstMax)).toEqual(
      [1, 2, 3].map((turn) => ({ kind: "refused", retryAfterMs: turn * spacing })),
    );
    expect(ask(gate, "later.pod", 60_000)).toEqual({ kind: "admitted" });
  });

  it("lets those in who come at their turn or later, and tells the early when it is", () => {
    const gate = gateOf();
    storm(gate, sessionsBurstMax + 50, 0);
    const last = `n${sessionsBurstMax + 49}.pod`;
    expect(ask(gate, last, 100)).toEqual({ kind: "refused", retryAfterMs: 400 });
    expect(ask(gate, last, 700)).toEqual({ kind: "admitted" });
  });

  it("has a thousand agents back within 30 s, at no more than the rate", () => {
    const admittedMs = comeBack(1000, () => "normal");
    expect(admittedMs).toHaveLength(1000);
    expect(Math.max(...admittedMs)).toBeLessThan(30_000);
    for (let from = 0; from < 30_000; from += 1000) {
      const most = sessionsBurstMax + sessionsPerSecondMax;
      expect(countIn(admittedMs, from, from + 1000)).toBeLessThanOrEqual(most);
    }
  });

  it("keeps a rate of its own for listed agents", () => {
    const gate = gateOf();
    storm(gate, 5000, 0);
    expect(ask(gate, "known.pod", 0, { from: "listed" })).toEqual({ kind: "admitted" });
  });

  it("gives no turn beyond admissionWaitMsMax, but a time to ask again", () => {
    const gate = gateOf();
    const turns = (admissionWaitMsMax / 1000) * sessionsPerSecondMax;
    storm(gate, sessionsBurstMax + turns, 0);
    expect(gate.turnCount).toBe(turns);
    const answer = ask(gate, "late.pod", 0);
    expect(gate.turnCount).toBe(turns);
    expect(answer.kind).toBe("refused");
    if (answer.kind === "refused") {
      expect(answer.retryAfterMs).toBeGreaterThanOrEqual(admissionWaitMsMax / 2);
      expect(answer.retryAfterMs).toBeLessThanOrEqual(admissionWaitMsMax * 1.5);
    }
  });

  it("forgets turns admissionTurnMsMax after they came", () => {
    const gate = gateOf();
    storm(gate, sessionsBurstMax + 100, 0);
    expect(gate.turnCount).toBe(100);
    ask(gate, "other.pod", admissionTurnMsMax + 500);
    expect(gate.turnCount).toBe(51);
    ask(gate, "another.pod", admissionTurnMsMax + 1001);
    expect(gate.turnCount).toBe(0);
  });

  it("holds at most admissionTurnsMax turns, however the storm goes on", () => {
    const gate = gateOf();
    let most = 0;
    for (let second = 0; second < 200; second++) {
      storm(gate, 250, second * 1000, { prefix: `s${second}-` });
      most = Math.max(most, gate.turnCount);
    }
    expect(most).toBeLessThanOrEqual(admissionTurnsMax);
    expect(most).toBeGreaterThan(admissionTurnsMax / 2);
  });
});

describe("AdmissionGate under load", () => {
  const slow = [
    { load: "busy", slowdown: busySlowdown, name: "busySlowdown" },
    { load: "overloaded", slowdown: overloadedSlowdown, name: "overloadedSlowdown" },
  ] as const;

  it.each(slow)("is $name times slower when it is $load", ({ load, slowdown }) => {
    const gate = gateOf();
    const answers = storm(gate, sessionsBurstMax + 1, 0, { load });
    const burst = answers.filter(({ kind }) => kind === "admitted").length;
    expect(burst).toBe(sessionsBurstMax / slowdown);
    const spacing = (1000 / sessionsPerSecondMax) * slowdown;
    const waits = answers.flatMap((answer) =>
      answer.kind === "refused" ? [answer.retryAfterMs] : [],
    );
    expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBe(spacing);
    expect(waits.at(-1)).toBeLessThanOrEqual((sessionsBurstMax + 1) * spacing);
  });

  it("slows those down at once who got their turns before the load", () => {
    const gate = gateOf();
    storm(gate, 3000, 0);
    const answers = storm(gate, 3000, admissionWaitMsMax, { load: "overloaded" });
    const admitted = answers.filter(({ kind }) => kind === "admitted").length;
    expect(admitted).toBe(sessionsBurstMax / overloadedSlowdown);
  });

  it("takes the turn of one before the load who gets in under load", () => {
    const gate = gateOf();
    storm(gate, sessionsBurstMax + 10, 0);
    const agentId = `n${sessionsBurstMax + 9}.pod`;
    expect(ask(gate, agentId, 10_000, { load: "overloaded" })).toEqual({ kind: "admitted" });
    expect(gate.turnCount).toBe(9);
  });

  it("lets those in at their turn who got it under load, however the load is then", () => {
    const gate = gateOf();
    const answers = storm(gate, sessionsBurstMax, 0, { load: "overloaded" });
    const last = answers.at(-1);
    if (last?.kind !== "refused") throw new Error("the last must wait");
    for (const [index, load] of (["normal", "busy", "overloaded"] as const).entries()) {
      const agentId = `n${sessionsBurstMax - 1 - index}.pod`;
      expect(ask(gate, agentId, last.retryAfterMs, { load })).toEqual({ kind: "admitted" });
    }
  });

  it("keeps the turns for which there was no room under load, for when it is over", () => {
    const gate = gateOf();
    storm(gate, sessionsBurstMax + 2000, 0);
    const overloaded = storm(gate, sessionsBurstMax + 2000, 20_000, { load: "overloaded" });
    const agentId = `n${sessionsBurstMax + 1999}.pod`;
    expect(overloaded.at(-1)).toMatchObject({ kind: "refused" });
    // Others have used up what may come without a turn.
    storm(gate, sessionsBurstMax, 50_000, { prefix: "m" });
    expect(ask(gate, "late.pod", 50_000)).toMatchObject({ kind: "refused" });
    expect(ask(gate, agentId, 50_000)).toEqual({ kind: "admitted" });
  });

  it.each(slow)("has a thousand agents back even if it stays $load", ({ load, slowdown }) => {
    const admittedMs = comeBack(1000, () => load);
    expect(admittedMs).toHaveLength(1000);
    const perSecond = sessionsPerSecondMax / slowdown;
    for (let from = 0; from < Math.max(...admittedMs); from += 1000) {
      const most = perSecond + sessionsBurstMax / slowdown;
      expect(countIn(admittedMs, from, from + 1000)).toBeLessThanOrEqual(most);
    }
  });

  it("has them all back soon after the load is over, even if it comes and goes", () => {
    const once = comeBack(1000, (ms) => (ms < 20_000 ? "overloaded" : "normal"));
    expect(once).toHaveLength(1000);
    expect(Math.max(...once)).toBeLessThan(20_000 + admissionTurnMsMax);
    const states = ["normal", "overloaded", "busy"] as const;
    const flapping = comeBack(3000, (ms) =>
      ms > 120_000 ? "normal" : (states[Math.floor(ms / 700) % 3] ?? "normal"),
    );
    expect(flapping).toHaveLength(3000);
    expect(Math.max(...flapping)).toBeLessThan(120_000 + 2 * admissionTurnMsMax);
  });
});
