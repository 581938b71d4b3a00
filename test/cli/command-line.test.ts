import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shells } from "../../cli/completion.js";
import { parseQueryUrl } from "../../cli/query-url.js";
import { readVersion } from "../../common/version.js";
import { runCaught } from "../support/cli-run.js";

describe("the command line", () => {
  it.each([
    [["agnets"], "causeway: unknown command 'agnets'; did you mean agents?\n"],
    [["nonsense"], "causeway: unknown command 'nonsense'\n"],
    [["agents", "--wacth"], "causeway: unknown option '--wacth'; did you mean --watch?\n"],
    [["pair", "a"], "causeway: missing required argument 'b'\n"],
    [
      ["report", "x"],
      "causeway: too many arguments for 'report'. Expected 0 arguments but got 1.\n",
    ],
    [
      ["matrix", "--kind", "ping"],
      "causeway: option '--kind <kind>' argument 'ping' is invalid. Allowed choices are icmp, udp, tcp, http, dns.\n",
    ],
    [
      ["agents", "-o", "xml"],
      "causeway: option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are table, wide, json, yaml.\n",
    ],
    [
      ["worst", "--max", "0"],
      "causeway: option '--max <number>' argument '0' is invalid. Allowed: a whole number from 1 to 1000.\n",
    ],
    [
      ["matrix", "--window", "1e3"],
      "causeway: option '--window <seconds>' argument '1e3' is invalid. Allowed: a whole number from 1 to 3600.\n",
    ],
    [
      ["agents", "--server", "localhost:8080"],
      'causeway: --server (CAUSEWAY_SERVER): "localhost:8080" is not allowed; allowed: http://HOST[:PORT] or https://HOST[:PORT]\n',
    ],
  ])("refuses %j with one line and code 2", async (argv, line) => {
    expect(await runCaught(argv)).toEqual({ code: 2, out: "", error: line });
  });

  it("ends with 4 and says what to do when the server cannot be reached", async () => {
    const run = await runCaught(["agents", "--server", "http://127.0.0.1:1"]);
    expect(run).toEqual({
      code: 4,
      out: "",
      error:
        "causeway: cannot reach the server at http://127.0.0.1:1 (connection refused). Start one with `npm start` or `causeway server`, or name it with --server URL (CAUSEWAY_SERVER).\n",
    });
  });

  it("refuses a token file or CA that cannot be read", async () => {
    const token = await runCaught(["agents", "--token-file", "/does/not/exist"]);
    expect(token.code).toBe(2);
    expect(token.error).toContain("--token-file /does/not/exist cannot be read");
    const ca = await runCaught(["agents", "--ca", "/does/not/exist"]);
    expect(ca.error).toContain("--ca /does/not/exist cannot be read");
  });

  it.each(["one\ntwo\n", "two words", ""])(
    "refuses a file that holds no single token: %j",
    async (text) => {
      const folder = mkdtempSync(join(tmpdir(), "causeway-token-"));
      try {
        const file = join(folder, "token");
        writeFileSync(file, text);
        const run = await runCaught(["agents", "--token-file", file]);
        expect(run).toEqual({
          code: 2,
          out: "",
          error: `causeway: --token-file ${file} has to hold one token alone: printable characters without spaces\n`,
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it.each(["server", "agent", "demo"])("refuses flags before %s", async (name) => {
    const run = await runCaught(["--server", "http://127.0.0.1:1", name, "--http-port", "1"]);
    expect(run).toEqual({
      code: 2,
      out: "",
      error: `causeway: ${name} takes its own flags: put ${name} first, its flags after it\n`,
    });
  });

  it("prints its version in every format", async () => {
    const version = readVersion();
    expect((await runCaught(["version"])).out).toBe(
      `causeway ${version} (Node.js ${process.versions.node})\n`,
    );
    expect((await runCaught(["--version"])).out).toBe(`${version}\n`);
    expect(JSON.parse((await runCaught(["version", "-o", "json"])).out)).toEqual({
      version,
      node: process.versions.node,
    });
  });

  it("prints its help", async () => {
    const run = await runCaught(["--help"]);
    expect(run.code).toBe(0);
    await expect(run.out).toMatchFileSnapshot("../golden/cli/help.txt");
    expect((await runCaught([])).out).toBe(run.out);
    const matrix = await runCaught(["help", "matrix"]);
    await expect(matrix.out).toMatchFileSnapshot("../golden/cli/help-matrix.txt");
  });
});

describe("completion", () => {
  it.each(shells)("prints a script for %s", async (shell) => {
    const run = await runCaught(["completion", shell]);
    expect(run.code).toBe(0);
    await expect(run.out).toMatchFileSnapshot(`../golden/cli/completion.${shell}.txt`);
  });

  it("completes commands, flags and fixed values in a real bash", async () => {
    const script = (await runCaught(["completion", "bash"])).out;
    const complete = (...words: readonly string[]): readonly string[] => {
      const program = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _causeway; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", program, "bash", ...words], { encoding: "utf8" })
        .trim()
        .split("\n");
    };
    expect(complete("causeway", "ma")).toEqual(["matrix"]);
    expect(complete("causeway", "matrix", "--pl")).toEqual(["--plane"]);
    expect(complete("causeway", "matrix", "--kind", "")).toEqual([
      "icmp",
      "udp",
      "tcp",
      "http",
      "dns",
    ]);
    expect(complete("causeway", "-o", "json", "worst", "--m")).toEqual(["--max"]);
    expect(complete("causeway", "completion", "z")).toEqual(["zsh"]);
  });

  it.each(["zsh", "fish"])("is a script that %s can parse", async (shell) => {
    const script = (await runCaught(["completion", shell])).out;
    const parsed = spawnSync(shell, ["-n"], { input: script, encoding: "utf8" });
    // Where that shell is not installed there is nothing to ask.
    if (parsed.error === undefined) expect(parsed.stderr).toBe("");
  });
});

describe("parseQueryUrl()", () => {
  it.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://127.0.0.1:8080/", "http://127.0.0.1:8080"],
    ["HTTPS://Causeway.example", "https://causeway.example"],
    ["http://[::1]:80", "http://[::1]"],
  ])("reads %s", (text, url) => expect(parseQueryUrl(text)).toBe(url));
  it.each([
    "",
    "host",
    "host:80",
    "ftp://h",
    "http://",
    "http://u@h",
    "http://h/x",
    "http://h?x",
    "http://h:99999",
  ])("refuses %j", (text) => expect(parseQueryUrl(text)).toBeUndefined());
});
