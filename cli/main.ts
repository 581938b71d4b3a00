import { type Command, CommanderError } from "commander";
import type { Environment } from "../common/config-load.js";
import type { CliContext } from "./context.js";
import { CliError, type ExitCode, exitCodes } from "./exit.js";
import { processCommands } from "./process-commands.js";
import { createProcessContext } from "./process-context.js";
import { createProgram } from "./program.js";
import { printableLines } from "./render/printable.js";

/** Lines of help beyond this are hard to read. */
const helpColumnsMax = 100;

/** Runs one command line (without node and the script) and resolves to its exit code. */
export const runCli = async (
  argv: readonly string[],
  env: Environment,
  options: { readonly name: string },
): Promise<number> => {
  const [command, ...rest] = argv;
  if (command === "help" && Object.hasOwn(processCommands, rest[0] ?? "")) {
    return await runCli([rest[0] ?? "", "--help"], env, options);
  }
  switch (command) {
    case "server":
      return await (await import("../server/main.js")).runServer(rest, env);
    case "agent":
      return await (await import("../agent/main.js")).runAgent(rest, env);
    case "demo":
      return await (await import("./demo/main.js")).runDemo(rest, env);
    default:
      return await runCommand(argv, env, options.name);
  }
};

const runCommand = async (
  argv: readonly string[],
  env: Environment,
  name: string,
): Promise<ExitCode> => {
  const { context, close } = createProcessContext(name, env);
  try {
    return await runCommandLine(argv, context);
  } finally {
    close();
  }
};

/** Parses and runs one command against a context. */
export const runCommandLine = async (
  argv: readonly string[],
  context: CliContext,
): Promise<ExitCode> => {
  let code: ExitCode = exitCodes.good;
  const program = createProgram(context, (result) => {
    code = result;
  });
  const output = {
    writeOut: (text: string) => void context.writeOut(text),
    writeErr: context.writeError,
    getOutHelpWidth: () => Math.min(context.size().columns, helpColumnsMax),
    // commander puts its hint on a second line, in brackets.
    outputError: (text: string, write: (line: string) => void) => {
      const line = text
        .trim()
        .replace(/^error: /, "")
        .replace(/\.?\n\((.*)\)$/s, "; $1")
        .replace("; Did", "; did");
      write(`${context.name}: ${line}\n`);
    },
  };
  for (const command of commandsBelow(program)) command.configureOutput(output).exitOverride();
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return codeFromCommander(error);
    if (!(error instanceof CliError)) throw error;
    context.writeError(`${context.name}: ${printableLines(error.message)}\n`);
    return error.exitCode;
  }
};

const commandsBelow = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(commandsBelow),
];

const codeFromCommander = (error: CommanderError): ExitCode =>
  error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
