import { readFileSync, statSync } from "node:fs";
import { CliError, exitCodes } from "../exit.js";
import { sideFileBytesMax } from "../limits.js";
import type { NamedText } from "./policy-answers.js";

/** Reads a file of rules or suppressions. Throws a CliError with code 4 when it can't be read or is too large. */
export const readSideFile = (file: string, flag: string): NamedText => {
  try {
    const { size } = statSync(file);
    if (size > sideFileBytesMax) {
      const message = `${flag} ${file}: ${size} bytes are too much; allowed: ${sideFileBytesMax}`;
      throw new CliError(exitCodes.unreachable, message);
    }
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(exitCodes.unreachable, `${flag} ${file} ${reasonOf(error)}`, {
      cause: error,
    });
  }
};

/** Why a file could not be read, as the end of a sentence. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "does not exist";
    case "EACCES":
    case "EPERM":
      return "may not be read";
    case "EISDIR":
      return "is a folder; name a file";
    default:
      return `can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
};
