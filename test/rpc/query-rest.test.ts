import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { queryRequestBytesMax } from "../../server/limits.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { type RawAnswer, type RawRequest, request1, request2 } from "../support/raw-http.js";
import { makeTestProto } from "../support/rest-proto.js";

/** Goal: REST on the wire, as curl and k8snet-checker's clients see it. Method: raw requests of both HTTP versions. */

let port: FakePort;
beforeAll(async () => {
  port = await openFakePort();
});
afterAll(() => port.listener.close(1_000));

type Send = (request: RawRequest) => Promise<RawAnswer>;

const json = ({ status, text }: RawAnswer): unknown => [status, JSON.parse(text)];

const versions: [string, Send][] = [
  ["HTTP/1.1", (request) => request1(port.url, request)],
  ["HTTP/2", (request) => request2(port.url, request)],
];

describe.each(versions)("REST over %s", (_, send) => {
  it("answers with proto names and defaults", async () => {
    const answer = await send({ path: "/v1/agents?page_size=2&state=AGENT_STATE_UP" });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(json(answer)).toEqual([
      200,
      expect.objectContaining({
        next_page_token: "size 2 user ",
        agents: [
          expect.objectContaining({
            agent_id: "a.pod",
            state: "AGENT_STATE_UP",
            applied_revision: "5",
            spooled_batches: 0,
            features: [],
          }),
        ],
      }),
    ]);
  });

  it("takes an encoded slash as part of its segment", async () => {
    const path = "/v1/pairs/node%2Fn1/svc%2Fshop%2Fcart?window_s=7";
    expect(json(await send({ path }))).toEqual([
      200,
      {
        source: "node/n1",
        target: "svc/shop/cart",
        kinds: [{ kind: "7", state: "PAIR_STATE_UNSPECIFIED", destination: "" }],
      },
    ]);
  });

  it("takes a body", async () => {
    const body = '{"source":"a","target":"b","kind":"tcp","port":22}';
    const answer = await send({ path: "/v1/probes:run", body });
    expect(json(answer)).toMatchObject([200, { results: [{ kind: "tcp", destination: ":22" }] }]);
  });

  it.each<[RawRequest, number, string, string]>([
    [{ path: "/v1/nope" }, 404, "NOT_FOUND", "nothing is served at /v1/nope"],
    [{ path: "/v1/agents/none" }, 404, "NOT_FOUND", "no agent none"],
    [{ path: "/v1/agents", body: "{}" }, 405, "UNIMPLEMENTED", "takes GET, not POST"],
    [
      { path: "/v1/agents?pagesize=1" },
      400,
      "INVALID_ARGUMENT",
      'parameter "pagesize"; /v1/agents takes page_size',
    ],
    [{ path: "/v1/agents?page_size=x" }, 400, "INVALID_ARGUMENT", "page_size: expected number"],
    [{ path: "/v1/agents/%zz" }, 400, "INVALID_ARGUMENT", "percent-encoded"],
    [{ path: "/v1/probes:run", body: "{bad" }, 400, "INVALID_ARGUMENT", "body is not JSON"],
    [
      { path: "/v1/probes:run", body: new Uint8Array([0xff]) },
      400,
      "INVALID_ARGUMENT",
      "body is not JSON",
    ],
    [
      { path: "/v1/probes:run", body: '{"sourse":1}' },
      400,
      "INVALID_ARGUMENT",
      "body: sourse: unknown field, did you mean source?",
    ],
    [
      { path: "/v1/probes:run", body: '{"port":"x"}' },
      400,
      "INVALID_ARGUMENT",
      "body: port: expected number",
    ],
    [
      { path: "/v1/probes:run", body: "{}", headers: { "content-encoding": "gzip" } },
      400,
      "INVALID_ARGUMENT",
      "gzip",
    ],
    [
      { path: "/v1/agents", headers: { "connect-timeout-ms": "soon" } },
      400,
      "INVALID_ARGUMENT",
      "connect-timeout-ms",
    ],
    [{ path: "/v1/agents/broken" }, 500, "INTERNAL", "internal error"],
    [
      { path: "/v1/probes:run", body: '{"kind":"never"}', headers: { "connect-timeout-ms": "50" } },
      504,
      "DEADLINE_EXCEEDED",
      "",
    ],
  ])("refuses %j", async (request, status, name, message) => {
    const answer = await send(request);
    expect(json(answer)).toEqual([
      status,
      {
        error: {
          code: status,
          status: name,
          message: expect.stringContaining(message),
          details: expect.any(Array),
        },
      },
    ]);
  });

  it("says when to come back", async () => {
    const answer = await send({ path: "/v1/agents/busy" });
    expect(answer.headers["retry-after"]).toBe("2");
    expect(json(answer)).toEqual([
      429,
      {
        error: {
          code: 429,
          status: "RESOURCE_EXHAUSTED",
          message: "too many",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: "1.500s" }],
        },
      },
    ]);
  });

  it(`refuses a body larger than queryRequestBytesMax and still answers`, async () => {
    const body = " ".repeat(queryRequestBytesMax + 1);
    for (const headers of [{}, { "content-length": String(body.length) }]) {
      const answer = await send({ path: "/v1/probes:run", body, headers });
      expect(json(answer)).toMatchObject([429, { error: { status: "RESOURCE_EXHAUSTED" } }]);
    }
    const largest = `{"source":"${"x".repeat(queryRequestBytesMax - 13)}"}`;
    expect((await send({ path: "/v1/probes:run", body: largest })).status).toBe(200);
  });

  it("answers HEAD as GET without the body, and OPTIONS with what it takes", async () => {
    const head = await send({ path: "/v1/agents", method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
    const ready = await send({ path: "/readyz", method: "HEAD" });
    expect([ready.status, ready.text]).toEqual([200, ""]);
    const stream = await send({ path: "/v1/matrix:watch", method: "HEAD" });
    expect([stream.status, stream.headers["content-type"]]).toEqual([200, "application/x-ndjson"]);
    const options = await send({ path: "/v1/agents", method: "OPTIONS" });
    expect([options.status, options.headers["allow"]]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await send({ path: "/v1/nope", method: "OPTIONS" })).status).toBe(404);
    expect((await send({ path: "/readyz", method: "POST", body: "" })).headers["allow"]).toBe(
      "GET, HEAD, OPTIONS",
    );
  });

  it("serves plain paths", async () => {
    expect(await send({ path: "/readyz?verbose" })).toMatchObject({ status: 200, text: "ready\n" });
  });

  it("streams lines", async () => {
    const answer = await send({ path: "/v1/matrix:watch?kind=two" });
    expect(answer.headers["content-type"]).toBe("application/x-ndjson");
    const lines = answer.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { result: { sources: ["a.pod"], targets: [], rows: [], not_measured: 1, whole: true } },
      { result: { sources: ["b.pod"], targets: [], rows: [], not_measured: 0, whole: false } },
    ]);
  });

  it("streams server-sent events", async () => {
    const path = "/v1/matrix:watch?kind=late";
    const answer = await send({ path, headers: { accept: "text/event-stream" } });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    const events = answer.text.trimEnd().split("\n\n");
    expect(events.map((event) => Object.keys(JSON.parse(event.replace(/^data: /, ""))))).toEqual([
      ["result"],
      ["error"],
    ]);
  });

  it("keeps the HTTP status of a stream that fails before its first message", async () => {
    const answer = await send({ path: "/v1/matrix:watch?kind=refused" });
    expect(json(answer)).toMatchObject([400, { error: { message: "no such kind" } }]);
  });

  it("ends a stream with the error that comes later", async () => {
    const { status, text } = await send({ path: "/v1/matrix:watch?kind=late" });
    expect(status).toBe(200);
    expect(JSON.parse(text.trimEnd().split("\n").at(-1) ?? "")).toEqual({
      error: { code: 503, status: "UNAVAILABLE", message: "the matrix is gone", details: [] },
    });
  });
});

