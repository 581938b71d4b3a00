// The commands of policies against a listener with answers of its own: what they ask for, and what becomes of the answers.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import {
  changesBytesMax,
  listRestartsMax,
  policyPageSize,
  policyPagesMax,
  policyTimeoutMs,
} from "../../cli/limits.js";
import { readTexts } from "../../cli/policy/read-texts.js";
import { AnalysisService } from "../../gen/causeway/v1/analysis_pb.js";
import {
  type ListConnectionsRequest,
  PolicyService,
  type WhatIfRequest,
} from "../../gen/causeway/v1/policy_pb.js";
import { type CliRun, runCaught } from "../support/cli-run.js";

type Policies = Partial<ServiceImpl<typeof PolicyService>>;
type Analyses = Partial<ServiceImpl<typeof AnalysisService>>;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const openServer = async (policies: Policies, analyses: Analyses = {}): Promise<string> => {
  const adapter = connectNodeAdapter({
    routes: (router) => {
      router.service(PolicyService, policies);
      router.service(AnalysisService, analyses);
    },
  });
  return await listening(createServer(adapter));
};

/** Opens a port for a server; resolves to its URL. */
const listening = async (server: Http2Server): Promise<string> => {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const run = async (policies: Policies, ...argv: readonly string[]): Promise<CliRun> =>
  runCaught([...argv, "--server", await openServer(policies)]);

const rowOf = (index: number) => ({
  source: `shop/web-${index}[Deployment]`,
  destination: "shop/cart[Deployment]",
  connections: "TCP 80",
});

describe("causeway policy list without a folder", () => {
  it("asks the server for every page, policyPageSize rows at a time", async () => {
    const asked: ListConnectionsRequest[] = [];
    const { code, out } = await run(
      {
        listConnections: (request) => {
          asked.push(request);
          return request.pageToken === ""
            ? { rows: [rowOf(1)], nextPageToken: "more", totalSize: 2, profile: "calico" }
            : { rows: [rowOf(2)], totalSize: 2, profile: "calico" };
        },
      },
      ...["policy", "list", "--namespace", "shop", "--from", "shop/web-1", "--to", "10.0.0.1"],
      ...["--profile", "calico", "-o", "connlist"],
    );
    expect(code).toBe(0);
    expect(out).toBe(
      "shop/web-1[Deployment] => shop/cart[Deployment] : TCP 80\nshop/web-2[Deployment] => shop/cart[Deployment] : TCP 80\n",
    );
    expect(asked.map(({ pageToken, pageSize }) => [pageToken, pageSize])).toEqual([
      ["", policyPageSize],
      ["more", policyPageSize],
    ]);
    expect(asked[0]).toMatchObject({
      namespace: "shop",
      source: "shop/web-1",
      destination: "10.0.0.1",
      profile: "calico",
    });
  });

  it("prints one document of all pages, with what the server left out filled in", async () => {
    const pages: Policies = {
      listConnections: ({ pageToken }) =>
        pageToken === "" ? { rows: [rowOf(1)], nextPageToken: "x" } : { rows: [rowOf(2)] },
    };
    const document = JSON.parse((await run(pages, "policy", "list", "-o", "json")).out);
    expect(document).toMatchObject({
      rows: [
        { source: "shop/web-1[Deployment]", undetermined: "", because: [] },
        { source: "shop/web-2[Deployment]" },
      ],
      next_page_token: "",
      total_size: 2,
      model: { source: "", pods: 0, problems: [] },
    });
  });

  it("begins again when the model has changed in between, listRestartsMax times", async () => {
    const changing = (
      changes: number,
    ): { readonly policies: Policies; readonly first: () => number } => {
      let first = 0;
      const policies: Policies = {
        listConnections: ({ pageToken }) => {
          if (pageToken === "") {
            first++;
            return { rows: [rowOf(first)], nextPageToken: "more" };
          }
          if (first <= changes) throw new ConnectError("the model has changed", Code.Aborted);
          return { rows: [] };
        },
      };
      return { policies, first: () => first };
    };
    const settled = changing(listRestartsMax);
    const good = await run(settled.policies, "policy", "list", "-o", "connlist");
    expect(good.code).toBe(0);
    expect(good.out).toBe(
      `shop/web-${listRestartsMax + 1}[Deployment] => shop/cart[Deployment] : TCP 80\n`,
    );
    const restless = changing(listRestartsMax + 1);
    const bad = await run(restless.policies, "policy", "list", "-o", "connlist");
    expect(bad).toEqual({ code: 3, out: "", error: "causeway: the model has changed\n" });
    expect(restless.first()).toBe(listRestartsMax + 1);
  });

  it("stops after policyPagesMax pages", async () => {
    const endless: Policies = { listConnections: () => ({ nextPageToken: "more" }) };
    const { code, error } = await run(endless, "policy", "list");
    expect(code).toBe(3);
    expect(error).toContain(`more than ${policyPagesMax * policyPageSize} entries`);
  });
});

describe("the other commands without a folder", () => {
  it("join the pages of a difference, of findings and of exposure", async () => {
    const pages: Policies = {
      whatIf: ({ pageToken }) => ({
        rows: [{ change: "added", source: pageToken || "first" }],
        added: 2,
        nextPageToken: pageToken === "" ? "second" : "",
      }),
      lint: ({ pageToken }) => ({
        findings: [{ rule: pageToken === "" ? "CW001" : "CW002", severity: "high" }],
        nextPageToken: pageToken === "" ? "second" : "",
      }),
      exposure: ({ pageToken }) => ({
        rows: [{ workload: pageToken || "first" }],
        unprotected: pageToken === "" ? [{ workload: "w", direction: "egress" }] : [],
        nextPageToken: pageToken === "" ? "second" : "",
      }),
    };
    const json = async (...argv: readonly string[]) => {
      const { out, code } = await run(pages, ...argv, "-o", "json");
      return { code, document: JSON.parse(out) };
    };
    const diff = await json("policy", "whatif", "--change", "package.json");
    expect(diff.code).toBe(1);
    expect(diff.document.rows.map(({ source }: { source: string }) => source)).toEqual([
      "first",
      "second",
    ]);
    const lint = await json("policy", "lint");
    expect(lint.code).toBe(1);
    expect(lint.document.findings).toHaveLength(2);
    expect(lint.document.total_size).toBe(2);
    const exposure = await json("policy", "exposure");
    expect(exposure.document.rows).toHaveLength(2);
    expect(exposure.document.unprotected).toEqual([{ workload: "w", direction: "egress" }]);
  });

  it("send what a pair is asked about", async () => {
    const asked: unknown[] = [];
    const policies: Policies = {
      evaluate: ({ source, destination, port, protocol }) => {
        asked.push([source, destination, port, protocol]);
        return { verdict: "allowed", port };
      },
      explain: ({ source }) => {
        asked.push(source);
        return { verdict: "unknown" };
      },
      suggestFix: ({ source }) => {
        asked.push(source);
        return { outcome: "refused", reason: "no" };
      },
    };
    const ends = ["shop/web", "svc/shop/cart", "--port", "53", "--protocol", "udp"];
    expect((await run(policies, "policy", "eval", ...ends)).code).toBe(0);
    expect((await run(policies, "policy", "explain", "a", "b")).code).toBe(3);
    expect((await run(policies, "policy", "fix", "a", "b")).code).toBe(1);
    expect(asked).toEqual([["shop/web", "svc/shop/cart", 53, "UDP"], "a", "a"]);
  });

  it("send the rules and suppressions of lint", async () => {
    const asked: unknown[] = [];
    const policies: Policies = {
      lint: ({ rules, suppressions }) => {
        asked.push(rules, suppressions.includes('"name": "causeway"'));
        return {};
      },
    };
    const flags = ["--rules", "cw002, CW001", "--suppressions", "package.json"];
    expect((await run(policies, "policy", "lint", ...flags)).code).toBe(0);
    expect(asked).toEqual([["CW002", "CW001"], true]);
  });

  it("send the text of rules and changes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-cli-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [one, two] = ["one.yaml", "two.yaml"].map((name) => join(folder, name));
    if (one === undefined || two === undefined) throw new Error("no files");
    writeFileSync(one, "a: 1\n");
    writeFileSync(two, "b: 2\n");
    const asked: (string | WhatIfRequest["changes"])[] = [];
    const policies: Policies = {
      check: ({ rules }) => {
        asked.push(rules);
        return { failed: 1, results: [{ kind: "permit", outcome: "vacuous" }] };
      },
      whatIf: ({ changes }) => {
        asked.push(changes);
        return {};
      },
    };
    expect((await run(policies, "policy", "check", "--rules", one)).code).toBe(1);
    expect((await run(policies, "policy", "whatif", "--change", one, two)).code).toBe(0);
    expect(asked).toEqual(["a: 1\n", "a: 1\n\n---\nb: 2\n"]);
  });

  it("diagnose over AnalysisService, with the fields of the first clients first", async () => {
    const url = await openServer(
      {},
      {
        analyzePodCommunication: ({ podA, podB, port }) => ({
          podA,
          podB,
          status: "degraded",
          request: { port },
        }),
      },
    );
    const { code, out } = await runCaught([
      "diagnose",
      "a",
      "b",
      "--port",
      "80",
      "-o",
      "json",
      "--server",
      url,
    ]);
    expect(code).toBe(1);
    const document = JSON.parse(out);
    expect(Object.keys(document).slice(0, 6)).toEqual([
      "pod_a",
      "pod_b",
      "status",
      "confidence",
      "issues",
      "solutions",
    ]);
    expect(document).toMatchObject({ pod_a: "a", request: { port: 80 }, issues: [] });
    expect(document.endpoints).not.toHaveProperty("a");
  });
});

