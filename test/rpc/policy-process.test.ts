import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { policyNiceness } from "../../server/policy/limits.js";
import { shopManifests, temporaryFolder } from "../support/policy-manifests.js";
import { createCluster, endPrograms, ensureBuilt, type TestCluster } from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/** Goal: the built server and its processes live and end together. Method: the real programs, and /proc. */

let folder: ReturnType<typeof temporaryFolder>;
let cluster: TestCluster;
beforeAll(() => ensureBuilt(), 120_000);
beforeEach(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder.path, "shop.yaml"), shopManifests);
  cluster = await createCluster();
});
afterEach(async () => {
  await endPrograms();
  folder.remove();
});
afterAll(() => endPrograms());

/** Processes that a process has started and that live. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter((text) => text !== "")
    .map(Number);

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

type List = { readonly model: { readonly pods: number } };

const ask = async (): Promise<List | undefined> =>
  await cluster.get<List>("/v1/policy/connections");

const onLinux = process.platform === "linux";

describe.skipIf(!onLinux)("the built server", () => {
  it("has no process of questions before there are some", async () => {
    const server = await cluster.startServer();
    expect(childrenOf(server.pid)).toEqual([]);
    await fetch(`${cluster.url}/v1/policy:lint`, {
      method: "POST",
      body: JSON.stringify({ manifests: shopManifests }),
    });
    expect(childrenOf(server.pid)).toHaveLength(1);
  });

  it("answers from CAUSEWAY_MANIFESTS, loads them again when its process was ended, and takes it along", async () => {
    const server = await cluster.startServer({ CAUSEWAY_MANIFESTS: folder.path });
    await waitFor("the model", async () => (await ask())?.model.pods === 2);
    const [first = 0] = childrenOf(server.pid);
    // Agents go first, and when memory is short the process of questions goes before the server.
    expect(readFileSync(`/proc/${first}/oom_score_adj`, "utf8").trim()).toBe("700");
    const [, fields = ""] = readFileSync(`/proc/${first}/stat`, "utf8").split(") ");
    // The 19th field of proc_pid_stat(5), the first two cut off.
    expect(Number(fields.split(" ")[16])).toBe(policyNiceness);
    process.kill(first, "SIGKILL");
    await waitFor("the model again", async () => (await ask())?.model.pods === 2);
    const [second = 0] = childrenOf(server.pid);
    expect(second).not.toBe(first);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(isGone(second)).toBe(true);
  });

  it("has no model when its process ends while the files are away, until they are back", async () => {
    const path = join(folder.path, "m");
    mkdirSync(path);
    writeFileSync(join(path, "shop.yaml"), shopManifests);
    const server = await cluster.startServer({ CAUSEWAY_MANIFESTS: path });
    await waitFor("the model", async () => (await ask())?.model.pods === 2);
    renameSync(path, `${path}-away`);
    const [child = 0] = childrenOf(server.pid);
    process.kill(child, "SIGKILL");
    const url = `${cluster.url}/v1/policy/connections`;
    await waitFor("the news", async () =>
      (await (await fetch(url)).text()).includes("no such file"),
    );
    expect((await fetch(`${cluster.url}/readyz`)).status).toBe(200);
    expect(await cluster.metricsText()).not.toMatch(/^causeway_policy_model_/m);
    renameSync(`${path}-away`, path);
    await waitFor("the model again", async () => (await ask())?.model.pods === 2);
  });

  it("leaves no process behind when it is killed", async () => {
    const server = await cluster.startServer({ CAUSEWAY_MANIFESTS: folder.path });
    await waitFor("the model", async () => (await ask())?.model.pods === 2);
    const [child = 0] = childrenOf(server.pid);
    server.kill("SIGKILL");
    await server.exited;
    await waitFor("the end of its process", () => isGone(child));
  });

  it("ends although a signal to its whole group reaches the process first", async () => {
    const server = await cluster.startServer({ CAUSEWAY_MANIFESTS: folder.path });
    await waitFor("the model", async () => (await ask())?.model.pods === 2);
    const [child = 0] = childrenOf(server.pid);
    process.kill(child, "SIGTERM");
    process.kill(child, "SIGINT");
    expect((await ask())?.model.pods).toBe(2);
    expect(childrenOf(server.pid)).toEqual([child]);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(isGone(child)).toBe(true);
  });

  it("refuses to start with a folder that is not there, naming it", async () => {
    const { startProgram } = await import("../support/processes.js");
    const server = startProgram("server", { CAUSEWAY_MANIFESTS: "/does/not/exist" });
    expect(await server.exited).toBe(2);
    expect(server.output()).toContain(
      'CAUSEWAY_MANIFESTS: "/does/not/exist" (environment) cannot be read (no such file); allowed: the path of a readable file or folder',
    );
  });
});
