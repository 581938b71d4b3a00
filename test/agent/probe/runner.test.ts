import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { runProbesAtOnceMax, runsMax, runTimeoutMsMax } from "../../../agent/limits.js";
import { createDestinationPolicy } from "../../../agent/probe/destination-policy.js";
import type { ProbeTable } from "../../../agent/probe/probe.js";
import { createProbeTable } from "../../../agent/probe/probe-table.js";
import { createRunner, type RunRequest } from "../../../agent/probe/runner.js";
import { systemClock } from "../../../common/clock.js";
import { runProbesMax } from "../../../common/limits.js";
import type { ProbeSpec } from "../../../common/probe.js";
import { systemRandom } from "../../../common/random.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";
import { closedPort, startTcpServer } from "../../support/tcp-servers.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

let table: ProbeTable;
beforeAll(async () => {
  const probes = await createProbeTable({
    clock: systemClock,
    random: systemRandom,
    loadNetPing: async () => ({ available: false, reason: "not needed" }),
  });
  table = probes.table;
});

const runnerOf = (allowed: readonly string[] = ["127.0.0.0/8"]) =>
  createRunner({
    table,
    policy: createDestinationPolicy(allowed),
    context: createProbeContext(),
  });

const request = (specs: readonly ProbeSpec[], more: Partial<RunRequest> = {}): RunRequest => ({
  specs,
  timeoutMs: 5000,
  signal: new AbortController().signal,
  ...more,
});

const tcp = (port: number, more: Partial<ProbeSpec> = {}): ProbeSpec =>
  probeSpec({ kind: "tcp", address: "127.0.0.1", port, ...more });

/** A server that takes connections and says nothing. */
const startSilent = async (): Promise<number> => {
  const server = await startTcpServer((socket) => socket.resume());
  closers.push(server.close);
  return server.port;
};

describe("Runner", () => {
  it("gives one result a spec, in order", async () => {
    const open = await startSilent();
    const closed = await closedPort();
    const beforeMs = Date.now();
    const end = await runnerOf().run(request([tcp(closed), tcp(open), tcp(closed)]));
    expect(end.kind).toBe("done");
    if (end.kind !== "done") return;
    expect(end.results.map(({ outcome }) => outcome)).toEqual(["refused", "ok", "refused"]);
    for (const { measuredAtUnixMs } of end.results)
      expect(measuredAtUnixMs).toBeGreaterThanOrEqual(beforeMs);
  });

  it("runs nothing when one destination is not allowed", async () => {
    const end = await runnerOf(["127.0.0.1:80"]).run(request([tcp(80), tcp(81)]));
    expect(end).toEqual({
      kind: "refused",
      error: "probes[1]: destination 127.0.0.1:81 is not planned and not in CAUSEWAY_PROBE_ALLOW",
    });
  });

  it("names the field of a spec that is not valid", async () => {
    expect(await runnerOf().run(request([tcp(0)]))).toEqual({
      kind: "refused",
      error: "port is 0; allowed: 1 to 65535",
    });
  });

  it("takes 1 to runProbesMax specs", async () => {
    const port = await closedPort();
    const specs = Array.from({ length: runProbesMax + 1 }, () => tcp(port));
    expect(await runnerOf().run(request(specs))).toMatchObject({ kind: "refused" });
    expect(await runnerOf().run(request([]))).toMatchObject({ kind: "refused" });
    const end = await runnerOf().run(request(specs.slice(1)));
    expect(end.kind === "done" && end.results.length).toBe(runProbesMax);
  });

  it("refuses more than runsMax runs at once", async () => {
    const port = await startSilent();
    const runner = runnerOf();
    const controllers = Array.from({ length: runsMax }, () => new AbortController());
    const hang = probeSpec({ kind: "http", address: "127.0.0.1", port, timeoutMs: 60_000 });
    const running = controllers.map(({ signal }) => runner.run(request([hang], { signal })));
    expect(await runner.run(request([hang]))).toEqual({
      kind: "refused",
      error: `${runsMax} runs are going on already`,
    });
    for (const controller of controllers) controller.abort();
    for (const end of await Promise.all(running))
      expect(end).toMatchObject({ kind: "done", results: [{ outcome: "not_run" }] });
    expect(runner.active()).toBe(0);
  });

  it("runs runProbesAtOnceMax probes at once", async () => {
    let open = 0;
    const server = await startTcpServer((socket) => {
      open++;
      socket.on("close", () => open--);
      socket.resume();
    });
    closers.push(server.close);
    const controller = new AbortController();
    const hang = probeSpec({ kind: "http", address: "127.0.0.1", port: server.port });
    const running = runnerOf().run(
      request(
        Array.from({ length: runProbesMax }, () => hang),
        { signal: controller.signal },
      ),
    );
    await expect.poll(() => open, { interval: 5 }).toBe(runProbesAtOnceMax);
    controller.abort();
    const end = await running;
    expect(end.kind === "done" && end.results.length).toBe(runProbesMax);
  });

  it("ends when its time is up, and says so", async () => {
    const port = await startSilent();
    const hang = probeSpec({ kind: "http", address: "127.0.0.1", port, timeoutMs: 60_000 });
    const startMs = performance.now();
    const end = await runnerOf().run(request([tcp(port), hang], { timeoutMs: 100 }));
    expect(performance.now() - startMs).toBeLessThan(runTimeoutMsMax / 10);
    expect(end.kind === "done" && end.results).toMatchObject([
      { outcome: "ok" },
      { outcome: "not_run", detail: "the run's time was up" },
    ]);
  });

  it("ends with the agent", async () => {
    const port = await startSilent();
    const stopping = new AbortController();
    const runner = createRunner({
      table,
      policy: createDestinationPolicy(["127.0.0.1"]),
      context: createProbeContext({ signal: stopping.signal }),
    });
    const running = runner.run(
      request([probeSpec({ kind: "http", address: "127.0.0.1", port, timeoutMs: 60_000 })]),
    );
    stopping.abort();
    expect(await running).toMatchObject({ results: [{ outcome: "not_run", detail: "cancelled" }] });
  });
});
