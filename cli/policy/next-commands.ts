import { shellWord } from "../../server/analyzer/fix/shell-word.js";
import type { PairFields } from "./policy-answers.js";
import type { PolicyRequest } from "./request.js";

/** The same question asked of another command, ready to be run; none for standard input, which can't be read again. */
export const nextCommands = (
  { context, dirs, profile }: Pick<PolicyRequest, "context" | "dirs" | "profile">,
  { source, destination, port, protocol }: PairFields,
  commands: readonly string[],
): readonly string[] => {
  if (dirs.includes("-")) return [];
  const words = [
    source,
    destination,
    ...dirs,
    ...(port === undefined ? [] : ["--port", String(port)]),
    ...(protocol === undefined ? [] : ["--protocol", protocol]),
    ...(profile === undefined ? [] : ["--profile", profile]),
  ];
  return commands.map((command) => [context.name, command, ...words.map(shellWord)].join(" "));
};
