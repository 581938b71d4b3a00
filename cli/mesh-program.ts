import { type Command, Option } from "commander";
import { probeKinds } from "../common/probe.js";
import type { ReadOptions } from "./commands/reads.js";
import type { CliContext, CommandInput } from "./context.js";
import type { ExitCode } from "./exit.js";
import { failConditions } from "./fail-on.js";
import { type OutputFormat, outputFormats } from "./formats.js";
import { connectionFrom, type GlobalFlags } from "./global-flags.js";
import { numberFrom } from "./option-parsers.js";
import { type ReportFormat, reportFormats, reportLanguages } from "./report-choices.js";

type MatrixFlags = ReadFlags & {
  readonly kind: string;
  readonly plane: string;
  readonly window: number;
};

type ReadFlags = { readonly watch?: boolean; readonly failOn?: ReadOptions["failOn"] };

/** Adds the commands that ask the server what the mesh says. What they need is loaded when one runs. */
export const addMeshCommands = (
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void => {
  const ask: Ask = async (run) => {
    finish(await withClient(context, program.opts<GlobalFlags>(), run));
  };
  addReads(program, ask);
  addProbe(program, ask);
  addReport(program, ask);
};

type Commands = Awaited<ReturnType<typeof loadCommands>>;

type Ask = (run: (input: CommandInput, commands: Commands) => Promise<ExitCode>) => Promise<void>;

const loadCommands = async () => {
  const [reads, probe, report] = await Promise.all([
    import("./commands/reads.js"),
    import("./commands/probe.js"),
    import("./commands/report.js"),
  ]);
  return { ...reads, ...probe, ...report };
};

const addReads = (program: Command, ask: Ask): void => {
  readFlags(program.command("agents").description("the agents and where they stand")).action(
    (flags: ReadFlags) => ask((input, { runAgents }) => runAgents(input, readOptions(flags))),
  );
  matrixFlags(
    readFlags(program.command("matrix").description("the state of every measured pair")),
  ).action((flags: MatrixFlags) =>
    ask((input, { runMatrix }) => runMatrix(input, matrixQuery(flags), readOptions(flags))),
  );
  readFlags(
    program.command("pair").description("two of them in both directions, every kind of probe"),
  )
    .argument("<a>", "agent, node or pod that probes")
    .argument("<b>", "agent, pod, node/NAME or dns/NAME that is probed")
    .addOption(windowOption())
    .action((source: string, target: string, flags: MatrixFlags) =>
      ask((input, { runPair }) =>
        runPair(input, { source, target, windowS: flags.window }, readOptions(flags)),
      ),
    );
  matrixFlags(readFlags(program.command("worst").description("the pairs that need a look first")))
    .addOption(
      new Option("--max <number>", "at most so many").argParser(numberFrom(1, 1000)).default(20),
    )
    .action((flags: MatrixFlags & { readonly max: number }) =>
      ask((input, { runWorst }) =>
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
        ask((input, { runProbe }) =>
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
    .action((flags: { readonly format: ReportFormat; readonly lang: string }) =>
      ask((input, { runReport }) => runReport(input, flags)),
    );
};

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

const withClient = async (
  context: CliContext,
  flags: GlobalFlags,
  run: (input: CommandInput, commands: Commands) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const connection = connectionFrom(flags);
  const { createMeshClient } = await import("./rpc/client.js");
  const client = createMeshClient(connection, context.signal);
  try {
    return await run({ context, client, output: outputFrom(flags) }, await loadCommands());
  } finally {
    client.close();
  }
};

/** The format was checked before the command ran. */
const outputFrom = ({ output }: GlobalFlags): OutputFormat =>
  outputFormats.find((format) => format === output) ?? "table";