describe("/api/v1", () => {
  const send: Send = (request) => request1(port.url, request);
  const type = { "content-type": "application/json" };

  it("answers in the shapes of k8snet-checker", async () => {
    expect(json(await send({ path: "/api/v1/hosts", headers: type }))).toEqual([
      200,
      { host_ips: ["10.0.0.1"], count: 1 },
    ]);
    expect(json(await send({ path: "/api/v1/test-results/hosts" }))).toEqual([
      200,
      { results: {} },
    ]);
  });

  it("serves paths with a slash too many, as its clients make of SERVER_URL with one", async () => {
    expect((await send({ path: "//api/v1/hosts", headers: type })).status).toBe(200);
    const body = '{"pod_name":"p","node_ip":"10.0.0.1","pod_ip":"10.1.0.1"}';
    expect(json(await send({ path: "//api/v1/heartbeat", body, headers: type }))).toEqual([
      200,
      { status: "success", message: "p" },
    ]);
  });

  it("ignores fields and parameters that it does not know", async () => {
    const body = '{"pod_name":"p","node_ip":"a","pod_ip":"b","new_field":{"a":[1]}}';
    expect((await send({ path: "/api/v1/heartbeat?v=2", body })).status).toBe(200);
  });

  it.each<[RawRequest, number, object]>([
    [
      { path: "/api/v1/heartbeat", body: "{}" },
      400,
      {
        code: "INVALID_REQUEST",
        message: "node_ip must be set",
        details: "node_ip: must be set",
      },
    ],
    [
      { path: "/api/v1/heartbeat", body: '{"pod_name":"","node_ip":"a","pod_ip":"b"}' },
      400,
      { code: "INVALID_REQUEST", message: "bad heartbeat", details: "pod_name: is required" },
    ],
    [{ path: "/api/v1/heartbeat", body: "[]" }, 400, { code: "INVALID_REQUEST" }],
    [
      { path: "/api/v1/heartbeat", body: '{"pod_name":7}' },
      400,
      { code: "INVALID_REQUEST", message: expect.stringContaining("pod_name") },
    ],
    [{ path: "/api/v1/nope" }, 404, { code: "NOT_FOUND", details: "" }],
    [{ path: "//api/v1/nope" }, 404, { code: "NOT_FOUND" }],
    [{ path: "/api/v1/hosts", method: "DELETE" }, 405, { code: "UNIMPLEMENTED" }],
    [{ path: "/api/v1/pods" }, 501, { code: "UNIMPLEMENTED" }],
  ])("refuses %j in its shape", async (request, status, error) => {
    expect(json(await send(request))).toMatchObject([status, error]);
  });
});

