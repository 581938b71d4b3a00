import { afterEach, describe, expect, it } from "vitest";
import type { ProbeTable } from "../../../agent/probe/probe.js";
import { createProbeTable } from "../../../agent/probe/probe-table.js";
import { createScheduler, type ScheduledResult } from "../../../agent/probe/scheduler.js";
import { systemClock } from "../../../common/clock.js";
import { systemRandom } from "../../../common/random.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";
import { startTcpServer } from "../../support/tcp-servers.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const tableOf = async (): Promise<ProbeTable> => {
  const probes = await createProbeTable({
    clock: systemClock,
    random: systemRandom,
    loadNetPing: async () => ({ available: false, reason: "not needed" }),
  });
  closers.push(probes.close);
  return probes.table;
};

describe("createScheduler()", () => {
  it("probes real targets over and over, and hands id and epoch back", async () => {
    const server = await startTcpServer(() => undefined);
    closers.push(server.close);
    const results: ScheduledResult[] = [];
    const scheduler = createScheduler({
      self: "n0.pod",
      table: await tableOf(),
      context: createProbeContext(),
      onResult: (result) => results.push(result),
    });
    closers.push(scheduler.stop);
    const spec = probeSpec({ kind: "tcp", address: "127.0.0.1", port: server.port });
    scheduler.replace(
      [1, 2, 3].map((id) => ({ id, key: `tcp|n${id}`, spec, intervalMs: 60 })),
      "epoch-1",
    );
    await expect.poll(() => results.length, { timeout: 5000, interval: 10 }).toBeGreaterThan(15);
    expect(new Set(results.map(({ id }) => id))).toEqual(new Set([1, 2, 3]));
    for (const { epoch, key, id, result, sentAtMs } of results) {
      expect({ epoch, key }).toEqual({ epoch: "epoch-1", key: `tcp|n${id}` });
      expect(result.outcome).toBe("ok");
      expect(sentAtMs).toBeLessThanOrEqual(systemClock.nowMs());
    }
    expect(scheduler.status()).toMatchObject({ entries: 3, missed: 0 });
    scheduler.replace([], "epoch-2");
    expect(scheduler.status().entries).toBe(0);
  });

  it("goes on when a probe breaks its contract", async () => {
    const table: ProbeTable = {
      ...(await tableOf()),
      dns: () => {
        throw new Error("a bug");
      },
    };
    const results: ScheduledResult[] = [];
    const scheduler = createScheduler({
      self: "n0.pod",
      table,
      context: createProbeContext(),
      onResult: (result) => results.push(result),
    });
    closers.push(scheduler.stop);
    const spec = probeSpec({ kind: "dns", hostName: "x.test" });
    scheduler.replace([{ id: 1, key: "dns|x", spec, intervalMs: 30 }]);
    await expect.poll(() => results.length, { timeout: 5000, interval: 10 }).toBeGreaterThan(2);
    expect(results[0]?.result).toEqual({ outcome: "not_run", rttUs: undefined, detail: "a bug" });
    expect(scheduler.status().inFlight).toBe(0);
  });

  it("ends what is in flight without a result when it stops", async () => {
    const silent = await startTcpServer((socket) => socket.resume());
    closers.push(silent.close);
    const results: ScheduledResult[] = [];
    const scheduler = createScheduler({
      self: "n0.pod",
      table: await tableOf(),
      context: createProbeContext(),
      onResult: (result) => results.push(result),
    });
    const spec = probeSpec({ kind: "http", address: "127.0.0.1", port: silent.port });
    scheduler.replace([{ id: 1, key: "http|x", spec, intervalMs: 50 }]);
    await expect.poll(() => scheduler.status().inFlight, { interval: 5 }).toBeGreaterThan(0);
    scheduler.stop();
    await expect.poll(() => scheduler.status().inFlight, { interval: 5 }).toBe(0);
    expect(results).toEqual([]);
  });

  it("says how late it is", async () => {
    const server = await startTcpServer(() => undefined);
    closers.push(server.close);
    const lateness: number[] = [];
    const scheduler = createScheduler({
      self: "n0.pod",
      table: await tableOf(),
      context: createProbeContext(),
      onResult: () => undefined,
      onLateness: (ms) => lateness.push(ms),
    });
    closers.push(scheduler.stop);
    const spec = probeSpec({ kind: "tcp", address: "127.0.0.1", port: server.port });
    scheduler.replace([{ id: 1, key: "tcp|x", spec, intervalMs: 50 }]);
    await expect.poll(() => lateness.length, { interval: 5 }).toBeGreaterThan(2);
    for (const ms of lateness) expect(ms).toBeGreaterThanOrEqual(0);
  });
});
