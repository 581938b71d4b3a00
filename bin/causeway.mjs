#!/usr/bin/env node
// Starts the command line. In a checkout it first builds what is missing or stale; an installed package just runs.
// Uses what comes with Node alone until the build stands.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const isCheckout = existsSync(`${root}cli/main.ts`) && existsSync(`${root}scripts/build.mjs`);

const start = async () => {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20) {
    console.error(
      `causeway: Node.js ${process.versions.node} is too old; allowed: 20.20.2 or later`,
    );
    return 2;
  }
  if (isCheckout) {
    if (!existsSync(`${root}node_modules/.package-lock.json`)) {
      const install = spawnSync(process.execPath, [`${root}scripts/install-if-missing.mjs`], {
        stdio: ["ignore", 2, 2],
      });
      if (install.status !== 0) return 2;
    }
    const { ensureBuilt } = await import(new URL("../scripts/build.mjs", import.meta.url).href);
    if (!(await ensureBuilt())) return 2;
  }
  const { runCli } = await import(new URL("../dist/cli/main.js", import.meta.url).href);
  const name = basename(process.argv[1] ?? "").replace(/\.m?js$/, "");
  return await runCli(process.argv.slice(2), process.env, {
    name: name === "kubectl-causeway" ? "kubectl causeway" : "causeway",
  });
};

process.exitCode = await start();
