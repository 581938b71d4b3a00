import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import type { IpRange } from "../../server/analyzer/sets/ip.js";
import { addressBounds } from "./address-bounds.js";
import { compareExplanations, splitExplanation } from "./compare-explanations.js";
import { compareExposure, exposedRanges } from "./compare-exposure.js";
import { compareLists } from "./compare-lists.js";
import { parseStatedFile, type StatedFile } from "./expected-file.js";
import { exposureInFocus, isInFocus, isUnderstood } from "./focus.js";
import type { ExpectedFile, ExpectedFolder } from "./folders.js";
import { ourExposure, ourList, ourListText, worldOfFolder } from "./our-answers.js";

/** What was compared of a folder, and what differs. */
export type FolderResult = {
  readonly name: string;
  /** Expected files that were compared. */
  readonly files: number;
  /** Expected files that are restricted to something that the model does not have: they are not compared. */
  readonly passedOver: readonly string[];
  /** Whole lists in text form among them, and how many of these are equal to ours byte by byte. */
  readonly texts: number;
  readonly sameTexts: number;
  readonly pairs: number;
  readonly ipCells: number;
  readonly exposureEntries: number;
  readonly facts: number;
  readonly differences: readonly string[];
};

type Counts = {
  texts: number;
  sameTexts: number;
  pairs: number;
  ipCells: number;
  exposureEntries: number;
  facts: number;
};

/** Evaluates a folder and compares with each of its expected files. What can't be read or compared is a difference. */
export const compareFolder = async (folder: ExpectedFolder): Promise<FolderResult> => {
  const counts: Counts = {
    texts: 0,
    sameTexts: 0,
    pairs: 0,
    ipCells: 0,
    exposureEntries: 0,
    facts: 0,
  };
  const differences: string[] = [];
  const passedOver: string[] = [];
  let files = 0;
  try {
    const ours = await evaluated(folder.path);
    differences.push(...ours.list.doubts);
    for (const file of folder.files) {
      if (!isUnderstood(file.focus, ours.workloads)) {
        passedOver.push(basename(file.path));
        continue;
      }
      files++;
      const found = compareFile(ours, file, counts);
      differences.push(...found.map((each) => `${titleOf(file)}: ${each}`));
    }
  } catch (error) {
    differences.push(`can't be compared: ${error instanceof Error ? error.message : error}`);
  }
  return { name: folder.name, files, passedOver, ...counts, differences };
};

const titleOf = ({ kind, format, focus }: ExpectedFile): string =>
  [`${kind}.${format}`, ...focus.words, focus.direction ?? ""]
    .filter((word) => word !== "")
    .join(" ");

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

const compareFile = (ours: Evaluated, file: ExpectedFile, counts: Counts): readonly string[] => {
  const { focus } = file;
  const text = readFileSync(file.path, "utf8");
  if (file.kind === "connlist" && file.format === "txt" && focus.words.length === 0) {
    counts.texts++;
    if (ourListText(ours.world).trimEnd() === text.trimEnd()) counts.sameTexts++;
  }
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
    const reasons = compareExplanations(ours.world, explained.reasons, focus);
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
  const own = exposureInFocus(ourExposure(world), file.focus);
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
