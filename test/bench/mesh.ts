import { readFileSync } from "node:fs";
import { freePort, startProgram } from "../support/processes.js";
import { createFigures } from "./figures.js";
import { startSwarm, until } from "./start-swarm.js";

/** Memory and idle CPU of the whole agent, built output, connected and probing 32 peers that answer. */
const peers = 32;
const settleMs = 45_000;
const windowMs = 60_000;

/** Resident memory in bytes and CPU time in seconds of a process. */
const usageOf = (pid: number): { rss: number; cpuS: number } => {
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime are fields 14 and 15 of the line, in ticks of 10 ms.
  return { rss: Number(rss) * 1024, cpuS: (Number(stat[11]) + Number(stat[12])) / 100 };
};

const figures = createFigures("mesh");
const agentPort = await freePort();
const httpPort = await freePort();
const responderPort = await freePort();
const server = startProgram("server", {}, [
  ...["--agent-port", String(agentPort), "--http-port", String(httpPort)],
  ...["--bind", "127.0.0.1", "--log-level", "error"],
]);
const swarm = await startSwarm({ count: peers, port: agentPort, tls: false, responderPort });
const agent = startProgram("agent", {}, [
  ...["--node-ip", "127.1.0.1", "--pod-ip", "127.2.0.1", "--pod-name", "measured"],
  ...["--namespace", "bench", "--server-url", `http://127.0.0.1:${agentPort}`],
  ...["--client-port", String(responderPort), "--test-port", String(responderPort)],
  ...["--log-level", "error"],
]);
try {
  await until(
    "the peers are connected",
    async () => (await swarm.status()).connected === peers,
    60_000,
  );
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const { pid } = agent;
  const before = usageOf(pid);
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  const after = usageOf(pid);
  figures.add({ name: "agent_rss", value: after.rss / 1e6, unit: "MB", goal: "<= 75" });
  figures.add({
    name: "agent_cpu",
    value: (100 * (after.cpuS - before.cpuS)) / (windowMs / 1000),
    unit: "% of a core",
  });
} finally {
  agent.kill("SIGTERM");
  await agent.exited;
  await swarm.stop();
  server.kill("SIGTERM");
  await server.exited;
}
figures.write();
