import type { Command } from "commander";
import { CliError, exitCodes } from "./exit.js";

/** Formats of -o that every command has unless it says otherwise. */
export const outputFormats = ["table", "wide", "json", "yaml"] as const;

/** One format of -o of the commands that ask the mesh. */
export type OutputFormat = (typeof outputFormats)[number];

/** Every format that some command has. */
export type AnyFormat =
  | OutputFormat
  | "csv"
  | "md"
  | "dot"
  | "svg"
  | "connlist"
  | "sarif"
  | "junit";

const formatsOfCommand = new WeakMap<Command, readonly AnyFormat[]>();

/** Gives a command formats of its own; the first is the one without -o. */
export const setFormats = (command: Command, formats: readonly AnyFormat[]): Command => {
  formatsOfCommand.set(command, formats);
  return command;
};

/** The formats of a command. */
export const formatsOf = (command: Command): readonly AnyFormat[] =>
  formatsOfCommand.get(command) ?? outputFormats;

/** The format of a run; throws a CliError with code 2 that names the formats of the command when it lacks this one. */
export const formatFrom = (command: Command, given: string | undefined): AnyFormat => {
  const formats = formatsOf(command);
  const [first = "table"] = formats;
  if (given === undefined) return first;
  const format = formats.find((name) => name === given);
  if (format !== undefined) return format;
  throw new CliError(
    exitCodes.usage,
    `option '-o, --output <format>' argument '${given}' is invalid. Allowed choices are ${formats.join(", ")}.`,
  );
};
