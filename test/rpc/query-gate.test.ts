import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../common/logger.js";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { createTokenFileAuthenticator } from "../../server/rpc/api-auth.js";
import { createTestFiles } from "../support/certificates.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { type RawRequest, request1, request2 } from "../support/raw-http.js";
import { waitFor } from "../support/wait.js";

/** Goal: who gets in, and what the others are told. Method: raw requests with chosen Host, Origin and token. */

const codeOf = async (call: Promise<unknown>): Promise<Code | "ok"> => {
  try {
    await call;
    return "ok";
  } catch (error) {
    return ConnectError.from(error).code;
  }
};

/** A whole heartbeat of k8snet-checker's client. */
const heartbeat = '{"pod_name":"p","node_ip":"192.0.2.1","pod_ip":"192.0.2.2"}';

describe("a port bound to loopback", () => {
  let port: FakePort;
  beforeAll(async () => {
    port = await openFakePort();
  });
  afterAll(() => port.listener.close(1_000));

  it.each([
    "localhost",
    "localhost:8080",
    "a.localhost:1",
    "127.0.0.1:80",
    "127.8.8.8",
    "[::1]:8080",
    "LOCALHOST.",
  ])("serves Host %s", async (host) => {
    const answer = await request1(port.url, { path: "/readyz", headers: { host } });
    expect(answer.status).toBe(200);
  });

  it.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "10.0.0.1",
    "127.0.0.1.nip.io",
  ])("refuses Host %j with 421", async (host) => {
    const answer = await request1(port.url, { path: "/v1/agents", headers: { host } });
    expect(answer.status).toBe(421);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 421 } });
  });

  it("refuses a foreign :authority likewise, in the protocol of the call", async () => {
    const rest = await request2(port.url, {
      path: "/readyz",
      headers: { ":authority": "evil.example" },
    });
    expect(rest.status).toBe(421);
    const grpc = await request2(port.url, {
      path: "/causeway.v1.MeshService/ListAgents",
      headers: { ":authority": "evil.example", "content-type": "application/grpc", te: "trailers" },
      body: new Uint8Array(5),
    });
    expect(grpc.trailers).toMatchObject({ "grpc-status": String(Code.PermissionDenied) });
    expect(port.services.begun).toEqual([]);
  });
});

