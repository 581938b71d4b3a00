// The same manifests give the same output, whether this process judges them or a server has them as its model.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliRun, runCaught } from "../support/cli-run.js";
import { endPrograms, ensureBuilt, freePort, startProgram } from "../support/processes.js";
import { waitFor } from "../support/wait.js";

const golden = fileURLToPath(new URL("../golden/cli", import.meta.url));
const shop = `${golden}/policy-shop`;
const more = `${golden}/policy-shop-more`;

let url = "";
beforeAll(async () => {
  ensureBuilt();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  startProgram("server", {
    HTTP_PORT: String(port),
    CAUSEWAY_AGENT_PORT: String(await freePort()),
    CAUSEWAY_MANIFESTS: shop,
  });
  await waitFor("the server has its model", async () => {
    const { code } = await runCaught(["policy", "list", "--server", url]);
    return code === 0 ? true : undefined;
  });
}, 240_000);
afterAll(() => endPrograms());

/** What differs by nature: when it was asked, how old the model is, and how the same is asked again. */
const withoutTimes = ({ code, out, error }: CliRun): CliRun => ({
  code,
  error,
  out: out
    .replaceAll(/"age_s": \d+/g, '"age_s": 0')
    .replaceAll(/age_s: \d+/g, "age_s: 0")
    .replaceAll(/, as of \d+ s ago/g, "")
    .replaceAll(/("?(?:analysis_id|duration_ms)"?): .*/g, "$1: -")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "then")
    .replaceAll(/^ *causeway (?:policy|diagnose) .*$/gm, "causeway …")
    .replaceAll(/( [\w/]+)\s+\S+policy-shop(?: causeway-fix\.yaml)?\s+(--port)/g, "$1 $2"),
});

const formats = {
  list: ["table", "wide", "json", "yaml", "csv", "md", "connlist", "dot"],
  pair: ["table", "wide", "json", "yaml", "md"],
  lint: ["table", "wide", "json", "yaml", "csv", "md", "sarif", "junit"],
  exposure: ["table", "json", "yaml", "csv", "md"],
  change: ["table", "json", "yaml", "csv", "md"],
} as const;

const denied = ["guests/kiosk", "shop/cart", "--port", "9090"];
const asked: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["policy", "list"], formats.list],
  [["policy", "list", "--namespace", "guests"], formats.list],
  [["policy", "list", "--from", "shop/web", "--profile", "np-guard"], ["json"]],
  [["policy", "exposure"], formats.exposure],
  [["policy", "lint", "--fail-on", "low"], formats.lint],
  [["policy", "lint", "--rules", "CW017"], ["json"]],
  [
    ["policy", "graph"],
    ["dot", "json", "yaml"],
  ],
  [["policy", "eval", ...denied], formats.pair],
  [["policy", "eval", "shop/web", "svc/shop/cart"], formats.pair],
  [["policy", "explain", ...denied], formats.pair],
  [["policy", "explain", "shop/web", "shop/pay", "--profile", "cilium"], formats.pair],
  [["policy", "fix", ...denied], formats.pair],
  [["policy", "check", "--rules", `${more}/rules.yaml`], formats.lint],
  [["policy", "check", "--rules", `${more}/broken-rules.yaml`], formats.lint],
  [["diagnose", ...denied], formats.pair],
  // What is wrong with a question is said in the same words.
  [["policy", "eval", "shop/wbe", "shop/cart"], ["table"]],
  [["policy", "list", "--namespace", "shpo"], ["table"]],
];

const cases = asked.flatMap(([argv, names]) =>
  names.map((format) => [argv.join(" "), format, argv] as const),
);

/** The folder goes behind the names, and in front of options that take several. */
const withFolder = (argv: readonly string[]): readonly string[] => {
  const at = argv.findIndex((word) => word.startsWith("--"));
  return at === -1 ? [...argv, shop] : [...argv.slice(0, at), shop, ...argv.slice(at)];
};

describe("a run over manifests and one against a server that has them", () => {
  it.each(cases)("print the same: %s -o %s", async (_title, format, argv) => {
    const here = await runCaught([...withFolder(argv), "-q", "-o", format]);
    const there = await runCaught([...argv, "-q", "-o", format, "--server", url]);
    expect(withoutTimes(there)).toEqual(withoutTimes(here));
    expect(here.out.length + here.error.length).toBeGreaterThan(0);
  });

  it.each(formats.change)("print the same changes -o %s", async (format) => {
    const flags = ["--change", `${more}/change.yaml`, "-q", "-o", format];
    const here = await runCaught(["policy", "whatif", shop, ...flags]);
    const there = await runCaught(["policy", "whatif", ...flags, "--server", url]);
    expect(here.code).toBe(1);
    expect(withoutTimes(there)).toEqual(withoutTimes(here));
  });

  it("say the same of the input on standard error", async () => {
    const here = await runCaught(["policy", "lint", shop]);
    const there = await runCaught(["policy", "lint", "--server", url]);
    expect(here.error).toContain("CiliumNetworkPolicy");
    expect(there.error).toBe(here.error);
  });
});
