// Builds dist/ from the sources when it is missing or stale. Compiles into a folder of its own and then swaps, so that
// nobody ever runs half a build; a lock keeps builds that start at the same time from doing the work twice.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["common", "server", "agent", "cli", "gen"];
const extras = ["tsconfig.json", "package.json", "scripts/build.mjs"];
const dist = join(root, "dist");
const stampPath = join(dist, ".stamp");
const lockPath = join(root, ".cache", "build.lock");
/** A build takes seconds: who holds the lock for longer is gone, even when its process number lives on. */
const lockMsMax = 120_000;

/** Changes whenever a source is added, removed or written. */
const stampOfSources = () => {
  const hash = createHash("sha256");
  const add = (path) => {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  };
  for (const folder of sources) {
    const names = readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .sort();
    for (const name of names) add(join(folder, name));
  }
  for (const path of extras) add(path);
  return hash.digest("hex");
};

const isFresh = () => existsSync(stampPath) && readFileSync(stampPath, "utf8") === stampOfSources();

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

/** Takes the lock; false when another process that lives has it. A dead holder's lock is moved away first. */
const tryLock = () => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  try {
    writeFileSync(lockPath, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    const ageMs = Date.now() - statSync(lockPath).mtimeMs;
    const pid = Number(readFileSync(lockPath, "utf8"));
    const young = pid === 0 && ageMs < 2000;
    if (young || (isAlive(pid) && ageMs < lockMsMax)) return false;
    const moved = `${lockPath}.${process.pid}`;
    renameSync(lockPath, moved);
    rmSync(moved, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
};

const compile = (outDir) =>
  new Promise((resolve, reject) => {
    const args = [
      "-p",
      "tsconfig.json",
      "--outDir",
      outDir,
      "--noEmitOnError",
      "--pretty",
      "false",
    ];
    const child = spawn(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), ...args],
      {
        cwd: root,
        stdio: ["ignore", 2, 2],
      },
    );
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0));
  });

const build = async () => {
  const startedAt = Date.now();
  console.error("Building Causeway (once after a change, a few seconds) …");
  // Before compiling: a source that is saved meanwhile makes the result stale, not wrong.
  const stamp = stampOfSources();
  const fresh = join(root, `.dist-${process.pid}`);
  const old = join(root, `.dist-old-${process.pid}`);
  try {
    if (!(await compile(fresh))) {
      console.error("The build failed; see the lines above.");
      return false;
    }
    writeFileSync(join(fresh, ".stamp"), stamp);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  console.error(`Built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
  return true;
};

/** Makes dist/ match the sources; true when it does. */
export const ensureBuilt = async () => {
  if (isFresh()) return true;
  if (!existsSync(join(root, "node_modules/typescript/bin/tsc"))) {
    console.error("The compiler is not installed: run `npm ci` in the checkout, then again.");
    return false;
  }
  while (!tryLock()) {
    await delay(100);
    if (isFresh()) return true;
  }
  try {
    return isFresh() || (await build());
  } finally {
    rmSync(lockPath, { force: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--force")) rmSync(stampPath, { force: true });
  process.exitCode = (await ensureBuilt()) ? 0 : 1;
}
