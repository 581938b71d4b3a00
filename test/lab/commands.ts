import { spawnSync } from "node:child_process";

/** A command of the system with its arguments; nothing is ever a shell's. */
export type Command = readonly [program: string, ...args: string[]];

/** Runs a command to its end; its output. Throws with what it wrote to standard error when it fails. */
export const runCommand = ([program, ...args]: Command, input?: string): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: commandTimeoutMs,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${[program, ...args].join(" ")}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
};

/** Runs lines of iproute2 in one process, which takes a tenth of the time of one process each. */
export const ipBatch = (lines: readonly string[], namespace?: string): void => {
  const scope = namespace === undefined ? [] : ["-n", namespace];
  runCommand(["ip", ...scope, "-batch", "-"], `${lines.join("\n")}\n`);
};

/** Every command here takes milliseconds; one that hangs must not hang the tests. */
const commandTimeoutMs = 10_000;

/** Programs that a lab needs and this machine lacks, and whether it may make namespaces at all. */
export const labMissing = (): string => {
  if (process.platform !== "linux")
    return `network namespaces are Linux's, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "making network namespaces needs root";
  const programs = ["ip", "tc", "iptables", "ip6tables", "sysctl", "setpriv"];
  const missing = programs.filter((program) => spawnSync(program, ["-V"]).error !== undefined);
  return missing.length === 0
    ? ""
    : `missing: ${missing.join(", ")} (Debian: iproute2, iptables, procps, util-linux)`;
};
