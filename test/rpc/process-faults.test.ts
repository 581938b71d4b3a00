import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { replacementsOtherBootMax } from "../../server/limits.js";
import {
  createCluster,
  endPrograms,
  ensureBuilt,
  freePort,
  type TestCluster,
  type TestProcess,
} from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/** Goal: what happens to agents and figures when processes die, freeze and come back. CACHE_KEY_SECOND is 6, heartbeats 1 s. */

beforeAll(() => ensureBuilt(), 180_000);
afterEach(() => endPrograms());

/** Milliseconds that something took. */
const took = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

const measured = (cluster: TestCluster, agent: number): Promise<number> =>
  waitFor(`results of agent ${agent}`, async () => {
    const acked = await cluster.metric("causeway_agent_results_acked_total", agent);
    return acked > 0 && acked;
  });

describe("an agent that is killed", () => {
  it("is suspect at once, lost in time, and up again when it is started again", async () => {
    const cluster = await createCluster();
    await cluster.startServer();
    const agent = cluster.startAgent(1);
    await cluster.reached(1, "UP");
    agent.kill("SIGKILL");
    const suspectMs = await took(() => cluster.reached(1, "SUSPECT"));
    const lostMs = await took(() => cluster.reached(1, "LOST"));
    expect(suspectMs).toBeLessThan(1000);
    expect(suspectMs + lostMs).toBeGreaterThan(4000);
    expect(suspectMs + lostMs).toBeLessThan(8000);
    expect(await cluster.agent(1)).toMatchObject({ reason: expect.stringMatching(/^stream_/) });
    cluster.startAgent(1);
    expect(await cluster.reached(1, "UP")).toMatchObject({ reason: "connected" });
  });
});

describe("a half-open peer", () => {
  it("is found: a frozen agent is suspect, then lost, and up again when it thaws", async () => {
    const cluster = await createCluster();
    await cluster.startServer();
    const agent = cluster.startAgent(1);
    await cluster.reached(1, "UP");
    agent.kill("SIGSTOP");
    const suspectMs = await took(() => cluster.reached(1, "SUSPECT"));
    expect(suspectMs).toBeLessThan(4000);
    expect(await cluster.agent(1)).toMatchObject({ reason: "frames_missing" });
    const lostMs = await took(() => cluster.reached(1, "LOST"));
    expect(suspectMs + lostMs).toBeLessThan(9000);
    agent.kill("SIGCONT");
    await cluster.reached(1, "UP");
  });

  it("is no reason to call the fleet lost when it was the server that froze", async () => {
    const cluster = await createCluster();
    const server = await cluster.startServer();
    for (const number of [1, 2, 3]) cluster.startAgent(number);
    for (const number of [1, 2, 3]) await cluster.reached(number, "UP");
    server.kill("SIGSTOP");
    // Longer than CACHE_KEY_SECOND: without care every agent would be lost when the server thaws.
    const frozenMs = performance.now();
    await waitFor("CACHE_KEY_SECOND to pass", () => performance.now() - frozenMs > 7000);
    server.kill("SIGCONT");
    await cluster.reached(1, "UP");
    const states = server.records.filter(({ msg }) => msg === "agent changed its state");
    expect(states.filter(({ state }) => state === "lost")).toEqual([]);
    for (const number of [1, 2, 3]) await cluster.reached(number, "UP");
  });
});

describe("a server that is killed", () => {
  it("finds its agents again under a new epoch, and counts nothing twice", async () => {
    const cluster = await createCluster();
    const first = await cluster.startServer();
    const agents = new Map<number, TestProcess>();
    for (const number of [1, 2, 3]) agents.set(number, cluster.startAgent(number));
    for (const number of agents.keys()) {
      await cluster.reached(number, "UP");
      await measured(cluster, number);
    }
    first.kill("SIGKILL");
    await first.exited;
    for (const number of agents.keys()) {
      await waitFor("the agent to notice", async () => {
        return (await cluster.metric("causeway_agent_connected", number)) === 0;
      });
    }
    const ackedByFirst = await sumOf(cluster, "causeway_agent_results_acked_total");
    const second = await cluster.startServer();
    expect(epochOf(second)).not.toBe(epochOf(first));
    for (const number of agents.keys()) {
      await cluster.reached(number, "UP");
      // What the first server acknowledged and took with it shows as lost, not as health.
      expect(Number((await cluster.agent(number))?.lost_batches)).toBeGreaterThan(0);
    }
    await waitFor("results of the second server", async () => {
      return (await cluster.metric(acceptedName)) > 25;
    });
    const accepted = await cluster.metric(acceptedName);
    const acked = await sumOf(cluster, "causeway_agent_results_acked_total");
    const acceptedLater = await cluster.metric(acceptedName);
    const measuredInAll = await sumOf(cluster, "causeway_agent_results_measured_total");
    expect(acked - ackedByFirst).toBeLessThanOrEqual(acceptedLater);
    expect(accepted).toBeLessThanOrEqual(measuredInAll - ackedByFirst);
    for (const number of agents.keys()) {
      expect(await cluster.metric("causeway_agent_results_dropped_total", number)).toBe(0);
    }
  });

  const acceptedName = 'causeway_ingest_results_total{result="accepted"';
  const epochOf = (server: TestProcess): unknown =>
    server.records.find(({ msg }) => msg === "server started")?.["serverEpoch"];
  const sumOf = async (cluster: TestCluster, name: string): Promise<number> => {
    let sum = 0;
    for (const number of [1, 2, 3]) sum += await cluster.metric(name, number);
    return sum;
  };
});

describe("two agents of one name", () => {
  it("take turns slowly: one session at a time, and no storm of replacements", async () => {
    const cluster = await createCluster();
    const server = await cluster.startServer();
    cluster.startAgent(1);
    await cluster.reached(1, "UP");
    cluster.startAgent(1, { CLIENT_PORT: String(await freePort()) });
    const refused = 'causeway_sessions_refused_total{reason="duplicate_agent"}';
    await waitFor(
      "the refusal of the duplicate",
      async () => (await cluster.metric(refused)) > 0,
      40_000,
    );
    const ended = server.records.filter(({ msg }) => msg === "session ended");
    expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(["replaced"]));
    const begun = server.records.filter(({ msg }) => msg === "session began").length;
    expect(begun).toBeLessThanOrEqual(replacementsOtherBootMax + 2);
    const { agents } = (await cluster.get<{ agents: unknown[] }>("/v1/agents")) ?? { agents: [] };
    expect(agents).toHaveLength(1);
  });
});
