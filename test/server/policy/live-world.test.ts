import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readManifests } from "../../../server/kube/manifests/read-manifests.js";
import { policyLoadTriesMax } from "../../../server/policy/limits.js";
import { LiveWorld } from "../../../server/policy/live-world.js";
import { RefusedError } from "../../../server/policy/refused.js";
import type { LoadReport } from "../../../server/policy/worker-messages.js";
import {
  allowManifest,
  documentsOf,
  podManifest,
  shopManifests,
  temporaryFolder,
} from "../../support/policy-manifests.js";

/** Goal: the model is what the files say, or what they said last. Method: a real folder, time by hand. */

let folder: ReturnType<typeof temporaryFolder>;
let nowMs: number;
let live: LiveWorld;
let loads: number;
beforeEach(() => {
  folder = temporaryFolder();
  nowMs = 1_000;
  loads = 0;
  live = new LiveWorld(() => nowMs);
});
afterEach(() => folder.remove());

const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text);

const load = async (path = folder.path): Promise<LoadReport["outcome"]> => {
  loads++;
  return (await live.load({ path, revision: `r${loads}` })).outcome;
};

const podNames = (): string[] => [...live.world("upstream").model.pods].map(({ name }) => name);

describe("LiveWorld", () => {
  it("loads what is there, and again only after a change", async () => {
    write("shop.yaml", shopManifests);
    expect(await load()).toMatchObject({ kind: "changed", model: { pods: 2, policies: 1 } });
    expect(live.shelf?.revision).toBe("r1");
    expect(await load()).toEqual({ kind: "unchanged" });
    write("more.yaml", podManifest("api"));
    expect(await load()).toMatchObject({ kind: "changed", model: { pods: 3 } });
    expect(live.shelf?.revision).toBe("r3");
    expect(podNames().sort()).toEqual(["api", "db", "web"]);
  });

  it("takes up a swapped link at once", async () => {
    for (const name of ["web", "api"]) {
      mkdirSync(join(folder.path, `..${name}`));
      write(`..${name}/pod.yaml`, podManifest(name));
    }
    symlinkSync("..web", join(folder.path, "..data"));
    symlinkSync("..data/pod.yaml", join(folder.path, "pod.yaml"));
    await load();
    expect(podNames()).toEqual(["web"]);
    symlinkSync("..api", join(folder.path, "..next"));
    renameSync(join(folder.path, "..next"), join(folder.path, "..data"));
    expect(await load()).toMatchObject({ kind: "changed" });
    expect(podNames()).toEqual(["api"]);
  });

  it("loads what is good beside a broken file, and tells of it", async () => {
    write("shop.yaml", shopManifests);
    write("broken.yaml", "kind: Pod\n  metadata: [");
    expect(await load()).toMatchObject({
      kind: "changed",
      model: {
        pods: 2,
        problems: [{ severity: "error", file: join(folder.path, "broken.yaml"), line: 2 }],
      },
    });
    write("broken.yaml", podManifest("api"));
    expect(await load()).toMatchObject({ kind: "changed", model: { pods: 3, problems: [] } });
  });

  it("keeps the last good model while the folder is away, and grows older", async () => {
    write("shop.yaml", shopManifests);
    await load();
    nowMs += 4_500;
    expect(live.world("upstream").view).toMatchObject({ pods: 2, ageS: 4, problems: [] });
    renameSync(folder.path, `${folder.path}-away`);
    expect(await load()).toEqual({ kind: "unreadable", reason: "no such file or folder" });
    nowMs += 60_000;
    expect(live.world("upstream").view).toMatchObject({
      pods: 2,
      ageS: 64,
      problems: [
        {
          severity: "warning",
          code: "unreadable",
          message:
            "can't be read now (no such file or folder): the model is as it was when it could",
          file: folder.path,
        },
      ],
    });
    renameSync(`${folder.path}-away`, folder.path);
    expect(await load()).toEqual({ kind: "unchanged" });
    expect(live.world("upstream").view).toMatchObject({ ageS: 0, problems: [] });
  });

  it("keeps it as well when the folder is emptied: a volume may be gone", async () => {
    write("shop.yaml", shopManifests);
    await load();
    rmSync(join(folder.path, "shop.yaml"));
    expect(await load()).toEqual({ kind: "unreadable", reason: "it holds no manifests" });
    expect(podNames()).toHaveLength(2);
  });

  it("says that there is no model yet, and why", async () => {
    expect(() => live.world("upstream")).toThrow(
      new RefusedError(
        "no-model",
        "there is no model of CAUSEWAY_MANIFESTS: they were not read yet; ask again",
      ),
    );
    await load("/does/not/exist");
    expect(() => live.world("upstream")).toThrow(
      "there is no model of CAUSEWAY_MANIFESTS: /does/not/exist can't be read: no such file or folder",
    );
  });

  it("reads files again that change meanwhile, policyLoadTriesMax times, and once more when asked again", async () => {
    write("shop.yaml", shopManifests);
    let reads = 0;
    const busy = new LiveWorld(
      () => nowMs,
      async (paths) => {
        const loaded = await readManifests(paths);
        reads++;
        if (reads <= policyLoadTriesMax) write("more.yaml", podManifest(`pod-${reads}`));
        return loaded;
      },
    );
    const { outcome } = await busy.load({ path: folder.path, revision: "r1" });
    expect(reads).toBe(policyLoadTriesMax);
    expect(outcome).toMatchObject({ kind: "changed", model: { pods: 3 } });
    await busy.load({ path: folder.path, revision: "r2" });
    expect(reads).toBe(policyLoadTriesMax + 1);
    const names = [...busy.world("upstream").model.pods].map(({ name }) => name);
    expect(names).toContain(`pod-${policyLoadTriesMax}`);
  });

  it("keeps the model when the folder goes while it is read", async () => {
    write("shop.yaml", shopManifests);
    const gone = new LiveWorld(
      () => nowMs,
      async (paths) => {
        const loaded = await readManifests(paths);
        if (gone.shelf !== undefined) rmSync(folder.path, { recursive: true });
        return loaded;
      },
    );
    const wanted = { path: folder.path, revision: "r1" };
    await gone.load(wanted);
    write("shop.yaml", podManifest("api"));
    expect((await gone.load(wanted)).outcome).toMatchObject({ kind: "unreadable" });
    expect(gone.world("upstream").view).toMatchObject({ pods: 2 });
  });

  it("takes a single file", async () => {
    write("shop", shopManifests);
    expect(await load(join(folder.path, "shop"))).toMatchObject({ model: { pods: 2 } });
  });

  it("answers by the profile that is asked for, from one model", async () => {
    write("shop.yaml", documentsOf(shopManifests, allowManifest("web", "db")));
    await load();
    const names = (["upstream", "calico", "cilium", "upstream"] as const).map(
      (profile) => live.world(profile).engine.profile.name,
    );
    expect(names).toEqual(["upstream", "calico", "cilium", "upstream"]);
    expect(live.world("cilium").model).toBe(live.world("upstream").model);
  });
});
