import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import {
  queryConnectionsMax,
  queryHandshakeMsMax,
  queryIdleMsMax,
  queryPingEveryMs,
  queryPingMsMax,
  queryRequestMsMax,
  queryStallMsMax,
  queryStreamsPerConnectionMax,
} from "../../server/limits.js";
import { defaultSocketTimes } from "../../server/rpc/query-sockets.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { request1, request2 } from "../support/raw-http.js";
import { connectRawHttp2 } from "../support/raw-http2.js";
import { waitFor } from "../support/wait.js";

/** Goal: what ends, and how: closing, clients that vanish, ports that are taken. Method: real sockets of every kind. */

const opened: FakePort[] = [];
const open = async (options: Parameters<typeof openFakePort>[0] = {}): Promise<FakePort> => {
  const port = await openFakePort(options);
  opened.push(port);
  return port;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((port) => port.listener.close(0)));
});

/** A GET whose answer is read as it comes. */
const openStream = async (url: string, path: string) => {
  const request = http.get(`${url}${path}`, { agent: false });
  request.on("error", () => undefined);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
  });
  response.on("error", () => undefined);
  return {
    request,
    text: () => text,
    ended: new Promise((resolve) => response.once("close", resolve)),
    firstLine: () => waitFor("the first line", () => text.includes("\n")),
  };
};

describe("close()", () => {
  it("lets single calls finish, ends streams with UNAVAILABLE, and takes no more", async () => {
    const port = await open();
    const sessions = new Http2SessionManager(port.url);
    try {
      const mesh = createClient(
        MeshService,
        createGrpcTransport({ baseUrl: port.url, sessionManager: sessions }),
      );
      const stream = await openStream(port.url, "/v1/matrix:watch");
      await stream.firstLine();
      const grpcStream = (async () => {
        for await (const _ of mesh.watchMatrix({}));
      })();
      const grpcEnd = expect(grpcStream).rejects.toThrow(
        "[unavailable] the server is shutting down",
      );
      const unary = request1(port.url, { path: "/v1/probes:run", body: '{"kind":"wait"}' });
      const grpcUnary = mesh.runProbe({ kind: "wait" });
      await waitFor("four calls", () => port.services.begun.length === 4);
      const idle = net.connect({ host: "127.0.0.1", port: port.listener.port });
      await once(idle, "connect");

      const closed = port.listener.close(10_000);
      await Promise.all([stream.ended, grpcEnd]);
      expect(stream.text().trimEnd().split("\n").at(-1)).toContain('"status":"UNAVAILABLE"');
      await expect(request1(port.url, { path: "/readyz" })).rejects.toThrow("ECONNREFUSED");
      port.services.release();
      expect((await unary).status).toBe(200);
      expect((await unary).headers["connection"]).toBe("close");
      expect((await grpcUnary).results).toHaveLength(1);
      await closed;
    } finally {
      sessions.abort();
    }
  });

  it("cuts off what is left when the grace is over", async () => {
    const port = await open();
    const mesh = request1(port.url, { path: "/v1/probes:run", body: '{"kind":"never"}' });
    const silent = net.connect({ host: "127.0.0.1", port: port.listener.port });
    const half = net.connect({ host: "127.0.0.1", port: port.listener.port });
    silent.on("error", () => undefined);
    half.on("error", () => undefined);
    half.write("GET /v1/agents HTTP/1.1\r\nHost: localhost\r\n");
    await port.services.waitBegun("runProbe");
    const startMs = performance.now();
    await port.listener.close(500);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    expect((await mesh).status).toBe(503);
  });

  it("is at once when nothing is open but idle connections", async () => {
    const port = await open();
    const agent = new http.Agent({ keepAlive: true });
    const session = http2.connect(port.url);
    session.on("error", () => undefined);
    await once(session, "connect");
    await new Promise<void>((resolve) => {
      http.get(`${port.url}/readyz`, { agent }, (response) => {
        response.resume().on("end", () => resolve());
      });
    });
    const startMs = performance.now();
    await port.listener.close(10_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    agent.destroy();
    session.destroy();
  });

  it("leaves no handle open", async () => {
    const handles = () =>
      process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS|Timeout|Immediate)/.test(name))
        .length;
    const before = handles();
    const port = await openFakePort();
    await request1(port.url, { path: "/v1/agents" });
    const stream = await openStream(port.url, "/v1/matrix:watch");
    await stream.firstLine();
    await port.listener.close(5_000);
    await stream.ended;
    await waitFor("handles to go", () => handles() <= before);
  });
});

