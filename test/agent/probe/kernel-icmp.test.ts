import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { echoesInFlightMax, nativeTickMs } from "../../../agent/limits.js";
import { type Addon, addonPath, loadAddon } from "../../../agent/native/addon.js";
import { createKernelIcmp } from "../../../agent/probe/kernel-icmp.js";
import { createProbeTable } from "../../../agent/probe/probe-table.js";
import { systemClock } from "../../../common/clock.js";
import { createSeededRandom } from "../../../common/random.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";

/** Goal: ICMP by the native engine means what it says. Method: the engine itself, on loopback. */

const loaded = loadAddon();
const opened = loaded.available ? createKernelIcmp(loaded.addon) : loaded;
const skipped = opened.available ? "" : ` (skipped: ${opened.reason})`;
if (!opened.available) console.warn(`the native engine is not tested: ${opened.reason}`);
if (opened.available) opened.close();

const addon = (): Addon => {
  if (!loaded.available) throw new Error(loaded.reason);
  return loaded.addon;
};
const open: (() => void)[] = [];
const engine = () => {
  const created = createKernelIcmp(addon());
  if (!created.available) throw new Error(created.reason);
  open.push(created.close);
  return created;
};
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Sixteen requests to loopback; tells how many events came. */
const workerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const { EchoSocket } = require(workerData);
const socket = new EchoSocket({ ipv6: false, rawOnly: false, capacity: 16 });
const records = new Uint8Array(16 * 32);
const view = new DataView(records.buffer);
for (let at = 0; at < 16; at++) {
  records.set([127, 0, 0, 1], at * 32);
  view.setUint32(at * 32 + 20, 1000, true);
  view.setUint16(at * 32 + 28, 64, true);
}
socket.send(records, new Int32Array(16));
const [numbers, offenders] = [new Float64Array(10 * 256), new Uint8Array(16 * 256)];
let events = 0;
const timer = setInterval(() => {
  events += socket.poll(numbers, offenders);
  if (socket.stats().inFlight > 0) return;
  clearInterval(timer);
  socket.close();
  parentPort.postMessage(events);
}, 10);
`;

const echo = (address: string, timeoutMs = 2000) => probeSpec({ kind: "icmp", address, timeoutMs });

describe.skipIf(!opened.available)(`the native ICMP engine${skipped}`, () => {
  it.each(["127.0.0.1", "::1", "127.3.4.5"])("measures %s", async (address) => {
    const { outcome, rttUs } = await engine().probe(echo(address), createProbeContext());
    expect(outcome).toBe("ok");
    expect(rttUs).toBeGreaterThanOrEqual(1);
  });

  it("measures what the kernel saw, however long the event loop was held", async () => {
    const { probe } = engine();
    const running = Promise.all(
      Array.from({ length: 10 }, (_, at) => probe(echo(`127.1.0.${at + 1}`), createProbeContext())),
    );
    // The requests leave in this turn; their answers are there long before they are read.
    await new Promise((resolve) => setImmediate(resolve));
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    for (const { outcome, rttUs } of await running) {
      expect(outcome).toBe("ok");
      expect(rttUs).toBeLessThan(100_000);
    }
  });

  it("takes an answer that waits for no loss, however late it is read", async () => {
    const running = engine().probe(echo("127.0.0.1", 50), createProbeContext());
    await new Promise((resolve) => setImmediate(resolve));
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    expect((await running).outcome).toBe("ok");
  });

  it("keeps many targets apart", async () => {
    const { probe } = engine();
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, at) =>
        probe(echo(`127.9.${at >> 8}.${at & 255}`), createProbeContext()),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  });

  it("tells why a request can't be sent, and sends those beside it", async () => {
    const { probe } = engine();
    const outcomes = await Promise.all(
      ["127.0.0.1", "255.255.255.255", "127.0.0.2"].map((address) =>
        probe(echo(address), createProbeContext()),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["ok", "prohibited", "ok"]);
  });

  it("reads what waits every nativeTickMs", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      let outcome = "";
      const running = engine()
        .probe(echo("127.0.0.1"), createProbeContext())
        .then((ended) => {
          outcome = ended.outcome;
        });
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(nativeTickMs - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(outcome).toBe("");
      vi.advanceTimersByTime(1);
      await running;
      expect(outcome).toBe("ok");
    } finally {
      vi.useRealTimers();
    }
  });

  it("refuses more than echoesInFlightMax at once", async () => {
    const { probe } = engine();
    const controller = new AbortController();
    const context = createProbeContext({ signal: controller.signal });
    const running = Array.from({ length: echoesInFlightMax + 1 }, () =>
      probe(echo("127.0.0.1"), context),
    );
    expect(await running.at(-1)).toMatchObject({
      outcome: "not_run",
      detail: `${echoesInFlightMax} echo requests are in flight already`,
    });
    controller.abort();
    expect(await running[0]).toMatchObject({ outcome: "not_run", detail: "cancelled" });
    await Promise.all(running);
  });

  it("ends what is in flight when it is closed, and runs nothing afterwards", async () => {
    const { probe, close } = engine();
    const running = probe(echo("127.0.0.1"), createProbeContext());
    close();
    expect((await running).outcome).toBe("not_run");
    expect((await probe(echo("127.0.0.1"), createProbeContext())).outcome).toBe("not_run");
  });

  it("is what a table of probes has", async () => {
    const probes = await createProbeTable({ clock: systemClock, random: createSeededRandom(1) });
    expect(probes.engine).toBe("native");
    expect(probes.unavailable).toEqual({});
    expect((await probes.table.icmp(echo("127.0.0.1"), createProbeContext())).outcome).toBe("ok");
    probes.close();
  });
});

describe.skipIf(!loaded.available)(`the addon${skipped}`, () => {
  it.each([
    ["no options", undefined, "options are"],
    ["a capacity that is no power of two", { capacity: 100 }, "power of two"],
    ["a capacity out of bounds", { capacity: 131_072 }, "power of two"],
  ])("refuses %s", (_, options, message) => {
    const make = () =>
      new (addon().EchoSocket)({ ipv6: false, rawOnly: false, ...(options ?? {}) } as never);
    expect(make).toThrow(message);
  });

  it("refuses arrays that do not fit, and everything once it is closed", () => {
    const socket = new (addon().EchoSocket)({ ipv6: false, rawOnly: false, capacity: 16 });
    expect(() => socket.send(new Uint8Array(31), new Int32Array(1))).toThrow("32 bytes");
    expect(() => socket.send(new Uint8Array(64), new Int32Array(1))).toThrow("32 bytes");
    expect(() =>
      socket.send(new Uint8Array(new ArrayBuffer(40), 1, 32), new Int32Array(1)),
    ).toThrow("aligned");
    expect(socket.poll(new Float64Array(0), new Uint8Array(0))).toBe(0);
    socket.close();
    expect(() => socket.stats()).toThrow("closed");
    expect(() => socket.close()).toThrow("closed");
  });

  it("serves a worker thread beside the main one", async () => {
    const own = new (addon().EchoSocket)({ ipv6: false, rawOnly: false, capacity: 16 });
    const worker = new Worker(workerSource, { eval: true, workerData: addonPath() });
    const [events] = (await once(worker, "message")) as [number];
    expect(events).toBe(16);
    expect(own.stats().inFlight).toBe(0);
    await worker.terminate();
    own.close();
  });

  it("says so when it is not there or is no addon", () => {
    expect(loadAddon("/nowhere/at-all.node")).toMatchObject({
      available: false,
      reason: expect.stringContaining("cannot be loaded"),
    });
  });
});
