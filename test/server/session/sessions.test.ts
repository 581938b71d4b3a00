import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import {
  agentsListedMax,
  helloMsMax,
  lostListedMsMax,
  replacementsOtherBootMax,
  replacementsSameBootMax,
  replacementWindowMs,
  sessionsPerSecondMax,
  streamsWithoutHelloMax,
} from "../../../server/limits.js";
import { ControlRig, counted, only, sent } from "../../support/control-rig.js";

describe("a stream without Hello", () => {
  it("is closed after helloMsMax, the others are not", () => {
    const rig = new ControlRig();
    rig.open(1);
    rig.wait(1000);
    rig.open(2);
    const outputs = rig.wait(helloMsMax - 1000);
    expect(only(outputs, "close")).toMatchObject([{ stream: 1, code: "deadline_exceeded" }]);
    expect(counted(outputs, "sessions_refused", "hello_missing")).toBe(1);
  });

  it("is refused beyond streamsWithoutHelloMax, with a time to come back", () => {
    const rig = new ControlRig();
    for (let stream = 1; stream <= streamsWithoutHelloMax; stream++) {
      expect(rig.open(stream)).toEqual([]);
    }
    const [close] = only(rig.open(streamsWithoutHelloMax + 1), "close");
    expect(close).toMatchObject({ code: "resource_exhausted" });
    expect(close?.retryAfterMs).toBeGreaterThan(0);
    rig.closed(1);
    expect(rig.open(streamsWithoutHelloMax + 2)).toEqual([]);
  });

  it("does not lose its time to a stall of the server", () => {
    const rig = new ControlRig();
    rig.open(1);
    rig.nowMs += helloMsMax * 2;
    expect(only(rig.tick(), "close")).toEqual([]);
    expect(only(rig.wait(helloMsMax), "close")).toHaveLength(1);
  });
});

describe("one session an agent", () => {
  it("numbers sessions by generation and closes the older one as aborted", () => {
    const rig = new ControlRig();
    expect(sent(rig.join(1, "n1.pod"), "welcome")[0]?.message.welcome.sessionGeneration).toBe(1);
    const outputs = rig.join(2, "n1.pod");
    const order = outputs
      .map(({ kind }) => kind)
      .filter((kind) => ["close", "session", "send"].includes(kind));
    expect(order).toEqual(["close", "session", "send"]);
    expect(only(outputs, "close")).toMatchObject([
      { stream: 1, code: "aborted", retryAfterMs: undefined },
    ]);
    expect(counted(outputs, "sessions_closed", "replaced")).toBe(1);
    expect(sent(outputs, "welcome")[0]?.message.welcome.sessionGeneration).toBe(2);
    expect(rig.message(1, { kind: "token", token: "late" })).toEqual([]);
    expect(rig.closed(1)).toEqual([]);
    expect(rig.state("n1.pod")).toBe("up connected");
  });

  it("says what the results log has in Welcome, after the session's beginning was said", () => {
    const rig = new ControlRig();
    rig.acked.set("n1.pod/b1", 41);
    const outputs = rig.join(1, "n1.pod", { unacked: { first: 42, last: 44 } });
    expect(only(outputs, "session")).toMatchObject([{ unackedFirst: 42 }]);
    expect(sent(outputs, "welcome")[0]?.message.welcome).toMatchObject({
      ackSeq: 41,
      durability: "memory",
    });
    const kinds = outputs.map(({ kind }) => kind);
    expect(kinds.indexOf("session")).toBeLessThan(kinds.indexOf("send"));
  });

  it("lets another boot take over replacementsOtherBootMax times in a window, then keeps who is here", () => {
    const rig = new ControlRig();
    let stream = 1;
    rig.join(stream, "n1.pod", { bootId: "a" });
    for (let i = 0; i < replacementsOtherBootMax; i++) {
      stream += 1;
      const outputs = rig.join(stream, "n1.pod", { bootId: i % 2 === 0 ? "b" : "a" });
      expect(sent(outputs, "welcome")).toHaveLength(1);
    }
    const here = stream;
    const refused = rig.join(stream + 1, "n1.pod", { bootId: "c" });
    expect(only(refused, "close")).toMatchObject([
      {
        stream: here + 1,
        code: "resource_exhausted",
        message: expect.stringContaining("must be unique"),
      },
    ]);
    expect(only(refused, "close")[0]?.retryAfterMs).toBeGreaterThan(0);
    expect(rig.core.agent("n1.pod")?.bootId).toBe("b");
    rig.wait(replacementWindowMs, () => rig.heartbeat(here));
    expect(sent(rig.join(stream + 2, "n1.pod", { bootId: "c" }), "welcome")).toHaveLength(1);
  });

  it("lets the same boot reconnect replacementsSameBootMax times in a window", () => {
    const rig = new ControlRig();
    for (let stream = 1; stream <= replacementsSameBootMax + 1; stream++) {
      expect(sent(rig.join(stream, "n1.pod"), "welcome")).toHaveLength(1);
    }
    const refused = rig.join(replacementsSameBootMax + 2, "n1.pod");
    expect(only(refused, "close")).toMatchObject([{ code: "resource_exhausted" }]);
    expect(counted(refused, "sessions_refused", "reconnects_too_often")).toBe(1);
  });

  it("does not count the replacement of a session that is silent anyway", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod", { bootId: "a" });
    for (let stream = 2; stream < 9; stream++) {
      rig.wait(10_000);
      expect(rig.state("n1.pod")).toBe("suspect frames_missing");
      expect(sent(rig.join(stream, "n1.pod", { bootId: `b${stream}` }), "welcome")).toHaveLength(1);
    }
  });
});