describe("web pages", () => {
  let port: FakePort;
  const listed = "https://dash.example";
  const preflight = (origin: string): RawRequest => ({
    method: "OPTIONS",
    path: "/causeway.v1.MeshService/ListAgents",
    headers: { origin, "access-control-request-method": "POST" },
  });
  beforeAll(async () => {
    port = await openFakePort({ corsOrigins: [listed] });
  });
  afterAll(() => port.listener.close(1_000));

  it("of a listed origin may call and see what Connect and gRPC-Web need", async () => {
    const asked = await request1(port.url, preflight(listed));
    expect([asked.status, asked.text]).toEqual([204, ""]);
    expect(asked.headers).toMatchObject({
      "access-control-allow-origin": listed,
      "access-control-allow-methods": "GET, POST, HEAD",
      "access-control-allow-headers": expect.stringMatching(
        /Connect-Protocol-Version.*Authorization/,
      ),
      vary: "Origin",
    });
    const answer = await request1(port.url, {
      path: "/causeway.v1.MeshService/ListAgents",
      headers: { origin: listed, "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": listed,
      "access-control-expose-headers": expect.stringContaining("Grpc-Status"),
      vary: "Origin",
    });
  });

  it("of our own origin may call", async () => {
    for (const origin of [port.url, port.url.replace("http:", "https:")]) {
      const answer = await request1(port.url, { path: "/v1/agents", headers: { origin } });
      expect(answer.status).toBe(200);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it.each(["https://evil.example", "null", "http://dash.example", "https://dash.example:444"])(
    "of %s are refused, before anything is done",
    async (origin) => {
      const before = port.services.begun.length;
      expect((await request1(port.url, preflight(origin))).status).toBe(403);
      const answer = await request1(port.url, { path: "/v1/agents", headers: { origin } });
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect(JSON.parse(answer.text)).toMatchObject({
        error: { message: expect.stringContaining("CAUSEWAY_CORS_ORIGINS") },
      });
      expect(port.services.begun.length).toBe(before);
    },
  );

  it("of everywhere may call when * is listed", async () => {
    const open = await openFakePort({ corsOrigins: ["*"] });
    try {
      const answer = await request1(open.url, {
        path: "/v1/agents",
        headers: { origin: "https://any.example" },
      });
      expect(answer.headers["access-control-allow-origin"]).toBe("https://any.example");
    } finally {
      await open.listener.close(1_000);
    }
  });
});

describe("tokens", () => {
  const lines =
    "# people\nread-1,ann,get+list\nwatch-1,bob,watch\n\nall-1, eve , get+list+watch+create\n";
  const open = async (openLegacy: boolean) => {
    const files = await createTestFiles();
    const path = await files.write("tokens", lines);
    const warnings: string[] = [];
    const logger = {
      ...silentLogger,
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const authenticator = await createTokenFileAuthenticator({ path, logger, everyMs: 10 });
    const port = await openFakePort({ authenticator, openLegacy });
    const sessions = new Http2SessionManager(port.url);
    return {
      files,
      warnings,
      port,
      transport: createGrpcTransport({ baseUrl: port.url, sessionManager: sessions }),
      close: async () => {
        sessions.abort();
        authenticator.stop();
        await port.listener.close(1_000);
        await files.remove();
      },
    };
  };
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    opened = await open(false);
  });
  afterAll(() => opened.close());

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const statusOf = async (request: RawRequest): Promise<number> =>
    (await request1(opened.port.url, request)).status;

  it.each<[string, string, RawRequest]>([
    ["get", "read-1", { path: "/v1/agents/a" }],
    ["list", "read-1", { path: "/v1/agents" }],
    ["get", "read-1", { path: "/secret" }],
    ["watch", "watch-1", { path: "/v1/matrix:watch?kind=two" }],
    ["create", "all-1", { path: "/v1/probes:run", body: "{}" }],
    ["create", "all-1", { path: "/api/v1/heartbeat", body: heartbeat }],
  ])("need the verb %s of %s for %j", async (verb, token, request) => {
    expect(await statusOf({ ...request, headers: bearer(token) })).toBe(200);
    const other = verb === "watch" ? "read-1" : "watch-1";
    expect(await statusOf({ ...request, headers: bearer(other) })).toBe(403);
    expect(await statusOf({ ...request, headers: bearer("nobody") })).toBe(401);
    expect(await statusOf(request)).toBe(401);
    expect(await statusOf({ ...request, headers: { authorization: "Basic cmVhZC0x" } })).toBe(401);
  });

  it("are asked for in the protocol of the call, and before its body is read", async () => {
    const { transport, port } = opened;
    const before = port.services.begun.length;
    const mesh = createClient(MeshService, transport);
    expect(await codeOf(mesh.listAgents({}))).toBe(Code.Unauthenticated);
    expect(await codeOf(mesh.listAgents({}, { headers: bearer("watch-1") }))).toBe(
      Code.PermissionDenied,
    );
    expect(port.services.begun.length).toBe(before);
    const endless = await request1(port.url, {
      path: "/v1/probes:run",
      body: " ".repeat(3 << 20),
      headers: { "content-length": String(3 << 20) },
    });
    expect(endless.status).toBe(401);
    expect(endless.headers["www-authenticate"]).toBe("Bearer");
  });

  it("tell handlers who calls, over REST and gRPC alike", async () => {
    const { transport, port } = opened;
    const mesh = createClient(MeshService, transport);
    const { nextPageToken } = await mesh.listAgents({}, { headers: bearer("all-1") });
    expect(nextPageToken).toContain("user eve");
    const rest = await request1(port.url, { path: "/v1/agents", headers: bearer("read-1") });
    expect(rest.text).toContain("user ann");
  });

  it("are not needed for health and open paths", async () => {
    expect(await statusOf({ path: "/readyz" })).toBe(200);
    const health = createClient(Health, opened.transport);
    expect(await codeOf(health.check({}))).toBe("ok");
    expect(await statusOf({ path: "/v1/nope" })).toBe(404);
    expect(await statusOf({ path: "/api/v1/hosts" })).toBe(401);
  });

  it("are not needed under /api/v1 for k8snet-checker's clients, where that is on", async () => {
    const own = await open(true);
    try {
      const send = (request: RawRequest) => request1(own.port.url, request);
      expect((await send({ path: "/api/v1/hosts" })).status).toBe(200);
      expect((await send({ path: "/api/v1/heartbeat", body: heartbeat })).status).toBe(200);
      expect((await send({ path: "/v1/agents" })).status).toBe(401);
      const grpcPath = "/causeway.v1.CheckerService/ListHosts";
      const headers = { "content-type": "application/json" };
      expect((await send({ path: grpcPath, headers, body: "{}" })).status).toBe(401);
    } finally {
      await own.close();
    }
  });

  it("change with the file, and stay when the file goes bad", async () => {
    const own = await open(false);
    try {
      const status = async (token: string) =>
        (await request1(own.port.url, { path: "/v1/agents", headers: bearer(token) })).status;
      expect(await status("read-1")).toBe(200);
      await own.files.write("tokens", "new-1,ann,list\n");
      await waitFor("the new token", async () => (await status("new-1")) === 200);
      expect(await status("read-1")).toBe(401);
      await own.files.write("tokens", "not a token file\n");
      await waitFor("the bad file to be seen", () => own.warnings.length > 0);
      expect(await status("new-1")).toBe(200);
    } finally {
      await own.close();
    }
  });
});
