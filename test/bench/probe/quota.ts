import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";

const cpuV1 = "/sys/fs/cgroup/cpu/causeway-bench";
const unified = "/sys/fs/cgroup/causeway-bench";

const group = existsSync("/sys/fs/cgroup/cpu") ? cpuV1 : unified;

/** A command that runs with a tenth of a core, 10 ms of every 100 ms, as `limits.cpu: 100m` has it. */
export const inQuota = (command: readonly string[]): readonly string[] => {
  mkdirSync(group, { recursive: true });
  if (group === cpuV1) {
    writeFileSync(`${group}/cpu.cfs_period_us`, "100000");
    writeFileSync(`${group}/cpu.cfs_quota_us`, "10000");
  } else writeFileSync(`${group}/cpu.max`, "10000 100000");
  // The shell has only texts of this file; it puts itself into the group and becomes the command.
  return ["sh", "-c", `echo $$ > ${group}/cgroup.procs && exec "$@"`, "sh", ...command];
};

/** Removes the group when nothing runs in it any more. */
export const removeQuota = (): void => {
  if (existsSync(group)) rmdirSync(group);
};
