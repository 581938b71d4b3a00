import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCa, makeCertificate } from "../support/certificates.js";
import { freePort, startProgram } from "../support/processes.js";
import type { createFigures } from "./figures.js";
import { startTwoSwarms, until } from "./start-swarm.js";

const agentCount = Number(process.env["BENCH_AGENTS"] ?? 1000);

/** The server says revision 0 of an agent that does not run a plan of its own epoch. */
const isNone = (plan: string): boolean => plan.endsWith(" 0");

/** Entries of every plan: two for each of the nodes and four for each agent of the same plane; half the agents are. */
const entriesOf = (agents: number): number => (agents / 2) * 6;

/**
 * A server with TLS and a token is killed and started again under 1000 connected agents: 500 nodes, an agent of each plane on
 * every one, full mesh. The agents share two processes, which have to take in a thousand plans of 220 kB.
 */
export const benchStorm = async (figures: ReturnType<typeof createFigures>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  const ca = await makeCa("bench");
  const certificate = await makeCertificate(ca, { commonName: "localhost" });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const tokenFile = file("token", randomBytes(32).toString("hex"));
  const port = await freePort();
  const httpPort = await freePort();
  const args = [
    ...["--agent-port", String(port), "--http-port", String(httpPort), "--bind", "127.0.0.1"],
    ...["--tls-cert", file("cert.pem", certificate.cert)],
    ...["--tls-key", file("key.pem", certificate.key)],
    ...["--token-file", tokenFile, "--log-level", "error"],
  ];
  let server = startProgram("server", {}, args);
  const swarm = await startTwoSwarms({
    count: agentCount,
    port,
    tls: true,
    ca: file("ca.pem", ca.cert),
    tokenFile,
    planes: 2,
  });
  try {
    const wanted = entriesOf(agentCount);
    /** Connected to the new server, and on the one plan that it has now for each of the two planes. */
    const allBack = async (former: string | undefined): Promise<boolean> => {
      const { connected, epochs, entriesMin, entriesMax } = await swarm.status();
      const isBack = connected === agentCount && epochs.length === 1 && epochs[0] !== former;
      if (!isBack || entriesMin !== wanted || entriesMax !== wanted) return false;
      const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/agents?page_size=1000`);
      const { agents } = (await answer.json()) as {
        agents: { plane: string; applied_revision: string }[];
      };
      const plans = new Set(agents.map((each) => `${each.plane} ${each.applied_revision}`));
      return agents.length === agentCount && plans.size === 2 && ![...plans].some(isNone);
    };
    await until("every agent has its first plan", () => allBack(undefined), 180_000);
    const [former] = (await swarm.status()).epochs;
    server.kill("SIGKILL");
    await server.exited;
    const startedAt = performance.now();
    server = startProgram("server", {}, args);
    let connectedS = 0;
    await until(
      "every agent is back with the right plan",
      async () => {
        const { connected, epochs } = await swarm.status();
        const isBack = connected === agentCount && epochs.length === 1 && epochs[0] !== former;
        if (isBack && connectedS === 0) connectedS = (performance.now() - startedAt) / 1000;
        return await allBack(former);
      },
      180_000,
    );
    const backS = (performance.now() - startedAt) / 1000;
    figures.add({ name: "storm_all_connected", value: connectedS, unit: "s", goal: "<= 30" });
    figures.add({ name: "storm_all_plans_right", value: backS, unit: "s", goal: "<= 30" });
  } finally {
    await swarm.stop();
    server.kill("SIGTERM");
    await server.exited;
    rmSync(folder, { recursive: true });
  }
};
