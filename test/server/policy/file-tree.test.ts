import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileTree, lookAtTree } from "../../../server/policy/file-tree.js";
import { policyEntriesMax, policyWatchedFoldersMax } from "../../../server/policy/limits.js";
import { temporaryFolder } from "../../support/policy-manifests.js";

/** Goal: whatever changes what the manifests say changes the signature. Method: a real folder. */

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const at = (...names: string[]): string => join(folder.path, ...names);

const seen = (path = folder.path): Extract<FileTree, { kind: "seen" }> => {
  const tree = lookAtTree(path);
  if (tree.kind === "seen") return tree;
  throw new Error(tree.reason);
};

describe("lookAtTree()", () => {
  it.each<[string, () => void]>([
    ["a file is written", () => writeFileSync(at("a.yaml"), "two")],
    ["a file of the same length is written", () => writeFileSync(at("a.yaml"), "One")],
    ["a file is replaced", () => renameSync(at("inner", "b.json"), at("a.yaml"))],
    ["a file is added", () => writeFileSync(at("inner", "c.yml"), "")],
    ["a file is removed", () => rmSync(at("inner", "b.json"))],
    [
      "a folder comes",
      () => {
        mkdirSync(at("more"));
        writeFileSync(at("more", "a.yaml"), "x");
      },
    ],
  ])("sees that %s", (_, act) => {
    mkdirSync(at("inner"));
    writeFileSync(at("a.yaml"), "one");
    writeFileSync(at("inner", "b.json"), "{}");
    const before = seen().signature;
    expect(seen().signature).toBe(before);
    act();
    expect(seen().signature).not.toBe(before);
  });

  it("sees that a link leads elsewhere, as in a ConfigMap's volume and in a working tree of git-sync", () => {
    for (const name of ["..v1", "..v2"]) {
      mkdirSync(at(name));
      writeFileSync(at(name, "a.yaml"), name);
    }
    symlinkSync("..v1", at("..data"));
    symlinkSync(join("..data", "a.yaml"), at("a.yaml"));
    symlinkSync("..data", at("current"));
    const [inside, linked] = [seen().signature, seen(at("current")).signature];
    symlinkSync("..v2", at("..next"));
    renameSync(at("..next"), at("..data"));
    expect(seen().signature).not.toBe(inside);
    expect(seen(at("current")).signature).not.toBe(linked);
  });

  it("looks at what would be read, no more", () => {
    writeFileSync(at("a.yaml"), "one");
    const before = seen().signature;
    writeFileSync(at("README.md"), "text");
    mkdirSync(at(".git"));
    writeFileSync(at(".git", "index.yaml"), "x");
    mkdirSync(at("node_modules"));
    writeFileSync(at("node_modules", "b.yaml"), "x");
    expect(seen().signature).toBe(before);
    expect(seen().folders.map(({ path }) => path)).toEqual([folder.path]);
  });

  it("takes a single file of any name", () => {
    writeFileSync(at("manifests"), "one");
    expect(seen(at("manifests")).folders).toEqual([]);
  });

  it("comes to an end where links lead in circles", () => {
    mkdirSync(at("inner"));
    writeFileSync(at("inner", "a.yaml"), "one");
    symlinkSync("..", at("inner", "up"));
    symlinkSync("self", at("self"));
    expect(seen().folders.map(({ path }) => path)).toEqual([folder.path, at("inner")]);
  });

  it("tells another folder of the same path from the one before", () => {
    mkdirSync(at("inner"));
    writeFileSync(at("inner", "a.yaml"), "one");
    const [before] = seen(at("inner")).folders;
    renameSync(at("inner"), at("old"));
    mkdirSync(at("inner"));
    writeFileSync(at("inner", "a.yaml"), "one");
    const [after] = seen(at("inner")).folders;
    expect(after?.path).toBe(before?.path);
    expect(after?.identity).not.toBe(before?.identity);
  });

  it("says why nothing can be read", () => {
    expect(lookAtTree(at("none"))).toEqual({
      kind: "unreadable",
      reason: "no such file or folder",
      folders: [],
    });
    expect(lookAtTree(folder.path)).toMatchObject({
      kind: "unreadable",
      reason: "it holds no manifests",
      folders: [{ path: folder.path }],
    });
    writeFileSync(at("file"), "");
    expect(lookAtTree(at("file", "x"))).toMatchObject({
      reason: "a part of the path is no folder",
    });
    symlinkSync("self", at("self"));
    expect(lookAtTree(at("self"))).toMatchObject({ reason: "links that lead in a circle" });
  });

  it.skipIf(process.getuid?.() === 0)("says that it may not read", () => {
    writeFileSync(at("a.yaml"), "one");
    chmodSync(folder.path, 0);
    expect(lookAtTree(folder.path)).toMatchObject({ reason: "permission denied" });
    chmodSync(folder.path, 0o700);
  });

  it("names policyWatchedFoldersMax folders and looks at policyEntriesMax entries at most", () => {
    for (let number = 0; number < 8; number++) mkdirSync(at(String(number)));
    writeFileSync(at("0.yaml"), "one");
    const bounded = lookAtTree(folder.path, { entriesMax: 100, foldersMax: 4 });
    expect(bounded).toMatchObject({ kind: "seen", folders: { length: 4 } });
    const before = lookAtTree(folder.path, { entriesMax: 3, foldersMax: 4 });
    writeFileSync(at("9.yaml"), "one");
    expect(lookAtTree(folder.path, { entriesMax: 3, foldersMax: 4 })).toEqual(before);
    expect([policyWatchedFoldersMax, policyEntriesMax]).toEqual([512, 200_000]);
  });
});
