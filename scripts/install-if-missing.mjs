// Installs the dependencies when a fresh clone has none, so that `npm start` and `npm test` work as the only command.
// Uses what comes with Node alone: at this point there are no packages.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = `${root}/node_modules/.package-lock.json`;

const npm = (...args) => {
  const program = process.platform === "win32" ? "npm.cmd" : "npm";
  const run = spawnSync(program, [...args, "--no-audit", "--no-fund", "--progress"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  return run.status === 0;
};

const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

/** Packages that were installed in another version, or with other contents, than the lock file says. */
const strayPackages = () => {
  const locked = packagesOf(`${root}/package-lock.json`);
  return Object.entries(packagesOf(installed))
    .filter(
      ([path, found]) =>
        locked[path]?.version !== found.version || locked[path]?.integrity !== found.integrity,
    )
    .map(([path]) => path);
};

/**
 * `npm ci` also refuses a lock file that lacks optional packages of other platforms, which is how npm writes it where the
 * registry does not have those. `npm install` leaves them out; that nothing but what is locked came is checked here.
 */
const installLocked = () => {
  if (npm("ci")) return true;
  console.error("npm ci refused, see above; trying npm install with what is locked …");
  if (!npm("install", "--no-save")) return false;
  const stray = strayPackages();
  if (stray.length === 0) return true;
  console.error(`These are not as package-lock.json has them: ${stray.join(", ")}`);
  // The mark of a finished installation goes, so that the next run does not take this one for good.
  renameSync(installed, `${installed}.refused`);
  return false;
};

if (!existsSync(installed)) {
  console.error("Installing dependencies (once, about half a minute) …");
  if (!installLocked()) {
    console.error("The dependencies could not be installed; see the lines above. Then try again.");
    process.exit(1);
  }
}
