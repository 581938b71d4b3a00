import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type ProfileName,
  profileDefault,
  profileNames,
} from "../server/analyzer/policy/profile.js";
import type { ExitCode } from "./exit.js";
import { type AnyFormat, setFormats } from "./formats.js";
import { numberFrom } from "./option-parsers.js";
import type { PolicyRequest } from "./policy/request.js";

/** Flags of every command of policies and diagnoses. */
export type CommonFlags = {
  readonly profile?: ProfileName;
  readonly strict?: boolean;
  readonly quiet?: boolean;
};

/** Runs what a command does, with the answers that its folders, or else the server, give. */
export type RunPolicy = (
  command: Command,
  dirs: readonly string[],
  run: (request: PolicyRequest) => Promise<ExitCode>,
) => Promise<void>;

/** What help says of the folders. */
export const dirText = "folders, files or - for standard input; without one the server is asked";

/** Gives a command the flags that all have, its formats and its examples. */
export const withCommonFlags = (
  command: Command,
  formats: readonly AnyFormat[],
  examples: readonly string[],
): Command =>
  setFormats(command, formats)
    .addOption(
      new Option(
        "--profile <name>",
        `conventions to judge by (default: ${profileDefault})`,
      ).choices(profileNames),
    )
    .option("--strict", "end with 4 when something of the input can't be used")
    .option("-q, --quiet", "no progress and no problems on standard error")
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}\n`).join("")}`);

/** Gives a command its two ends, and the port and protocol between them. */
export const withEnds = (command: Command): Command =>
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
        .choices(protocols)
        .argParser(protocolFrom),
    );

const protocols = ["TCP", "UDP", "SCTP"] as const;

/** Protocols are read in any case. */
const protocolFrom = (text: string): string => {
  const protocol = protocols.find((name) => name === text.toUpperCase());
  if (protocol !== undefined) return protocol;
  throw new InvalidArgumentError(`Allowed choices are ${protocols.join(", ")}.`);
};
