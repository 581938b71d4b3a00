import { type ChildProcess, fork, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The repository's root. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

/** A built program of ours, `server` or `agent`, with nothing of this process's environment but PATH. */
export const startBuilt = (
  program: "server" | "agent",
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess =>
  spawn(process.execPath, [`${root}dist/${program}/main.js`, ...args], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: process.env["PATH"] },
    ...options,
  });

/** What a swarm says of itself. */
export type SwarmStatus = {
  readonly connected: number;
  readonly epochs: readonly string[];
  readonly revisions: readonly number[];
  readonly entriesMin: number;
  readonly entriesMax: number;
};

/** Many agents in a process of their own. */
export const startSwarm = async (options: Readonly<Record<string, unknown>>) => {
  const child = fork(new URL("swarm.ts", import.meta.url), [JSON.stringify(options)], {
    execArgv: ["--import", "tsx"],
    stdio: "inherit",
  });
  await once(child, "message");
  const status = async (): Promise<SwarmStatus> => {
    const answer = once(child, "message");
    child.send("status");
    return (await answer)[0] as SwarmStatus;
  };
  const stop = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.disconnect();
    await exited;
  };
  return { status, stop };
};

/** Asks again and again until it is so, or throws after so long. */
export const until = async (
  what: string,
  isSo: () => Promise<boolean>,
  withinMs: number,
): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** Ends a child and waits for it. */
export const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
};
