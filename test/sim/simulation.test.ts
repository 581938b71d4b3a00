// The simulation itself: virtual time, the network's guarantees, the ledger's arithmetic, and that a seed is a whole run.
import { describe, expect, it } from "vitest";
import type { AgentMessage, ResultColumns } from "../../common/agent-stream.js";
import { outcomeNumber } from "../../common/probe.js";
import { createSeededRandom } from "../../common/random.js";
import { SimLedger } from "../support/sim-ledger.js";
import { type Link, SimStream } from "../support/sim-network.js";
import { EventQueue } from "../support/sim-queue.js";
import { formatFailure, runLongLife, runSimulation } from "../support/sim-run.js";
import { replayedSeed } from "../support/sim-seeds.js";

const heartbeat: AgentMessage = {
  kind: "heartbeat",
  loopDelayUs: 0,
  clockUnixMs: 0,
  spooled: { batches: 0, oldestMs: 0 },
};

const token = (text: string): AgentMessage => ({ kind: "token", token: text });

describe("EventQueue", () => {
  it("runs tasks by time, and those of one instant in the order of their scheduling", () => {
    const queue = new EventQueue();
    const random = createSeededRandom(5);
    const ran: { atMs: number; order: number }[] = [];
    for (let order = 0; order < 500; order++) {
      const atMs = Math.floor(random.next() * 50);
      queue.at(atMs, () => ran.push({ atMs, order }));
    }
    queue.runUntil(100);
    expect(ran).toHaveLength(500);
    const sorted = [...ran].sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    expect(ran).toEqual(sorted);
    expect(queue.nowMs).toBe(100);
  });
});

const createStream = () => {
  const queue = new EventQueue();
  const link: Link = {
    up: { blocks: 0 },
    down: { blocks: 0 },
    latencyMs: 5,
    jitterMs: 40,
    generation: 0,
  };
  const seen: string[] = [];
  const stream = new SimStream({
    id: 1,
    agentIndex: 0,
    link,
    queue,
    random: createSeededRandom(9),
    agentEnd: {
      message: (message) => seen.push(`agent ${message.kind}`),
      closed: (code, message) => seen.push(`agent closed ${code} ${message}`),
      writable: () => seen.push("agent writable"),
    },
    serverEnd: {
      opened: () => seen.push("server opened"),
      message: (_, message) =>
        seen.push(message.kind === "token" ? `server ${message.token}` : "server frame"),
      closed: (_, end) => seen.push(`server closed ${end}`),
    },
  });
  const cut = (by: number): void => {
    link.up.blocks += by;
    link.down.blocks += by;
    link.generation += 1;
    stream.linkChanged(true);
  };
  return { queue, stream, seen, cut };
};

describe("SimStream", () => {
  it("delivers in order however much latency varies", () => {
    const { queue, stream, seen } = createStream();
    for (let i = 0; i < 50; i++) stream.sendFromAgent(token(`${i}`));
    queue.runUntil(1_000);
    expect(seen.filter((line) => /server \d+/.test(line))).toEqual(
      Array.from({ length: 50 }, (_, i) => `server ${i}`),
    );
  });

  it("asks a sender to wait while the network takes nothing, and says when it goes on", () => {
    const { queue, stream, seen, cut } = createStream();
    queue.runUntil(100);
    cut(1);
    const taken = Array.from({ length: 30 }, () => stream.sendFromAgent(heartbeat));
    expect(taken.indexOf(false)).toBeGreaterThan(0);
    queue.runUntil(5_000);
    expect(seen).toEqual(["server opened"]);
    cut(-1);
    queue.runUntil(10_000);
    expect(seen.filter((line) => line === "server frame")).toHaveLength(30);
    expect(seen).toContain("agent writable");
  });

  it("leaves both ends of a cut stream open until the pings fail", () => {
    const { queue, stream, seen, cut } = createStream();
    queue.runUntil(100);
    cut(1);
    stream.closeFromServer("unavailable", "bye", undefined);
    queue.runUntil(9_000);
    expect(stream.isAgentOpen).toBe(true);
    queue.runUntil(40_000);
    expect(seen.filter((line) => line.startsWith("agent closed"))).toEqual([
      "agent closed unavailable ping timeout",
    ]);
  });

  it("answers a machine that lost its streams with a reset only when it speaks", () => {
    const { queue, stream, seen } = createStream();
    queue.runUntil(100);
    stream.agentHostDied();
    stream.hostBack();
    queue.runUntil(20_000);
    expect(seen).toEqual(["server opened"]);
    stream.sendFromServer({ kind: "heartbeat", serverTimeMs: 0 });
    queue.runUntil(40_000);
    expect(seen).toEqual(["server opened", "server closed reset"]);
  });
});

