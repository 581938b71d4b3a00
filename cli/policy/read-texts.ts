import { readFileSync, statSync } from "node:fs";
import { CliError, exitCodes } from "../exit.js";
import { changesBytesMax } from "../limits.js";
import { reasonOf } from "./side-file.js";
import { assertOneStandardInput } from "./standard-input.js";

/**
 * The documents of several files, or of standard input ("-"), as one text to send to a server. Throws a CliError with code
 * 4 when one can't be read or all are too large.
 */
export const readTexts = (files: readonly string[]): string => {
  assertOneStandardInput(files);
  const texts = files.map(readText);
  const text = texts.join("\n---\n");
  if (Buffer.byteLength(text) <= changesBytesMax) return text;
  throw new CliError(
    exitCodes.unreachable,
    `${files.join(", ")}: more than the ${changesBytesMax} bytes that a server takes; name the folder of the model as well, then nothing is sent`,
  );
};

const readText = (file: string): string => {
  try {
    if (file !== "-" && statSync(file).size > changesBytesMax)
      return " ".repeat(changesBytesMax + 1);
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CliError(exitCodes.unreachable, `${file} ${reasonOf(error)}`, { cause: error });
  }
};
