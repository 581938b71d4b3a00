// Every check that reads the sources and runs nothing of them: types, lint, format, contract and drift of generated code.
// They run side by side; one line each with its time, what failed in full below.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const scratch = mkdtempSync(join(tmpdir(), "causeway-check-"));

/** Runs a tool of the checkout; resolves to whether it ended well, and all that it printed. */
const run = (tool, args) =>
  new Promise((resolve) => {
    const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
    const child = spawn(process.execPath, [join(bin, tool), ...args], {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.once("error", (error) => resolve({ ok: false, output: String(error) }));
    child.once("close", (code) =>
      resolve({ ok: code === 0, output: Buffer.concat(chunks).toString("utf8") }),
    );
  });

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();

const drift = async () => {
  const generated = await run("buf", ["generate", "-o", scratch]);
  if (!generated.ok) return generated;
  const committed = join(root, "gen");
  const fresh = join(scratch, "gen");
  const names = [...new Set([...filesOf(committed), ...filesOf(fresh)])];
  const read = (folder, name) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return undefined;
    }
  };
  const differing = names.filter((name) => read(committed, name) !== read(fresh, name));
  return {
    ok: differing.length === 0,
    output: differing.map((name) => `gen/${name} is not what proto/ generates\n`).join(""),
  };
};

/** The contract of the commit before, as an archive; a reason to skip when there is none. */
const formerContract = () => {
  const archive = join(scratch, "former.tar");
  const git = spawnSync("git", ["archive", "-o", archive, "HEAD~1", "buf.yaml", "proto"], {
    cwd: root,
    encoding: "utf8",
  });
  return git.status === 0
    ? { archive }
    : { skipped: "no proto in a commit before HEAD here (first commit, shallow clone or no git)" };
};

const breaking = async () => {
  const former = formerContract();
  return former.archive === undefined
    ? { ok: true, output: "", skipped: former.skipped }
    : run("buf", ["breaking", "--against", former.archive]);
};

const checks = [
  {
    name: "types",
    run: () => run("tsc", ["--noEmit", "--pretty", "false", "-p", "tsconfig.test.json"]),
    advice: "correct the types",
  },
  {
    name: "lint and format",
    run: () => run("biome", ["ci", "--colors=off", "."]),
    advice: "`npm run format` rewrites what it can; the rest is yours",
  },
  { name: "contract lint", run: () => run("buf", ["lint"]), advice: "correct proto/" },
  {
    name: "contract format",
    run: () => run("buf", ["format", "-d", "--exit-code", "--path", "proto/causeway"]),
    advice: "run `npm run format`",
  },
  {
    name: "contract breaking",
    run: breaking,
    advice: "add fields instead of changing them; a wanted break goes with an ADR and CHANGELOG.md",
  },
  { name: "generated code", run: drift, advice: "run `npm run generate` and commit gen/" },
];

const failures = [];
await Promise.all(
  checks.map(async (check) => {
    const startedAt = Date.now();
    const { ok, output, skipped } = await check.run();
    const word = skipped === undefined ? (ok ? "ok" : "FAILED") : "SKIPPED";
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${word.padEnd(8)}${check.name.padEnd(20)}${seconds} s${skipped === undefined ? "" : `  ${skipped}`}`,
    );
    if (!ok) failures.push({ ...check, output });
  }),
);
rmSync(scratch, { recursive: true, force: true });
for (const { name, output, advice } of failures) {
  console.log(`\n--- ${name}: ${advice}\n${output.trimEnd()}`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
