// The commands of policies as processes: exit codes, standard input, readers that go away, and what is loaded.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../support/processes.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "bin/causeway.mjs");
const shop = join(root, "test/golden/cli/policy-shop");

let folder = "";
beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), "causeway-policy-process-"));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (
  argv: readonly string[],
  { input = "", env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
};

/** Deployments that all may reach each other: many rows of little input. */
const manyWorkloads = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: workload-${index}, namespace: many}
spec:
  selector: {matchLabels: {app: a${index}}}
  template:
    metadata: {labels: {app: a${index}}}
    spec: {containers: [{name: c, image: c}]}
`,
  ).join("---\n");

const nonBlocking = "perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_NONBLOCK | O_WRONLY)'";

describe("causeway policy as a process", () => {
  it.each([
    [["policy", "eval", "shop/web", "shop/cart", shop, "--port", "9090"], 0],
    [["policy", "eval", "guests/kiosk", "shop/cart", shop, "--port", "9090"], 1],
    [["policy", "eval", "shop/nobody", "shop/cart", shop], 2],
    [["policy", "eval", "shop/web", "shop/pay", shop, "--port", "5432"], 3],
    [["policy", "lint", "/does/not/exist"], 4],
  ] as const)("%j ends with %d", (argv, code) => {
    const { status, stderr } = run(argv);
    expect(status, stderr).toBe(code);
  });

  it("reads standard input", () => {
    const input = ["workloads.yaml", "policies.yaml"]
      .map((name) => readFileSync(join(shop, name), "utf8"))
      .join("\n---\n");
    const piped = run(["policy", "list", "-", "-o", "connlist"], { input });
    const read = run(["policy", "list", shop, "-o", "connlist"]);
    expect(piped.status).toBe(0);
    expect(piped.stdout).toBe(read.stdout);
    expect(run(["policy", "lint", "-"]).status).toBe(4);
  });

  it("ends quietly with 0 when its reader has seen enough", () => {
    const file = join(folder, "many.yaml");
    writeFileSync(file, manyWorkloads(200));
    const script = `"$0" "$1" policy list "$2" -q -o "$3" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    for (const format of ["json", "connlist", "csv", "table"]) {
      const argv = ["-c", script, process.execPath, program, file, format];
      const { stdout, stderr } = spawnSync("bash", argv, { encoding: "utf8" });
      expect(stderr, format).toBe("");
      expect(stdout.trimEnd().split("\n").at(-1), format).toBe("0");
    }
  });

  it.each([
    ["waits", ":"],
    // Somebody who writes to the same pipe may have made it so.
    ["does not, so that it is tried again every fullPipeWaitMs", nonBlocking],
  ])("writes everything into a pipe that is full and %s", (_title, before) => {
    const file = join(folder, "many.yaml");
    writeFileSync(file, manyWorkloads(200));
    const script = `{ ${before}; "$0" "$1" policy list "$2" -q -o json; } | { sleep 1; cat; }`;
    const argv = ["-c", script, process.execPath, program, file];
    const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
    const { stdout, stderr } = spawnSync("bash", argv, options);
    expect(stderr).toBe("");
    const document = JSON.parse(stdout);
    expect(document.rows.length).toBe(document.total_size);
    // Each with each other, and with the addresses outside.
    expect(document.total_size).toBeGreaterThanOrEqual(200 * 199);
  });

  it("refuses a file of many megabytes that is no manifest, with a line that says so", () => {
    const file = join(folder, "huge.yaml");
    writeFileSync(file, `a: ${"x".repeat(120 * 1024 * 1024)}\n`);
    const { status, stderr } = run(["policy", "lint", file]);
    expect(status).toBe(4);
    expect(stderr).toContain("huge.yaml: error: ");
    rmSync(file);
  });

  it("loads no transport, no messages, no Kubernetes client and no second YAML parser for a list", () => {
    const coverage = join(folder, "coverage");
    const env = { NODE_V8_COVERAGE: coverage };
    expect(run(["policy", "list", shop, "-o", "json", "-q"], { env }).status).toBe(0);
    const loaded = readdirSync(coverage).flatMap((name) => {
      const report = JSON.parse(readFileSync(join(coverage, name), "utf8"));
      return report.result.map(({ url }: { readonly url: string }) => url);
    });
    const packages = new Set(
      loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []),
    );
    expect([...packages].sort()).toEqual(["commander", "ipaddr.js", "js-yaml"]);
    expect(loaded.filter((url) => /dist\/(gen|agent|server\/(rpc|session))\//.test(url))).toEqual(
      [],
    );
  });
});
