import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DescMethodUnary, type Message, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { credentials, Client as GrpcJsClient } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnalysisService } from "../../gen/causeway/v1/analysis_pb.js";
import { PolicyService } from "../../gen/causeway/v1/policy_pb.js";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.js";
import { queryRequestBytesMax } from "../../server/limits.js";
import { policyRequestBytesMax } from "../../server/policy/limits.js";
import { allowManifest, shopManifests, temporaryFolder } from "../support/policy-manifests.js";
import { type PolicyServer, startPolicyServer } from "../support/policy-server.js";

/** Goal: every protocol gives the same answers to the same questions. Method: real clients, a whole server, real processes. */

const folder = temporaryFolder();
let server: PolicyServer;
beforeAll(async () => {
  writeFileSync(join(folder.path, "shop.yaml"), shopManifests);
  server = await startPolicyServer(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const transports: Record<string, () => Transport> = {
  gRPC: () => createGrpcTransport({ baseUrl: server.url, sessionManager: server.sessions }),
  "gRPC-Web": () => createGrpcWebTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  Connect: () => createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  "Connect with JSON": () =>
    createConnectTransport({ baseUrl: server.url, httpVersion: "1.1", useBinaryFormat: false }),
  "Connect with GET": () =>
    createConnectTransport({ baseUrl: server.url, httpVersion: "1.1", useHttpGet: true }),
};

const { method: policy } = PolicyService;
const { analyzePodCommunication } = AnalysisService.method;
const pair = { source: "default/web", destination: "default/db", port: 5432 };
const ends = { pod_a: "default/web", pod_b: "default/db", port: 5432 };

/** Every RPC with a question that the small model has an answer to, and its path. */
const calls: readonly (readonly [DescMethodUnary, string, Readonly<Record<string, unknown>>])[] = [
  [policy.evaluate, "/v1/policy:evaluate", pair],
  [policy.explain, "/v1/policy:explain", pair],
  [policy.listConnections, "/v1/policy:connections", { page_size: 2 }],
  [policy.whatIf, "/v1/policy:whatif", { changes: allowManifest("db", "web") }],
  [policy.diff, "/v1/policy:diff", { after: shopManifests.replace("app: api", "app: web") }],
  [policy.lint, "/v1/policy:lint", {}],
  [policy.suggestFix, "/v1/policy:fix", pair],
  [policy.exposure, "/v1/policy:exposure", {}],
  [
    policy.check,
    "/v1/policy:check",
    { rules: "permit:\n  - {from: default/db, to: default/web}\n" },
  ],
  [analyzePodCommunication, "/v1/diagnoses", ends],
  [analyzePodCommunication, "/api/v1/analyze/pod-communication", ends],
];

/** What differs from one call to the next. */
const settled = (json: unknown): unknown => {
  const volatile = new Set(["age_s", "analysis_id", "started_at", "duration_ms", "at"]);
  return JSON.parse(
    JSON.stringify(json, (key, value: unknown) => (volatile.has(key) ? undefined : value)),
  );
};

const printed = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;

const camel = (request: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(request).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

describe.each(Object.keys(transports))("%s", (protocol) => {
  it.each(calls)("calls %s as %s does", async (method, path, request) => {
    const transport = transports[protocol]?.();
    if (transport === undefined) throw new Error("no transport");
    const { message } = await transport.unary(
      method,
      undefined,
      undefined,
      undefined,
      camel(request),
    );
    const [status, json] = await server.post(path, request);
    expect(status).toBe(200);
    expect(settled(toJson(method.output, message as Message, printed))).toEqual(settled(json));
  });

  it("gets an error's code and message", async () => {
    const transport = transports[protocol]?.();
    if (transport === undefined) throw new Error("no transport");
    const client = createClient(PolicyService, transport);
    const error = await client.evaluate({ ...pair, destination: "default/bd" }).then(
      () => undefined,
      (thrown: unknown) => ConnectError.from(thrown),
    );
    expect(error?.code).toBe(Code.NotFound);
    expect(error?.rawMessage).toContain("default/db");
  });
});

describe("REST", () => {
  it("lists the connections of the live model by GET, too", async () => {
    const [status, json] = await server.get(
      "/v1/policy/connections?page_size=1&source=default%2Fdb",
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({
      rows: [{ source: "default/db[Pod]" }],
      total_size: 2,
      next_page_token: expect.stringMatching(/^.+$/),
    });
    const [, next] = await server.get(
      `/v1/policy/connections?page_size=1&source=default%2Fdb&page_token=${json.next_page_token}`,
    );
    expect(next.next_page_token).toBe("");
    expect(next.rows).not.toEqual(json.rows);
  });

  it("has the errors of Google's APIs", async () => {
    const [status, json] = await server.post("/v1/diagnoses", { pod_a: "a", pod_b: "b", port: -1 });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: {
        code: 400,
        status: "INVALID_ARGUMENT",
        message: "port must be from 1 to 65535, or 0 for any, not -1",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            field_violations: [
              {
                field: "port",
                description: "must be from 1 to 65535, or 0 for any, not -1",
              },
            ],
          },
        ],
      },
    });
    expect((await server.post("/v1/policy:evaluate", { ...pair, prot: "x" }))[1]).toMatchObject({
      error: { message: expect.stringContaining("did you mean port") },
    });
  });
});

describe("POST /api/v1/analyze/pod-communication", () => {
  const path = "/api/v1/analyze/pod-communication";

  it("answers the six fields of the oldest clients first, lists never null", async () => {
    const answer = await fetch(server.url + path, {
      method: "POST",
      body: JSON.stringify({ pod_a: "default/db", pod_b: "default/web" }),
    });
    const text = await answer.text();
    expect(text).toMatch(
      /^\{"pod_a":"default\/db","pod_b":"default\/web","status":"connected","confidence":0\.\d+,"issues":\[\],"solutions":\["No obvious issues detected"\],/,
    );
    expect(text).not.toContain("null");
  });

  it("ignores fields that it does not know, as its clients do", async () => {
    const [status] = await server.post(path, { ...ends, trace: { id: 1 } });
    expect(status).toBe(200);
    expect((await server.post("/v1/diagnoses", { ...ends, trace: 1 }))[0]).toBe(400);
  });

  it.each([
    [{ pod_a: "default/web" }, 400, "INVALID_REQUEST", "pod_b must not be empty"],
    [{ ...ends, protocol: "sctq" }, 400, "INVALID_REQUEST", 'not "sctq"'],
    [{ ...ends, port: "http" }, 400, "INVALID_REQUEST", "port"],
    [{ ...ends, pod_b: "default/nope" }, 404, "NOT_FOUND", "default/nope"],
  ])("refuses %j in the seed's shape", async (request, status, code, message) => {
    const [answered, json] = await server.post(path, request);
    expect(answered).toBe(status);
    expect(Object.keys(json)).toEqual(["code", "message", "details"]);
    expect(json).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("takes the protocol in any case", async () => {
    const [, json] = await server.post(path, { ...ends, protocol: "Tcp" });
    expect(json.request.protocol).toBe("TCP");
  });
});

describe("a grpc-js client", () => {
  it("calls a method by its bytes", async () => {
    const client = new GrpcJsClient(
      server.url.replace("http://", ""),
      credentials.createInsecure(),
    );
    const { toBinary, fromBinary, create } = await import("@bufbuild/protobuf");
    const { input, output } = policy.evaluate;
    const verdict = await new Promise<Message>((resolve, reject) => {
      client.makeUnaryRequest(
        `/${PolicyService.typeName}/Evaluate`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => fromBinary(output, bytes),
        toBinary(input, create(input, pair)),
        (error, value) => (error === null && value ? resolve(value) : reject(error)),
      );
    });
    client.close();
    expect(verdict).toMatchObject({ verdict: "denied" });
  });
});

describe("requests", () => {
  /** Documents of nothing but comments behind the shop. */
  const padded = (bytes: number) => {
    const block = `---\n# ${"x".repeat(993)}\n`;
    return shopManifests + block.repeat(Math.floor(bytes / block.length));
  };

  it("may have policyRequestBytesMax with manifests, queryRequestBytesMax elsewhere", async () => {
    const [status, json] = await server.post("/v1/policy:evaluate", {
      ...pair,
      manifests: padded(policyRequestBytesMax * 0.97),
    });
    expect([status, json.verdict]).toEqual([200, "denied"]);
    const manifests = padded(policyRequestBytesMax);
    for (const [path, request] of [
      ["/v1/policy:evaluate", { ...pair, manifests }],
      ["/v1/diagnoses", { ...ends, manifests }],
    ] as const) {
      expect(await server.post(path, request)).toMatchObject([
        429,
        { error: { status: "RESOURCE_EXHAUSTED" } },
      ]);
    }
    const source = "x".repeat(queryRequestBytesMax);
    expect((await server.post("/v1/probes:run", { source, target: "x" }))[0]).toBe(429);
    const client = createClient(PolicyService, transports["gRPC"]?.() as Transport);
    const large = await client.evaluate({ ...pair, manifests: padded(4 * queryRequestBytesMax) });
    expect(large.verdict).toBe("denied");
    const error = await client.evaluate({ ...pair, manifests }).then(
      () => undefined,
      (thrown: unknown) => ConnectError.from(thrown),
    );
    expect(error?.code).toBe(Code.ResourceExhausted);
  });
});

describe("what describes the port", () => {
  it("knows the services: reflection, health, OpenAPI", async () => {
    const health = createClient(Health, transports["gRPC"]?.() as Transport);
    for (const { typeName: service } of [PolicyService, AnalysisService]) {
      const { status } = await health.check({ service });
      expect(status).toBe(HealthCheckResponse_ServingStatus.SERVING);
    }
    const [, { paths }] = await server.get("/openapi.json");
    for (const [, path] of calls) expect(paths[path].post.operationId).toMatch(/Service_/);
    expect(paths["/v1/policy/connections"].get.parameters.length).toBeGreaterThan(5);
  });
});

describe("who may ask", () => {
  it("needs get or list for policies, create for diagnoses, below /api/v1 as well", async () => {
    const tokens = join(folder.path, "tokens");
    writeFileSync(tokens, "reader-token,reader,get+list\nworker-token,worker,create\n");
    const guarded = await startPolicyServer(undefined, {
      apiTokenFile: tokens,
      legacyClients: true,
    });
    const statusOf = async (path: string, token: string | undefined): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(guarded.url + path, { method: "POST", body: "{}", headers });
      await answer.body?.cancel();
      return answer.status;
    };
    const paths = [
      "/v1/policy:evaluate",
      "/v1/policy:connections",
      "/v1/diagnoses",
      "/api/v1/analyze/pod-communication",
    ];
    const statuses = (token: string | undefined) =>
      Promise.all(paths.map((path) => statusOf(path, token)));
    expect(await statuses(undefined)).toEqual([401, 401, 401, 401]);
    expect(await statuses("reader-token")).toEqual([400, 400, 403, 403]);
    expect(await statuses("worker-token")).toEqual([403, 403, 400, 400]);
    await guarded.stop();
  });
});
