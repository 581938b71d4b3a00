// The commands over real manifests, in this process and without a server: test/golden/cli/policy-shop is a small shop.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type CliRun, runCaught } from "../../support/cli-run.js";

const shop = "test/golden/cli/policy-shop";
const more = "test/golden/cli/policy-shop-more";
const run = (...argv: readonly string[]): Promise<CliRun> => runCaught([...argv, "--quiet"]);

describe("policy list", () => {
  it("prints np-guard's lines, sorted", async () => {
    const { code, out } = await run("policy", "list", shop, "-o", "connlist");
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot("../../golden/cli/policy/shop.connlist.txt");
    const lines = out.trimEnd().split("\n");
    expect([...lines].sort()).toEqual(lines);
  });

  it("names what can't be told, and why", async () => {
    const { out } = await run("policy", "list", shop, "--to", "shop/pay", "-o", "json");
    const document = JSON.parse(out);
    expect(document.rows.length).toBeGreaterThan(0);
    for (const row of document.rows) {
      expect(row).toMatchObject({ undetermined: "All Connections" });
      expect(row.because.join()).toContain("pay-l7");
    }
    expect(document.total_size).toBe(document.rows.length);
  });

  it("takes a part of the list", async () => {
    const { out } = await run("policy", "list", shop, "--from", "shop/web", "--to", "shop/cart");
    expect(out.split("\n")).toHaveLength(3);
    const unknown = await run("policy", "list", shop, "--namespace", "shpo");
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.error).toContain("no namespace shpo. Did you mean shop?");
  });
});