describe("a storm", () => {
  it("has a thousand agents back within 30 s, each with the right plan", () => {
    const random = createSeededRandom(3);
    const rig = new ControlRig({ random });
    let nextStream = 1;
    const agents = Array.from({ length: 1000 }, (_, i) => ({
      agentId: `n${i}.pod`,
      dueMs: random.next() * 1000,
      ceilingMs: 1000,
      stream: 0,
    }));
    const connect = (agent: (typeof agents)[number]): void => {
      const stream = nextStream++;
      const outputs = rig.join(stream, agent.agentId);
      const retryAfterMs = only(outputs, "close").find(
        (close) => close.stream === stream,
      )?.retryAfterMs;
      if (retryAfterMs === undefined) {
        agent.stream = stream;
        return;
      }
      agent.dueMs = rig.nowMs + retryAfterMs + random.next() * agent.ceilingMs;
      agent.ceilingMs *= 2;
    };
    rig.wait(30_000, () => {
      for (const agent of agents) {
        if (agent.stream === 0 && agent.dueMs <= rig.nowMs) connect(agent);
        else if (agent.stream !== 0 && rig.nowMs % 5000 === 0) rig.heartbeat(agent.stream);
      }
      for (const stream of [...rig.pushed.keys()]) {
        rig.ackPlan(stream);
        rig.pushed.delete(stream);
      }
      return [];
    });
    const views = rig.core.agents();
    expect(views).toHaveLength(1000);
    expect(views.filter(({ state }) => state !== "up")).toEqual([]);
    const newest = rig.core.newestRevisionFor("n0.pod");
    expect(new Set(views.map(({ appliedRevision }) => appliedRevision))).toEqual(new Set([newest]));
    expect(rig.core.planFor("n0.pod")).toHaveLength(6000);
  });
});

describe("the list of agents", () => {
  it("holds agentsListedMax; a new one takes the place of the one that is lost the longest", () => {
    const rig = new ControlRig();
    const spacingMs = 1000 / sessionsPerSecondMax;
    for (let i = 1; i <= agentsListedMax; i++) {
      rig.nowMs += spacingMs;
      rig.join(i, `n${i}.pod`);
      if (i % 25 === 0) rig.tick(5000);
    }
    expect(rig.core.agents()).toHaveLength(agentsListedMax);
    const refused = rig.join(agentsListedMax + 1, "new.pod");
    expect(only(refused, "close")).toMatchObject([{ code: "resource_exhausted" }]);
    expect(counted(refused, "sessions_refused", "agents_listed")).toBe(1);

    rig.message(7, { kind: "goodbye", reason: "shutdown" });
    rig.closed(7, "ended");
    const admitted = rig.join(agentsListedMax + 2, "new.pod");
    expect(sent(admitted, "welcome")).toHaveLength(1);
    expect(rig.core.agent("n7.pod")).toBeUndefined();
    expect(only(admitted, "agent_changed").map(({ agentId }) => agentId)).toContain("n7.pod");
  });

  it("forgets a lost agent after lostListedMsMax", () => {
    const rig = new ControlRig();
    rig.join(1, "n1.pod");
    rig.message(1, { kind: "goodbye", reason: "shutdown" });
    rig.closed(1, "ended");
    const step = (ms: number): void => {
      rig.nowMs += ms;
      rig.tick();
    };
    step(lostListedMsMax - 1);
    expect(rig.state("n1.pod")).toBe("lost goodbye");
    step(1);
    expect(rig.state("n1.pod")).toBe("not listed");
  });
});