describe("a client that goes away", () => {
  it.each(["/v1/matrix:watch", "/v1/matrix:watch?kind=flood"])(
    "ends the handler of %s",
    async (path) => {
      const port = await open();
      const stream = await openStream(port.url, path);
      await stream.firstLine();
      stream.request.destroy();
      await port.services.watchAborted;
      expect(port.services.abortedWatches).toBe(1);
    },
  );

  it("ends the handler of a gRPC stream", async () => {
    const port = await open();
    const sessions = new Http2SessionManager(port.url);
    try {
      const transport = createGrpcTransport({ baseUrl: port.url, sessionManager: sessions });
      const abort = new AbortController();
      const frames = createClient(MeshService, transport).watchMatrix({}, { signal: abort.signal });
      await frames[Symbol.asyncIterator]().next();
      abort.abort();
      await port.services.watchAborted;
    } finally {
      sessions.abort();
    }
  });

  it("without a word is found by pings", async () => {
    const port = await open({ times: { pingEveryMs: 50, pingMs: 100 } });
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    const closed = once(socket, "close");
    // A preface and an empty SETTINGS frame, and then not a single answer to a ping.
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    socket.resume();
    await closed;
  });

  it("stays while it answers pings", async () => {
    const port = await open({ times: { pingEveryMs: 20, pingMs: 2_000 } });
    const session = http2.connect(port.url);
    let pings = 0;
    session.on("ping", () => {
      pings += 1;
    });
    await waitFor("pings", () => pings > 3);
    expect(session.closed).toBe(false);
    session.destroy();
  });
});

describe("a client that does not read", () => {
  it("holds its stream back instead of filling memory", async () => {
    const port = await open();
    const request = http.get(`${port.url}/v1/matrix:watch?kind=flood`, { agent: false });
    request.on("error", () => undefined);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.pause();
    await waitFor("the socket to fill", () => response.readableLength > 0);
    let last = { frames: 0, sinceMs: performance.now() };
    await waitFor("the handler to be held", () => {
      const frames = port.services.floodFrames;
      if (frames !== last.frames) last = { frames, sinceMs: performance.now() };
      return performance.now() - last.sinceMs > 300;
    });
    // Sockets and streams hold some megabytes; unchecked it would have made hundreds by now.
    expect(last.frames).toBeGreaterThan(0);
    expect(last.frames * 16_384).toBeLessThan(64 << 20);
    request.destroy();
    await port.services.watchAborted;
  });

  it("is cut off after a while over HTTP/1.1", async () => {
    const port = await open({ times: { stallMs: 300 } });
    const request = http.get(`${port.url}/v1/matrix:watch?kind=flood`, { agent: false });
    request.on("error", () => undefined);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.pause();
    await port.services.watchAborted;
    request.destroy();
  });

  it("loses its stream over HTTP/2, and no other call", async () => {
    const port = await open({ times: { stallMs: 300 } });
    const session = http2.connect(port.url);
    const stream = session.request({ ":path": "/v1/matrix:watch?kind=flood" });
    await once(stream, "response");
    await port.services.watchAborted;
    const other = session.request({ ":path": "/readyz" });
    const [headers] = (await once(other, "response")) as [http2.IncomingHttpHeaders];
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });
});

describe("a client that has nothing to read yet", () => {
  it.each([
    ["HTTP/1.1", request1],
    ["HTTP/2", request2],
  ])("waits as long as it likes over %s", async (_, request) => {
    const port = await open({ times: { stallMs: 50 } });
    const answer = request(port.url, { path: "/v1/probes:run", body: '{"kind":"wait"}' });
    await port.services.waitBegun("runProbe");
    const startedMs = performance.now();
    await waitFor("some stalls", () => performance.now() - startedMs > 200);
    port.services.release();
    expect((await answer).status).toBe(200);
  });
});