describe("policy eval, explain and fix", () => {
  it.each([
    [["shop/web", "svc/shop/cart", "--port", "80"], 0],
    [["shop/web", "10.96.0.10", "--port", "80"], 0],
    [["guests/kiosk", "shop/cart", "--port", "9090"], 1],
    [["guests/kiosk", "shop/cart"], 1],
    // Only TCP 9090 is permitted, and that is something.
    [["shop/web", "shop/cart"], 0],
    [["shop/web", "shop/cart", "--protocol", "udp"], 1],
    [["shop/web", "shop/pay", "--port", "5432"], 3],
    [["shop/wbe", "shop/cart"], 2],
    [["shop/web", "svc/shop/cart", "--port", "81"], 1],
  ] as const)("eval %j ends with %d", async ([source, destination, ...flags], code) => {
    const result = await run("policy", "eval", source, destination, shop, ...flags);
    expect(result.code, result.out + result.error).toBe(code);
  });

  it("names near misses of a name that the manifests lack", async () => {
    const { error, out } = await run("policy", "eval", "shop/wbe", "shop/cart", shop);
    expect(out).toBe("");
    expect(error).toContain("Did you mean shop/web");
    expect(error.split("\n")).toHaveLength(2);
  });

  it("judges by the profile that is named", async () => {
    const profile = async (name: string): Promise<string> => {
      const argv = ["policy", "eval", "shop/web", "shop/cart", shop, "-o", "json"];
      return JSON.parse((await run(...argv, "--profile", name)).out).profile;
    };
    expect(await profile("calico")).toBe("calico");
    expect(await profile("np-guard")).toBe("np-guard");
  });

  it("explains what every rule misses, and points at its line", async () => {
    const { out } = await run(
      "policy",
      "explain",
      "guests/kiosk",
      "shop/cart",
      shop,
      "--port",
      "9090",
    );
    expect(out).toContain("Why the rest does not match, the nearest first:");
    expect(out).toContain(`(${shop}/policies.yaml:15)`);
  });

  it("makes a manifest that works when it is added", async () => {
    const ends = ["guests/kiosk", "shop/cart"];
    const fix = await run("policy", "fix", ...ends, shop, "--port", "9090", "-o", "yaml");
    expect(fix.code).toBe(0);
    expect(parse(fix.out)).toMatchObject({ kind: "NetworkPolicy" });
    const folder = mkdtempSync(join(tmpdir(), "causeway-fix-"));
    try {
      const file = join(folder, "fix.yaml");
      writeFileSync(file, fix.out);
      const after = await run("policy", "eval", ...ends, shop, file, "--port", "9090");
      expect(after.code).toBe(0);
      const diff = await run("policy", "whatif", shop, "--change", file, "-o", "json");
      expect(diff.code).toBe(1);
      expect(JSON.parse(diff.out)).toMatchObject({
        rows: [{ source: "guests/kiosk[Deployment]", destination: "shop/cart[Deployment]" }],
        added: 1,
        removed: 0,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("needs no manifest for what is permitted already", async () => {
    const argv = ["policy", "fix", "shop/web", "shop/cart", shop, "--port", "9090"];
    const { code, out, error } = await run(...argv, "-o", "yaml");
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(error).not.toBe("");
  });
});

describe("policy lint", () => {
  it.each([
    ["high", 0],
    ["low", 1],
  ])("ends with --fail-on %s with %d", async (severity, code) => {
    expect((await run("policy", "lint", shop, "--fail-on", severity)).code).toBe(code);
  });

  it("leaves out what a file suppresses, and shows it when wide", async () => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-lint-"));
    try {
      const file = join(folder, "suppressions.yaml");
      writeFileSync(
        file,
        "- rule: CW017\n  object: NetworkPolicy shop/web\n  reason: it is public\n",
      );
      const argv = ["policy", "lint", shop, "--fail-on", "low", "--suppressions", file];
      expect((await run(...argv)).code).toBe(0);
      expect((await run(...argv, "-o", "wide")).out).toContain("it is public");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("policy check", () => {
  it("ends with 0 when every assertion holds, with 1 when one does not", async () => {
    const good = await run("policy", "check", shop, "--rules", `${more}/rules.yaml`);
    expect(good.code, good.out + good.error).toBe(0);
    const bad = await run("policy", "check", shop, "--rules", `${more}/broken-rules.yaml`);
    expect(bad.code).toBe(1);
    expect(bad.out).toContain("FAILED  1 passed, 1 failed, 0 can't be told\n");
  });

  it("refuses a rules file that can't be understood, with its line", async () => {
    const { code, error } = await run("policy", "check", shop, "--rules", `${shop}/policies.yaml`);
    expect(code).toBe(2);
    expect(error).toContain("policies.yaml");
  });
});

describe("policy diff and whatif", () => {
  it("end with 0 when nothing differs", async () => {
    const { code, out } = await run("policy", "diff", shop, shop);
    expect(code).toBe(0);
    expect(out).toContain("No difference in connections.\n");
  });

  it("say what a change opens, the same both ways", async () => {
    const whatIf = await run("policy", "whatif", shop, "--change", `${more}/change.yaml`);
    expect(whatIf.code).toBe(1);
    expect(whatIf.out).toMatch(
      /^added +guests\/kiosk\[Deployment\] +shop\/cart\[Deployment\] +No Connections +TCP 9090$/m,
    );
    const json = ["-o", "json"];
    const there = await run("policy", "whatif", shop, "--change", `${more}/change.yaml`, ...json);
    const folder = mkdtempSync(join(tmpdir(), "causeway-diff-"));
    try {
      for (const name of ["workloads.yaml", "policies.yaml"]) {
        copyFileSync(join(shop, name), join(folder, name));
      }
      // Of two objects of one name the last counts, and files are read in order of their names.
      copyFileSync(`${more}/change.yaml`, join(folder, "z-change.yaml"));
      const diff = await run("policy", "diff", shop, folder, ...json);
      expect(JSON.parse(diff.out).rows).toEqual(JSON.parse(there.out).rows);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("policy exposure and graph", () => {
  it("say what is open beyond the workloads", async () => {
    const { code, out } = await run("policy", "exposure", shop);
    expect(code).toBe(0);
    expect(out).toContain("entire-cluster");
    expect(out).toContain("Workloads that no policy protects\n");
  });

  it("draw the connections", async () => {
    const dot = await run("policy", "graph", shop);
    expect(dot.out).toMatch(/^digraph connections \{\n/);
    const svg = await run("policy", "graph", shop, "-o", "svg");
    expect(svg.out).toContain("<svg ");
    const list = await run("policy", "list", shop, "-o", "dot");
    expect(list.out).toBe(dot.out);
  });
});

describe("diagnose", () => {
  it("says why, with the fields of the first clients first", async () => {
    const argv = ["diagnose", "guests/kiosk", "shop/cart", shop, "--port", "9090"];
    const { code, out } = await run(...argv, "-o", "json");
    expect(code).toBe(1);
    const document = JSON.parse(out);
    expect(document).toMatchObject({
      status: "disconnected",
      started_at: expect.stringMatching(/^2026-01-02T00:00:00(\.000)?Z$/),
    });
    expect(document.analysis_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await run(...argv)).out).toMatch(/^DISCONNECTED {2}guests\/kiosk/);
  });
});

describe("input that can't be used", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "causeway-input-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is reported with its place, and the rest is judged", async () => {
    writeFileSync(join(folder, "broken.yaml"), "kind: [\n");
    const argv = ["policy", "eval", "shop/web", "shop/cart", shop, folder, "--port", "9090"];
    const loose = await runCaught(argv);
    expect(loose.code).toBe(0);
    expect(loose.error).toMatch(/broken\.yaml:\d+:\d+: error: /);
    const strict = await runCaught([...argv, "--strict"]);
    expect(strict).toMatchObject({ code: 4, out: "" });
    expect(strict.error).toContain("--strict does not put up with it");
  });

  it("is a 4 when it is not there or holds no object", async () => {
    const gone = await run("policy", "lint", join(folder, "gone"));
    expect(gone).toEqual({
      code: 4,
      out: "",
      error: `causeway: ${join(folder, "gone")} does not exist\n`,
    });
    const empty = await run("policy", "lint", folder);
    expect(empty.code).toBe(4);
    expect(empty.error).toBe(
      `causeway: no Kubernetes object that concerns the network in ${folder}\n`,
    );
  });

  it("is a 2 when standard input is named twice", async () => {
    for (const argv of [
      ["policy", "lint", "-", "-"],
      ["policy", "diff", "-", "-"],
    ]) {
      expect(await run(...argv)).toEqual({
        code: 2,
        out: "",
        error: "causeway: standard input (-) can be read once only; name files\n",
      });
    }
  });
});
