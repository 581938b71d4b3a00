import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compareFolder, type FolderResult } from "./compare-folder.js";
import { findFolders, hasExpectations } from "./folders.js";
import { folderOfList, generatedLists, hasGenerated } from "./generated.js";

/**
 * Compares the analyzer with what another one expects of folders of manifests: `npm run test:oracle -- [DIR…]`. Exit 1 when
 * a folder differs, 2 when a DIR is not there or has no expectations. The data that comes beside the repository may be
 * absent: then it is skipped, loudly.
 */

const shared = fileURLToPath(new URL("../../../shared/oracle/", import.meta.url));
const shownDifferencesMax = 20;

const results: FolderResult[] = [];
const skipped: string[] = [];
let isUsable = true;

const take = (result: FolderResult): void => {
  results.push(result);
  if (result.differences.length === 0) return;
  console.log(`${result.name} differs in ${result.differences.length}:`);
  for (const each of result.differences.slice(0, shownDifferencesMax)) console.log(`  ${each}`);
  const more = result.differences.length - shownDifferencesMax;
  if (more > 0) console.log(`  and ${more} more`);
};

const compareGenerated = async (root: string): Promise<void> => {
  for (const list of generatedLists(root)) {
    const made = folderOfList(root, list);
    if (typeof made === "string") {
      skipped.push(made);
      continue;
    }
    try {
      take(await compareFolder(made.folder));
    } finally {
      made.remove();
    }
  }
};

const compareStated = async (root: string): Promise<void> => {
  for (const folder of findFolders(root)) {
    if (folder.files.length === 0) skipped.push(`${folder.name}: nothing is expected of it`);
    else take(await compareFolder(folder));
  }
};

const compareRoot = async (path: string): Promise<void> => {
  const root = resolve(path);
  if (hasExpectations(root)) await compareStated(root);
  else if (hasGenerated(root)) await compareGenerated(root);
  else if (!existsSync(root) && `${root}/`.startsWith(shared)) {
    skipped.push(`${path} is not there: nothing of it was compared`);
  } else {
    console.error(
      `${path}: no tests/ with test_outputs/connlist/ in it, and no *.connlist.txt: give a folder of one of these layouts`,
    );
    isUsable = false;
  }
};

const roots = process.argv.slice(2);
for (const root of roots.length > 0 ? roots : [resolve(shared, "netpol")]) await compareRoot(root);

const sum = (count: (result: FolderResult) => number): number =>
  results.reduce((total, result) => total + count(result), 0);
const differing = results.filter(({ differences }) => differences.length > 0).length;
for (const text of skipped) console.log(`SKIPPED: ${text}`);
console.log(`folders ${results.length}, expected files ${sum(({ files }) => files)}`);
console.log(`pairs of workloads ${sum(({ pairs }) => pairs)}`);
console.log(`IP cells ${sum(({ ipCells }) => ipCells)}`);
console.log(`exposure entries ${sum(({ exposureEntries }) => exposureEntries)}`);
console.log(`explanation facts ${sum(({ facts }) => facts)}`);
console.log(`differences ${sum(({ differences }) => differences.length)}`);
console.log(`${results.length - differing} folders agree, ${differing} differ`);
process.exitCode = !isUsable ? 2 : differing > 0 ? 1 : 0;
