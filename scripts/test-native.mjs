// Builds the native engine's own tests with AddressSanitizer and UndefinedBehaviorSanitizer and runs them: Node is not built
// with these, so the sources are tested without it. Ends with "N passed, N failed, N skipped".
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".cache/native");
const source = (name) => join(root, "agent/native", name);
/** Inputs of the fuzzed parsers: two seconds. */
const fuzzRuns = process.env.CAUSEWAY_NATIVE_FUZZ ?? "2000000";
/** What a test ends with where this host lets nobody open an ICMP socket. */
const skippedCode = 77;

const programs = [
  { name: "wire_fuzz", sources: ["src/wire.cc"], args: [fuzzRuns] },
  { name: "echo_socket_test", sources: ["src/wire.cc", "src/echo_socket.cc"], args: [] },
];

const total = { passed: 0, failed: 0, skipped: 0 };

const compilerOf = () =>
  [process.env.CXX, "c++", "g++", "clang++"]
    .filter(Boolean)
    .find((name) => spawnSync(name, ["--version"]).status === 0);

const run = (compiler, { name, sources, args }) => {
  const binary = join(folder, name);
  const flags = [
    "-std=c++17",
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Wextra",
    "-Wno-missing-field-initializers",
  ];
  const files = [source(`test/${name}.cc`), ...sources.map(source)];
  const compiled = spawnSync(compiler, [...flags, ...files, "-o", binary], { stdio: "inherit" });
  const status = compiled.status === 0 ? spawnSync(binary, args, { stdio: "inherit" }).status : 1;
  const outcome = status === 0 ? "passed" : status === skippedCode ? "skipped" : "failed";
  console.log(`${outcome}: ${name}`);
  total[outcome]++;
};

if (process.platform !== "linux") {
  console.log(`SKIPPED: the native engine is for Linux, this is ${process.platform}`);
  total.skipped += programs.length;
} else {
  const compiler = compilerOf();
  if (compiler === undefined) {
    console.log("SKIPPED: no C++ compiler (CXX, c++, g++ or clang++)");
    total.skipped += programs.length;
  } else {
    mkdirSync(folder, { recursive: true });
    for (const program of programs) run(compiler, program);
  }
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
