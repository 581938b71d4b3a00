import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Path of a program that tests drive where it is there: on the PATH, in .cache/bin, or where Go installs programs. When it
 * is nowhere, says loudly what is skipped and how to get it.
 */
export const findProgram = (
  name: string,
  { skips, hint }: { readonly skips: string; readonly hint: string },
): string | undefined => {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    fileURLToPath(new URL("../../.cache/bin", import.meta.url)),
    ...goFolders(),
  ].filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) console.warn(`SKIPPED: ${skips}: there is no ${name}; ${hint}`);
  return found;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const goFolders = (): string[] => {
  const { stdout, error } = spawnSync("go", ["env", "GOPATH"], { encoding: "utf8" });
  if (error !== undefined) return [];
  return stdout
    .trim()
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "bin"));
};