describe("limits of a port", () => {
  it("are these times, unless told otherwise", () => {
    expect(defaultSocketTimes).toEqual({
      handshakeMs: queryHandshakeMsMax,
      requestMs: queryRequestMsMax,
      idleMs: queryIdleMsMax,
      stallMs: queryStallMsMax,
      pingEveryMs: queryPingEveryMs,
      pingMs: queryPingMsMax,
    });
  });

  it("end a request that does not come whole in time", async () => {
    const port = await open({ times: { handshakeMs: 100, requestMs: 150 } });
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.write("POST /v1/probes:run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{");
    await once(socket, "close");
    expect(text).toContain("408 Request Timeout");
    const client = await connectRawHttp2(port.listener.port);
    client.headers(1, "/v1/probes:run", "application/json");
    client.data(1, [Buffer.from("{")]);
    expect(await client.waitReset(1)).toBe(http2.constants.NGHTTP2_CANCEL);
    client.close();
  });

  it("close a connection that asks nothing more, and only then", async () => {
    const port = await open({ times: { idleMs: 200 } });
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    const closed = once(socket, "close");
    const ask = async (): Promise<string> => {
      socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      return String(((await once(socket, "data")) as [Buffer])[0]);
    };
    expect(await ask()).toContain("200 OK");
    expect(await ask()).toContain("200 OK");
    const startedMs = performance.now();
    await closed;
    expect(performance.now() - startedMs).toBeGreaterThan(150);
  });

  it("drop a connection that says nothing", async () => {
    const port = await open({ times: { handshakeMs: 100 } });
    for (const start of ["", "P", "GET / HTTP/1.1\r\nHost:"]) {
      const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
      socket.on("error", () => undefined).resume();
      const closed = once(socket, "close");
      if (start !== "") socket.write(start);
      await closed;
    }
  });

  it("take bytes of the preface one by one", async () => {
    const port = await open();
    for (const text of [
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "PUT /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]) {
      const socket = net.connect({ host: "127.0.0.1", port: port.listener.port, noDelay: true });
      const answered = once(socket, "data");
      for (const letter of text) {
        socket.write(letter);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [first] = (await answered) as [Buffer];
      // A SETTINGS frame, or the 405.
      expect(text.startsWith("PRI") ? first[3] === 4 : first.toString().includes(" 405 ")).toBe(
        true,
      );
      socket.destroy();
    }
  });

  it("answer a client that has closed its sending side", async () => {
    const port = await open();
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.end("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await once(socket, "close");
    expect(text).toContain("ready");
  });

  it("allow queryStreamsPerConnectionMax calls at once on a connection", async () => {
    const port = await open();
    const session = http2.connect(port.url);
    session.on("error", () => undefined);
    const [settings] = (await once(session, "remoteSettings")) as [http2.Settings];
    expect(settings.maxConcurrentStreams).toBe(queryStreamsPerConnectionMax);
    session.destroy();
  });

  it("drop connections beyond queryConnectionsMax", async () => {
    const port = await open();
    const sockets: net.Socket[] = [];
    const connect = async () => {
      const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
      socket.on("error", () => undefined);
      sockets.push(socket);
      await once(socket, "connect");
      return socket;
    };
    try {
      for (let batch = 0; batch < queryConnectionsMax; batch += 100) {
        await Promise.all(Array.from({ length: 100 }, connect));
      }
      const beyond = await connect();
      if (!beyond.closed) await once(beyond, "close");
      sockets[0]?.destroy();
      await waitFor("a free place", () =>
        request1(port.url, { path: "/readyz" }).then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe("a taken port", () => {
  it("is an error with code, address and port", async () => {
    const { listener } = await open();
    await expect(openFakePort({ port: listener.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
      address: "127.0.0.1",
      port: listener.port,
    });
  });
});
