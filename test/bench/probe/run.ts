// Pings every target of a range over and over inside a network namespace, with one engine, and prints what it measured as
// JSON: run by test/bench/probe.ts, on the built engine.

import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import type { ProbeOutcome, ProbeSpec } from "../../../common/probe.js";
import { pingTargets, type RunPlan, type RunReport } from "./plan.js";

const plan = JSON.parse(process.argv[2] ?? "") as RunPlan;
const targets = pingTargets(plan.targets);

/** What the loop does besides: every 50 ms as much work as the plan says, allocations and JSON among it. */
const startLoad = (): void => {
  if (plan.load === 0) return;
  const source = JSON.stringify(
    Array.from({ length: 500 }, (_, id) => ({ id, name: `pod-${id}` })),
  );
  setInterval(() => {
    const untilMs = performance.now() + 50 * plan.load;
    while (performance.now() < untilMs) JSON.stringify(JSON.parse(source));
  }, 50);
};

type Ping = (address: string) => Promise<number | undefined>;

const native = async (): Promise<Ping> => {
  const url = (path: string) => new URL(`../../../dist/${path}`, import.meta.url).href;
  const { loadAddon } = (await import(
    url("agent/native/addon.js")
  )) as typeof import("../../../agent/native/addon.js");
  const { createKernelIcmp } = (await import(
    url("agent/probe/kernel-icmp.js")
  )) as typeof import("../../../agent/probe/kernel-icmp.js");
  const loaded = loadAddon();
  if (!loaded.available) throw new Error(loaded.reason);
  const engine = createKernelIcmp(loaded.addon);
  if (!engine.available) throw new Error(engine.reason);
  const { signal } = new AbortController();
  // One listener a probe in flight is no leak.
  setMaxListeners(0, signal);
  const context = { signal } as Parameters<typeof engine.probe>[1];
  return async (address) => {
    const outcome: ProbeOutcome = await engine.probe(
      { address, timeoutMs: 2000 } as ProbeSpec,
      context,
    );
    return outcome.rttUs;
  };
};

/** As its documentation has it: the callback has the dates of request and reply, in whole milliseconds. */
const netPing = (): Ping => {
  const { createSession } = createRequire(import.meta.url)("net-ping");
  const session = createSession({ retries: 0, timeout: 2000, packetSize: 64 });
  return (address) =>
    new Promise((resolve) => {
      session.pingHost(
        address,
        (error: Error | null, _target: string, sent: Date, received: Date) =>
          resolve(error === null ? (received.getTime() - sent.getTime()) * 1000 : undefined),
      );
    });
};

const ping = plan.engine === "native" ? await native() : netPing();
const results = new Map<string, (number | null)[]>(targets.map((address) => [address, []]));
let sent = 0;
let pending = 0;
const wanted = targets.length * plan.rounds;
startLoad();
const usage = process.cpuUsage();
const startMs = performance.now();
/** Ten milliseconds' worth at a time, as the agent's scheduler does. */
const timer = setInterval(() => {
  const due = Math.min(wanted, Math.floor(((performance.now() - startMs) / 1000) * plan.rate));
  for (; sent < due; sent++) {
    const address = targets[sent % targets.length] as string;
    const list = results.get(address) as (number | null)[];
    const index = list.push(null) - 1;
    pending++;
    void ping(address).then((rttUs) => {
      list[index] = rttUs ?? null;
      pending--;
      if (sent === wanted && pending === 0) finish();
    });
  }
  if (sent === wanted) clearInterval(timer);
}, 10);

const finish = (): void => {
  const { user, system } = process.cpuUsage(usage);
  const report: RunReport = {
    results: [...results],
    cpuUs: user + system,
    seconds: (performance.now() - startMs) / 1000,
    rssBytes: process.memoryUsage.rss(),
  };
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
};
