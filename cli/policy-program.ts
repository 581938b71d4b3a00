import { type Command, Option } from "commander";
import { type Severity, severities } from "../server/analyzer/lint/finding.js";
import type { CliContext } from "./context.js";
import type { ExitCode } from "./exit.js";
import { formatFrom } from "./formats.js";
import { connectionFrom, type GlobalFlags } from "./global-flags.js";
import { assertOneStandardInput } from "./policy/standard-input.js";
import { type CommonFlags, dirText, type RunPolicy, withCommonFlags } from "./policy-options.js";
import { addDiagnose, addPairs } from "./policy-pair-program.js";

/** Adds `causeway policy …` and `causeway diagnose`. What they need is loaded when one runs. */
export const addPolicyCommands = (
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void => {
  const run: RunPolicy = async (command, dirs, action) => {
    const flags = command.optsWithGlobals<GlobalFlags & CommonFlags>();
    const { runPolicy } = await import("./policy/run-policy.js");
    const options = {
      context,
      format: formatFrom(command, flags.output),
      dirs,
      profile: flags.profile,
      isStrict: flags.strict === true,
      isQuiet: flags.quiet === true,
      connection: () => connectionFrom(flags),
    };
    finish(await runPolicy(options, action));
  };
  addDiagnose(program, run);
  const policy = program
    .command("policy")
    .description("what the network policies allow: of manifests, or of the server's live model");
  addList(policy, run);
  addPairs(policy, run);
  addExposure(policy, run);
  addLint(policy, run);
  addGraph(policy, run);
  addDiff(policy, run);
  addWhatIf(policy, run);
  addCheck(policy, run);
};

const listCommands = () => import("./commands/policy-list.js");

const modelCommands = () => import("./commands/policy-model.js");

const changeCommands = () => import("./commands/policy-changes.js");

const addList = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("list")
      .description("every pair of workloads and address ranges with a connection")
      .argument("[dir...]", dirText)
      .option("--namespace <name>", "only rows with an end in this namespace")
      .option(
        "--from <name>",
        "only rows from this: NAMESPACE/NAME, NAMESPACE/NAME[Kind], an address",
      )
      .option("--to <name>", "only rows to this"),
    ["table", "wide", "json", "yaml", "csv", "md", "connlist", "dot", "svg"],
    [
      "causeway policy list manifests/ --namespace shop",
      "helm template . | causeway policy list - -o csv",
      "causeway policy list manifests/ -o connlist --profile np-guard",
    ],
  );
  type Flags = { readonly namespace?: string; readonly from?: string; readonly to?: string };
  command.action((dirs: string[], { namespace = "", from = "", to = "" }: Flags) =>
    run(command, dirs, async (request) =>
      (await listCommands()).runList(request, { namespace, source: from, destination: to }),
    ),
  );
};

const addExposure = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("exposure")
      .description("what workloads are open to beyond the workloads of the manifests")
      .argument("[dir...]", dirText),
    ["table", "wide", "json", "yaml", "csv", "md"],
    ["causeway policy exposure manifests/"],
  );
  command.action((dirs: string[]) =>
    run(command, dirs, async (request) => (await modelCommands()).runExposure(request)),
  );
};

const addLint = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
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
  type LintFlags = {
    readonly failOn: Severity;
    readonly rules?: string;
    readonly suppressions?: string;
  };
  command.action((dirs: string[], { failOn, rules, suppressions }: LintFlags) =>
    run(command, dirs, async (request) => {
      const ids = rules?.split(",").map((id) => id.trim().toUpperCase());
      return (await modelCommands()).runLint(request, {
        failOn,
        rules: ids,
        suppressionsFile: suppressions,
      });
    }),
  );
};

const addGraph = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("graph")
      .description(
        "the connections as a drawing, grouped by namespace and by what policies tell apart",
      )
      .argument("[dir...]", dirText),
    ["dot", "svg", "json", "yaml"],
    ["causeway policy graph manifests/ -o svg > connections.svg"],
  );
  command.action((dirs: string[]) =>
    run(command, dirs, async (request) => (await listCommands()).runGraph(request)),
  );
};

const comparisonFormats = ["table", "wide", "json", "yaml", "csv", "md"] as const;

const addDiff = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("diff")
      .description("what differs in connections between two folders: 1 when something does")
      .argument("<dir1>", "before: a folder, a file or -")
      .argument("<dir2>", "after: a folder, a file or -"),
    comparisonFormats,
    [
      "causeway policy diff manifests/ proposed/",
      "git show HEAD:policies.yaml | causeway policy diff - policies.yaml",
    ],
  );
  command.action(async (before: string, after: string) => {
    assertOneStandardInput([before, after]);
    await run(command, [before], async (request) =>
      (await changeCommands()).runDiff(request, after),
    );
  });
};

const addWhatIf = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("whatif")
      .description(
        "what would change in connections if these manifests were applied: 1 when something would",
      )
      .argument("[dir...]", dirText)
      .requiredOption("--change <files...>", "manifests to apply; put the folder before this flag"),
    comparisonFormats,
    ["causeway policy whatif manifests/ --change new-policy.yaml"],
  );
  command.action(async (dirs: string[], { change }: { readonly change: readonly string[] }) => {
    assertOneStandardInput([...dirs, ...change]);
    await run(command, dirs, async (request) =>
      (await changeCommands()).runWhatIf(request, change),
    );
  });
};

const addCheck = (policy: Command, run: RunPolicy): void => {
  const command = withCommonFlags(
    policy
      .command("check")
      .description("whether the assertions of a rules file hold: 1 when one does not")
      .argument("[dir...]", dirText)
      .requiredOption("--rules <file>", "YAML with permit: and forbid: lists of {from, to, ports}"),
    ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
    ["causeway policy check manifests/ --rules rules.yaml -o junit > report.xml"],
  );
  command.action((dirs: string[], { rules }: { readonly rules: string }) =>
    run(command, dirs, async (request) => (await changeCommands()).runCheck(request, rules)),
  );
};
