import { randomUUID } from "node:crypto";
import type { Environment } from "../../common/config-load.js";
import { exitCodes } from "../exit.js";
import { plainPaint, terminalPaint } from "../render/style.js";
import { Demo } from "./demo.js";
import { createLiveOutput, createPlainOutput } from "./live.js";
import { demoPorts } from "./plan.js";
import { portProblems } from "./ports.js";
import { type DemoConfig, loadDemoConfig } from "./settings.js";

/** How often the demo looks whether npm, which started it, still lives. */
const parentCheckMs = 500;

/** `causeway demo`: runs until the user ends it, and leaves nothing running. Resolves to the exit code. */
export const runDemo = async (argv: readonly string[], env: Environment): Promise<number> => {
  const start = loadDemoConfig(argv, env);
  if (start.kind === "exit") {
    process.stdout.write(start.stdout);
    process.stderr.write(start.stderr);
    return start.code;
  }
  const problems = await portProblems(demoPorts(start.config));
  if (problems.length > 0) {
    process.stderr.write(problems.map((problem) => `causeway demo: ${problem}\n`).join(""));
    return exitCodes.usage;
  }
  return await untilEnded(start.config, env);
};

const untilEnded = async (config: DemoConfig, env: Environment): Promise<number> => {
  const isTerminal = process.stdout.isTTY === true && env["TERM"] !== "dumb";
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const size = (): { columns: number; rows: number } => ({
    columns: process.stdout.columns ?? 120,
    rows: process.stdout.rows ?? 40,
  });
  const demo = new Demo({
    config,
    env,
    live: isTerminal ? createLiveOutput(write, size) : createPlainOutput(write),
    isLive: isTerminal,
    paint: isTerminal && (env["NO_COLOR"] ?? "") === "" ? terminalPaint : plainPaint,
    width: () => size().columns,
    nowMs: () => Date.now(),
    createUid: () => randomUUID(),
  });
  const stop = (): void => demo.stop(exitCodes.good);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  // The reader of a pipe went away, or the terminal was closed.
  process.stdout.on("error", stop);
  const parentTimer = watchParent(env, stop);
  try {
    return await demo.run();
  } finally {
    clearInterval(parentTimer);
    for (const signal of signals) process.off(signal, stop);
  }
};

/**
 * npm passes signals on to the shell between itself and the demo, which may end without telling the demo: so a demo that
 * npm started ends when its parent does.
 */
const watchParent = (env: Environment, stop: () => void): NodeJS.Timeout | undefined => {
  if ((env["npm_lifecycle_event"] ?? "") === "") return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) stop();
  }, parentCheckMs);
};
