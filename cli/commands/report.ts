import { writeAnswer } from "../answer-text.js";
import type { CommandInput } from "../context.js";
import { type ExitCode, exitCodes } from "../exit.js";
import type { ReportFormat } from "../report-choices.js";

/** `causeway report`: what is broken first, then the figures. */
export const runReport = async (
  input: CommandInput,
  query: { readonly format: ReportFormat; readonly lang: string },
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
