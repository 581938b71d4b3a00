import type { FolderResult } from "./compare-folder.js";

const shownDifferencesMax = 20;
const shownNamesMax = 5;

/** The lines that tell how a folder differs; none where it agrees. */
export const differenceLines = ({ name, differences }: FolderResult): readonly string[] => {
  if (differences.length === 0) return [];
  const more = differences.length - shownDifferencesMax;
  return [
    `${name} differs in ${differences.length}:`,
    ...differences.slice(0, shownDifferencesMax).map((each) => `  ${each}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
};

/** One line for files that were not compared; undefined where there is none. */
export const passedOverLine = (what: string, names: readonly string[]): string | undefined => {
  if (names.length === 0) return undefined;
  const more = names.length > shownNamesMax ? ", …" : "";
  return `${names.length} ${what}: ${names.slice(0, shownNamesMax).join(", ")}${more}`;
};

/** What was compared in all, and as the last line how many folders agree. */
export const summaryLines = (results: readonly FolderResult[]): readonly string[] => {
  const sum = (count: (result: FolderResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const differing = results.filter(({ differences }) => differences.length > 0).length;
  return [
    `folders ${results.length}, expected files ${sum(({ files }) => files)}`,
    `pairs of workloads ${sum(({ pairs }) => pairs)}`,
    `IP cells ${sum(({ ipCells }) => ipCells)}`,
    `exposure entries ${sum(({ exposureEntries }) => exposureEntries)}`,
    `explanation facts ${sum(({ facts }) => facts)}`,
    `lists equal byte by byte ${sum(({ sameTexts }) => sameTexts)} of ${sum(({ texts }) => texts)}`,
    `differences ${sum(({ differences }) => differences.length)}`,
    `${results.length - differing} folders agree, ${differing} differ`,
  ];
};
