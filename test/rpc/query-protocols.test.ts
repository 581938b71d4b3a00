import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentService } from "../../gen/causeway/v1/agent_pb.js";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/grpc/health/v1/health_pb.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { request1, request2 } from "../support/raw-http.js";

/** Goal: every protocol finds the same services on one port. Method: real clients over real sockets. */

const run = promisify(execFile);

let port: FakePort;
let sessions: Http2SessionManager;
beforeAll(async () => {
  port = await openFakePort();
  sessions = new Http2SessionManager(port.url);
});
afterAll(async () => {
  sessions.abort();
  await port.listener.close(1_000);
});

const transports: Record<string, () => Transport> = {
  gRPC: () => createGrpcTransport({ baseUrl: port.url, sessionManager: sessions }),
  "gRPC-Web over HTTP/1.1": () => createGrpcWebTransport({ baseUrl: port.url, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": () =>
    createGrpcWebTransport({ baseUrl: port.url, httpVersion: "2", sessionManager: sessions }),
  "Connect over HTTP/1.1": () => createConnectTransport({ baseUrl: port.url, httpVersion: "1.1" }),
  "Connect over HTTP/2": () =>
    createConnectTransport({ baseUrl: port.url, httpVersion: "2", sessionManager: sessions }),
  "Connect with JSON": () =>
    createConnectTransport({ baseUrl: port.url, httpVersion: "1.1", useBinaryFormat: false }),
  "Connect with GET": () =>
    createConnectTransport({ baseUrl: port.url, httpVersion: "1.1", useHttpGet: true }),
};

const thrownBy = async (call: () => Promise<unknown>): Promise<ConnectError> => {
  try {
    await call();
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("nothing was thrown");
};

describe.each(Object.entries(transports))("%s", (_, transport) => {
  const mesh = () => createClient(MeshService, transport());

  it("calls a single answer", async () => {
    const { agents, nextPageToken } = await mesh().listAgents({ pageSize: 3, plane: "host" });
    expect(nextPageToken).toBe("size 3 user ");
    expect(agents.map(({ plane, appliedRevision }) => [plane, appliedRevision])).toEqual([
      ["host", 5n],
    ]);
  });

  it("gets an error's code, message and details", async () => {
    const error = await thrownBy(() => mesh().getAgent({ agentId: "busy" }));
    expect([error.code, error.rawMessage]).toEqual([Code.ResourceExhausted, "too many"]);
    const [retry] = error.findDetails(RetryInfoSchema);
    expect(retry?.retryDelay).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  });

  it("learns nothing of a bug but that there is one", async () => {
    const error = await thrownBy(() => mesh().getAgent({ agentId: "broken" }));
    expect([error.code, error.rawMessage]).toEqual([Code.Internal, "internal error"]);
  });

  it("reads a stream to its end", async () => {
    const sources: string[] = [];
    for await (const frame of mesh().watchMatrix({ kind: "two" })) sources.push(...frame.sources);
    expect(sources).toEqual(["a.pod", "b.pod"]);
  });

  it("gets an error after the first message of a stream", async () => {
    const frames: boolean[] = [];
    const error = await thrownBy(async () => {
      for await (const { whole } of mesh().watchMatrix({ kind: "late" })) frames.push(whole);
    });
    expect(frames).toEqual([true]);
    expect([error.code, error.rawMessage]).toEqual([Code.Unavailable, "the matrix is gone"]);
  });

  it("is told at its deadline, even by a service that never answers", async () => {
    const error = await thrownBy(() => mesh().runProbe({ kind: "never" }, { timeoutMs: 100 }));
    expect(error.code).toBe(Code.DeadlineExceeded);
  });

  it("is refused a message beyond the limit", async () => {
    const error = await thrownBy(() => mesh().runProbe({ source: "x".repeat((1 << 20) + 1) }));
    expect(error.code).toBe(Code.ResourceExhausted);
  });
});

describe("agents", () => {
  it.each(["gRPC", "Connect over HTTP/2"])(
    "that come over %s are sent to the agent port",
    async (name) => {
      const transport = transports[name]?.();
      if (transport === undefined) throw new Error("no transport");
      const agents = createClient(AgentService, transport);
      const error = await thrownBy(async () => {
        for await (const _ of agents.connect(emptyStream())) break;
      });
      expect(error.code).toBe(Code.Unimplemented);
      expect(error.rawMessage).toContain("agents connect to port 8443 (CAUSEWAY_AGENT_PORT)");
    },
  );
});

async function* emptyStream(): AsyncGenerator<never> {}

describe("health", () => {
  it("answers for the server and its services, and pushes a change to those who watch", async () => {
    const own = await openFakePort();
    const manager = new Http2SessionManager(own.url);
    try {
      const transport = createGrpcTransport({ baseUrl: own.url, sessionManager: manager });
      const health = createClient(Health, transport);
      const check = async (service: string) => (await health.check({ service })).status;
      expect(await check("")).toBe(ServingStatus.SERVING);
      expect(await check("causeway.v1.MeshService")).toBe(ServingStatus.SERVING);
      expect((await thrownBy(() => check("nope"))).code).toBe(Code.NotFound);
      const seen: ServingStatus[] = [];
      for await (const { status } of health.watch({ service: "" })) {
        seen.push(status);
        if (status === ServingStatus.NOT_SERVING) break;
        own.health.setServing(false);
      }
      expect(seen).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
      for await (const { status } of health.watch({ service: "nope" })) {
        expect(status).toBe(ServingStatus.SERVICE_UNKNOWN);
        break;
      }
    } finally {
      manager.abort();
      await own.listener.close(1_000);
    }
  });
});

describe("reflection", () => {
  const curl = async (...args: readonly string[]) => {
    const buf = ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args];
    return (await run("node_modules/.bin/buf", buf)).stdout;
  };

  it.each(["grpc-v1", "grpc-v1alpha"])("%s lets a client call by name alone", async (version) => {
    const reflect = ["--reflect", "--reflect-protocol", version];
    const methods = await curl("--list-methods", ...reflect, port.url);
    expect(methods.split("\n")).toEqual(
      expect.arrayContaining(["causeway.v1.MeshService/GetPair", "grpc.health.v1.Health/Check"]),
    );
    const url = `${port.url}/causeway.v1.MeshService/GetPair`;
    const answer = await curl(...reflect, "-d", '{"source":"a","target":"node/b"}', url);
    expect(JSON.parse(answer)).toMatchObject({ source: "a", target: "node/b" });
  });
});

describe("an unknown method", () => {
  it("is UNIMPLEMENTED in the caller's protocol", async () => {
    const path = "/causeway.v1.MeshService/Nope";
    const grpc = await request2(port.url, {
      path,
      method: "POST",
      headers: { "content-type": "application/grpc+proto", te: "trailers" },
      body: new Uint8Array(5),
    });
    expect(grpc.status).toBe(200);
    expect(grpc.trailers).toMatchObject({ "grpc-status": "12" });
    const web = await request1(port.url, {
      path,
      headers: { "content-type": "application/grpc-web+proto" },
      body: new Uint8Array(5),
    });
    expect(web.headers).toMatchObject({ "grpc-status": "12" });
    const connect = await request1(port.url, {
      path,
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(connect.status).toBe(501);
    expect(JSON.parse(connect.text)).toEqual({
      code: "unimplemented",
      message: `unknown method ${path}`,
    });
  });
});

describe("Connect's JSON", () => {
  it("has proto names and defaults, as REST has", async () => {
    const { text } = await request2(port.url, {
      path: "/causeway.v1.MeshService/ListAgents",
      headers: { "content-type": "application/json" },
      body: '{"page_size":1}',
    });
    expect(JSON.parse(text)).toMatchObject({
      next_page_token: "size 1 user ",
      agents: [{ agent_id: "a.pod", applied_revision: "5", pod_ips: [], node: "" }],
    });
  });
});
