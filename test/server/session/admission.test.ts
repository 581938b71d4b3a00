import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import {
  admissionTurnMsMax,
  admissionTurnsMax,
  admissionWaitMsMax,
  sessionsBurstMax,
  sessionsPerSecondMax,
} from "../../../server/limits.js";
import { AdmissionGate } from "../../../server/session/admission.js";

const gateOf = (): AdmissionGate => new AdmissionGate(createSeededRandom(1));

/** Asks for so many new agents at one instant. */
const storm = (gate: AdmissionGate, count: number, nowMs: number, prefix = "n") =>
  Array.from({ length: count }, (_, i) => gate.ask(`${prefix}${i}.pod`, "new", nowMs));

describe("AdmissionGate", () => {
  it("lets sessionsBurstMax in at once, then sessionsPerSecondMax a second", () => {
    const gate = gateOf();
    const answers = storm(gate, sessionsBurstMax + 3, 0);
    expect(answers.filter(({ kind }) => kind === "admitted")).toHaveLength(sessionsBurstMax);
    const spacing = 1000 / sessionsPerSecondMax;
    expect(answers.slice(sessionsBurstMax)).toEqual(
      [1, 2, 3].map((turn) => ({ kind: "refused", retryAfterMs: turn * spacing })),
    );
    expect(gate.ask("later.pod", "new", 60_000)).toEqual({ kind: "admitted" });
  });

  it("lets those in who come at their turn or later, and tells the early when it is", () => {
    const gate = gateOf();
    storm(gate, sessionsBurstMax + 50, 0);
    const last = `n${sessionsBurstMax + 49}.pod`;
    expect(gate.ask(last, "new", 100)).toEqual({ kind: "refused", retryAfterMs: 400 });
    expect(gate.ask(last, "new", 700)).toEqual({ kind: "admitted" });
  });

  it("has a thousand agents back within 30 s, at no more than the rate", () => {
    const gate = gateOf();
    const random = createSeededRandom(7);
    const waiting = Array.from({ length: 1000 }, (_, i) => ({
      agentId: `n${i}.pod`,
      atMs: random.next() * 1000,
      ceilingMs: 1000,
    }));
    const admittedMs: number[] = [];
    while (waiting.length > 0) {
      waiting.sort((a, b) => a.atMs - b.atMs);
      const next = waiting[0];
      if (next === undefined) break;
      const answer = gate.ask(next.agentId, "new", next.atMs);
      if (answer.kind === "admitted") {
        admittedMs.push(next.atMs);
        waiting.shift();
      } else {
        next.atMs += answer.retryAfterMs + random.next() * next.ceilingMs;
        next.ceilingMs = Math.min(next.ceilingMs * 2, 60_000);
      }
    }
    expect(Math.max(...admittedMs)).toBeLessThan(30_000);
    for (let from = 0; from < 30_000; from += 1000) {
      const inSecond = admittedMs.filter((at) => at >= from && at < from + 1000).length;
      expect(inSecond).toBeLessThanOrEqual(sessionsBurstMax + sessionsPerSecondMax);
    }
  });

  it("keeps a rate of its own for listed agents", () => {
    const gate = gateOf();
    storm(gate, 5000, 0);
    expect(gate.ask("known.pod", "listed", 0)).toEqual({ kind: "admitted" });
  });

  it("gives no turn beyond admissionWaitMsMax, but a time to ask again", () => {
    const gate = gateOf();
    const turns = (admissionWaitMsMax / 1000) * sessionsPerSecondMax;
    storm(gate, sessionsBurstMax + turns, 0);
    expect(gate.turnCount).toBe(turns);
    const answer = gate.ask("late.pod", "new", 0);
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
    gate.ask("other.pod", "new", admissionTurnMsMax + 500);
    expect(gate.turnCount).toBe(51);
    gate.ask("another.pod", "new", admissionTurnMsMax + 1001);
    expect(gate.turnCount).toBe(0);
  });

  it("holds at most admissionTurnsMax turns, however the storm goes on", () => {
    const gate = gateOf();
    let most = 0;
    for (let second = 0; second < 200; second++) {
      storm(gate, 250, second * 1000, `s${second}-`);
      most = Math.max(most, gate.turnCount);
    }
    expect(most).toBeLessThanOrEqual(admissionTurnsMax);
    expect(most).toBeGreaterThan(admissionTurnsMax / 2);
  });
});
