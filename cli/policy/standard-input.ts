import { CliError, exitCodes } from "../exit.js";

/** Refuses a command line that names standard input more than once. */
export const assertOneStandardInput = (paths: readonly string[]): void => {
  if (paths.filter((path) => path === "-").length < 2) return;
  throw new CliError(exitCodes.usage, "standard input (-) can be read once only; name files");
};
