import { type Command, Option } from "commander";
import {
  type ProfileName,
  profileDefault,
  profileNames,
} from "../server/analyzer/policy/profile.js";
import type { CliContext } from "./context.js";
import type { ExitCode } from "./exit.js";
import { type AnyFormat, formatFrom, setFormats } from "./formats.js";
import { connectionFrom, type GlobalFlags } from "./global-flags.js";
import { numberFrom } from "./option-parsers.js";
import { type PolicyRequest, type Severity, severities } from "./policy/request.js";

type CommonFlags = {
  readonly profile?: ProfileName;
  readonly strict?: boolean;
  readonly quiet?: boolean;
};

type PairFlags = CommonFlags & { readonly port?: number; readonly protocol?: string };

type Commands = typeof import("./commands/policy.js");

type Run = (
  command: Command,
  dirs: readonly string[],
  run: (request: PolicyRequest, commands: Commands) => Promise<ExitCode>,
) => Promise<void>;

/** Adds `causeway policy …` and `causeway diagnose`. What they need is loaded when one runs. */
export const addPolicyCommands = (
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void => {
  const run: Run = async (command, dirs, action) => {
    const flags = command.optsWithGlobals<GlobalFlags & CommonFlags>();
    const request: PolicyRequest = {
      context,
      format: formatFrom(command, flags.output),
      dirs,
      profile: flags.profile,
      isStrict: flags.strict === true,
      isQuiet: flags.quiet === true,
      connection: () => connectionFrom(flags),
    };
    finish(await action(request, await import("./commands/policy.js")));
  };
  addDiagnose(program, run);
  const policy = program
    .command("policy")
    .description("what the network policies allow: of manifests, or of the server's live model");
  addList(policy, run);
  addPairs(policy, run);
  addModelReports(policy, run);
  addComparisons(policy, run);
  addCheck(policy, run);
};

const dirText = "folders, files or - for standard input; without one the server is asked";

const ends = (command: Command): Command =>
  command
    .argument("<a>", "source: a pod, workload, node or address")
    .argument("<b>", "destination: the same, or svc/NAMESPACE/NAME, or dns/NAME")
    .argument("[dir...]", dirText)
    .addOption(
      new Option("--port <number>", "destination port; of a Service, the Service's").argParser(
        numberFrom(1, 65_535),
      ),
    )
    .addOption(
      new Option("--protocol <protocol>", "protocol (default: TCP with a port, else all)")
        .choices(["TCP", "UDP", "SCTP"])
        .argParser(protocolFrom),
    );

const addDiagnose = (program: Command, run: Run): void => {
  const command = common(
    ends(program.command("diagnose").description("why A can't reach B, and what to do")),
    ["table", "wide", "json", "yaml", "md"],
    [
      "causeway diagnose shop/checkout svc/shop/cart --port 80 manifests/",
      "kubectl get all,netpol,ep,cm -A -o yaml | causeway diagnose shop/checkout svc/shop/cart -",
    ],
  );
  command.action((source: string, destination: string, dirs: string[], flags: PairFlags) =>
    run(command, dirs, (request, { runDiagnose }) =>
      runDiagnose(request, pairFrom(source, destination, flags)),
    ),
  );
};

const addList = (policy: Command, run: Run): void => {
  const command = common(
    policy
      .command("list")
      .description("every pair of workloads and address ranges with a connection")
      .argument("[dir...]", dirText)
      .option("--namespace <name>", "only rows with an end in this namespace")
      .option("--from <name>", "only rows from this: NAMESPACE/NAME, NAMESPACE/NAME[Kind], an address")
      .option("--to <name>", "only rows to this")
      .option("--explain", "say of each pair which policies and rules make it so"),
    ["table", "wide", "json", "yaml", "csv", "md", "connlist", "dot", "svg"],
    [
      "causeway policy list manifests/ --namespace shop",
      "helm template . | causeway policy list - -o csv",
      "causeway policy list manifests/ -o connlist --profile np-guard",
    ],
  );
  type Flags = CommonFlags & {
    readonly namespace?: string;
    readonly from?: string;
    readonly to?: string;
    readonly explain?: boolean;
  };
  command.action((dirs: string[], { namespace = "", from = "", to = "", explain }: Flags) =>
    run(command, dirs, (request, { runList }) =>
      runList(request, {
        filter: { namespace, source: from, destination: to },
        withReasons: explain === true,
      }),
    ),
  );
};

const addPairs = (policy: Command, run: Run): void => {
  const formats = ["table", "wide", "json", "yaml", "md"] as const;
  const evaluate = common(
    ends(policy.command("eval").description("may A reach B: 0 permitted, 1 denied, 3 can't be told")),
    formats,
    [
      "causeway policy eval shop/web shop/cart --port 8080 manifests/",
      "causeway policy eval shop/web 1.1.1.1 --port 443 manifests/",
    ],
  );
  evaluate.action((source: string, destination: string, dirs: string[], flags: PairFlags) =>
    run(evaluate, dirs, (request, { runEval }) =>
      runEval(request, pairFrom(source, destination, flags)),
    ),
  );
  const explain = common(
    ends(policy.command("explain").description("why A may or may not reach B, rule by rule")),
    formats,
    ["causeway policy explain shop/web svc/shop/cart --port 80 manifests/"],
  );
  explain.action((source: string, destination: string, dirs: string[], flags: PairFlags) =>
    run(explain, dirs, (request, { runExplain }) =>
      runExplain(request, pairFrom(source, destination, flags)),
    ),
  );
  const fix = common(
    ends(policy.command("fix").description("the smallest manifest that lets A reach B")),
    formats,
    [
      "causeway policy fix shop/web shop/cart --port 8080 manifests/",
      "causeway policy fix shop/web shop/cart --port 8080 manifests/ -o yaml | kubectl apply -f -",
    ],
  );
  fix.action((source: string, destination: string, dirs: string[], flags: PairFlags) =>
    run(fix, dirs, (request, { runFix }) => runFix(request, pairFrom(source, destination, flags))),
  );
};

const addModelReports = (policy: Command, run: Run): void => {
  const exposure = common(
    policy
      .command("exposure")
      .description("what workloads are open to beyond the workloads of the manifests")
      .argument("[dir...]", dirText),
    ["table", "wide", "json", "yaml", "csv", "md"],
    ["causeway policy exposure manifests/"],
  );
  exposure.action((dirs: string[]) =>
    run(exposure, dirs, (request, { runExposure }) => runExposure(request)),
  );
  const lint = common(
    policy
      .command("lint")
      .description("what is wrong or risky in the policies")
      .argument("[dir...]", dirText)
      .addOption(
        new Option("--fail-on <severity>", "end with 1 at a finding of this severity or worse")
          .choices(severities)
          .default("high"),
      )
      .option("--rules <ids>", "only these rules, such as CW001,CW004")
      .option("--suppressions <file>", "findings to leave out, each with a reason"),
    ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
    [
      "causeway policy lint manifests/ --fail-on medium",
      "helm template . | causeway policy lint - -o sarif > findings.sarif",
    ],
  );
  type LintFlags = CommonFlags & {
    readonly failOn: Severity;
    readonly rules?: string;
    readonly suppressions?: string;
  };
  lint.action((dirs: string[], { failOn, rules, suppressions }: LintFlags) =>
    run(lint, dirs, (request, { runLint }) =>
      runLint(request, { failOn, rules, suppressionsFile: suppressions }),
    ),
  );
  const graph = common(
    policy
      .command("graph")
      .description("the connections as a drawing, grouped by namespace and by what policies tell apart")
      .argument("[dir...]", dirText),
    ["dot", "svg", "json"],
    ["causeway policy graph manifests/ -o svg > connections.svg"],
  );
  graph.action((dirs: string[]) => run(graph, dirs, (request, { runGraph }) => runGraph(request)));
};

const addComparisons = (policy: Command, run: Run): void => {
  const formats = ["table", "wide", "json", "yaml", "csv", "md"] as const;
  const diff = common(
    policy
      .command("diff")
      .description("what differs in connections between two folders: 1 when something does")
      .argument("<dir1>", "before: a folder, a file or -")
      .argument("<dir2>", "after: a folder, a file or -"),
    formats,
    ["causeway policy diff manifests/ proposed/", "git show HEAD:policies.yaml | causeway policy diff - policies.yaml"],
  );
  diff.action((before: string, after: string) =>
    run(diff, [], (request, { runDiff }) => runDiff(request, { before, after })),
  );
  const whatIf = common(
    policy
      .command("whatif")
      .description("what would change in connections if these manifests were applied: 1 when something would")
      .argument("[dir...]", dirText)
      .requiredOption("--change <files...>", "manifests to apply; put the folder before this flag"),
    formats,
    ["causeway policy whatif manifests/ --change new-policy.yaml"],
  );
  whatIf.action((dirs: string[], { change }: { readonly change: readonly string[] }) =>
    run(whatIf, dirs, (request, { runWhatIf }) => runWhatIf(request, change)),
  );
};

const addCheck = (policy: Command, run: Run): void => {
  const command = common(
    policy
      .command("check")
      .description("whether the assertions of a rules file hold: 1 when one does not")
      .argument("[dir...]", dirText)
      .requiredOption("--rules <file>", "YAML with permit: and forbid: lists of {from, to, ports}"),
    ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
    ["causeway policy check manifests/ --rules rules.yaml -o junit > report.xml"],
  );
  command.action((dirs: string[], { rules }: { readonly rules: string }) =>
    run(command, dirs, (request, { runCheck }) => runCheck(request, rules)),
  );
};

const common = (
  command: Command,
  formats: readonly AnyFormat[],
  examples: readonly string[],
): Command =>
  setFormats(command, formats)
    .addOption(
      new Option("--profile <name>", `conventions to judge by (default: ${profileDefault})`).choices(
        profileNames,
      ),
    )
    .option("--strict", "end with 4 when a document can't be read")
    .option("-q, --quiet", "no progress and no problems on standard error")
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}\n`).join("")}`);

const pairFrom = (
  source: string,
  destination: string,
  { port, protocol }: PairFlags,
): { source: string; destination: string; port?: number; protocol?: string } => ({
  source,
  destination,
  ...(port === undefined ? {} : { port }),
  ...(protocol === undefined ? {} : { protocol }),
});
