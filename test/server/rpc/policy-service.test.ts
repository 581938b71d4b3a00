import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionRow } from "../../../gen/causeway/v1/policy_pb.js";
import { createWorld } from "../../../server/analyzer/create-world.js";
import { blastRadiusListedMax } from "../../../server/analyzer/fix/limits.js";
import { nameCharsMax, problemsListedMax } from "../../../server/analyzer/limits.js";
import { listConnections } from "../../../server/analyzer/lists/list-connections.js";
import { ClusterModel } from "../../../server/analyzer/model/cluster-model.js";
import { parseManifests } from "../../../server/kube/manifests/parse-manifests.js";
import { pageSizeMax } from "../../../server/limits.js";
import { policyConnectionsPageDefault, policyPageDefault } from "../../../server/policy/limits.js";
import { inProcessDesk, policyClients } from "../../support/policy-clients.js";
import {
  allowManifest,
  documentsOf,
  manyManifests,
  podManifest,
  shopManifests,
  temporaryFolder,
} from "../../support/policy-manifests.js";
import { expectFailure } from "../../support/query-client.js";

/** Goal: every question reaches the analyzer as it was asked, and its answer the asker. Method: the services over an analyzer in this process. */

const invalid = Code.InvalidArgument;
const folder = temporaryFolder();
const desk = inProcessDesk();
const { policies, analyses } = policyClients(desk);
beforeAll(async () => {
  writeFileSync(join(folder.path, "shop.yaml"), shopManifests);
  await desk.load(folder.path);
});
afterAll(() => folder.remove());

const pair = { source: "default/web", destination: "default/db" };

describe("Evaluate and Explain", () => {
  it("judge a pair of the live model", async () => {
    expect(await policies.evaluate({ ...pair, port: 5432 })).toMatchObject({
      source: { name: "default/web", kind: "pod", ips: ["10.0.0.1"] },
      port: 5432,
      protocol: "TCP",
      verdict: "denied",
      connections: { text: "No Connections", all: false },
      walkthrough: expect.stringContaining("default/db"),
      paths: [{ verdict: "denied", ingress: { isolated: true, misses: [] } }],
      profile: "upstream",
      model: { source: "manifests", pods: 2, policies: 1, ageS: 0 },
    });
    const explained = await policies.explain(pair);
    expect(explained).toMatchObject({ port: 0, protocol: "", verdict: "denied" });
    expect(explained.paths[0]?.ingress?.misses[0]).toMatchObject({
      kind: "peer-mismatch",
      policy: { name: "db", location: { file: join(folder.path, "shop.yaml") } },
    });
  });

  it("judge a pair of manifests that come with the question", async () => {
    const manifests = documentsOf(shopManifests, allowManifest("db", "web"));
    const { verdict, model } = await policies.evaluate({ ...pair, manifests });
    expect(verdict).toBe("allowed");
    expect(model).toMatchObject({ ageS: 0, problems: [{ code: "duplicate", file: "manifests" }] });
  });

  it.each(["tcp", " Udp", "SCTP"])("take the protocol %j in any case", async (protocol) => {
    const { protocol: word } = await policies.evaluate({ ...pair, port: 53, protocol });
    expect(word).toBe(protocol.trim().toUpperCase());
  });

  it("refuses a name of more than nameCharsMax characters", async () => {
    const source = "x".repeat(nameCharsMax + 1);
    const message = `source must have at most ${nameCharsMax}`;
    await expectFailure(policies.evaluate({ ...pair, source }), invalid, message);
  });

  it.each([
    [{ protocol: "QUIC" }, 'protocol must be one of TCP, UDP, SCTP, ICMP, not "QUIC"'],
    [{ port: 65_536 }, "port must be from 1 to 65535, or 0 for any, not 65536"],
    [{ port: -1 }, "port must be from 1 to 65535"],
    [{ profile: "calcio" }, "profile must be one of upstream, calico, cilium, np-guard"],
    [{ profile: "calcio" }, "did you mean calico?"],
    [{ source: " " }, "source must not be empty"],
    [{ destination: "" }, "destination must not be empty"],
    [{ manifests: "# nothing" }, "manifests hold no object that concerns the network"],
  ])("refuse %j", async (change, message) => {
    await expectFailure(policies.evaluate({ ...pair, ...change }), invalid, message);
  });

  it("name near misses of what the model lacks", async () => {
    const unknown = policies.evaluate({ ...pair, destination: "default/bd" });
    await expectFailure(unknown, Code.NotFound, /default\/bd.*default\/db/);
  });

  it("take their names as data", async () => {
    for (const source of [
      "__proto__/constructor",
      "a/b/c/d",
      "\ud800",
      "svc/",
      "[",
      "1.2.3.4/99",
    ]) {
      const code = await policies.evaluate({ ...pair, source }).then(
        () => 0,
        (error: { code: Code }) => error.code,
      );
      expect([0, invalid, Code.NotFound]).toContain(code);
    }
  });
});

