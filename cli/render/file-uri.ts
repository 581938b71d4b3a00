import { isAbsolute, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * The URI of a file in a report: relative to the folder that the report is of where the file is below it, so that a
 * platform finds it in the repository; absolute elsewhere. Standard input is "stdin".
 */
export const fileUri = (file: string, folder: string): string => {
  if (file === "-") return "stdin";
  const path = isAbsolute(file) ? relative(folder, file) : normalized(file);
  if (path === "" || path.startsWith("..") || isAbsolute(path)) return pathToFileURL(file).href;
  return path.split(sep).map(encodeURIComponent).join("/");
};

const normalized = (file: string): string => relative(".", file);
