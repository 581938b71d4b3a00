import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../common/config-load.js";
import { type DemoProcess, shellCommand } from "./plan.js";
import { createTail } from "./tail.js";

/** A process that the demo started. */
export type Child = {
  readonly process: DemoProcess;
  readonly pid: number;
  readonly hasEnded: () => boolean;
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void;
  /** Its last lines. */
  readonly tail: () => readonly string[];
  /** Resolves when it has ended. */
  readonly ended: Promise<ChildEnd>;
};

/** How a process ended. */
export type ChildEnd = { readonly code: number | undefined; readonly signal: string | undefined };

/** The program and arguments of a role: the same for the demo and for a user who starts it again. */
export const commandOf = (role: DemoProcess["role"]): readonly string[] => {
  const tethered = new URL("./tethered.js", import.meta.url).href;
  const main = fileURLToPath(new URL(`../../${role}/main.js`, import.meta.url));
  return [process.execPath, "--import", tethered, main];
};

/** The variables that tie a process to the demo. */
export const tetherEnv = (
  demoProcess: DemoProcess,
  tetherPath: string,
): Readonly<Record<string, string>> => ({
  CAUSEWAY_DEMO_NAME: demoProcess.name,
  CAUSEWAY_DEMO_TETHER: tetherPath,
});

/** The command that starts a process of the demo again, from any folder. */
export const restartCommand = (demoProcess: DemoProcess, tetherPath: string): string =>
  shellCommand(
    { ...demoProcess.env, ...tetherEnv(demoProcess, tetherPath) },
    commandOf(demoProcess.role),
  );

/** Starts a process; `onLine` hears every line that it prints to standard output. */
export const startChild = (
  demoProcess: DemoProcess,
  options: {
    readonly inherited: Environment;
    readonly tetherPath: string;
    readonly onLine: (line: string) => void;
  },
): Child => {
  const [program = process.execPath, ...args] = commandOf(demoProcess.role);
  const child = spawn(program, args, {
    env: {
      ...options.inherited,
      ...demoProcess.env,
      ...tetherEnv(demoProcess, options.tetherPath),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { keep, lines } = createTail();
  readLines(child.stdout, (line) => {
    keep(line);
    options.onLine(line);
  });
  readLines(child.stderr, keep);
  return {
    process: demoProcess,
    pid: child.pid ?? 0,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => {
      child.kill(signal);
    },
    tail: lines,
    ended: endOf(child, keep),
  };
};

const endOf = (child: ChildProcess, keep: (line: string) => void): Promise<ChildEnd> =>
  new Promise((resolve) => {
    child.once("error", (error) => {
      keep(error.message);
      resolve({ code: 1, signal: undefined });
    });
    // "close" and not "exit": the last lines have been read then.
    child.once("close", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined }),
    );
  });

const readLines = (stream: Readable | null, onLine: (line: string) => void): void => {
  if (stream === null) return;
  createInterface({ input: stream }).on("line", onLine);
};
