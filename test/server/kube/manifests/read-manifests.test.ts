import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  manifestFileBytesMax,
  manifestFilesMax,
  manifestFolderDepthMax,
  manifestTotalBytesMax,
} from "../../../../server/kube/limits.js";
import { readManifests } from "../../../../server/kube/manifests/read-manifests.js";
import { walkFolder } from "../../../../server/kube/manifests/walk-folder.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "manifests-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const namespace = (name: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;
const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const read = async (...paths: readonly string[]) => {
  const { objects, problems } = await readManifests(paths.map((path) => join(root, path)));
  return {
    names: objects.map(({ name }) => name),
    problems: problems.map(({ file, message }) => `${file.replace(root, "")}: ${message}`),
  };
};

describe("readManifests()", () => {
  it("reads folders with folders inside, in order of names", async () => {
    write("b.yaml", namespace("b"));
    write("a/z.yml", namespace("a-z"));
    write("a/b.json", '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a-b"}}');
    write("c.YAML", namespace("c"));
    expect(await read("")).toEqual({ names: ["a-b", "a-z", "b", "c"], problems: [] });
  });

  it("leaves out other files, hidden ones, and folders of tools", async () => {
    write("a.yaml", namespace("a"));
    write("README.md", "# no");
    write(".hidden.yaml", namespace("x"));
    write(".git/config.yaml", namespace("x"));
    write("node_modules/p/a.yaml", namespace("x"));
    expect(await read("")).toEqual({ names: ["a"], problems: [] });
  });

  it("reads a file whatever its name, and several paths in the order given", async () => {
    write("policy.txt", namespace("p"));
    write("a.yaml", namespace("a"));
    expect((await read("policy.txt", "a.yaml")).names).toEqual(["p", "a"]);
  });

  it("tells paths that are not there and folders without manifests", async () => {
    mkdirSync(join(root, "empty"));
    expect(await read("no.yaml", "empty")).toEqual({
      names: [],
      problems: ["/empty: has no files named *.yaml, *.yml or *.json", "/no.yaml: does not exist"],
    });
  });

  it("follows symbolic links, and stops where they lead in a circle", async () => {
    write("..data/a.yaml", namespace("a"));
    symlinkSync("..data/a.yaml", join(root, "a.yaml"));
    symlinkSync("..", join(root, "..data", "up"));
    symlinkSync(".", join(root, "self"));
    symlinkSync("gone.yaml", join(root, "dangling.yaml"));
    symlinkSync("loop.yaml", join(root, "loop.yaml"));
    expect(await read("")).toEqual({
      names: ["a"],
      problems: [
        "/dangling.yaml: does not exist",
        "/loop.yaml: can't be read: its symbolic links lead in a circle",
      ],
    });
  });

  it("reads a folder once, whatever leads to it", async () => {
    write("base/a.yaml", namespace("a"));
    symlinkSync("base", join(root, "other"));
    expect(await read("", "base")).toEqual({ names: ["a"], problems: [] });
  });

  it.skipIf(process.getuid?.() === 0)("tells what may not be read", async () => {
    write("a.yaml", namespace("a"));
    write("b.yaml", namespace("b"));
    chmodSync(join(root, "a.yaml"), 0);
    expect(await read("")).toEqual({
      names: ["b"],
      problems: ["/a.yaml: can't be read: permission denied"],
    });
  });

  it("does not wait for pipes in folders, and reads one that is named", async () => {
    execFileSync("mkfifo", [join(root, "pipe.yaml")]);
    write("a.yaml", namespace("a"));
    expect(await read("")).toEqual({ names: ["a"], problems: ["/pipe.yaml: is no regular file"] });
    const writing = promisify(execFile)("sh", [
      "-c",
      'cat "$1/a.yaml" > "$1/pipe.yaml"',
      "sh",
      root,
    ]);
    expect(await read("pipe.yaml")).toEqual({ names: ["a"], problems: [] });
    await writing;
  });

  it("reads UTF-16 as PowerShell writes it, and no other encoding", async () => {
    const text = namespace("a");
    const little = Buffer.from(`\ufeff${text}`, "utf16le");
    write("a.yaml", little);
    write("b.yaml", Buffer.from(little).swap16());
    write("c.yaml", `\ufeff${namespace("c")}`);
    write("d.yaml", Buffer.from([0x61, 0xe9, 0x0a]));
    const { names, problems } = await read("");
    expect(names).toEqual(["a", "c"]);
    expect(problems).toEqual([
      `/b.yaml: is there twice: this one is used, not that of ${root}/a.yaml:1`,
      "/d.yaml: is neither UTF-8 nor UTF-16",
    ]);
  });

  it("reads standard input", async () => {
    const stdin = Readable.from([
      Buffer.from(namespace("one")),
      Buffer.from(`---\n${namespace("two")}`),
    ]);
    const { objects } = await readManifests(["-"], { stdin });
    expect(objects.map(({ name, origin }) => [name, origin?.file])).toEqual([
      ["one", "-"],
      ["two", "-"],
    ]);
  });

  it("tells a stream that breaks", async () => {
    async function* broken() {
      yield Buffer.from(namespace("one"));
      throw new Error("broken pipe");
    }
    const { objects, problems } = await readManifests(["-"], { stdin: broken() });
    expect(objects).toEqual([]);
    expect(problems).toMatchObject([
      { file: "-", code: "unreadable", message: "can't be read: broken pipe" },
    ]);
  });
});

describe("bounds of reading", () => {
  const hole = (path: string, bytes: number): void => {
    write(path, "");
    truncateSync(join(root, path), bytes);
  };

  it("are manifestFileBytesMax for a file, told before it is read", async () => {
    hole("a.yaml", manifestFileBytesMax + 1);
    expect(await read("a.yaml")).toEqual({
      names: [],
      problems: [`/a.yaml: has more than ${manifestFileBytesMax} bytes: split it`],
    });
  });

  it("are manifestFileBytesMax for a stream", async () => {
    const chunk = Buffer.alloc(manifestFileBytesMax / 4);
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent++;
        yield chunk;
      }
    }
    const { problems } = await readManifests(["-"], { stdin: endless() });
    expect(problems).toMatchObject([
      { code: "too-large", message: `has more than ${manifestFileBytesMax} bytes: split it` },
    ]);
    expect(sent).toBe(5);
  });

  it("are manifestTotalBytesMax for all files, or what the caller allows", async () => {
    for (const name of ["a", "b", "c"]) write(`${name}.yaml`, namespace(name));
    const totalBytesMax = 2 * namespace("a").length;
    const { objects, problems } = await readManifests([root], { totalBytesMax });
    expect(objects.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(problems).toMatchObject([
      {
        file: join(root, "c.yaml"),
        code: "too-large",
        message: `brings the files to more than ${totalBytesMax} bytes: it is not read`,
      },
    ]);
    expect(manifestTotalBytesMax).toBeGreaterThan(manifestFileBytesMax);
  });

  it("are manifestFolderDepthMax for folders in folders", async () => {
    const deep = Array(manifestFolderDepthMax).fill("d").join("/");
    write(`${deep}/a.yaml`, namespace("deep"));
    expect(await read("d")).toEqual({ names: ["deep"], problems: [] });
    expect((await read("")).problems).toEqual([
      `/${deep}: is more than ${manifestFolderDepthMax} folders deep: it is not read`,
    ]);
  });

  it("are manifestFilesMax for the files of a folder", () => {
    // Links to one folder with many links to one file would need as many names: the walk is asked with fewer allowed.
    for (const name of ["a", "b", "c"]) write(`${name}.yaml`, "");
    const steps = [...walkFolder(root, new Set(), 2)];
    expect(steps.map(({ kind }) => kind)).toEqual(["file", "file", "fault"]);
    expect(steps[2]).toMatchObject({ message: "has more than 2 files: the rest is not read" });
    expect(manifestFilesMax).toBeGreaterThan(2);
  });
});
