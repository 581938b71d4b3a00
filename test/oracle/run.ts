import { fileURLToPath } from "node:url";
import { OracleRun } from "./oracle-run.js";

/**
 * Compares the analyzer with what another one expects of folders of manifests: `npm run test:oracle -- [DIR…]`, or with
 * what the other one says now: `npm run test:oracle -- --peer [MANIFESTS…]`. Exit 1 when a folder differs, 2 when a DIR is
 * not there or nothing is expected of it. What a run needs from outside may be absent: then it is skipped, loudly.
 */
const run = new OracleRun({
  shared: fileURLToPath(new URL("../../../shared/oracle/", import.meta.url)),
  print: console.log,
  printError: console.error,
});
process.exitCode = await run.run(process.argv.slice(2));
