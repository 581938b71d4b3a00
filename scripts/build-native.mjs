// Builds the native probe engine with the C++ compiler that is there. Without one, or on another system than Linux, it
// says so and ends well: the agent then takes its fallback, and says so, too. --strict makes that a failure.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "agent/native/src");
const folder = join(root, "build/native");
const target = join(folder, `causeway-${process.platform}-${process.arch}.node`);
const isStrict = process.argv.includes("--strict");

const leave = (why) => {
  console.error(`native probe engine: not built: ${why}`);
  process.exit(isStrict ? 1 : 0);
};

const files = () => readdirSync(sources).map((name) => join(sources, name));

const isFresh = () => {
  if (!existsSync(target)) return false;
  const builtMs = statSync(target).mtimeMs;
  return [...files(), fileURLToPath(import.meta.url)].every(
    (path) => statSync(path).mtimeMs <= builtMs,
  );
};

/** The headers of Node-API, which are the same for every version of Node. */
const headers = () => {
  try {
    return createRequire(import.meta.url)("node-api-headers").include_dir;
  } catch {
    return leave("the package node-api-headers is missing: npm ci");
  }
};

const compilerOf = () => {
  const candidates = [process.env.CXX, "c++", "g++", "clang++"].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ["--version"]).status === 0);
};

if (process.platform !== "linux") leave(`it is for Linux, this is ${process.platform}`);
if (!isFresh()) {
  const compiler = compilerOf();
  if (compiler === undefined) leave("no C++ compiler (CXX, c++, g++ or clang++)");
  mkdirSync(folder, { recursive: true });
  // Built beside and then renamed: a process that has the old one loaded keeps it.
  const built = `${target}.${process.pid}`;
  const compile = spawnSync(
    compiler,
    [
      "-std=c++17",
      "-O2",
      "-fPIC",
      "-shared",
      "-fno-exceptions",
      "-fno-rtti",
      "-fvisibility=hidden",
      "-Wall",
      "-Wextra",
      "-Wno-missing-field-initializers",
      `-I${headers()}`,
      ...files().filter((path) => path.endsWith(".cc")),
      "-o",
      built,
    ],
    { encoding: "utf8" },
  );
  if (compile.status !== 0) {
    console.error(compile.stderr);
    leave(`${compiler} failed`);
  }
  renameSync(built, target);
}