describe("SuggestFix", () => {
  it("gives a manifest with its proof", async () => {
    const fix = await policies.suggestFix({ ...pair, port: 5432 });
    expect(fix).toMatchObject({
      outcome: "manifest",
      manifest: expect.stringContaining("kind: NetworkPolicy"),
      after: { verdict: "allowed" },
      model: { pods: 2 },
    });
    expect(fix.steps.length).toBeGreaterThan(1);
  });
});

describe("SuggestFix of a source that has many twins", () => {
  it("lists blastRadiusListedMax of the pairs that it would open, too", async () => {
    const twins = Array.from({ length: blastRadiusListedMax + 20 }, (_, at) =>
      podManifest(`web-${at}`).replace(`app: web-${at}`, "app: web"),
    );
    const manifests = documentsOf(podManifest("db"), allowManifest("db", "api"), ...twins);
    const fix = await policies.suggestFix({ ...pair, source: "default/web-0", manifests });
    expect(fix.outcome).toBe("manifest");
    expect(fix.blastRadius).toHaveLength(blastRadiusListedMax);
  });
});

describe("ListConnections", () => {
  const count = 60;
  const manifests = manyManifests(count);
  const unpaged = (): ConnectionRow[] => {
    const { objects } = parseManifests([{ file: "m", text: manifests }]);
    const world = createWorld({ model: new ClusterModel(objects) });
    return [...listConnections(world)] as unknown as ConnectionRow[];
  };
  const plain = (rows: readonly ConnectionRow[]) =>
    rows.map(({ source, destination, connections }) => ({ source, destination, connections }));

  it("pages over the whole list without a gap or a repeat", async () => {
    const rows: ConnectionRow[] = [];
    let pageToken = "";
    do {
      const page = await policies.listConnections({ manifests, pageSize: 333, pageToken });
      expect(page.totalSize).toBe(unpaged().length);
      rows.push(...page.rows);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(rows.length).toBeGreaterThan(1_500);
    expect(plain(rows)).toEqual(plain(unpaged()));
  });

  it("has policyConnectionsPageDefault rows on a page unless asked, pageSizeMax at most", async () => {
    const { rows } = await policies.listConnections({ manifests });
    expect(rows).toHaveLength(policyConnectionsPageDefault);
    const largest = await policies.listConnections({ manifests, pageSize: pageSizeMax });
    expect(largest.rows).toHaveLength(pageSizeMax);
    const call = policies.listConnections({ manifests, pageSize: pageSizeMax + 1 });
    await expectFailure(call, invalid, "page_size must be from 1 to 1000, or 0 for 100, not 1001");
  });

  it("filters by source, destination and namespace", async () => {
    const from = await policies.listConnections({ source: "default/web" });
    expect(from.rows.map(({ destination }) => destination)).toEqual([
      "0.0.0.0-255.255.255.255[External]",
    ]);
    const to = await policies.listConnections({ destination: "default/web[Pod]" });
    expect(to.totalSize).toBe(2);
    await expectFailure(policies.listConnections({ namespace: "shop" }), Code.NotFound, "shop");
  });

  it("refuses the token of another list", async () => {
    const { nextPageToken } = await policies.listConnections({ pageSize: 1 });
    const use = (request: object) =>
      policies.listConnections({ pageSize: 1, pageToken: nextPageToken, ...request });
    expect((await use({})).rows).toHaveLength(1);
    for (const request of [{ source: "default/web" }, { profile: "calico" }]) {
      await expectFailure(use(request), invalid, "page_token must be the next_page_token");
    }
    const forged = (after: unknown) =>
      Buffer.from(JSON.stringify(["connections", "upstream", "", "", "", after])).toString(
        "base64url",
      );
    for (const pageToken of [
      "x",
      forged(7),
      forged("7"),
      forged("-1 x"),
      forged(`1 ${"x".repeat(99)}`),
    ]) {
      await expectFailure(use({ pageToken }), invalid, "page_token must be");
    }
  });

  it("says ABORTED when the model has changed since the page before, and starts anew without a token", async () => {
    const own = temporaryFolder();
    const changing = inProcessDesk();
    const clients = policyClients(changing);
    writeFileSync(join(own.path, "a.yaml"), shopManifests);
    await changing.load(own.path);
    const { nextPageToken: pageToken } = await clients.policies.listConnections({ pageSize: 1 });
    await changing.load(own.path);
    expect((await clients.policies.listConnections({ pageSize: 1, pageToken })).rows).toHaveLength(
      1,
    );
    writeFileSync(join(own.path, "b.yaml"), podManifest("api", "10.0.0.3"));
    await changing.load(own.path);
    const stale = clients.policies.listConnections({ pageSize: 1, pageToken });
    await expectFailure(stale, Code.Aborted, "the model has changed since the page before");
    expect((await clients.policies.listConnections({})).model).toMatchObject({ pods: 3 });
    const first = await clients.policies.listConnections({ manifests: shopManifests, pageSize: 1 });
    const other = clients.policies.listConnections({
      manifests: documentsOf(shopManifests, podManifest("api")),
      pageSize: 1,
      pageToken: first.nextPageToken,
    });
    await expectFailure(other, Code.Aborted, "the model has changed");
    own.remove();
  });
});

describe("WhatIf and Diff", () => {
  it("show what changes would do to the live model", async () => {
    const diff = await policies.whatIf({ changes: allowManifest("db", "web") });
    expect(diff).toMatchObject({
      added: 1,
      removed: 0,
      rows: [
        {
          change: "added",
          source: "default/web[Pod]",
          destination: "default/db[Pod]",
          before: "No Connections",
          after: "All Connections",
        },
      ],
      before: { policies: 1 },
      after: { policies: 1 },
      nextPageToken: "",
    });
    expect((await policies.evaluate(pair)).verdict).toBe("denied");
  });

  it("compare the live model, or manifests, with others", async () => {
    const after = documentsOf(podManifest("web"), podManifest("db"));
    const live = await policies.diff({ after });
    const own = await policies.diff({ before: shopManifests, after });
    expect(live.added).toBeGreaterThan(0);
    expect(own.rows).toEqual(live.rows);
    expect((await policies.diff({ before: after, after })).rows).toEqual([]);
  });

  it("page, with the counts of all rows on each", async () => {
    const request = { before: manyManifests(40), after: manyManifests(41), pageSize: 7 };
    const whole = await policies.diff({ ...request, pageSize: 0 });
    const first = await policies.diff(request);
    const second = await policies.diff({ ...request, pageToken: first.nextPageToken });
    expect(whole.rows.length).toBeGreaterThan(14);
    expect(first.added).toBe(whole.added);
    expect([...first.rows, ...second.rows]).toEqual(whole.rows.slice(0, 14));
  });

  it("want something to compare with", async () => {
    await expectFailure(policies.whatIf({}), invalid, "changes must not be empty");
    await expectFailure(policies.diff({}), invalid, "after must not be empty");
    const call = policies.whatIf({ changes: "just words" });
    await expectFailure(call, invalid, "changes hold no object");
  });

  it("tell problems of the changes", async () => {
    const changes = documentsOf(allowManifest("db", "web"), "kind: [\n");
    const { after } = await policies.whatIf({ changes });
    expect(after?.problems).toMatchObject([{ severity: "error", file: "changes" }]);
  });
});

describe("Lint", () => {
  const lintable = documentsOf(shopManifests, allowManifest("nobody", "web"));

  it("finds what is wrong, with the line", async () => {
    const { findings, totalSize, profile } = await policies.lint({ manifests: lintable });
    expect(totalSize).toBe(findings.length);
    expect(profile).toBe("upstream");
    expect(findings).toContainEqual(
      expect.objectContaining({
        object: "NetworkPolicy default/nobody",
        location: expect.objectContaining({ file: "manifests" }),
      }),
    );
  });

  it("runs the rules that are asked for, and knows no others", async () => {
    const { findings } = await policies.lint({ manifests: lintable });
    const [first] = findings;
    const rules = [first?.rule ?? ""];
    const some = await policies.lint({ manifests: lintable, rules });
    expect(new Set(some.findings.map(({ rule }) => rule))).toEqual(new Set(rules));
    await expectFailure(policies.lint({ rules: ["CW999"] }), invalid, /rules: "CW999" is no rule/);
  });

  it("shows what a file of suppressions covers, and why", async () => {
    const { findings } = await policies.lint({ manifests: lintable });
    const [first] = findings;
    const suppressions = `- rule: ${first?.rule}\n  reason: known and wanted\n`;
    const report = await policies.lint({ manifests: lintable, suppressions });
    expect(report.suppressed).toBeGreaterThan(0);
    expect(report.findings.map(({ suppressed }) => suppressed)).toContainEqual(
      expect.stringContaining("known and wanted"),
    );
  });

  it("pages, with policyPageDefault findings on a page unless asked", async () => {
    const { findings } = await policies.lint({ manifests: lintable });
    const one = await policies.lint({ manifests: lintable, pageSize: 1 });
    expect(one.totalSize).toBe(findings.length);
    const pageToken = one.nextPageToken;
    const two = await policies.lint({ manifests: lintable, pageSize: 1, pageToken });
    expect([...one.findings, ...two.findings]).toEqual(findings.slice(0, 2));
    expect(policyPageDefault).toBe(pageSizeMax);
  });
});

describe("Exposure", () => {
  it("lists what workloads are open to, the unprotected ones on the first page alone", async () => {
    const whole = await policies.exposure({});
    expect(whole.rows.length).toBeGreaterThan(1);
    expect(whole.unprotected).toContainEqual(
      expect.objectContaining({ workload: "default/web[Pod]", direction: "ingress" }),
    );
    const first = await policies.exposure({ pageSize: 1 });
    const second = await policies.exposure({ pageSize: 1, pageToken: first.nextPageToken });
    expect([...first.rows, ...second.rows]).toEqual(whole.rows.slice(0, 2));
    expect(first.unprotected).toEqual(whole.unprotected);
    expect(second.unprotected).toEqual([]);
    expect(second.totalSize).toBe(whole.rows.length);
  });
});

describe("Check", () => {
  it("says which assertions hold", async () => {
    const rules = `permit:
  - from: default/db
    to: default/web
    ports: [TCP/80]
forbid:
  - from: default/web
    to: default/db
  - from: default/db
    to: default/web
`;
    expect(await policies.check({ rules })).toMatchObject({
      passed: 2,
      failed: 1,
      unknown: 0,
      results: [
        { kind: "permit", outcome: "passed" },
        { kind: "forbid", outcome: "passed" },
        { kind: "forbid", outcome: "failed", line: 8, violations: [{ source: "default/db[Pod]" }] },
      ],
    });
  });

  it("refuses rules that can't be read", async () => {
    await expectFailure(policies.check({}), invalid, "rules must not be empty");
    await expectFailure(policies.check({ rules: "permits: []" }), invalid, /permit/);
  });
});

describe("AnalyzePodCommunication", () => {
  const ends = { podA: "default/web", podB: "default/db" };

  it("diagnoses a pair", async () => {
    const diagnosis = await analyses.analyzePodCommunication({ ...ends, port: 5432 });
    expect(diagnosis).toMatchObject({
      podA: "default/web",
      podB: "default/db",
      status: "disconnected",
      schemaVersion: "1.0",
      request: { protocol: "TCP", port: 5432 },
    });
    expect(diagnosis.confidence).toBeGreaterThan(0);
    expect(diagnosis.issues[0]).toContain("default/db");
    expect(diagnosis.analysisId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(diagnosis.startedAt)).toBeGreaterThan(0);
  });

  it("takes compat, a profile and manifests of its own", async () => {
    const { status } = await analyses.analyzePodCommunication({
      ...ends,
      compat: "seed",
      profile: "calico",
      protocol: "tcp",
      manifests: documentsOf(podManifest("web", "10.0.0.1"), podManifest("db", "10.0.0.2")),
    });
    expect(status).toBe("connected");
  });

  it.each([
    [{ protocol: "icmp" }, 'protocol must be one of TCP, UDP, SCTP, not "icmp"'],
    [{ compat: "sead" }, 'compat must be "seed" or empty, not "sead"'],
    [{ podA: "" }, "pod_a must not be empty"],
    [{ podB: "" }, "pod_b must not be empty"],
    [{ port: 70_000 }, "port must be from 1"],
    [{ profile: "x" }, "profile must be one of"],
  ])("refuses %j", async (change, message) => {
    await expectFailure(analyses.analyzePodCommunication({ ...ends, ...change }), invalid, message);
  });

  it("names near misses of a pod that the model lacks", async () => {
    const call = analyses.analyzePodCommunication({ ...ends, podB: "default/bd" });
    await expectFailure(call, Code.NotFound, "default/db");
  });
});

describe("every question", () => {
  it("is told that there is no model when there is none", async () => {
    const none = policyClients(inProcessDesk());
    for (const call of [
      none.policies.evaluate(pair),
      none.policies.listConnections({}),
      none.analyses.analyzePodCommunication({ podA: "a", podB: "b" }),
    ]) {
      await expectFailure(call, Code.FailedPrecondition, "CAUSEWAY_MANIFESTS");
    }
  });

  it("names problemsListedMax problems of the model and no more", async () => {
    const broken = Array.from({ length: problemsListedMax + 20 }, () => "kind: [\n");
    const manifests = documentsOf(shopManifests, ...broken);
    const { model } = await policies.evaluate({ ...pair, manifests });
    expect(model?.problems).toHaveLength(problemsListedMax);
  });

  it("says in every answer what it rests on, and warns of what was left out", async () => {
    const manifests = documentsOf(shopManifests, "kind: [\n");
    const { warnings } = await policies.evaluate({ ...pair, manifests });
    expect(warnings[0]).toContain("1 document or object of the input can't be used");
    const asked = { podA: pair.source, podB: pair.destination, manifests };
    const { model, profile } = await analyses.analyzePodCommunication(asked);
    expect(profile).toBe("upstream");
    expect(model?.problems.map(({ severity }) => severity)).toEqual(["error"]);
  });
});
