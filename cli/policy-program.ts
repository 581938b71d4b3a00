import type { Command } from "commander";
import type { CliContext } from "./context.js";
import type { ExitCode } from "./exit.js";

/** Adds `causeway policy …` and `causeway diagnose`. */
export const addPolicyCommands = (
  _program: Command,
  _context: CliContext,
  _finish: (code: ExitCode) => void,
): void => undefined;
