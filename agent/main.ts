import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Environment } from "../common/config-load.js";

/**
 * Runs an agent until it is told to stop; resolves to the exit code: 0 stopped, 1 a failure such as a taken port, 2 wrong
 * configuration or refused by the server.
 */
export const runAgent = async (argv: readonly string[], env: Environment): Promise<number> => {
  keepSmall();
  boundNameLookups();
  const { runAgentProcess } = await import("./run-agent.js");
  return await runAgentProcess(argv, env);
};

/**
 * An agent waits for the network, and there is one on every node: it does without the optimising compilers, whose work
 * while the program loads alone takes 20 of 80 MB. Its CPU time stays the same (docs/benchmarks.md). Flags count for what
 * is loaded after them, hence the import above.
 */
const keepSmall = (): void => {
  for (const flag of ["--no-opt", "--no-maglev", "--optimize-for-size"]) setFlagsFromString(flag);
};

/**
 * The server's name is looked up by the C library, which cannot be told to stop: by default a silent DNS holds each look-up
 * for 20 s and more, longer than a stream may take to open, and holds the end of the process as long. See resolv.conf(5).
 */
const boundNameLookups = (): void => {
  process.env["RES_OPTIONS"] ??= "timeout:1 attempts:2";
};

const isMain = (): boolean => {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
};

if (isMain()) process.exitCode = await runAgent(process.argv.slice(2), process.env);
