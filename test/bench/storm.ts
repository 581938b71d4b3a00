import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCa, makeCertificate } from "../support/certificates.js";
import { freePort, startProgram } from "../support/processes.js";
import type { createFigures } from "./figures.js";
import { startSwarm, until } from "./start-swarm.js";

const agentCount = Number(process.env["BENCH_AGENTS"] ?? 1000);

/** Entries of every plan in a full mesh: two a node, four a pod; an agent skips its own. */
const entriesOf = (agents: number): number => agents * 6;

/** A server with TLS and a token is killed and started again under 1000 connected agents. */
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
  const swarm = await startSwarm({
    count: agentCount,
    port,
    tls: true,
    ca: file("ca.pem", ca.cert),
    tokenFile,
  });
  try {
    const wanted = entriesOf(agentCount);
    const allBack = async (former: string | undefined): Promise<boolean> => {
      const { connected, epochs, entriesMin, entriesMax, revisions } = await swarm.status();
      return (
        connected === agentCount &&
        epochs.length === 1 &&
        epochs[0] !== former &&
        revisions.length === 1 &&
        entriesMin === wanted &&
        entriesMax === wanted
      );
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
