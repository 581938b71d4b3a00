import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ipBatch, labMissing } from "../lab/commands.js";
import { Lab } from "../lab/lab.js";
import type { LabHost } from "../lab/lab-host.js";
import { createFigures } from "./figures.js";
import { pingTargets, type RunPlan, type RunReport } from "./probe/plan.js";
import { inQuota, removeQuota } from "./probe/quota.js";
import { type WireTimes, wireTimesOf } from "./probe/wire-times.js";

// How far what an engine says is from what was on the wire, and what it costs. The wire is what tcpdump saw on the sender's
// own interface, where the kernel stamps packets; the responder answers after half a millisecond.

const runScript = fileURLToPath(new URL("./probe/run.ts", import.meta.url));
const responderSource = fileURLToPath(new URL("./probe/echo-responder.cc", import.meta.url));
const has = (program: string): boolean => spawnSync("which", [program]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
const capture = join(folder, "wire.pcap");
const figures = createFigures("probe");
const measuredTargets = 1000;
const captureBlockMs = 1500;

type Goals = { readonly p50?: string; readonly p99?: string };

const goals: Readonly<Record<"idle" | "load70" | "quota100m", Goals>> = {
  idle: { p50: "<= 1", p99: "<= 10" },
  load70: { p50: "<= 1", p99: "<= 10" },
  quota100m: { p99: "<= 50" },
};

const missing = labMissing() || (has("tcpdump") ? "" : "missing: tcpdump");
if (missing !== "") {
  console.log(`SKIPPED: ${missing}`);
  process.exit(0);
}

const lab = new Lab();
const children: ChildProcess[] = [];
const cleanUp = (): void => {
  for (const child of children) child.kill("SIGKILL");
  lab.close();
  removeQuota();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
try {
  const sender = await network();
  await errors(sender);
  await costs(sender);
  figures.write();
} finally {
  cleanUp();
}

/** Two hosts and a wire; the other one has all addresses of the range. */
async function network(): Promise<LabHost> {
  const [sender, responder] = [lab.host("sender"), lab.host("responder")];
  lab.link([sender, ["10.76.0.1/24"]], [responder, ["10.76.0.2/24"]]);
  sender.ip("route add 10.77.0.0/16 via 10.76.0.2");
  ipBatch(["route add local 10.77.0.0/16 dev lo"], responder.namespace);
  responder.sysctl(["net.ipv4.icmp_echo_ignore_all=1"]);
  const binary = join(folder, "responder");
  const compiler = process.env["CXX"] ?? "c++";
  const compiled = spawnSync(compiler, ["-std=c++17", "-O2", responderSource, "-o", binary], {
    stdio: "inherit",
  });
  if (compiled.status !== 0) throw new Error(`${compiler} can't build the responder`);
  await started(responder, [binary], "stdout", "ready");
  return sender;
}

/** A program that runs in a host, and its end. */
type Started = { readonly child: ChildProcess; readonly ended: Promise<unknown> };

/** Starts a program in a host and waits for its first words. */
async function started(
  host: LabHost,
  command: readonly string[],
  stream: "stdout" | "stderr",
  word: string,
): Promise<Started> {
  const args = ["netns", "exec", host.namespace, ...command];
  const child = spawn("ip", args, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const ended = once(child, "exit");
  // Read to its end: a program that nobody listens to any more dies of it.
  for (const each of [child.stdout, child.stderr]) each.resume();
  await new Promise<void>((resolve, reject) => {
    let text = "";
    child[stream].on("data", (chunk) => {
      text += String(chunk);
      if (text.includes(word)) resolve();
    });
    void ended.then(() => reject(new Error(`${command[0]} ended: ${text}`)));
  });
  return { child, ended };
}

/** Runs something while the wire is captured; round trips as the wire had them. */
async function captured<T>(
  host: LabHost,
  run: () => Promise<T> | T,
): Promise<readonly [T, WireTimes]> {
  const words = ["tcpdump", "-i", "l1a", "-B", "16384", "-w", capture];
  const precise = [...words, "--time-stamp-precision=nano", "icmp"];
  const { child, ended } = await started(host, precise, "stderr", "listening");
  const value = await run();
  // Packets are handed over in blocks, at the latest after a second; one by one they would disturb what is measured.
  await delay(captureBlockMs);
  child.kill("SIGINT");
  await ended;
  return [value, wireTimesOf(capture)];
}

async function errors(sender: LabHost): Promise<void> {
  for (const [what, load, quota] of [
    ["idle", 0, false],
    ["load70", 0.7, false],
    ["quota100m", 0, true],
  ] as const) {
    for (const engine of ["native", "net-ping"] as const) {
      const rate = quota ? 500 : 1000;
      const plan: RunPlan = { engine, targets: measuredTargets, rounds: 4, rate, load };
      const [report, wire] = await captured(sender, () => runEngine(sender, plan, quota));
      addErrors(`${what}_${engine}`, report.results, wire, engine === "native" ? goals[what] : {});
    }
    if (what !== "load70") await errorsOfTools(sender, what, quota);
  }
}

/** fping and ping have no event loop that could be loaded. */
async function errorsOfTools(sender: LabHost, what: string, quota: boolean): Promise<void> {
  if (has("fping")) {
    const list = join(folder, "targets");
    writeFileSync(list, pingTargets(measuredTargets).join("\n"));
    const words = [
      "fping",
      "-C",
      "4",
      "-q",
      "-i",
      quota ? "2" : "1",
      "-p",
      quota ? "2000" : "1000",
      "-f",
      list,
    ];
    const [out, wire] = await captured(sender, () => runTool(sender, words, quota).stderr);
    addErrors(`${what}_fping`, fpingResults(out), wire, {});
  } else console.log("SKIPPED: fping is not installed");
  if (has("ping")) {
    const words = [
      "ping",
      "-n",
      "-c",
      "4000",
      "-i",
      quota ? "0.002" : "0.001",
      pingTargets(1)[0] as string,
    ];
    const [out, wire] = await captured(sender, () => runTool(sender, words, quota).stdout);
    addErrors(`${what}_ping`, pingResults(out), wire, {});
  } else console.log("SKIPPED: ping is not installed");
}

type Results = RunReport["results"];

/** "10.77.1.1 : 0.61 0.59 -": milliseconds of each round. */
function fpingResults(text: string): Results {
  return text
    .split("\n")
    .map((line) => /^(\S+)\s+: (.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, address = "", rest = ""]) => [
      address,
      rest
        .trim()
        .split(" ")
        .map((word) => (word === "-" ? null : Number(word) * 1000)),
    ]);
}

/** "64 bytes from 10.77.1.1: icmp_seq=1 ttl=64 time=0.61 ms" */
function pingResults(text: string): Results {
  const rtts: (number | null)[] = [];
  for (const [, seq, ms] of text.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms/g))
    rtts[Number(seq) - 1] = Number(ms) * 1000;
  return [[pingTargets(1)[0] as string, Array.from(rtts, (rtt) => rtt ?? null)]];
}

function addErrors(name: string, results: Results, wire: WireTimes, goal: Goals): void {
  const all = results.flatMap(([address, rtts]) =>
    rtts.flatMap((rtt, index) => {
      const truth = wire.get(address)?.[index];
      return rtt === null || truth === undefined ? [] : [Math.abs(rtt - truth / 1000)];
    }),
  );
  const sorted = all.sort((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  figures.add({ name: `error_${name}_samples`, value: sorted.length, unit: "" });
  figures.add({
    name: `error_${name}_p50_us`,
    value: at(0.5),
    unit: "us",
    ...(goal.p50 === undefined ? {} : { goal: goal.p50 }),
  });
  figures.add({
    name: `error_${name}_p99_us`,
    value: at(0.99),
    unit: "us",
    ...(goal.p99 === undefined ? {} : { goal: goal.p99 }),
  });
}

async function costs(sender: LabHost): Promise<void> {
  for (const [rate, rounds, goal] of [
    [1000, 20, "<= 2.5"],
    [10_000, 100, "<= 1.5"],
    [50_000, 250, ""],
  ] as const) {
    for (const engine of ["native", "net-ping"] as const) {
      if (engine === "net-ping" && rate > 10_000) continue;
      const report = await runEngine(
        sender,
        { engine, targets: 1000, rounds, rate, load: 0 },
        false,
      );
      const answered = report.results.flatMap(([, rtts]) =>
        rtts.filter((rtt) => rtt !== null),
      ).length;
      const name = `${engine}_${rate}pps`;
      const isGoal = engine === "native" && goal !== "";
      figures.add({
        name: `cpu_${name}`,
        value: report.cpuUs / answered / 10,
        unit: "% of a core per 1000 pps",
        ...(isGoal ? { goal } : {}),
      });
      figures.add({ name: `answered_${name}`, value: answered / report.seconds, unit: "pps" });
      figures.add({
        name: `rss_${name}`,
        value: report.rssBytes / 1e6,
        unit: "MB, this benchmark's own lists among it",
      });
    }
  }
  if (!has("fping")) return;
  const list = join(folder, "targets");
  writeFileSync(list, pingTargets(measuredTargets).join("\n"));
  const started = cpuSeconds();
  const words = ["fping", "-C", "10", "-q", "-i", "1", "-p", "1000", "-f", list];
  runTool(sender, words, false);
  figures.add({
    name: "cpu_fping_1000pps",
    value: ((cpuSeconds() - started) / 10) * 100,
    unit: "% of a core per 1000 pps",
  });
}

/** CPU of children that have ended, in seconds. */
function cpuSeconds(): number {
  // utime and stime of children: fields 16 and 17 of proc(5), in hundredths of a second.
  const stat =
    spawnSync("cat", [`/proc/${process.pid}/stat`], { encoding: "utf8" })
      .stdout.split(") ")[1]
      ?.split(" ") ?? [];
  return (Number(stat[13]) + Number(stat[14])) / 100;
}

function runTool(
  host: LabHost,
  words: readonly string[],
  quota: boolean,
): { readonly stdout: string; readonly stderr: string } {
  const command = ["ip", "netns", "exec", host.namespace, ...words];
  const [program = "", ...args] = quota ? inQuota(command) : command;
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  return { stdout, stderr };
}

async function runEngine(host: LabHost, plan: RunPlan, quota: boolean): Promise<RunReport> {
  const words = [process.execPath, "--import", "tsx", runScript, JSON.stringify(plan)];
  const command = ["ip", "netns", "exec", host.namespace, ...words];
  const [program = "", ...args] = quota ? inQuota(command) : command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  return JSON.parse(text) as RunReport;
}
