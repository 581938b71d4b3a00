import { type ChildProcess, spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { waitFor } from "./wait.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Ports for one demo that collide with no other of the same machine. */
export type DemoPorts = {
  readonly http: number;
  readonly agent: number;
  readonly client: number;
  readonly test: number;
};

/** Finds four free ports by holding all of them at the same time. */
export const freeDemoPorts = async (): Promise<DemoPorts> => {
  const servers = await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, "0.0.0.0", () => resolve(server));
        }),
    ),
  );
  const [http = 0, agent = 0, client = 0, test = 0] = servers.map(
    (server) => (server.address() as AddressInfo).port,
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { http, agent, client, test };
};

/** A program of the checkout that runs, with all that it printed. */
export type Running = {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly error: () => string;
  readonly ended: Promise<number | undefined>;
  /** Waits until a line matches, and gives the match. */
  readonly line: (pattern: RegExp, withinMs?: number) => Promise<RegExpExecArray>;
};

/** Runs `causeway ARGS` as a user would, from the checkout. */
export const startCauseway = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running =>
  watchChild(
    spawn(process.execPath, ["bin/causeway.mjs", ...args], {
      cwd: root,
      env: { ...cleanEnv(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );

/** Runs a command line in a POSIX shell, as somebody does who pastes it. */
export const pasteCommand = (command: string): Running =>
  watchChild(
    spawn("/bin/sh", ["-c", `exec env ${command}`], {
      cwd: "/",
      env: cleanEnv(),
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );

/** Arguments of a demo on ports of its own. */
export const demoArgs = (ports: DemoPorts, ...more: readonly string[]): readonly string[] => [
  "demo",
  `--http-port=${ports.http}`,
  `--agent-port=${ports.agent}`,
  `--client-port=${ports.client}`,
  `--test-port=${ports.test}`,
  ...more,
];

/** Whether a process runs. */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const watchChild = (child: ChildProcess): Running => {
  let out = "";
  let error = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    error += chunk.toString("utf8");
  });
  return {
    child,
    out: () => out,
    error: () => error,
    ended: new Promise((resolve) => {
      child.once("close", (code) => resolve(code ?? undefined));
    }),
    line: (pattern, withinMs = 30_000) =>
      waitFor(`${pattern} in:\n${out}${error}`, () => pattern.exec(out) ?? undefined, withinMs),
  };
};

// A configuration of the machine that runs the tests is not theirs, and npm's variables would tie a demo to npm.
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CAUSEWAY_|npm_|VITEST|NODE_ENV)/.test(name)),
  );
