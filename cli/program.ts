import { Command, Help, Option } from "commander";
import { readVersion } from "../common/version.js";
import { completionScript, shells } from "./completion.js";
import type { CliContext } from "./context.js";
import { CliError, type ExitCode, exitCodes } from "./exit.js";
import { formatFrom, formatsOf } from "./formats.js";
import type { GlobalFlags } from "./global-flags.js";
import { addMeshCommands } from "./mesh-program.js";
import { addPolicyCommands } from "./policy-program.js";
import { processCommands } from "./process-commands.js";
import { serverUrlDefault } from "./query-url.js";

const help = new Help();
help.showGlobalOptions = true;

/** The commands with their flags; `finish` gets the exit code of the one that ran. */
export const createProgram = (context: CliContext, finish: (code: ExitCode) => void): Command => {
  const program = new Command(context.name)
    .description("Which paths of the network work, which do not, and why.")
    .addOption(new Option("-o, --output <format>", "how to print"))
    .addOption(
      new Option("--server <url>", "query port of the server")
        .env("CAUSEWAY_SERVER")
        .default(serverUrlDefault),
    )
    .addOption(
      new Option("--token-file <file>", "file with the token to show").env("CAUSEWAY_TOKEN_FILE"),
    )
    .addOption(new Option("--ca <file>", "CA of the server's certificate").env("CAUSEWAY_CA"))
    .helpCommand("help [command]", "print the help of a command")
    .helpOption("-h, --help", "print help")
    .version(readVersion(), "--version", "print the version")
    .configureHelp({
      showGlobalOptions: true,
      visibleOptions: (command) => withFormats(command, help.visibleOptions(command)),
      visibleGlobalOptions: (command) => withFormats(command, help.visibleGlobalOptions(command)),
    })
    .showSuggestionAfterError();
  program.hook("preAction", (_program, command) => {
    formatFrom(command, program.opts<GlobalFlags>().output);
  });
  addProcesses(program);
  addMeshCommands(program, context, finish);
  addPolicyCommands(program, context, finish);
  addVersion(program, context);
  addCompletion(program, context);
  return program;
};

/** The options as help shows them: -o with the formats that this command has. */
const withFormats = (command: Command, options: readonly Option[]): Option[] =>
  options.map((option) => {
    if (option.long !== "--output") return option;
    const formats = formatsOf(command);
    return new Option(option.flags, option.description).choices(formats).default(formats[0]);
  });

const addProcesses = (program: Command): void => {
  for (const [name, summary] of Object.entries(processCommands)) {
    // Reached only when a flag of ours stands before the name.
    const misplaced = (): never => {
      const message = `${name} takes its own flags: put ${name} first, its flags after it`;
      throw new CliError(exitCodes.usage, message);
    };
    const command = program.command(name).description(summary).usage("[flags]");
    command.helpOption(false).allowUnknownOption().allowExcessArguments().action(misplaced);
  }
};

const addVersion = (program: Command, context: CliContext): void => {
  program
    .command("version")
    .description("the version of this program")
    .action(() => {
      const version = readVersion();
      const { output } = program.opts<GlobalFlags>();
      const text = `causeway ${version} (Node.js ${process.versions.node})\n`;
      const data = { version, node: process.versions.node };
      if (output === "json") context.writeOut(`${JSON.stringify(data, undefined, 2)}\n`);
      else if (output === "yaml") {
        context.writeOut(`version: ${data.version}\nnode: ${data.node}\n`);
      } else context.writeOut(text);
    });
};

const addCompletion = (program: Command, context: CliContext): void => {
  program
    .command("completion")
    .description("a script that completes commands and flags")
    .addHelpText("after", completionHelp)
    .addArgument(program.createArgument("<shell>", "which shell").choices(shells))
    .action((shell: (typeof shells)[number]) => {
      context.writeOut(completionScript(shell, program));
    });
};

const completionHelp = `
bash: source <(causeway completion bash)
zsh:  source <(causeway completion zsh)
fish: causeway completion fish | source`;
