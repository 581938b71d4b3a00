import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { waitFor } from "./wait.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds what the processes run; call it once before the tests. */
export const ensureBuilt = (): void => {
  const build = spawnSync(process.execPath, [`${root}scripts/build.mjs`], { encoding: "utf8" });
  if (build.status !== 0) throw new Error(`the build failed: ${build.stderr}`);
};

/** A port that was free a moment ago on all addresses. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "0.0.0.0");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

/** A record of a program's log. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly msg: string };

/** One of our programs in a process of its own. */
export type TestProcess = {
  readonly pid: number;
  /** Log records and other lines so far. */
  readonly records: readonly LogRecord[];
  readonly output: () => string;
  /** Waits for a log record with this message. */
  logged(message: string, at?: number): Promise<LogRecord>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
};

const running = new Set<ChildProcess>();

/** Starts built output with nothing of this process's environment but PATH. */
export const startProgram = (
  program: "server" | "agent",
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): TestProcess => {
  const child = spawn(process.execPath, [`${root}dist/${program}/main.js`, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...env },
  });
  running.add(child);
  const records: LogRecord[] = [];
  const lines: string[] = [];
  const read = (line: string): void => {
    lines.push(line);
    if (line.startsWith("{")) records.push(JSON.parse(line) as LogRecord);
  };
  createInterface(child.stdout).on("line", read);
  createInterface(child.stderr).on("line", (line) => lines.push(line));
  // "close" comes when the output was read to its end.
  const exited = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return (signal ?? code) as number | NodeJS.Signals;
  });
  return {
    pid: child.pid ?? 0,
    records,
    output: () => lines.join("\n"),
    logged: (message, at = 0) =>
      waitFor(`"${message}" of the ${program}:\n${lines.slice(-5).join("\n")}`, () => {
        return records.filter(({ msg }) => msg === message)[at];
      }),
    kill: (signal) => void child.kill(signal),
    exited,
  };
};

/** Ends what a test left running. */
export const endPrograms = async (): Promise<void> => {
  const ends = [...running].map((child) => once(child, "close"));
  for (const child of running) {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
  await Promise.all(ends);
};

/** A server and the means to start agents for it, on ports and loopback addresses of their own. */
export type TestCluster = {
  readonly url: string;
  readonly agentPort: number;
  /** Starts the server, or starts it again after its end. */
  startServer(env?: Readonly<Record<string, string>>): Promise<TestProcess>;
  /** Starts agent number 1, 2, …: node-N.pod. */
  startAgent(number: number, env?: Readonly<Record<string, string>>): TestProcess;
  /** Asks the query port; undefined when it does not answer. */
  get<T>(path: string): Promise<T | undefined>;
  /** An agent as ListAgents has it. */
  agent(number: number): Promise<AgentJson | undefined>;
  /** Waits until an agent is in this state. */
  reached(number: number, state: "UP" | "SUSPECT" | "LOST", withinMs?: number): Promise<AgentJson>;
  /** A sample of an agent's or, without a number, the server's metrics, summed over labels that match. */
  metric(name: string, number?: number): Promise<number>;
  /** All metrics of an agent or, without a number, the server. */
  metricsText(number?: number): Promise<string>;
};

/** The fields of an agent that tests look at. */
export type AgentJson = {
  readonly agent_id: string;
  readonly state: string;
  readonly reason: string;
  readonly applied_revision: string;
  readonly lost_results: string;
  readonly lost_batches: string;
};

let clusters = 0;

/** Makes one; nothing runs yet. */
export const createCluster = async (): Promise<TestCluster> => {
  clusters += 1;
  // Files run in processes of their own: their process numbers keep the addresses apart.
  const block = `${1 + (process.pid % 200)}.${clusters}`;
  const [httpPort, agentPort, clientPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const get = async <T>(path: string): Promise<T | undefined> => {
    try {
      const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(2000) });
      return answer.ok ? ((await answer.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  };
  const agent = async (number: number): Promise<AgentJson | undefined> =>
    get<AgentJson>(`/v1/agents/node-${number}.pod`);
  const metricsText = async (number?: number): Promise<string> => {
    const host = number === undefined ? url : `http://127.${block}.${number}:${clientPort}`;
    const answer = await fetch(`${host}/metrics`, { signal: AbortSignal.timeout(2000) });
    return await answer.text();
  };
  return {
    url,
    agentPort,
    startServer: async (env = {}) => {
      const server = startProgram("server", {
        HTTP_PORT: String(httpPort),
        CAUSEWAY_AGENT_PORT: String(agentPort),
        CACHE_KEY_SECOND: "6",
        ...env,
      });
      await server.logged("server started");
      return server;
    },
    startAgent: (number, env = {}) =>
      startProgram("agent", {
        NODE_IP: `127.${block}.${100 + number}`,
        POD_IP: `127.${block}.${number}`,
        CAUSEWAY_BIND: `127.${block}.${number}`,
        POD_NAME: `agent-${number}`,
        NAMESPACE: "test",
        SERVER_URL: `http://127.0.0.1:${agentPort}`,
        CAUSEWAY_NODE_NAME: `node-${number}`,
        CLIENT_PORT: String(clientPort),
        TEST_PORT: String(clientPort),
        HEARTBEAT_INTERVAL: "1",
        ...env,
      }),
    get,
    agent,
    reached: async (number, state, withinMs = 20_000) => {
      let last: AgentJson | undefined;
      try {
        return await waitFor(
          `node-${number} to be ${state}`,
          async () => {
            last = await agent(number);
            return last?.state === `AGENT_STATE_${state}` ? last : undefined;
          },
          withinMs,
        );
      } catch (error) {
        throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`);
      }
    },
    metric: async (name, number) => {
      const lines = (await metricsText(number)).split("\n").filter((line) => line.startsWith(name));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
    metricsText,
  };
};
