import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtTree } from "../../../server/policy/file-tree.js";
import { FolderWatch, quietMsAt } from "../../../server/policy/folder-watch.js";
import { policyQuietMs, policyQuietMsMax } from "../../../server/policy/limits.js";
import { temporaryFolder } from "../../support/policy-manifests.js";
import { waitFor } from "../../support/wait.js";

/** Goal: a change is noticed soon, many at once are one. Method: the file system's own events on a real folder. */

let folder: ReturnType<typeof temporaryFolder>;
let watch: FolderWatch;
let changes: number;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, "m", "inner"), { recursive: true });
  writeFileSync(at("a.yaml"), "one");
  changes = 0;
  watch = new FolderWatch({ path: at(), onChange: () => changes++ });
});
afterEach(() => {
  watch.close();
  folder.remove();
});

const at = (...names: string[]): string => join(folder.path, "m", ...names);

const update = (): void => {
  const tree = lookAtTree(at());
  watch.update(tree.kind === "seen" ? tree.folders : []);
};

const noticed = (count: number): Promise<unknown> =>
  waitFor(`change ${count}`, () => changes >= count);

describe("FolderWatch", () => {
  it("notices a file that is written, in the folder and in one inside", async () => {
    update();
    writeFileSync(at("a.yaml"), "two");
    await noticed(1);
    writeFileSync(at("inner", "b.yaml"), "two");
    await noticed(2);
  });

  it("takes many changes that come together for one", async () => {
    update();
    for (let number = 0; number < 200; number++) writeFileSync(at(`${number}.yaml`), "x");
    await noticed(1);
    writeFileSync(at("a.yaml"), "two");
    await noticed(2);
    expect(changes).toBe(2);
  });

  it("does not wait for quiet longer than policyQuietMsMax", () => {
    expect(policyQuietMsMax).toBeGreaterThan(policyQuietMs);
    expect(quietMsAt(0, 0)).toBe(policyQuietMs);
    expect(quietMsAt(0, policyQuietMsMax - 100)).toBe(100);
    expect(quietMsAt(0, policyQuietMsMax + 100)).toBe(0);
  });

  it("notices that the folder goes, and that another one comes in its place", async () => {
    update();
    renameSync(at(), join(folder.path, "old"));
    await noticed(1);
    update();
    mkdirSync(at());
    writeFileSync(at("a.yaml"), "one");
    await noticed(2);
    update();
    const before = changes;
    writeFileSync(at("a.yaml"), "two");
    await noticed(before + 1);
  });

  it("notices that a link to the folder leads elsewhere", async () => {
    const link = join(folder.path, "link");
    symlinkSync("m", link);
    const linked = new FolderWatch({ path: link, onChange: () => changes++ });
    const tree = lookAtTree(link);
    linked.update(tree.kind === "seen" ? tree.folders : []);
    symlinkSync("elsewhere", join(folder.path, "next"));
    renameSync(join(folder.path, "next"), link);
    await noticed(1);
    linked.close();
  });

  it("notices changes of a single file, however it is replaced", async () => {
    const file = new FolderWatch({ path: at("a.yaml"), onChange: () => changes++ });
    file.update([]);
    writeFileSync(at("a.yaml"), "two");
    await noticed(1);
    writeFileSync(at("next"), "three");
    renameSync(at("next"), at("a.yaml"));
    await noticed(2);
    file.close();
  });

  it("takes folders that can't be watched as they are", () => {
    watch.update([{ path: at("none"), identity: "1" }]);
    const nowhere = new FolderWatch({ path: "/does/not/exist", onChange: () => changes++ });
    nowhere.update([]);
    nowhere.close();
    rmSync(at(), { recursive: true });
    watch.update([]);
  });
});
