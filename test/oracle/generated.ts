import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExpectedFolder } from "./folders.js";

/** Lists of connections that another analyzer printed for generated folders, and how each folder is made. */
const listName = /^(w(\d+)p(\d+)(?:[-_]?s(?:eed)?(\d+))?)\.connlist\.txt$/;
const ending = ".connlist.txt";
const generator = "gen_manifests.py";

/** Whether a folder has the layout: lists "NAME.connlist.txt" beside folders NAME, or beside the generator of W and P. */
export const hasGenerated = (root: string): boolean =>
  existsSync(root) && readdirSync(root).some((name) => name.endsWith(ending));

/** A folder made for one comparison, and what to do with it after. */
export type GeneratedFolder = { readonly folder: ExpectedFolder; readonly remove: () => void };

/** The lists below a root, in order of names. */
export const generatedLists = (root: string): readonly string[] =>
  readdirSync(root)
    .filter((name) => name.endsWith(ending))
    .sort();

/** The folder of a list: the one of its name, or one that the generator makes. A text says why there is none. */
export const folderOfList = (root: string, list: string): GeneratedFolder | string => {
  const name = list.slice(0, -ending.length);
  const files = [
    {
      path: join(root, list),
      kind: "connlist",
      format: "txt",
      focus: [],
      direction: undefined,
    } as const,
  ];
  const existing = join(root, name);
  if (existsSync(existing)) {
    return { folder: { name, path: existing, files }, remove: () => undefined };
  }
  const size = listName.exec(list);
  if (size === null) return `${list}: no folder ${name}, and no size w<W>p<P>[s<seed>] in its name`;
  const [, , workloads = "", policies = "", seed = "1"] = size;
  const path = mkdtempSync(join(tmpdir(), "causeway-oracle-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const run = spawnSync(
    "python3",
    [join(root, generator), "--out", path, "-W", workloads, "-P", policies, "--seed", seed],
    { encoding: "utf8" },
  );
  if (run.status === 0) return { folder: { name, path, files }, remove };
  remove();
  return run.error === undefined
    ? `${list}: ${generator} failed: ${run.stderr.trim()}`
    : `${list}: python3 is needed to make its folder: ${run.error.message}`;
};
