import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noFocus } from "./focus.js";
import type { ExpectedFile, ExpectedFolder } from "./folders.js";

const ending = ".connlist.txt";
const generator = "gen_manifests.py";
const listName = /^w(\d+)p(\d+)(?:s(\d+))?$/;

/** What the generator is asked for. */
export type GeneratedSize = {
  readonly workloads: number;
  readonly policies: number;
  readonly seed: number;
  /** Further options, such as `["--kind", "Pod"]`. */
  readonly options?: readonly string[];
};

/** Lists of connections that another analyzer printed for generated folders: `NAME.connlist.txt`; none: not this layout. */
export const generatedLists = (root: string): readonly string[] =>
  existsSync(root)
    ? readdirSync(root)
        .filter((name) => name.endsWith(ending))
        .sort()
    : [];

/** Whether the generator's language is on the PATH. */
export const hasPython = (): boolean =>
  spawnSync("python3", ["--version"], { stdio: "ignore" }).error === undefined;

/** A list of connections as the whole of what is expected. */
export const listFile = (path: string): ExpectedFile => ({
  path,
  kind: "connlist",
  format: "txt",
  focus: noFocus,
});

/** A folder made for one comparison, and what to do with it after. */
export type MadeFolder = { readonly folder: ExpectedFolder; readonly remove: () => void };

/**
 * The folder of a list: the one of its name beside it, or one that the generator beside it makes of the sizes in the name
 * `w<W>p<P>[s<seed>]`; undefined where that takes Python, which is not here. Throws where there is neither.
 */
export const folderOfList = (root: string, list: string): MadeFolder | undefined => {
  const name = list.slice(0, -ending.length);
  const files = [listFile(join(root, list))];
  const beside = join(root, name);
  if (existsSync(beside)) return { folder: { name, path: beside, files }, remove: () => undefined };
  const size = listName.exec(name);
  if (size === null) {
    throw new Error(`${list}: no folder ${name} beside it, and its name is not w<W>p<P>[s<seed>]`);
  }
  if (!hasPython()) return undefined;
  const [, workloads, policies, seed = "1"] = size;
  const made = generate(join(root, generator), {
    workloads: Number(workloads),
    policies: Number(policies),
    seed: Number(seed),
  });
  return { folder: { name, path: made.path, files }, remove: made.remove };
};

/** Makes a folder of manifests in a temporary place. Throws with the generator's own words where it fails. */
export const generate = (
  program: string,
  { workloads, policies, seed, options = [] }: GeneratedSize,
): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "causeway-oracle-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const sizes = ["-W", `${workloads}`, "-P", `${policies}`, "--seed", `${seed}`];
  const run = spawnSync("python3", [program, "--out", path, ...sizes, ...options], {
    encoding: "utf8",
  });
  if (run.status === 0) return { path, remove };
  remove();
  throw new Error(`${program} failed: ${run.error?.message ?? run.stderr.trim()}`);
};
