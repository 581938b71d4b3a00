import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCluster, endPrograms, ensureBuilt, type TestCluster } from "../support/processes.js";
import { findProgram } from "../support/programs.js";
import { waitFor } from "../support/wait.js";

/** Goal: Prometheus has nothing to complain about. Method: its own checker on what real processes answer. */

const promtool = findProgram("promtool", {
  skips: "`promtool check metrics` on server and agent",
  hint: "it comes with Prometheus (Debian: `apt-get install prometheus`)",
});

describe.skipIf(promtool === undefined)("promtool check metrics", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    ensureBuilt();
    cluster = await createCluster();
    await cluster.startServer();
    for (const number of [1, 2]) cluster.startAgent(number);
    for (const number of [1, 2]) await cluster.reached(number, "UP");
    await waitFor("results", () =>
      cluster.metric("causeway_probes_total").then((count) => count > 0),
    );
  }, 180_000);
  afterAll(() => endPrograms());

  const complaintsAbout = (text: string): string => {
    const { stdout, stderr, status } = spawnSync(promtool ?? "", ["check", "metrics"], {
      input: text,
      encoding: "utf8",
    });
    return `${status} ${stdout}${stderr}`;
  };

  it("passes the server", async () => {
    const text = await cluster.metricsText();
    expect(text).toContain("causeway_");
    expect(complaintsAbout(text)).toBe("0 ");
  });

  it("passes the agent", async () => {
    const text = await cluster.metricsText(1);
    expect(text).toContain("causeway_agent_");
    expect(complaintsAbout(text)).toBe("0 ");
  });
});
