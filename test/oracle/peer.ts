import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareFolder, type FolderResult } from "./compare-folder.js";
import { type GeneratedSize, listFile } from "./generated.js";

const program = "netpolicy";
/** How often the peer is asked while it differs: its own answer may change from one run to the next. */
const runsMax = 8;
/** Room for the list of a thousand workloads. */
const outputBytesMax = 1 << 28;

/** Sizes that no stored list is of: few and many workloads, policies and namespaces, Deployments and Pods. */
export const peerSizes: readonly GeneratedSize[] = [
  ...[20, 40, 60, 100, 150, 200].flatMap((workloads) =>
    [10, 50, 100, 200].map((policies) => ({ workloads, policies, seed: workloads + policies })),
  ),
  ...["1", "2", "40"].map((namespaces, index) => ({
    workloads: 80,
    policies: 80,
    seed: 301 + index,
    options: ["-N", namespaces],
  })),
  ...[20, 60, 120].map((workloads) => ({
    workloads,
    policies: workloads,
    seed: 401 + workloads,
    options: ["--kind", "Pod"],
  })),
  { workloads: 100, policies: 100, seed: 501, options: ["--mutate", "50"] },
  { workloads: 60, policies: 0, seed: 502 },
];

/** What a size is called in the output. */
export const sizeName = ({ workloads, policies, seed, options = [] }: GeneratedSize): string =>
  [`w${workloads}p${policies}s${seed}`, ...options].join(" ");

/** Whether the peer's program is on the PATH. */
export const hasPeer = (): boolean =>
  spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined;

/** What came of the peer: a comparison, with the number of cells in which only some of its runs differ, or why it lists nothing. */
export type PeerResult =
  | { readonly kind: "compared"; readonly result: FolderResult; readonly unsteady: number }
  | { readonly kind: "refused"; readonly why: string };

/** Compares a folder of manifests with what the peer lists for it now; a difference counts when each of its runs has it. */
export const compareWithPeer = async (name: string, path: string): Promise<PeerResult> => {
  const scratch = mkdtempSync(join(tmpdir(), "causeway-peer-"));
  const file = join(scratch, "list.txt");
  const runs: FolderResult[] = [];
  try {
    do {
      const list = listOfPeer(path);
      if (list.kind === "refused") return list;
      writeFileSync(file, list.text);
      runs.push(await compareFolder({ name, path, files: [listFile(file)] }));
    } while (runs.length < runsMax && runs.at(-1)?.differences.length !== 0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return steadyPart(runs);
};

type PeerList =
  | { readonly kind: "list"; readonly text: string }
  | (PeerResult & { kind: "refused" });

const listOfPeer = (path: string): PeerList => {
  const { status, stdout, stderr, error } = spawnSync(
    program,
    ["list", "--dirpath", path, "--quiet"],
    { encoding: "utf8", maxBuffer: outputBytesMax },
  );
  return status === 0
    ? { kind: "list", text: stdout }
    : { kind: "refused", why: error?.message ?? stderr.trim() };
};

const steadyPart = (runs: readonly FolderResult[]): PeerResult => {
  const [first] = runs;
  assert(first, "the peer was asked once at least");
  const cells = runs.map(({ differences }) => new Set(differences.map(cellOf)));
  const differences = first.differences.filter((difference) =>
    cells.every((each) => each.has(cellOf(difference))),
  );
  const unsteady = new Set(cells.flatMap((each) => [...each])).size - differences.length;
  return { kind: "compared", result: { ...first, differences }, unsteady };
};

/** The cell of a difference, without what either side says of it. */
const cellOf = (difference: string): string => difference.split(": expected ")[0] ?? difference;
