import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasPython } from "../../../oracle/generated.js";
import { OracleRun } from "../../../oracle/oracle-run.js";
import { repositoryRoot } from "../../../support/source-files.js";

// Goal: a run tells agreement, difference, wrong use and what was skipped apart. Method: whole runs over small layouts;
// the programs that a run calls are scripts of one line.

const layout = join(repositoryRoot, "test/golden/oracle");
const list = readFileSync(join(layout, "test_outputs/connlist/shop_connlist_output.txt"), "utf8");
const wrongList = list.replace("TCP 8080", "TCP 8081");
const searchPath = process.env["PATH"];
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "causeway-oracle-test-"));
});

afterEach(() => {
  process.env["PATH"] = searchPath;
  rmSync(root, { recursive: true, force: true });
});

const runOf = async (...words: readonly string[]) => {
  const lines: string[] = [];
  const errors: string[] = [];
  const run = new OracleRun({
    shared: join(root, "shared"),
    print: (line) => lines.push(line),
    printError: (line) => errors.push(line),
  });
  const code = await run.run(words);
  return { code, lines, errors, last: lines.at(-1) };
};

/** A copy of the layout whose list is replaced. */
const layoutWith = (text: string): string => {
  const path = join(root, "layout");
  cpSync(layout, path, { recursive: true });
  writeFileSync(join(path, "test_outputs/connlist/shop_connlist_output.txt"), text);
  return path;
};

const file = (path: string, text: string): void => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe("a run over expectations", () => {
  it("ends with 0 where every folder agrees", async () => {
    const { code, lines } = await runOf(layout);
    expect(code).toBe(0);
    expect(lines).toEqual([
      "folders 1, expected files 6",
      "pairs of workloads 6",
      "IP cells 30",
      "exposure entries 16",
      "explanation facts 51",
      "lists equal byte by byte 1 of 1",
      "differences 0",
      "1 folders agree, 0 differ",
    ]);
  });

  it("ends with 1 where a folder differs, and says in what", async () => {
    const { code, lines, last } = await runOf(layoutWith(wrongList));
    expect(code).toBe(1);
    expect(lines.slice(0, 2)).toEqual([
      "shop differs in 1:",
      "  connlist.txt: shop/web[Deployment] => shop/api[Deployment]: expected TCP 8081, got TCP 8080",
    ]);
    expect(last).toBe("0 folders agree, 1 differ");
  });

  it("prints 20 differences of a folder and counts the rest", async () => {
    const unknown = Array.from(
      { length: 30 },
      (_, index) => `x/p${index}[Pod] => x/q[Pod] : TCP 1`,
    );
    const { lines } = await runOf(layoutWith(`${list}${unknown.join("\n")}\n`));
    const end = lines.findIndex((line) => line.startsWith("folders "));
    expect(lines[0]).toBe("shop differs in 61:");
    expect(lines.slice(21, end)).toEqual(["  and 41 more"]);
  });

  it("takes the default data where no folder is given", async () => {
    cpSync(layout, join(root, "shared/netpol"), { recursive: true });
    expect(await runOf()).toMatchObject({ code: 0, last: "1 folders agree, 0 differ" });
  });

  it("takes one folder of a layout", async () => {
    const path = layoutWith(wrongList);
    mkdirSync(join(path, "tests/shop_two"));
    expect(await runOf(join(path, "tests/shop"))).toMatchObject({
      code: 1,
      last: "0 folders agree, 1 differ",
    });
  });

  it("gives a file to the folder with the longest name that fits, and names what it passes over", async () => {
    const path = layoutWith(list);
    cpSync(join(path, "tests/shop"), join(path, "tests/shop_two"), { recursive: true });
    mkdirSync(join(path, "tests/empty"));
    for (const name of [
      "shop_two_connlist_output.txt",
      "cart_connlist_output.txt",
      "shop_connlist_output.dot",
    ]) {
      writeFileSync(join(path, "test_outputs/connlist", name), list);
    }
    const { code, lines, last } = await runOf(path);
    expect({ code, last }).toEqual({ code: 0, last: "2 folders agree, 0 differ" });
    expect(lines.filter((line) => line.startsWith("SKIPPED"))).toEqual([
      "SKIPPED: 1 folders of which nothing is expected: empty",
      "SKIPPED: 2 files of no folder, or of a kind or format that is not read: cart_connlist_output.txt, shop_connlist_output.dot",
    ]);
  });
});

describe("a run over nothing", () => {
  it("skips the default data loudly where it is absent", async () => {
    const { code, lines, last } = await runOf();
    expect({ code, first: lines[0], last }).toEqual({
      code: 0,
      first: "SKIPPED: ../shared/oracle/netpol is not there: nothing was compared",
      last: "0 folders agree, 0 differ",
    });
  });

  it("refuses a folder that is not there, and says what is expected", async () => {
    const { code, errors } = await runOf(join(root, "gone"));
    expect(code).toBe(2);
    expect(errors).toEqual([
      expect.stringMatching(
        /gone: no such folder; give a folder with tests\/NAME\/ and test_outputs/,
      ),
    ]);
  });

  it("refuses a folder of neither layout, though another differs", async () => {
    const { code, errors, last } = await runOf(root, layoutWith(wrongList));
    expect({ code, last }).toEqual({ code: 2, last: "0 folders agree, 1 differ" });
    expect(errors).toEqual([expect.stringContaining(": nothing is expected here; give a folder")]);
  });

  it("refuses an option that it does not have", async () => {
    expect(await runOf("--all")).toMatchObject({
      code: 2,
      errors: ["--all: no such option; the only one is --peer, as the first word"],
    });
  });
});

