import { type CommandInput, writeAnswer } from "../context.js";
import { type ExitCode, exitCodes } from "../exit.js";

/** Formats of `causeway report --format`. */
export const reportFormats = ["text", "markdown", "json"] as const;

/** Languages of the report. */
export const reportLanguages = ["en", "zh"] as const;

/** `causeway report`: what is broken first, then the figures. */
export const runReport = async (
  input: CommandInput,
  query: { readonly format: (typeof reportFormats)[number]; readonly lang: string },
): Promise<ExitCode> => {
  const isData = input.output === "json" || input.output === "yaml";
  const format = isData ? "json" : query.format;
  const output = format === "json" && !isData ? "json" : input.output;
  const answer = await input.client.getReport({ format, lang: query.lang });
  writeAnswer({ ...input, output }, answer, (content) =>
    content.endsWith("\n") ? content : `${content}\n`,
  );
  return exitCodes.good;
};
