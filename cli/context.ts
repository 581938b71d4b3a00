import type { Environment } from "../common/config-load.js";
import type { OutputFormat } from "./formats.js";
import { type Paint, plainPaint, terminalPaint } from "./render/style.js";
import type { MeshClient } from "./rpc/client.js";

/** What a command may touch of the process: its environment, its output, its terminal, its end. */
export type CliContext = {
  /** As the user calls it: "causeway" or "kubectl causeway". */
  readonly name: string;
  readonly env: Environment;
  /**
   * Writes to standard output and returns when it is written, so that what makes text never runs ahead of who reads it.
   * False once the reader went away (`causeway policy list DIR | head -1`): nothing is written any more.
   */
  readonly writeOut: (text: string) => boolean;
  readonly writeError: (text: string) => void;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard error is a terminal. */
  readonly isErrorTerminal: boolean;
  /** Size of the terminal now; what a pipe gets when it is none. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly nowMs: () => number;
  /**
   * Aborted when the user ends the command. Who never asks for it keeps the system's way: an interrupt ends the process at
   * once.
   */
  readonly signal: AbortSignal;
};

/** What every command that asks the mesh gets. */
export type CommandInput = {
  readonly context: CliContext;
  readonly client: MeshClient;
  readonly output: OutputFormat;
};

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org). */
export const paintOf = (context: CliContext): Paint =>
  context.isTerminal && (context.env["NO_COLOR"] ?? "") === "" && context.env["TERM"] !== "dumb"
    ? terminalPaint
    : plainPaint;
