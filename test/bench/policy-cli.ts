import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { createFigures } from "./figures.js";

/** A folder of the peer's table: its figures on a machine with 2 cores, from the README beside the generator. */
type Folder = {
  readonly workloads: number;
  readonly policies: number;
  readonly peerCpuS: number;
  readonly peerMb: number;
};

const folders: readonly Folder[] = [
  { workloads: 100, policies: 50, peerCpuS: 0.9, peerMb: 80 },
  { workloads: 300, policies: 150, peerCpuS: 5.6, peerMb: 155 },
  { workloads: 1_000, policies: 500, peerCpuS: 82, peerMb: 1_970 },
  { workloads: 1_000, policies: 1_500, peerCpuS: 257, peerMb: 5_466 },
];

const root = fileURLToPath(new URL("../..", import.meta.url));
const generator = join(root, "../shared/oracle/generated/gen_manifests.py");

/** Wall and CPU seconds and peak memory of a whole run of a program. */
type Usage = { readonly wallS: number; readonly cpuS: number; readonly peakMb: number };

// The system tells what a child has used only to its parent; Python, which the folders need anyway, passes it on.
const meter = `
import json, resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wallS": time.monotonic() - start, "cpuS": used.ru_utime + used.ru_stime, "peakMb": used.ru_maxrss * 1024 / 1e6, "code": code}))
`;

/** Whole runs of the command line, from process start to the last line, against the peer's. */
export const benchPolicyCli = (figures: ReturnType<typeof createFigures>): void => {
  if (!existsSync(generator) || spawnSync("python3", ["--version"]).status !== 0) {
    console.log(
      "SKIPPED: whole runs of the command line, which need python3 and ../shared/oracle/generated",
    );
    return;
  }
  const peer = programOnPath("netpolicy");
  if (peer === undefined) {
    console.log("netpolicy is not on the PATH: ratios are to the figures that its table gives");
  }
  const scratch = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  try {
    for (const folder of folders) measureFolder(figures, folder, { scratch, peer });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const measureFolder = (
  figures: ReturnType<typeof createFigures>,
  { workloads, policies, peerCpuS, peerMb }: Folder,
  { scratch, peer }: { readonly scratch: string; readonly peer: string | undefined },
): void => {
  const path = join(scratch, `w${workloads}p${policies}`);
  const sizes = ["-W", `${workloads}`, "-P", `${policies}`, "--seed", "1"];
  spawnSync("python3", [generator, "--out", path, ...sizes], { stdio: "ignore" });
  const program = join(root, "bin/causeway.mjs");
  const ours = best(() => [
    process.execPath,
    program,
    ...["policy", "list", path, "--profile", "np-guard", "-o", "json"],
  ]);
  const theirs =
    peer === undefined
      ? { wallS: peerCpuS, cpuS: peerCpuS, peakMb: peerMb }
      : usageOf([peer, "list", "--dirpath", path, "-o", "json", "-q"]);
  const from = peer === undefined ? "from its table" : "in this run";
  const name = `list_w${workloads}_p${policies}`;
  const isGoal = workloads === 1_000 && policies === 500;
  figures.add({ name: `${name}_wall_s`, value: ours.wallS, unit: "s" });
  figures.add({
    name: `${name}_cpu_s`,
    value: ours.cpuS,
    unit: "s",
    ...(isGoal ? { goal: "50 times less" } : {}),
    peer: `netpol-analyzer ${theirs.cpuS.toFixed(1)} s, ${from}`,
    ratio: theirs.cpuS / ours.cpuS,
  });
  figures.add({
    name: `${name}_peak_mb`,
    value: ours.peakMb,
    unit: "MB",
    ...(isGoal ? { goal: "10 times less" } : {}),
    peer: `netpol-analyzer ${theirs.peakMb.toFixed(0)} MB, ${from}`,
    ratio: theirs.peakMb / ours.peakMb,
  });
};

const best = (command: () => readonly string[]): Usage =>
  [1, 2, 3]
    .map(() => usageOf(command()))
    .reduce((one, other) => (one.cpuS <= other.cpuS ? one : other));

const usageOf = (command: readonly string[]): Usage => {
  const { stdout } = spawnSync("python3", ["-c", meter, ...command], { encoding: "utf8" });
  const usage = JSON.parse(stdout) as Usage & { readonly code: number };
  if (usage.code !== 0) throw new Error(`${command.join(" ")} ended with ${usage.code}`);
  return usage;
};

const programOnPath = (name: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
