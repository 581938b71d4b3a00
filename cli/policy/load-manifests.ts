import { statSync } from "node:fs";
import { readManifests } from "../../server/kube/manifests/read-manifests.js";
import { CliError, exitCodes } from "../exit.js";
import { reasonOf } from "./side-file.js";
import { assertOneStandardInput } from "./standard-input.js";

/** What manifests hold. */
export type LoadedManifests = Awaited<ReturnType<typeof readManifests>>;

/**
 * Reads folders, files and "-". Throws a CliError with code 4 when one of them does not exist, and with code 2 when
 * standard input is named twice: it can be read once.
 */
export const loadManifests = async (paths: readonly string[]): Promise<LoadedManifests> => {
  assertOneStandardInput(paths);
  assertReadable(paths);
  return await readManifests(paths);
};

const assertReadable = (paths: readonly string[]): void => {
  for (const path of paths) {
    if (path === "-") continue;
    try {
      statSync(path);
    } catch (error) {
      throw new CliError(exitCodes.unreachable, `${path} ${reasonOf(error)}`, { cause: error });
    }
  }
};
