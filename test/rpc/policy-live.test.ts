import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../common/logger.js";
import {
  allowManifest,
  podManifest,
  shopManifests,
  temporaryFolder,
} from "../support/policy-manifests.js";
import { type Json, type PolicyServer, startPolicyServer } from "../support/policy-server.js";
import { waitFor } from "../support/wait.js";

/** Goal: answers follow the files of CAUSEWAY_MANIFESTS. Method: a whole server with its process, and a real folder. */

let folder: ReturnType<typeof temporaryFolder>;
const servers: PolicyServer[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  folder.remove();
});

const start = async (path: string | undefined, logger: Logger = silentLogger) => {
  const server = await startPolicyServer(path, { logger });
  servers.push(server);
  return server;
};

const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text);

/** The model of an answer, and the error's message where there is none. */
const modelOf = async (server: PolicyServer): Promise<Json> => {
  const [, json] = await server.get("/v1/policy/connections?page_size=1");
  return json.model ?? json.error.message;
};

const verdict = async (server: PolicyServer): Promise<string> => {
  const pair = { source: "default/web", destination: "default/db" };
  return (await server.post("/v1/policy:evaluate", pair))[1].verdict;
};

const pods = (server: PolicyServer, count: number): Promise<unknown> =>
  waitFor(`${count} pods`, async () => (await modelOf(server)).pods === count);