describe("what goes wrong", () => {
  const failing = (code: Code, message: string): Policies => ({
    evaluate: () => {
      throw new ConnectError(message, code);
    },
  });

  it.each([
    [Code.NotFound, 2, "no pod a; did you mean shop/a?\n"],
    [Code.InvalidArgument, 2, "no pod a; did you mean shop/a?\n"],
    [
      Code.FailedPrecondition,
      3,
      "no pod a; did you mean shop/a?; or name a folder of manifests here\n",
    ],
    [Code.ResourceExhausted, 3, "no pod a; did you mean shop/a?\n"],
  ])("code %d ends with %d", async (fault, code, line) => {
    const policies = failing(fault, "no pod a; did you mean shop/a?");
    const result = await run(policies, "policy", "eval", "a", "b");
    expect(result).toEqual({ code, out: "", error: `causeway: ${line}` });
  });

  it("waits policyTimeoutMs and no longer", async () => {
    let timeoutMs = 0;
    const policies: Policies = {
      evaluate: (_request, context) => {
        timeoutMs = context.timeoutMs() ?? 0;
        return {};
      },
    };
    await run(policies, "policy", "eval", "a", "b");
    expect(timeoutMs).toBeGreaterThan(policyTimeoutMs - 20_000);
    expect(timeoutMs).toBeLessThanOrEqual(policyTimeoutMs);
  });

  it("reads why a server refused changesBytesMax of changes while they still wait: sessionMemoryMbMax holds them", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.respond(
        {
          ":status": 200,
          "content-type": "application/grpc+proto",
          "grpc-status": "8",
          "grpc-message": "too many questions wait",
        },
        { endStream: true },
      );
    });
    const folder = mkdtempSync(join(tmpdir(), "causeway-cli-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "large.yaml");
    writeFileSync(file, "#".repeat(changesBytesMax));
    const url = await listening(server);
    const argv = ["policy", "whatif", "--change", file, "--server", url];
    expect(await runCaught(argv)).toEqual({
      code: 3,
      out: "",
      error: "causeway: too many questions wait\n",
    });
  });

  it("ends with 4 when there is no server", async () => {
    const { code, error } = await runCaught(["policy", "list", "--server", "http://127.0.0.1:1"]);
    expect(code).toBe(4);
    expect(error).toContain("cannot reach the server");
  });

  it("refuses more than changesBytesMax of changes, and standard input twice", () => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-cli-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "large.yaml");
    writeFileSync(file, "#".repeat(changesBytesMax + 1));
    expect(() => readTexts([file])).toThrow(`more than the ${changesBytesMax} bytes`);
    expect(() => readTexts(["/does/not/exist"])).toThrow("/does/not/exist does not exist");
    expect(() => readTexts(["-", "-"])).toThrow("standard input (-) can be read once only");
  });
});
