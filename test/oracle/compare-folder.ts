import { readFileSync } from "node:fs";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import type { IpRange } from "../../server/analyzer/sets/ip.js";
import { addressBounds } from "./address-bounds.js";
import { compareExplanations, splitExplanation } from "./compare-explanations.js";
import { compareExposure, exposedRanges } from "./compare-exposure.js";
import { compareLists } from "./compare-lists.js";
import { parseStatedFile, type StatedFile } from "./expected-file.js";
import { exposureInFocus, isInFocus, isUnderstood } from "./focus.js";
import type { ExpectedFile, ExpectedFolder } from "./folders.js";
import { ourExposure, ourList, worldOfFolder } from "./our-answers.js";

/** What was compared of a folder, and what differs. */
export type FolderResult = {
  readonly name: string;
  /** Expected files that were compared. */
  readonly files: number;
  readonly pairs: number;
  readonly ipCells: number;
  readonly exposureEntries: number;
  readonly facts: number;
  readonly differences: readonly string[];
};

type Counts = { pairs: number; ipCells: number; exposureEntries: number; facts: number };

/** Evaluates a folder and compares with each of its expected files. What can't be read or compared is a difference. */
export const compareFolder = async (folder: ExpectedFolder): Promise<FolderResult> => {
  const counts: Counts = { pairs: 0, ipCells: 0, exposureEntries: 0, facts: 0 };
  const differences: string[] = [];
  let files = 0;
  try {
    const ours = await evaluated(folder.path);
    differences.push(...ours.list.doubts);
    for (const file of folder.files) {
      const found = compareFile(ours, file, counts);
      if (found === undefined) continue;
      files++;
      differences.push(...found.map((each) => `${file.kind}.${file.format}: ${each}`));
    }
  } catch (error) {
    differences.push(`can't be compared: ${error instanceof Error ? error.message : error}`);
  }
  return { name: folder.name, files, ...counts, differences };
};

type Evaluated = {
  readonly world: PolicyWorld;
  readonly list: ReturnType<typeof ourList>;
  readonly workloads: readonly string[];
  readonly bounds: readonly IpRange[];
};

const evaluated = async (path: string): Promise<Evaluated> => {
  const world = await worldOfFolder(path);
  const workloads = world.engine.units().map(({ name }) => name);
  return { world, list: ourList(world), workloads, bounds: addressBounds(path) };
};

/** The differences from one file; undefined where the file is restricted to something that is not known. */
const compareFile = (
  ours: Evaluated,
  file: ExpectedFile,
  counts: Counts,
): readonly string[] | undefined => {
  const focus = { words: file.focus, direction: file.direction };
  if (!isUnderstood(focus, ours.workloads)) return undefined;
  const text = readFileSync(file.path, "utf8");
  const explained = file.kind.startsWith("explain") ? splitExplanation(text) : undefined;
  const expected = parseStatedFile(explained?.exposure ?? text, file.format);
  const differences: string[] = [];
  if (explained === undefined) {
    const lines = ours.list.lines.filter((line) => isInFocus(focus, line));
    const { workloads, bounds } = ours;
    const lists = compareLists({ expected: expected.lines, ours: lines, workloads, bounds });
    counts.pairs = Math.max(counts.pairs, lists.pairs);
    counts.ipCells = Math.max(counts.ipCells, lists.ipCells);
    differences.push(...lists.differences);
  } else {
    const reasons = compareExplanations(ours.world, explained.reasons);
    counts.facts += reasons.facts;
    differences.push(...reasons.differences);
  }
  return [...differences, ...exposureDifferences(ours, file, expected, counts)];
};

const exposureDifferences = (
  { world, workloads, bounds }: Evaluated,
  file: ExpectedFile,
  { exposure }: StatedFile,
  counts: Counts,
): readonly string[] => {
  if (exposure === undefined) return [];
  const focus = { words: file.focus, direction: file.direction };
  const own = exposureInFocus(ourExposure(world), focus);
  const entries = compareExposure(exposure, own);
  counts.exposureEntries += entries.entries;
  const ranges = compareLists({
    expected: exposedRanges(exposure),
    ours: exposedRanges(own),
    workloads,
    bounds,
  });
  return [...entries.differences, ...ranges.differences.map((each) => `exposed ${each}`)];
};
