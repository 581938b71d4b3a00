// Installs the dependencies when a fresh clone has none, so that `npm start` and `npm test` work as the only command.
// Uses what comes with Node alone: at this point there are no packages.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

if (!existsSync(`${root}/node_modules/.package-lock.json`)) {
  console.error("Installing dependencies (once, about half a minute) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const install = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--progress"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (install.status !== 0) {
    console.error("The dependencies could not be installed; see the lines above. Then try again.");
    process.exit(1);
  }
}
