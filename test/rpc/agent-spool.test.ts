import { afterEach, describe, expect, it } from "vitest";
import { spoolBytesMax } from "../../agent/limits.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { type StartedServer, startServer } from "../../server/start-server.js";
import { freePort } from "../support/processes.js";
import { loopbackServer } from "../support/server-config.js";
import { createTestAgent, type TestAgent } from "../support/test-agent.js";
import { waitFor } from "../support/wait.js";

/** Goal: an agent whose spool ran over while there was no server tells the server what it dropped. Method: real sockets. */

const agents: TestAgent[] = [];
const servers: Extract<StartedServer, { kind: "running" }>[] = [];

afterEach(async () => {
  for (const { loop } of agents.splice(0)) loop.stop("test");
  for (const server of servers.splice(0)) await server.stop();
});

describe("a full spool", () => {
  it("keeps to spoolBytesMax, drops the oldest, and the gap arrives with its count", async () => {
    const [httpPort, agentPort] = [await freePort(), await freePort()];
    const agent = createTestAgent("n1.pod", agentPort);
    agents.push(agent);
    agent.loop.start();
    let given = 0;
    let mostBytes = 0;
    while (agent.core.status().droppedResults < 50_000) {
      for (let i = 0; i < 5000; i++) {
        agent.loop.onResult({
          id: 1,
          epoch: "",
          key: "tcp|node/n2",
          sentAtMs: systemClock.nowMs(),
          result: { outcome: "ok", rttUs: 120, detail: "" },
        });
      }
      given += 5000;
      await new Promise((resolve) => setImmediate(resolve));
      mostBytes = Math.max(mostBytes, agent.core.status().spooledBytes);
    }
    const { droppedResults, measuredResults } = agent.core.status();
    expect(measuredResults).toBe(given);
    expect(mostBytes).toBeLessThanOrEqual(spoolBytesMax);
    expect(mostBytes).toBeGreaterThan(0.9 * spoolBytesMax);

    const server = await startServer({
      config: { ...loopbackServer, httpPort, agentPort },
      logger: silentLogger,
      serverEpoch: "epoch-1",
      lang: "en",
      print: () => undefined,
    });
    if (server.kind === "failed") throw new Error(server.why);
    servers.push(server);
    const shown = await waitFor(
      "the gap",
      async () => {
        const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/agents/n1.pod`);
        const found = (await answer.json()) as { lost_results?: string };
        return Number(found.lost_results ?? 0) > 0 && found.lost_results;
      },
      30_000,
    );
    expect(Number(shown)).toBe(droppedResults);
    await waitFor("spooled results to be acknowledged", () => {
      const { ackedResults } = agent.core.status();
      return ackedResults > 500;
    });
    expect(agent.core.status().droppedResults).toBe(droppedResults);
  });
});