describe("any annotated service", () => {
  it("is served by bodies, fields and parameters as its rules say", async () => {
    const { service } = makeTestProto({
      Put: {
        rule: {
          pattern: { case: "put", value: "/v1/{name=shelves/*/books/*}" },
          body: "node",
          responseBody: "node",
        },
      },
      Rest: {
        rule: { pattern: { case: "get", value: "/files/{name=**}" }, responseBody: "since" },
      },
      List: {
        rule: { pattern: { case: "get", value: "/v1/list" }, responseBody: "tags" },
        serverStreaming: true,
      },
    });
    const echo = (item: object) => item;
    const own = await openFakePort({
      routes: (router) => {
        // A service made at run time has no types of its own.
        const implementation: object = {
          put: echo,
          rest: echo,
          list: async function* (item: object) {
            yield item;
            yield { ...item, tags: [] };
          },
        };
        router.service(service, implementation);
      },
      restServices: [service],
    });
    try {
      const body = '{"zone":"z"}';
      const put = await request1(own.url, {
        method: "PUT",
        path: "/v1/shelves/7/books/a%20b?on=true",
        body,
      });
      expect(json(put)).toEqual([200, { name: "", zone: "z", cores: 0 }]);
      const rest = await request1(own.url, { path: "/files/a/b" });
      expect(json(rest)).toEqual([200, null]);
      const list = await request1(own.url, { path: "/v1/list?tags=a&tags=b" });
      expect(list.text).toBe('{"result":["a","b"]}\n{"result":[]}\n');
    } finally {
      await own.listener.close(1_000);
    }
  });
});
