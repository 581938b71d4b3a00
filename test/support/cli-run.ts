import type { CliContext } from "../../cli/context.js";
import { runCommandLine } from "../../cli/main.js";

/** What a command printed and how it ended. */
export type CliRun = { readonly code: number; readonly out: string; readonly error: string };

/** Runs one command line as a process would, with its output caught. */
export const runCaught = async (
  argv: readonly string[],
  options: Partial<Omit<CliContext, "writeOut">> & {
    readonly writeOut?: (text: string) => void;
  } = {},
): Promise<CliRun> => {
  let out = "";
  let error = "";
  const code = await runCommandLine(argv, {
    name: "causeway",
    env: {},
    writeOut: (text) => {
      out += text;
      options.writeOut?.(text);
      return true;
    },
    writeError: (text) => {
      error += text;
    },
    isTerminal: options.isTerminal ?? false,
    isErrorTerminal: false,
    size: () => ({ columns: 120, rows: 40 }),
    nowMs: () => Date.UTC(2026, 0, 2),
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, out, error };
};
