import type { Command } from "commander";
import type { ExitCode } from "./exit.js";
import type { PairFields } from "./policy/policy-answers.js";
import type { PolicyRequest } from "./policy/request.js";
import { type CommonFlags, type RunPolicy, withCommonFlags, withEnds } from "./policy-options.js";

type PairFlags = CommonFlags & { readonly port?: number; readonly protocol?: string };

type PairCommands = typeof import("./commands/policy-pair.js");

type PairRun = (request: PolicyRequest, pair: PairFields) => Promise<ExitCode>;

const formats = ["table", "wide", "json", "yaml", "md"] as const;

/** Adds `causeway diagnose`. */
export const addDiagnose = (program: Command, run: RunPolicy): void => {
  addPair(program.command("diagnose").description("why A can't reach B, and what to do"), run, {
    choose: ({ runDiagnose }) => runDiagnose,
    examples: [
      "causeway diagnose shop/checkout svc/shop/cart manifests/ --port 80",
      "kubectl get all,netpol,ep,cm -A -o yaml | causeway diagnose shop/checkout svc/shop/cart -",
    ],
  });
};

/** Adds `causeway policy eval`, `explain` and `fix`. */
export const addPairs = (policy: Command, run: RunPolicy): void => {
  addPair(
    policy.command("eval").description("may A reach B: 0 permitted, 1 denied, 3 can't be told"),
    run,
    {
      choose: ({ runEval }) => runEval,
      examples: [
        "causeway policy eval shop/web shop/cart manifests/ --port 8080",
        "causeway policy eval shop/web 1.1.1.1 manifests/ --port 443",
      ],
    },
  );
  addPair(
    policy.command("explain").description("why A may or may not reach B, rule by rule"),
    run,
    {
      choose: ({ runExplain }) => runExplain,
      examples: ["causeway policy explain shop/web svc/shop/cart manifests/ --port 80"],
    },
  );
  addPair(policy.command("fix").description("the smallest manifest that lets A reach B"), run, {
    choose: ({ runFix }) => runFix,
    examples: [
      "causeway policy fix shop/web shop/cart manifests/ --port 8080",
      "causeway policy fix shop/web shop/cart manifests/ --port 8080 -o yaml | kubectl apply -f -",
    ],
  });
};

const addPair = (
  bare: Command,
  run: RunPolicy,
  {
    choose,
    examples,
  }: {
    readonly choose: (commands: PairCommands) => PairRun;
    readonly examples: readonly string[];
  },
): void => {
  const command = withCommonFlags(withEnds(bare), formats, examples);
  command.action((source: string, destination: string, dirs: string[], flags: PairFlags) =>
    run(command, dirs, async (request) => {
      const commands = await import("./commands/policy-pair.js");
      return await choose(commands)(request, pairFrom(source, destination, flags));
    }),
  );
};

const pairFrom = (
  source: string,
  destination: string,
  { port, protocol }: PairFlags,
): PairFields => ({
  source,
  destination,
  ...(port === undefined ? {} : { port }),
  ...(protocol === undefined ? {} : { protocol }),
});