describe("a run over generated lists", () => {
  // Writes the folder that its arguments ask for, in the one size for which it has one.
  const generator = [
    "import shutil, sys",
    "args = sys.argv[1:]",
    "assert args[2:] == ['-W', '3', '-P', '2', '--seed', '7'], args",
    `shutil.copy(${JSON.stringify(join(layout, "tests/shop/shop.yaml"))}, args[1])`,
  ].join("\n");

  it("compares with the folder beside the list", async () => {
    cpSync(join(layout, "tests/shop"), join(root, "shop"), { recursive: true });
    file("shop.connlist.txt", wrongList);
    expect(await runOf(root)).toMatchObject({ code: 1, last: "0 folders agree, 1 differ" });
  });

  it.skipIf(!hasPython())("makes the folder of the size and seed in the name", async () => {
    file("gen_manifests.py", generator);
    file("w3p2s7.connlist.txt", list);
    const { code, lines, last } = await runOf(root);
    expect({ code, last }).toEqual({ code: 0, last: "1 folders agree, 0 differ" });
    expect(lines).toContain("lists equal byte by byte 1 of 1");
  });

  it.skipIf(!hasPython())("refuses where the generator fails", async () => {
    file("gen_manifests.py", generator);
    file("w3p2.connlist.txt", list);
    const { code, errors } = await runOf(root);
    expect(code).toBe(2);
    expect(errors).toEqual([expect.stringMatching(/gen_manifests.py failed:.*AssertionError/s)]);
  });

  it("skips, loudly, what takes Python where there is none", async () => {
    file("w3p2s7.connlist.txt", list);
    process.env["PATH"] = join(root, "bin");
    const { code, lines } = await runOf(root);
    expect(code).toBe(0);
    expect(lines[0]).toBe(
      "SKIPPED: w3p2s7.connlist.txt: python3, which makes its folder, is not on the PATH",
    );
  });

  it("refuses a list of which no size is known", async () => {
    file("cart.connlist.txt", list);
    expect(await runOf(root)).toMatchObject({
      code: 2,
      errors: [
        "cart.connlist.txt: no folder cart beside it, and its name is not w<W>p<P>[s<seed>]",
      ],
    });
  });
});

describe("a run against the peer", () => {
  const manifests = join(layout, "tests/shop");

  /** Puts a peer on the PATH that is a shell script. */
  const peer = (script: string): void => {
    file("bin/netpolicy", `#!/bin/sh\n[ "$1" = --help ] && exit 0\n${script}\n`);
    file("list.txt", list);
    file("wrong.txt", wrongList);
    chmodSync(join(root, "bin/netpolicy"), 0o755);
    process.env["PATH"] = `${join(root, "bin")}:${searchPath}`;
  };

  it("agrees with what it lists now", async () => {
    peer(`[ "$*" = "list --dirpath ${manifests} --quiet" ] && cat ${root}/list.txt`);
    const { code, lines } = await runOf("--peer", manifests);
    expect({ code, first: lines[0] }).toEqual({
      code: 0,
      first: `${manifests}: 6 pairs, 30 IP cells`,
    });
  });

  it("differs where each of its runs does", async () => {
    peer(`cat ${root}/wrong.txt`);
    expect(await runOf("--peer", manifests)).toMatchObject({
      code: 1,
      last: "0 folders agree, 1 differ",
    });
  });

  it("counts apart what only some of its runs say", async () => {
    peer(
      `[ -e ${root}/asked ] && exec cat ${root}/list.txt; touch ${root}/asked; cat ${root}/wrong.txt`,
    );
    const { code, lines } = await runOf("--peer", manifests);
    expect({ code, first: lines[0] }).toEqual({
      code: 0,
      first: `${manifests}: 6 pairs, 30 IP cells, 1 in which its own runs differ`,
    });
  });

  it("skips, with its words, what it refuses", async () => {
    peer("echo no named port >&2; exit 1");
    const { code, lines } = await runOf("--peer", manifests);
    expect({ code, first: lines[0] }).toEqual({
      code: 0,
      first: `SKIPPED: ${manifests}: the peer lists nothing: no named port`,
    });
  });

  it("is skipped, loudly, without it or without the generator", async () => {
    peer("exit 1");
    expect((await runOf("--peer")).lines[0]).toBe(
      "SKIPPED: ../shared/oracle/generated/gen_manifests.py and python3 are needed to make folders",
    );
    process.env["PATH"] = join(root, "none");
    expect(await runOf("--peer")).toMatchObject({ code: 0 });
    expect((await runOf("--peer")).lines[0]).toBe("SKIPPED: netpolicy is not on the PATH");
  });

  it("refuses manifests that are not there", async () => {
    peer(`cat ${root}/list.txt`);
    expect(await runOf("--peer", join(root, "gone"))).toMatchObject({
      code: 2,
      errors: [`${join(root, "gone")}: no such folder; give a folder of manifests`],
    });
  });
});
