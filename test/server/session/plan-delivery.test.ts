import { describe, expect, it } from "vitest";
import type { Plan, PlanEntry } from "../../../common/agent-stream.js";
import { explanationBytesMax } from "../../../common/limits.js";
import { computePlanHash } from "../../../common/plan-hash.js";
import { createSeededRandom } from "../../../common/random.js";
import {
  planAnswerMsMax,
  planHistoryMax,
  planQuietMs,
  pushesOutstandingMax,
} from "../../../server/limits.js";
import { sha256 } from "../../support/agent-rig.js";
import { ControlRig, counted, only } from "../../support/control-rig.js";

/** A rig with agents n1.pod and n2.pod on streams 1 and 2, both on the newest plan. */
const pairRig = (): ControlRig => {
  const rig = new ControlRig();
  rig.join(1, "n1.pod");
  rig.join(2, "n2.pod");
  rig.wait(500);
  rig.ackPlan(1);
  rig.ackPlan(2);
  return rig;
};

const pushes = (outputs: Parameters<typeof only>[0]) =>
  only(outputs, "push_plan").map(({ streams, plan }) => ({
    streams,
    revision: plan.revision,
    base: plan.baseRevision,
  }));

const nack = (rig: ControlRig, stream: number, reason: "invalid" | "base_mismatch", running = 0) =>
  rig.message(stream, {
    kind: "plan_nack",
    nonce: rig.pushedTo(stream).nonce,
    error: "no",
    runningRevision: running,
    reason,
  });

