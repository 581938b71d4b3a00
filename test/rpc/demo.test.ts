// The demo as a user starts it: real processes, killed and brought back, and nothing left at the end.
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { demoStopMs } from "../../cli/limits.js";
import {
  demoArgs,
  freeDemoPorts,
  isRunning,
  pasteCommand,
  type Running,
  startCauseway,
} from "../support/demo-process.js";
import { waitFor } from "../support/wait.js";

const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    if (one.child.exitCode === null && one.child.signalCode === null) one.child.kill("SIGTERM");
    await one.ended;
  }
});
const start = (args: readonly string[]): Running => {
  const one = startCauseway(args);
  running.push(one);
  return one;
};
const fast = ["--heartbeat-interval=1", "--cache-key-second=3"];
const pidsOf = (text: string): readonly number[] =>
  [...text.matchAll(/\(pid (\d+)\)/g)].map((match) => Number(match[1]));
const causeway = async (url: string, ...argv: readonly string[]): Promise<string> => {
  const one = start([...argv, "--server", url]);
  expect(await one.ended).toBe(0);
  return one.out();
};

describe("causeway demo", () => {
  it("shows a full matrix, a lost agent, its return, and leaves nothing running", async () => {
    const ports = await freeDemoPorts();
    const url = `http://127.0.0.1:${ports.http}`;
    const demo = start(demoArgs(ports, ...fast));
    await demo.line(/the first full matrix stands, [0-9.]+ s after the start/, 45_000);
    await demo.line(/\d+ of \d+ measured pairs ok(; \d+ not measured)?\n/);
    expect(demo.out()).toContain(`npx causeway --server ${url} matrix`);

    const matrix = JSON.parse(await causeway(url, "matrix", "-o", "json"));
    expect(matrix.sources).toEqual(["node-1.pod", "node-2.pod", "node-3.pod"]);
    const rest = await (await fetch(`${url}/v1/matrix`)).json();
    expect(rest).toMatchObject({ sources: matrix.sources, targets: matrix.targets });

    const [, pid = "0"] = await demo.line(/agent node-2\.pod started \(pid (\d+)\)/);
    process.kill(Number(pid), "SIGKILL");
    await demo.line(/agent node-2\.pod \(pid \d+\) ended: SIGKILL/);
    await demo.line(/agent node-2\.pod is lost: [a-z_]+/, 16_000);
    const [, command = ""] = await demo.line(/To start it again:\n\n(.+)\n/);
    const again = pasteCommand(command);
    running.push(again);
    await demo.line(/agent node-2\.pod is back/);
    await demo.line(/node-2\.pod was started again \(pid \d+\)/);

    const pids = pidsOf(demo.out());
    expect(pids.filter(isRunning)).toHaveLength(4);
    demo.child.kill("SIGTERM");
    expect(await demo.ended).toBe(0);
    await again.ended;
    expect(pids.filter(isRunning)).toEqual([]);
    expect(demo.out()).toContain("nothing is left running");
  }, 120_000);

  it("leaves nothing running when it is killed itself", async () => {
    const demo = start(demoArgs(await freeDemoPorts(), ...fast, "--nodes=1"));
    await demo.line(/agent node-1\.pod is up/);
    const pids = pidsOf(demo.out());
    expect(pids.filter(isRunning)).toHaveLength(2);
    demo.child.kill("SIGKILL");
    await waitFor("the end of its processes", () => !pids.some(isRunning), 20_000);
  });

  it("kills what has not ended demoStopMs after it was told to", async () => {
    const demo = start(demoArgs(await freeDemoPorts(), ...fast, "--nodes=1"));
    await demo.line(/agent node-1\.pod is up/);
    const [, pid = "0"] = await demo.line(/agent node-1\.pod started \(pid (\d+)\)/);
    process.kill(Number(pid), "SIGSTOP");
    const toldAtMs = performance.now();
    demo.child.kill("SIGTERM");
    expect(await demo.ended).toBe(0);
    expect(performance.now() - toldAtMs).toBeGreaterThan(demoStopMs - 100);
    expect(isRunning(Number(pid))).toBe(false);
  });

  it("starts the server alone with --nodes 0", async () => {
    const ports = await freeDemoPorts();
    const demo = start(demoArgs(ports, "--nodes", "0"));
    await demo.line(/server answers on .* \(pid \d+\)/);
    const agents = await causeway(`http://127.0.0.1:${ports.http}`, "agents");
    expect(agents).toBe("No agent has connected yet.\n");
    demo.child.kill("SIGINT");
    expect(await demo.ended).toBe(0);
  });

  it("names a taken port in one sentence, ends with 2 and has started nothing", async () => {
    const ports = await freeDemoPorts();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(ports.http, "127.0.0.1", resolve));
    try {
      const demo = start(demoArgs(ports));
      expect(await demo.ended).toBe(2);
      expect(demo.out()).toBe("");
      expect(demo.error().split("\n").at(-2)).toBe(
        `causeway demo: Port ${ports.http}/tcp on 127.0.0.1 is taken by another program, perhaps another demo: stop that one, or choose another port with --http-port (HTTP_PORT).`,
      );
    } finally {
      other.close();
    }
  });

  it("ends with 2 and the reason when its processes refuse their configuration", async () => {
    const args = ["--heartbeat-interval=9", "--cache-key-second=3", "--nodes=1"];
    const demo = start(demoArgs(await freeDemoPorts(), ...args));
    expect(await demo.ended).toBe(2);
    expect(demo.out()).toMatch(/HEARTBEAT_INTERVAL/);
  });
});