describe("CAUSEWAY_MANIFESTS", () => {
  it("is the model from the first question on, and follows files that are written, added and removed", async () => {
    write("shop.yaml", shopManifests);
    const server = await start(folder.path);
    expect(await verdict(server)).toBe("denied");
    write("shop.yaml", shopManifests.replace("app: api", "app: web"));
    await waitFor("the new policy", async () => (await verdict(server)) === "allowed");
    mkdirSync(join(folder.path, "more"));
    write("more/api.yaml", podManifest("api", "10.0.0.3"));
    await pods(server, 3);
    write("more/b.yaml", podManifest("b", "10.0.0.4"));
    await pods(server, 4);
    rmSync(join(folder.path, "more"), { recursive: true });
    await pods(server, 2);
    expect(await server.metric("causeway_policy_loads_total")).toBeGreaterThanOrEqual(4);
    expect(await server.metric('causeway_policy_model_objects{kind="policies"}')).toBe(1);
  });

  it("follows the swap of a ConfigMap's volume", async () => {
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder.path, name));
      write(join(name, "shop.yaml"), text);
    };
    version("..2026_01", shopManifests);
    symlinkSync("..2026_01", join(folder.path, "..data"));
    symlinkSync(join("..data", "shop.yaml"), join(folder.path, "shop.yaml"));
    const server = await start(folder.path);
    expect(await verdict(server)).toBe("denied");
    version("..2026_02", shopManifests.replace("app: api", "app: web"));
    symlinkSync("..2026_02", join(folder.path, "..data_tmp"));
    renameSync(join(folder.path, "..data_tmp"), join(folder.path, "..data"));
    rmSync(join(folder.path, "..2026_01"), { recursive: true });
    await waitFor("the new version", async () => (await verdict(server)) === "allowed");
  });

  it("follows a working tree that is switched by a link, and a single file", async () => {
    for (const [name, from] of [
      ["one", "api"],
      ["two", "web"],
    ] as const) {
      mkdirSync(join(folder.path, name));
      write(join(name, "shop.yaml"), shopManifests.replace("app: api", `app: ${from}`));
    }
    symlinkSync("one", join(folder.path, "current"));
    const [linked, single] = await Promise.all([
      start(join(folder.path, "current")),
      start(join(folder.path, "one", "shop.yaml")),
    ]);
    expect([await verdict(linked), await verdict(single)]).toEqual(["denied", "denied"]);
    symlinkSync("two", join(folder.path, "next"));
    renameSync(join(folder.path, "next"), join(folder.path, "current"));
    await waitFor("the other tree", async () => (await verdict(linked)) === "allowed");
    renameSync(join(folder.path, "two", "shop.yaml"), join(folder.path, "one", "shop.yaml"));
    await waitFor("the other file", async () => (await verdict(single)) === "allowed");
  });

  it("uses what is good of broken files, and says what is not: in answers, in metrics, once in the log", async () => {
    write("shop.yaml", shopManifests);
    const logged: string[] = [];
    const write_ = (fields: Readonly<Record<string, unknown>>, message: string): void =>
      void logged.push(`${message} ${String(fields["file"] ?? "")}`);
    const server = await start(folder.path, { ...silentLogger, warn: write_ });
    await pods(server, 2);
    const broken = join(folder.path, "broken.yaml");
    write("broken.yaml", "kind: Pod\nmetadata: [\n");
    const model = await waitFor("the problem", async () => {
      const now = await modelOf(server);
      return now.problems.length > 0 && now;
    });
    expect(model).toMatchObject({ pods: 2, problems: [{ severity: "error", file: broken }] });
    expect(await server.metric('causeway_policy_model_problems{severity="error"}')).toBe(1);
    write("more.yaml", podManifest("api"));
    await pods(server, 3);
    expect(logged).toEqual([`problem in manifests ${broken}`]);
    write("broken.yaml", podManifest("b"));
    await pods(server, 4);
    expect((await modelOf(server)).problems).toEqual([]);
  });

  it("keeps the last good model while the folder is gone: older by the second, and said so", async () => {
    mkdirSync(join(folder.path, "m"));
    write("m/shop.yaml", shopManifests);
    const server = await start(join(folder.path, "m"));
    await pods(server, 2);
    renameSync(join(folder.path, "m"), join(folder.path, "away"));
    const model = await waitFor("the news", async () => {
      const now = await modelOf(server);
      return now.problems.length > 0 && now.age_s > 0 && now;
    });
    expect(model).toMatchObject({
      pods: 2,
      problems: [
        {
          severity: "warning",
          code: "unreadable",
          message: expect.stringContaining("no such file or folder"),
          file: join(folder.path, "m"),
        },
      ],
    });
    expect(await verdict(server)).toBe("denied");
    expect(await server.metric('causeway_policy_loads_total{result="unreadable"}')).toBeGreaterThan(
      0,
    );
    expect(await server.metric("causeway_policy_model_age_seconds")).toBeGreaterThan(0.5);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    write("away/policy.yaml", allowManifest("web", "db"));
    renameSync(join(folder.path, "away"), join(folder.path, "m"));
    const back = await waitFor("the folder", async () => {
      const now = await modelOf(server);
      return now.problems.length === 0 && now;
    });
    expect(back).toMatchObject({ pods: 2, policies: 2 });
  });

  it("may hold nothing at first: the server is ready, questions are told why there is no model", async () => {
    mkdirSync(join(folder.path, "m"));
    const server = await start(join(folder.path, "m"));
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await modelOf(server)).toBe(
      `there is no model of CAUSEWAY_MANIFESTS: ${join(folder.path, "m")} can't be read: it holds no manifests`,
    );
    expect(await server.metric("causeway_policy_model_age_seconds")).toBeUndefined();
    write("m/shop.yaml", shopManifests);
    await waitFor("the model", async () => (await modelOf(server)).pods === 2);
  });
});

describe("a server without CAUSEWAY_MANIFESTS", () => {
  it("says how to set it, and answers questions that bring manifests", async () => {
    const server = await start(undefined);
    const [status, json] = await server.get("/v1/policy/connections");
    expect([status, json.error.status]).toEqual([400, "FAILED_PRECONDITION"]);
    expect(json.error.message).toContain("set its CAUSEWAY_MANIFESTS to a folder");
    const [seedStatus, seed] = await server.post("/api/v1/analyze/pod-communication", {
      pod_a: "a",
      pod_b: "b",
    });
    expect([seedStatus, seed.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(seed.message).toContain("CAUSEWAY_MANIFESTS");
    const [, list] = await server.post("/v1/policy:connections", { manifests: shopManifests });
    expect(list.model).toMatchObject({ pods: 2, age_s: 0 });
  });
});