const columnsOf = (rttUs: readonly number[], outcome: readonly number[]): ResultColumns => ({
  baseUnixUs: 0,
  targetId: rttUs.map(() => 1),
  timeDeltaUs: rttUs.map(() => 0),
  rttUs,
  outcome,
  details: [],
});

const createLedger = (measured: number) => {
  const ledger = new SimLedger();
  const boot = ledger.startBoot("n1.pod", 0, "boot");
  const results = Array.from({ length: measured }, () => ledger.measure(boot, "icmp|a", 0, ""));
  const log = (seq: number, from: number, to: number, server = 1): void => {
    const some = results.slice(from, to);
    const rtts = some.map((result) => result.rttUs ?? 0);
    const codes = some.map((result) => outcomeNumber(result.outcome));
    const columns = columnsOf(rtts, codes);
    ledger.commit(
      { kind: "results", agentId: "n1.pod", bootId: "boot", seq, columns },
      server,
      () => "icmp|a",
      () => 0,
    );
    ledger.apply("n1.pod", columns, server);
  };
  const gap = (seqFrom: number, seqTo: number, dropped: number | undefined, server = 1): void => {
    const record = { agentId: "n1.pod", bootId: "boot", fromUnixMs: 0, toUnixMs: 0, reason: "" };
    ledger.commit(
      { kind: "gap", ...record, seqFrom, seqTo, dropped },
      server,
      () => undefined,
      () => 0,
    );
  };
  return { ledger, boot, log, gap };
};

describe("SimLedger", () => {
  it("is satisfied when every result is in the log or counted in a gap", () => {
    const { ledger, log, gap } = createLedger(10);
    log(1, 0, 4);
    gap(2, 2, 3);
    log(3, 7, 10);
    ledger.finish(1);
    expect(ledger.mark("n1.pod", "boot")).toBe(3);
  });

  it("misses one result", () => {
    const { ledger, log } = createLedger(5);
    log(1, 0, 4);
    expect(() => ledger.finish(1)).toThrow("5 measured, 4 logged + 0 dropped");
  });

  it("forgives what a crashed process had not delivered, but not what it never measured", () => {
    const { ledger, boot, log, gap } = createLedger(5);
    log(1, 0, 4);
    boot.crashed = true;
    ledger.finish(1);
    gap(2, 2, 9);
    expect(() => ledger.finish(1)).toThrow("5 measured, 4 logged + 9 dropped");
  });

  it("refuses a number that the log has, a result that it has, and a foreign result", () => {
    const { ledger, log, gap } = createLedger(5);
    log(1, 0, 2);
    expect(() => log(1, 2, 4)).toThrow("in the log twice");
    expect(() => gap(1, 2, undefined)).toThrow("covers 1, which the log has");
    expect(() => log(2, 0, 2)).toThrow("in the matrix twice");
    const other = ledger.startBoot("n2.pod", 1, "other");
    ledger.measure(other, "icmp|a", 0, "");
    const columns = columnsOf([6], [outcomeNumber("ok")]);
    const record = { kind: "results" as const, agentId: "n1.pod", bootId: "boot", seq: 3, columns };
    const commit = () =>
      ledger.commit(
        record,
        1,
        () => "icmp|a",
        () => 0,
      );
    expect(commit).toThrow("was not measured by it");
  });

  it("wants a gap for what a lost log had", () => {
    const { ledger, log, gap } = createLedger(6);
    log(1, 0, 2);
    log(2, 2, 4);
    ledger.loseLog();
    log(3, 4, 6, 2);
    expect(() => ledger.finish(2)).toThrow("seq 1 was lost without a gap record");
    gap(1, 2, undefined, 2);
    ledger.finish(2);
  });
});

describe.skipIf(replayedSeed() !== undefined)("runSimulation()", () => {
  it("is a function of its seed", () => {
    const first = runSimulation({ seed: 4711 });
    const again = runSimulation({ seed: 4711 });
    const other = runSimulation({ seed: 4712 });
    expect(again).toEqual(first);
    expect(first.events).toBeGreaterThan(10_000);
    expect(other.traceHash).not.toBe(first.traceHash);
  });
});

describe.skipIf(replayedSeed() !== undefined)("runLongLife()", () => {
  it("loses nothing when an agent comes back that the server had forgotten", () => {
    const report = runLongLife({ seed: 1 });
    if (report.failure !== undefined) throw new Error(formatFailure(report));
    expect(report.counters["sessions_closed max_age"]).toBeGreaterThan(100);
    expect(report.counters["results_lost spool_age"]).toBeGreaterThan(0);
    expect(report.counters["batches_lost server_lost"]).toBeUndefined();
  });
});
