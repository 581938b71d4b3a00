// Starts the demo as a user does (`npm start`), waits for the first full matrix, runs every command that it prints, stops it
// with Ctrl-C and looks for anything that is left running.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const deadlineMs = 60_000;
const demo = spawn("npm", ["start"], {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
  detached: true,
});
let output = "";
demo.stdout.on("data", (chunk) => {
  output += chunk;
});
demo.stderr.on("data", (chunk) => {
  output += chunk;
});
const ended = new Promise((resolve) => {
  demo.on("exit", (code, signal) => resolve(signal ?? code));
});

const fail = (why) => {
  console.error(output);
  console.error(`the demo: ${why}`);
  try {
    process.kill(-demo.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  process.exit(1);
};

const until = async (what, isSo) => {
  const end = Date.now() + deadlineMs;
  while (!isSo()) {
    if (Date.now() > end) fail(`waited ${deadlineMs} ms for ${what}`);
    if (demo.exitCode !== null) fail(`it ended with ${demo.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

await until("the first full matrix", () => /first full matrix stands, [\d.]+ s/.test(output));
const stands = Number(/first full matrix stands, ([\d.]+) s/.exec(output)?.[1]);
console.log(`first full matrix after ${stands} s`);
if (stands > 10) fail(`its first full matrix took ${stands} s`);

const printed = output
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => /^(npx causeway|curl|grpcurl) /.test(line));
if (printed.length < 8) fail(`it printed only ${printed.length} commands`);
for (const line of printed) {
  const program = line.split(" ")[0];
  if (spawnSync("which", [program], { stdio: "ignore" }).status !== 0) {
    console.log(`SKIPPED, no ${program} here: ${line}`);
    continue;
  }
  // A stream ends by time; everything else has to end well by itself.
  const isStream = line.includes(":watch");
  const command = isStream ? `timeout 3 ${line}` : line;
  const run = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8", timeout: 30_000 });
  const isGood = run.status === 0 || (isStream && run.status === 124);
  if (!isGood || run.stdout === "")
    fail(`"${line}" ended with ${run.status}: ${run.stdout}${run.stderr}`);
  console.log(`ok: ${line}`);
}

const pids = [...output.matchAll(/\(pid (\d+)\)/g)].map((match) => Number(match[1]));
process.kill(-demo.pid, "SIGINT");
const code = await ended;
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const left = pids.filter(isAlive);
if (left.length > 0) fail(`left running: ${left.join(", ")}`);
console.log(`ended with ${code}, nothing left running`);
