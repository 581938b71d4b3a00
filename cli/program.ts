import { Command, InvalidArgumentError, Option } from "commander";
import { probeKinds } from "../common/probe.js";
import { readVersion } from "../common/version.js";
import { runProbe } from "./commands/probe.js";
import { type ReadOptions, runAgents, runMatrix, runPair, runWorst } from "./commands/reads.js";
import { reportFormats, reportLanguages, runReport } from "./commands/report.js";
import { completionScript, shells } from "./completion.js";
import { type CliContext, type CommandInput, outputFormats } from "./context.js";
import { CliError, type ExitCode, exitCodes } from "./exit.js";
import { failConditions } from "./fail-on.js";
import { processCommands } from "./process-commands.js";
import { parseQueryUrl } from "./query-url.js";
import { createMeshClient } from "./rpc/client.js";

type GlobalOptions = {
  readonly output: CommandInput["output"];
  readonly server: string;
  readonly tokenFile?: string;
  readonly ca?: string;
};

type MatrixFlags = ReadFlags & {
  readonly kind: string;
  readonly plane: string;
  readonly window: number;
};

type ReadFlags = { readonly watch?: boolean; readonly failOn?: ReadOptions["failOn"] };

const serverUrlDefault = "http://127.0.0.1:8080";

/** The commands with their flags; `finish` gets the exit code of the one that ran. */
export const createProgram = (context: CliContext, finish: (code: ExitCode) => void): Command => {
  const program = new Command(context.name)
    .description("Which paths of the network work, which do not, and why.")
    .addOption(
      new Option("-o, --output <format>", "how to print").choices(outputFormats).default("table"),
    )
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
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
  const ask = async (run: (input: CommandInput) => Promise<ExitCode>): Promise<void> => {
    finish(await withClient(context, program.opts<GlobalOptions>(), run));
  };
  addProcesses(program);
  addReads(program, ask);
  addProbe(program, ask);
  addReport(program, ask);
  addVersion(program, context);
  addCompletion(program, context);
  return program;
};

type Ask = (run: (input: CommandInput) => Promise<ExitCode>) => Promise<void>;

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

const addReads = (program: Command, ask: Ask): void => {
  readFlags(program.command("agents").description("the agents and where they stand")).action(
    (flags: ReadFlags) => ask((input) => runAgents(input, readOptions(flags))),
  );
  matrixFlags(
    readFlags(program.command("matrix").description("the state of every measured pair")),
  ).action((flags: MatrixFlags) =>
    ask((input) => runMatrix(input, matrixQuery(flags), readOptions(flags))),
  );
  readFlags(
    program.command("pair").description("two of them in both directions, every kind of probe"),
  )
    .argument("<a>", "agent, node or pod that probes")
    .argument("<b>", "agent, pod, node/NAME or dns/NAME that is probed")
    .addOption(windowOption())
    .action((source: string, target: string, flags: MatrixFlags) =>
      ask((input) => runPair(input, { source, target, windowS: flags.window }, readOptions(flags))),
    );
  matrixFlags(readFlags(program.command("worst").description("the pairs that need a look first")))
    .addOption(
      new Option("--max <number>", "at most so many").argParser(numberFrom(1, 1000)).default(20),
    )
    .action((flags: MatrixFlags & { readonly max: number }) =>
      ask((input) =>
        runWorst(input, { ...matrixQuery(flags), max: flags.max }, readOptions(flags)),
      ),
    );
};

const addProbe = (program: Command, ask: Ask): void => {
  program
    .command("probe")
    .description("have one probe another now; 1 when a probe fails, 3 when none could be run")
    .argument("<a>", "agent, node or pod that probes")
    .argument("<b>", "agent, pod, node/NAME, dns/NAME or an address that is probed")
    .addOption(kindOption("every planned kind"))
    .addOption(
      new Option("--port <number>", "destination port (default: the planned one)").argParser(
        numberFrom(1, 65_535),
      ),
    )
    .addOption(
      new Option("--timeout <ms>", "how long each probe waits")
        .argParser(numberFrom(1, 60_000))
        .default(4000),
    )
    .action(
      (
        source: string,
        target: string,
        flags: { readonly kind?: string; readonly port?: number; readonly timeout: number },
      ) =>
        ask((input) =>
          runProbe(input, {
            source,
            target,
            kind: flags.kind ?? "",
            port: flags.port ?? 0,
            timeoutMs: flags.timeout,
          }),
        ),
    );
};

const addReport = (program: Command, ask: Ask): void => {
  program
    .command("report")
    .description("what is broken first, then the figures")
    .addOption(
      new Option("--format <format>", "form of the report").choices(reportFormats).default("text"),
    )
    .addOption(new Option("--lang <language>", "language").choices(reportLanguages).default("en"))
    .action((flags: Parameters<typeof runReport>[1]) => ask((input) => runReport(input, flags)));
};

const addVersion = (program: Command, context: CliContext): void => {
  program
    .command("version")
    .description("the version of this program")
    .action(() => {
      const version = readVersion();
      const { output } = program.opts<GlobalOptions>();
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

const withClient = async (
  context: CliContext,
  options: GlobalOptions,
  run: (input: CommandInput) => Promise<ExitCode>,
): Promise<ExitCode> => {
  // A variable that is set but empty counts as not set, as everywhere.
  const url = parseQueryUrl(options.server === "" ? serverUrlDefault : options.server);
  if (url === undefined) {
    throw new CliError(
      exitCodes.usage,
      `--server (CAUSEWAY_SERVER): ${JSON.stringify(options.server)} is not allowed; allowed: http://HOST[:PORT] or https://HOST[:PORT]`,
    );
  }
  const connection = { url, tokenFile: nonEmpty(options.tokenFile), caFile: nonEmpty(options.ca) };
  const client = createMeshClient(connection, context.signal);
  try {
    return await run({ context, client, output: options.output });
  } finally {
    client.close();
  }
};

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

const readFlags = (command: Command): Command =>
  command
    .option("-w, --watch", "go on and show what changes")
    .addOption(
      new Option("--fail-on <condition>", "end with 1 when there is such a thing").choices(
        failConditions,
      ),
    );

const matrixFlags = (command: Command): Command =>
  command
    .addOption(kindOption("the worst of each pair"))
    .addOption(new Option("--plane <plane>", "which network").choices(["pod", "host"]))
    .addOption(windowOption());

const kindOption = (otherwise: string): Option =>
  new Option("--kind <kind>", `kind of probe (default: ${otherwise})`).choices(probeKinds);

const windowOption = (): Option =>
  new Option("--window <seconds>", "how far back losses count")
    .argParser(numberFrom(1, 3600))
    .default(60);

const readOptions = (flags: ReadFlags): ReadOptions => ({
  watch: flags.watch === true,
  failOn: flags.failOn,
});

const matrixQuery = (flags: MatrixFlags): { kind: string; plane: string; windowS: number } => ({
  kind: flags.kind ?? "",
  plane: flags.plane ?? "",
  windowS: flags.window,
});

const numberFrom =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
  };
