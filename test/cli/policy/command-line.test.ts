import { describe, expect, it } from "vitest";
import { runCaught } from "../../support/cli-run.js";

const commands = [
  "list",
  "eval",
  "explain",
  "fix",
  "exposure",
  "lint",
  "graph",
  "diff",
  "whatif",
  "check",
];

describe("causeway policy", () => {
  it.each([
    [["policy", "lnit", "."], "unknown command 'lnit'; did you mean lint?"],
    [["policy", "eval", "a"], "missing required argument 'b'"],
    [["policy", "diff", "a"], "missing required argument 'dir2'"],
    [
      ["policy", "list", "-o", "sarif"],
      "option '-o, --output <format>' argument 'sarif' is invalid. Allowed choices are table, wide, json, yaml, csv, md, connlist, dot, svg.",
    ],
    [
      ["policy", "graph", "-o", "table"],
      "option '-o, --output <format>' argument 'table' is invalid. Allowed choices are dot, svg, json, yaml.",
    ],
    [
      ["policy", "lint", "--fail-on", "bad"],
      "option '--fail-on <severity>' argument 'bad' is invalid. Allowed choices are critical, high, medium, low, info.",
    ],
    [
      ["policy", "list", "--profile", "istio"],
      "option '--profile <name>' argument 'istio' is invalid. Allowed choices are upstream, calico, cilium, np-guard.",
    ],
    [
      ["policy", "eval", "a", "b", "--port", "0"],
      "option '--port <number>' argument '0' is invalid. Allowed: a whole number from 1 to 65535.",
    ],
    [
      ["policy", "eval", "a", "b", "--protocol", "icmp"],
      "option '--protocol <protocol>' argument 'icmp' is invalid. Allowed choices are TCP, UDP, SCTP.",
    ],
    [["policy", "whatif", "."], "required option '--change <files...>' not specified"],
    [["policy", "check", "."], "required option '--rules <file>' not specified"],
  ])("refuses %j with one line and code 2", async (argv, line) => {
    expect(await runCaught(argv)).toEqual({ code: 2, out: "", error: `causeway: ${line}\n` });
  });

  it("lists its commands", async () => {
    const { code, out } = await runCaught(["policy", "--help"]);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot("../../golden/cli/policy/help.txt");
  });

  it.each(commands)("has help for %s, with examples", async (name) => {
    const { code, out } = await runCaught(["policy", name, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("\nExamples:\n");
    await expect(out).toMatchFileSnapshot(`../../golden/cli/policy/help-${name}.txt`);
  });

  it("has help for diagnose", async () => {
    const { out } = await runCaught(["diagnose", "--help"]);
    await expect(out).toMatchFileSnapshot("../../golden/cli/policy/help-diagnose.txt");
  });
});
