import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../common/random.js";
import { Ingest } from "../../../server/ingest/ingest.js";
import type { IngestOutput, LogRecord } from "../../../server/ingest/protocol.js";
import { windowBatchesMax } from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";
import { columnsOf, epoch, wallMs } from "./ingest-harness.js";

/**
 * Goal: whatever the log and the network do, every batch is applied once and logged once, and nothing is acknowledged
 * that the log does not have. Method: agents that number, send, and resend as the contract says, over a log that
 * answers late, out of order and at times with an error, and streams that break; then everything is let finish.
 */
type Agent = {
  readonly id: string;
  boot: number;
  /** Numbers of this boot that exist. */
  made: number;
  acked: number;
  /** The next number to send on this stream. */
  next: number;
  open: boolean;
};

const run = (seed: number) => {
  const random = createSeededRandom(seed);
  const chance = (share: number): boolean => random.next() < share;
  const interner = new Interner();
  const target = interner.idFor("icmp|a.pod") ?? 0;
  const ingest = new Ingest({ serverEpoch: epoch, interner });
  const agents: Agent[] = Array.from({ length: 4 }, (_, index) => ({
    id: `agent-${index}`,
    boot: 0,
    made: 0,
    acked: 0,
    next: 1,
    open: false,
  }));
  const waiting: { readonly token: number; readonly record: LogRecord }[] = [];
  const logged = new Map<string, number>();
  const applied = new Map<string, number>();
  const accepted = { count: 0 };
  let nowMs = 0;

  const inLog = (record: LogRecord, seq: number): string =>
    `${record.agentId}/${record.bootId}/${seq}`;
  const allLogged = (agent: Agent, seq: number): boolean => {
    for (let one = 1; one <= seq; one++) {
      if (!logged.has(`${agent.id}/b${agent.boot}/${one}`)) return false;
    }
    return true;
  };
  const carry = (outputs: readonly IngestOutput[]): void => {
    for (const output of outputs) {
      if (output.kind === "append") waiting.push(output);
      if (output.kind === "apply") {
        const name = `${output.agentId}/${output.columns.rttUs[0]}`;
        applied.set(name, (applied.get(name) ?? 0) + 1);
      }
      if (output.kind === "count" && output.name === "results_accepted") {
        accepted.count += output.by;
      }
      if (output.kind === "ack") {
        const agent = agents.find(({ id }) => id === output.agentId);
        if (agent === undefined || output.bootId !== `b${agent.boot}`) continue;
        expect(allLogged(agent, output.seq)).toBe(true);
        expect(output.seq).toBeGreaterThanOrEqual(agent.acked);
        agent.acked = output.seq;
      }
      if (output.kind === "reject") {
        expect(output.code).toBe("unavailable");
        const agent = agents.find(({ id }) => id === output.agentId);
        if (agent !== undefined) agent.open = false;
      }
    }
  };
  const open = (agent: Agent): void => {
    agent.open = true;
    agent.next = agent.acked + 1;
    const bootId = `b${agent.boot}`;
    const unackedFirst = agent.acked + 1;
    carry(ingest.step({ kind: "session", agentId: agent.id, bootId, unackedFirst, nowMs, wallMs }));
  };
  const send = (agent: Agent): void => {
    if (agent.next > agent.made) {
      if (agent.made - agent.acked >= windowBatchesMax) return;
      agent.made += 1;
    }
    const seq = agent.next++;
    const name = agent.boot * 1_000_000 + seq;
    carry(
      ingest.step({
        kind: "results",
        agentId: agent.id,
        batch: {
          bootId: `b${agent.boot}`,
          seq,
          serverEpoch: epoch,
          columns: columnsOf([target], { rttUs: [name] }),
          dictionary: [],
        },
        nowMs,
        wallMs,
      }),
    );
  };
  const answer = (failShare: number): void => {
    const index = Math.floor(random.next() * waiting.length);
    const [one] = waiting.splice(index, 1);
    if (one === undefined) return;
    if (chance(failShare)) {
      carry(ingest.step({ kind: "append_failed", token: one.token, why: "no", nowMs }));
      return;
    }
    const { record } = one;
    expect(record.kind).toBe("results");
    if (record.kind === "results") {
      const name = inLog(record, record.seq);
      logged.set(name, (logged.get(name) ?? 0) + 1);
    }
    carry(ingest.step({ kind: "appended", token: one.token, nowMs }));
  };
  const tick = (): void => {
    nowMs += 250;
    carry(ingest.step({ kind: "tick", nowMs, loopDelayMs: 0 }));
  };

  for (let round = 0; round < 3_000; round++) {
    const agent = agents[Math.floor(random.next() * agents.length)];
    if (agent === undefined) continue;
    if (!agent.open) open(agent);
    else if (chance(0.02)) agent.open = false;
    else if (chance(0.005) && agent.acked === agent.made) {
      agent.boot += 1;
      agent.made = 0;
      agent.acked = 0;
      open(agent);
    } else send(agent);
    while (chance(0.5)) answer(0.05);
    if (chance(0.1)) tick();
  }
  for (let round = 0; round < 200; round++) {
    for (const agent of agents) {
      if (!agent.open) open(agent);
      while (agent.open && agent.next <= agent.made) send(agent);
    }
    while (waiting.length > 0) answer(0);
    tick();
  }
  return { agents, logged, applied, accepted: accepted.count };
};

describe("Ingest: conservation", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("applies and logs every batch once (seed=%i)", (seed) => {
    const { agents, logged, applied, accepted } = run(seed);
    for (const agent of agents) expect(agent.acked).toBe(agent.made);
    expect([...applied.values()].every((times) => times === 1)).toBe(true);
    expect([...logged.values()].every((times) => times === 1)).toBe(true);
    expect(applied.size).toBe(logged.size);
    expect(accepted).toBe(applied.size);
    expect(applied.size).toBeGreaterThan(300);
  });
});
