import { createServer } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createCluster,
  endPrograms,
  ensureBuilt,
  freePort,
  startProgram,
} from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/** Goal: the programs as a user runs them. Method: built output in processes of its own, asked over their ports. */

beforeAll(() => ensureBuilt(), 180_000);
afterEach(() => endPrograms());

const agentEnv = {
  NODE_IP: "127.1.0.1",
  POD_IP: "127.2.0.1",
  POD_NAME: "agent-1",
  NAMESPACE: "test",
  SERVER_URL: "http://127.0.0.1:1",
};

describe("starting", () => {
  it.each(["server", "agent"] as const)("prints the help of the %s", async (program) => {
    const help = startProgram(program, {}, ["--help"]);
    expect(await help.exited).toBe(0);
    expect(help.output()).toContain(`causeway ${program}`);
    expect(help.output()).toContain("LOG_LEVEL");
  });

  it("refuses every wrong setting at once, with exit code 2", async () => {
    const server = startProgram("server", { HTTP_PORT: "0", CACHE_KEY_SECOND: "soon" });
    expect(await server.exited).toBe(2);
    expect(server.output()).toContain("HTTP_PORT");
    expect(server.output()).toContain("CACHE_KEY_SECOND");
    const agent = startProgram("agent", { ...agentEnv, CLIENT_PORT: "70000", NODE_IP: "" });
    expect(await agent.exited).toBe(2);
    expect(agent.output()).toContain("CLIENT_PORT");
    expect(agent.output()).toContain("NODE_IP");
  });

  it("says in one sentence that a port is taken, and leaves the other one free", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const other = await freePort();
    const server = startProgram("server", {
      HTTP_PORT: String(port),
      CAUSEWAY_AGENT_PORT: String(other),
    });
    expect(await server.exited).toBe(1);
    expect(server.output()).toBe(
      `causeway server: HTTP_PORT: cannot listen on 127.0.0.1 port ${port}: it is taken (EADDRINUSE)`,
    );
    const agent = startProgram("agent", {
      ...agentEnv,
      POD_IP: "127.0.0.1",
      CLIENT_PORT: String(port),
    });
    expect(await agent.exited).toBe(1);
    expect(agent.output().split("\n").at(-1)).toBe(
      `causeway agent: CLIENT_PORT: cannot listen on 127.0.0.1 port ${port}/tcp: it is taken (EADDRINUSE)`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  it("refuses a heartbeat that does not fit the server, on the agent's side, with exit code 2", async () => {
    const cluster = await createCluster();
    await cluster.startServer({ CACHE_KEY_SECOND: "3" });
    const agent = cluster.startAgent(1, { HEARTBEAT_INTERVAL: "3" });
    expect(await agent.exited).toBe(2);
    expect(agent.output()).toContain("HEARTBEAT_INTERVAL");
    expect(agent.output()).toContain("CACHE_KEY_SECOND");
  });
});

describe("stopping", () => {
  it("says goodbye: the agent is lost at once, without suspicion", async () => {
    const cluster = await createCluster();
    await cluster.startServer();
    const agent = cluster.startAgent(1);
    await cluster.reached(1, "UP");
    agent.kill("SIGTERM");
    expect(await agent.exited).toBe(0);
    expect(await cluster.reached(1, "LOST", 1000)).toMatchObject({ reason: "goodbye" });
  });

  it("ends within ten seconds with agents connected, and they wait as they were told", async () => {
    const cluster = await createCluster();
    const server = await cluster.startServer();
    const agents = [1, 2, 3].map((number) => cluster.startAgent(number));
    for (const number of [1, 2, 3]) await cluster.reached(number, "UP");
    const startedMs = performance.now();
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    for (const agent of agents)
      expect(await agent.logged("server drains")).toMatchObject({ reason: "shutdown" });
    expect(server.records.at(-1)).toMatchObject({ msg: "stopped" });
  });

  it("ends at once at the second signal", async () => {
    const cluster = await createCluster();
    const server = await cluster.startServer();
    const agent = cluster.startAgent(1);
    await cluster.reached(1, "UP");
    agent.kill("SIGSTOP");
    server.kill("SIGINT");
    await server.logged("stopping");
    server.kill("SIGINT");
    expect(await server.exited).toBe(1);
  });

  it("is not ready while it leaves", async () => {
    const cluster = await createCluster();
    const server = await cluster.startServer();
    const agent = cluster.startAgent(1);
    await cluster.reached(1, "UP");
    const status = async () => (await fetch(`${cluster.url}/readyz`)).status;
    expect(await status()).toBe(200);
    agent.kill("SIGSTOP");
    server.kill("SIGTERM");
    await waitFor("not ready", async () => (await status()) === 503, 2000);
    agent.kill("SIGKILL");
    expect(await server.exited).toBe(0);
  });
});