describe("plan delivery", () => {
  it("waits for quiet, then pushes once to all of a group", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.nowMs += planQuietMs - 1;
    rig.join(2, "n2.pod");
    rig.nowMs += planQuietMs - 1;
    expect(rig.tick()).toEqual([]);
    rig.nowMs += 1;
    expect(pushes(rig.tick())).toEqual([{ streams: [1, 2], revision: 1, base: undefined }]);
  });

  it("has one push outstanding a stream, and then goes to the newest at once", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    expect(pushes(rig.wait(500))).toMatchObject([
      { streams: [1, 2], revision: 2 },
      { streams: [3] },
    ]);
    rig.join(4, "n4.pod");
    expect(pushes(rig.wait(500))).toMatchObject([{ streams: [4], revision: 3 }]);
    rig.join(5, "n5.pod");
    rig.wait(500);
    expect(pushes(rig.ackPlan(1))).toEqual([{ streams: [1], revision: 4, base: 2 }]);
  });

  it("sends the difference only to a base that is kept", () => {
    const rig = pairRig();
    for (let i = 0; i < planHistoryMax; i++) {
      rig.join(10 + i, `m${i}.pod`);
      rig.wait(500);
      rig.ackPlan(1);
    }
    expect(pushes(rig.ackPlan(2))).toMatchObject([{ streams: [2], base: 2 }]);
    const stale = new ControlRig();
    stale.join(1, "n1.pod");
    stale.wait(500);
    stale.ackPlan(1);
    const applied = stale.appliedOn(1);
    stale.closed(1);
    for (let i = 0; i < planHistoryMax; i++) {
      stale.join(10 + i, `m${i}.pod`);
      stale.wait(500);
    }
    expect(pushes(stale.join(2, "n1.pod", { applied }))).toMatchObject([
      { streams: [2], base: undefined },
    ]);
  });

  it("sends nothing to an agent that comes back with the newest content", () => {
    const rig = pairRig();
    const applied = rig.appliedOn(1);
    rig.closed(1);
    expect(pushes([...rig.join(3, "n1.pod", { applied }), ...rig.wait(1000)])).toEqual([]);
    expect(rig.core.agent("n1.pod")?.appliedRevision).toBe(1);
  });

  it("sends the difference to an agent that comes back with an older base", () => {
    const rig = pairRig();
    const applied = rig.appliedOn(1);
    rig.closed(1);
    rig.join(3, "n3.pod");
    rig.wait(500);
    expect(pushes(rig.join(4, "n1.pod", { applied }))).toEqual([
      { streams: [4], revision: 2, base: 1 },
    ]);
  });

  it("believes neither a base of another epoch nor a hash that it does not know", () => {
    const rig = pairRig();
    rig.wait(30_000, () => [...rig.heartbeat(1), ...rig.heartbeat(2)]);
    const applied = rig.appliedOn(1);
    rig.closed(1);
    const other = rig.join(3, "n1.pod", { applied: { ...applied, serverEpoch: "before" } });
    expect(pushes(other)).toMatchObject([{ base: undefined }]);
    rig.closed(3);
    const unknown = rig.join(4, "n1.pod", { applied: { ...applied, hash: "f".repeat(64) } });
    expect(pushes(unknown)).toMatchObject([{ base: undefined }]);
  });

  it("makes no difference from a revision and a hash that do not belong together", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    rig.wait(500);
    rig.ackPlan(1);
    const { hash } = rig.appliedOn(1);
    rig.join(4, "n4.pod");
    rig.wait(500);
    rig.closed(1);
    const applied = { serverEpoch: rig.epoch, revision: 1, hash };
    expect(pushes(rig.join(5, "n1.pod", { applied }))).toMatchObject([{ base: undefined }]);
  });

  it("goes on from content that comes back under a new revision", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    rig.wait(500);
    rig.message(3, { kind: "goodbye", reason: "shutdown" });
    rig.wait(500);
    // Stream 1 acknowledges the plan with n3; the newest is without it again.
    const [push] = only(rig.ackPlan(1), "push_plan");
    expect(push?.plan).toMatchObject({ revision: 3, baseRevision: 2, removes: { length: 6 } });
    rig.ackPlan(1);
    expect(rig.core.agent("n1.pod")?.appliedRevision).toBe(3);
  });

  it("counts and leaves out answers to pushes that are not outstanding on this stream", () => {
    const rig = pairRig();
    expect(counted(rig.ackPlan(1), "plans_nacked", "stale_nonce")).toBe(1);
    rig.join(3, "n3.pod");
    rig.wait(500);
    const foreign = rig.message(1, {
      kind: "plan_ack",
      nonce: rig.pushedTo(3).nonce,
      revision: 2,
    });
    expect(counted(foreign, "plans_nacked", "stale_nonce")).toBe(1);
    expect(rig.core.agent("n1.pod")?.appliedRevision).toBe(1);
  });

  it("takes the acknowledgement of another revision for a mismatch", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    rig.wait(500);
    const { nonce } = rig.pushedTo(1);
    const outputs = rig.message(1, { kind: "plan_ack", nonce, revision: 77 });
    expect(pushes(outputs)).toEqual([{ streams: [1], revision: 2, base: undefined }]);
  });

  it("parks refused content for that boot until the content changes", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    rig.wait(500);
    expect(pushes(nack(rig, 1, "invalid", 1))).toEqual([]);
    expect(rig.core.agent("n1.pod")?.planError).toBe("invalid: no");
    expect(pushes(rig.wait(20_000, () => [1, 2, 3].flatMap((s) => rig.heartbeat(s))))).toEqual([]);
    rig.closed(1);
    const applied = { ...rig.appliedOn(1), revision: 1, hash: "a".repeat(64) };
    expect(pushes(rig.join(4, "n1.pod", { applied }))).toEqual([]);
    rig.closed(4);
    expect(pushes(rig.join(5, "n1.pod", { bootId: "b2" }))).toMatchObject([{ streams: [5] }]);
    expect(rig.core.agent("n1.pod")?.planError).toBe("");
  });

  it("bounds the explanation of a refusal", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.wait(500);
    const { nonce } = rig.pushedTo(1);
    const error = "x".repeat(5000);
    rig.message(1, { kind: "plan_nack", nonce, error, runningRevision: 0, reason: "invalid" });
    expect(rig.core.agent("n1.pod")?.planError).toHaveLength(
      "invalid: ".length + explanationBytesMax,
    );
  });

  it("answers a mismatch with the whole plan under a new nonce, once", () => {
    const rig = pairRig();
    rig.join(3, "n3.pod");
    rig.wait(500);
    const { nonce } = rig.pushedTo(1);
    expect(pushes(nack(rig, 1, "base_mismatch", 9))).toEqual([
      { streams: [1], revision: 2, base: undefined },
    ]);
    expect(rig.pushedTo(1).nonce).not.toBe(nonce);
    expect(pushes(nack(rig, 1, "base_mismatch", 9))).toEqual([]);
    rig.join(4, "n4.pod");
    expect(pushes(rig.wait(500))).toEqual([{ streams: [1, 4], revision: 3, base: undefined }]);
  });

  it("closes a stream that does not answer within planAnswerMsMax", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    const outputs = rig.wait(planAnswerMsMax + 500, () => rig.heartbeat(1));
    expect(only(outputs, "close")).toMatchObject([
      { stream: 1, code: "deadline_exceeded", message: "the plan was not answered in time" },
    ]);
    expect(rig.state("n1.pod")).toBe("suspect plan_unanswered");
  });

  it("has at most pushesOutstandingMax pushes on their way", () => {
    const rig = new ControlRig();
    const count = pushesOutstandingMax + 20;
    for (let stream = 1; stream <= count; stream++) {
      rig.nowMs += 10;
      rig.join(stream, `n${stream}.pod`);
    }
    const first = only(rig.wait(500), "push_plan").flatMap(({ streams }) => streams);
    expect(first).toHaveLength(pushesOutstandingMax);
    const second = rig.ackPlan(1);
    expect(only(second, "push_plan")).toMatchObject([{ streams: [pushesOutstandingMax + 1] }]);
    // A stream that ends gives its turn back too.
    expect(only(rig.closed(2), "push_plan").flatMap(({ streams }) => streams)).toEqual([
      pushesOutstandingMax + 2,
    ]);
  });

  it("brings agents that apply what they get to the newest plan, whatever changes", () => {
    const random = createSeededRandom(11);
    const rig = new ControlRig({ random });
    const running = new Map<number, { revision: number; entries: Map<number, PlanEntry> }>();
    const apply = (stream: number, plan: Plan): void => {
      const former = running.get(stream);
      const base =
        plan.baseRevision === undefined ? new Map<number, PlanEntry>() : new Map(former?.entries);
      if (plan.baseRevision !== undefined) expect(plan.baseRevision).toBe(former?.revision);
      for (const id of plan.removes) expect(base.delete(id)).toBe(true);
      for (const entry of plan.upserts) base.set(entry.id, entry);
      expect(computePlanHash(base.values(), sha256)).toBe(plan.hash);
      running.set(stream, { revision: plan.revision, entries: base });
    };
    let nextStream = 1;
    const streamOf = new Map<string, number>();
    for (let round = 0; round < 300; round++) {
      const agentId = `n${Math.floor(random.next() * 12)}.${random.next() < 0.7 ? "pod" : "host"}`;
      const stream = streamOf.get(agentId);
      if (stream === undefined) {
        const ips = [`10.2.0.${1 + Math.floor(random.next() * 3)}`];
        const testPort = random.next() < 0.3 ? 23 : 22;
        rig.join(nextStream, agentId, { identity: { ips }, settings: { testPort } });
        streamOf.set(agentId, nextStream++);
      } else if (random.next() < 0.5) {
        if (random.next() < 0.5) rig.message(stream, { kind: "goodbye", reason: "" });
        rig.closed(stream);
        streamOf.delete(agentId);
      }
      rig.nowMs += random.next() * 400;
      rig.tick();
      for (const live of streamOf.values()) {
        rig.heartbeat(live);
        const plan = rig.pushed.get(live);
        if (plan === undefined || random.next() < 0.3) continue;
        rig.pushed.delete(live);
        apply(live, plan);
        rig.message(live, { kind: "plan_ack", nonce: plan.nonce, revision: plan.revision });
      }
    }
    rig.wait(2000, () => {
      for (const live of streamOf.values()) {
        const plan = rig.pushed.get(live);
        if (plan === undefined) continue;
        rig.pushed.delete(live);
        apply(live, plan);
        rig.message(live, { kind: "plan_ack", nonce: plan.nonce, revision: plan.revision });
      }
      return [];
    });
    for (const [agentId, live] of streamOf) {
      const entries = [...(running.get(live)?.entries.values() ?? [])];
      const byId = (a: PlanEntry, b: PlanEntry): number => a.id - b.id;
      expect(entries.sort(byId)).toEqual([...rig.core.planFor(agentId)].sort(byId));
    }
  });
});
