import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { httpBodyBytesMax, httpHeaderBytesMax } from "../../../agent/limits.js";
import { probeHttp } from "../../../agent/probe/http.js";
import { createResponder } from "../../../agent/responder/responder.js";
import { systemClock } from "../../../common/clock.js";
import { silentLogger } from "../../../common/logger.js";
import type { ProbeSpec } from "../../../common/probe.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";
import { closedPort, portOf, startBlackhole, startTcpServer } from "../../support/tcp-servers.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const startHttp = async (listener: RequestListener, host = "127.0.0.1"): Promise<number> => {
  const server = createServer(listener);
  server.listen(0, host);
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return portOf(server);
};

const startRaw = async (onConnection: Parameters<typeof startTcpServer>[0]): Promise<number> => {
  const server = await startTcpServer(onConnection);
  closers.push(server.close);
  return server.port;
};

const probe = (port: number, more: Partial<ProbeSpec> = {}, podIps: string[] = []) =>
  probeHttp(
    probeSpec({ kind: "http", address: "127.0.0.1", port, ...more }),
    createProbeContext({ self: { podUid: "", podIps } }),
  );

describe("probeHttp()", () => {
  it.each(["127.0.0.1", "::1"])("measures a GET of /health at %s", async (host) => {
    const seen: string[] = [];
    const port = await startHttp((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.end("fine");
    }, host);
    const outcome = await probe(port, { address: host });
    expect(outcome.outcome).toBe("ok");
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
    expect(seen).toEqual([`GET /health ${host === "::1" ? "[::1]" : host}:${port}`]);
  });

  it("takes a new connection for every probe", async () => {
    const ports = new Set<number | undefined>();
    const port = await startHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    await probe(port);
    await probe(port);
    expect(ports.size).toBe(2);
  });

  it.each([200, 204, 302, 399])("takes status %i for an answer", async (status) => {
    const port = await startHttp((_request, response) => response.writeHead(status).end());
    expect(await probe(port)).toMatchObject({ outcome: "ok" });
  });

  it("says http_status even when the body of the answer does not end", async () => {
    const port = await startHttp((_, response) => {
      response.writeHead(503, { "content-length": 1000 });
      response.write("busy");
    });
    const outcome = await probe(port, { timeoutMs: 300 });
    expect(outcome).toMatchObject({ outcome: "http_status", detail: "status 503" });
  });

  it.each([404, 500, 503])("says http_status for %i", async (status) => {
    const port = await startHttp((_request, response) => response.writeHead(status).end("no"));
    expect(await probe(port)).toEqual({
      outcome: "http_status",
      rttUs: undefined,
      detail: `status ${status}`,
    });
  });

  it("says refused when nothing listens", async () => {
    expect(await probe(await closedPort())).toMatchObject({ outcome: "refused" });
  });

  it("says timeout when the SYN is swallowed", async () => {
    const blackhole = await startBlackhole();
    closers.push(blackhole.close);
    expect(await probe(blackhole.port, { timeoutMs: 100 })).toMatchObject({ outcome: "timeout" });
  });

  it("says hang when the connection stands and nothing comes", async () => {
    const port = await startRaw((socket) => socket.resume());
    expect(await probe(port, { timeoutMs: 100 })).toMatchObject({ outcome: "hang" });
  });

  it("says partial when the answer stops within the header or the body", async () => {
    const header = await startRaw((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-"));
    const body = await startRaw((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"),
    );
    expect(await probe(header, { timeoutMs: 100 })).toMatchObject({ outcome: "partial" });
    expect(await probe(body, { timeoutMs: 100 })).toMatchObject({ outcome: "partial" });
  });

  it("says partial when the connection breaks within the body", async () => {
    const port = await startRaw((socket) =>
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"),
    );
    expect(await probe(port)).toMatchObject({ outcome: "partial" });
  });

  it("says reset when the server resets instead of answering", async () => {
    const port = await startRaw((socket) => socket.on("data", () => socket.resetAndDestroy()));
    expect(await probe(port)).toMatchObject({ outcome: "reset" });
  });

  it("says body_mismatch when the answer is not HTTP", async () => {
    const port = await startRaw((socket) => socket.end("SSH-2.0-OpenSSH_9.8\r\n"));
    expect(await probe(port)).toMatchObject({ outcome: "body_mismatch" });
  });

  it("refuses a header beyond httpHeaderBytesMax", async () => {
    const port = await startRaw((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(httpHeaderBytesMax + 100)}`),
    );
    expect(await probe(port)).toMatchObject({ outcome: "body_mismatch" });
  });

  it("reads no more than httpBodyBytesMax of an endless body", async () => {
    const port = await startHttp((_request, response) => {
      const write = (): void => {
        while (response.write("x".repeat(httpBodyBytesMax / 4)));
      };
      response.on("drain", write);
      write();
    });
    expect(await probe(port)).toMatchObject({ outcome: "ok" });
  });
});

describe("probeHttp() and the identity of who answers", () => {
  const startEcho = async (podUid: string, host = "127.0.0.1"): Promise<number> => {
    const responder = await createResponder({
      addresses: [host],
      port: 0,
      identity: { podUid, pod: "p", namespace: "n", node: "n1", agentId: "n1.pod", version: "0" },
      logger: silentLogger,
      clock: systemClock,
    });
    closers.push(responder.close);
    return responder.port;
  };

  it("accepts the expected pod at /echo and refuses another", async () => {
    const port = await startEcho("uid-b");
    const echo = { httpPath: "/echo" };
    expect(await probe(port, { ...echo, expectPodUid: "uid-b" })).toMatchObject({ outcome: "ok" });
    expect(await probe(port, { ...echo, expectPodUid: "uid-a" })).toEqual({
      outcome: "wrong_peer",
      rttUs: undefined,
      detail: "the answer is from pod uid-b",
    });
    expect(await probe(port, { ...echo, httpPath: "/echo?n=100000" })).toMatchObject({
      outcome: "ok",
    });
  });

  it("does not ask /health who it is", async () => {
    const port = await startEcho("uid-b");
    expect(await probe(port, { expectPodUid: "uid-a" })).toMatchObject({ outcome: "ok" });
  });

  it("says body_mismatch when /echo does not come from a responder", async () => {
    const port = await startHttp((_request, response) => response.end("hello"));
    expect(await probe(port, { httpPath: "/echo" })).toMatchObject({ outcome: "body_mismatch" });
  });

  it("does not take loopback for a translated address", async () => {
    const port = await startEcho("uid-b");
    expect(await probe(port, { httpPath: "/echo" }, ["10.0.0.9"])).toMatchObject({
      outcome: "ok",
    });
  });
});
