import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Agent, get, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BindError, createResponder, type Responder } from "../../../agent/responder/responder.js";
import { systemClock } from "../../../common/clock.js";
import { silentLogger } from "../../../common/logger.js";
import { startTcpServer } from "../../support/tcp-servers.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const identity = {
  podUid: "0f8b9c1e-5a77-4f7e-9d3a-2b1c00112233",
  pod: "causeway-agent-x",
  namespace: "causeway-system",
  node: "n1",
  agentId: "n1.pod",
  version: "0.1.0",
};

const start = async (
  more: Partial<Parameters<typeof createResponder>[0]> = {},
): Promise<Responder> => {
  const responder = await createResponder({
    addresses: ["127.0.0.1"],
    port: 0,
    identity,
    logger: silentLogger,
    clock: systemClock,
    ...more,
  });
  closers.push(responder.close);
  return responder;
};

type Answer = {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

const readAnswer = async (message: IncomingMessage): Promise<Answer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("latin1");
  return { status: message.statusCode, headers: message.headers, body };
};

const fetchPath = async (port: number, path: string, host = "127.0.0.1"): Promise<Answer> => {
  const sent = get({ host, port, path, agent: false });
  const [message] = (await once(sent, "response")) as [IncomingMessage];
  return readAnswer(message);
};

describe("the responder's HTTP", () => {
  it("says that it is healthy", async () => {
    const { port } = await start();
    const answer = await fetchPath(port, "/health");
    expect(answer).toMatchObject({ status: 200, body: '{"status":"healthy"}\n' });
    expect(answer.headers["content-type"]).toBe("application/json");
  });

  it.each(["127.0.0.1", "::1"])("echoes who it is and whom it saw at %s", async (host) => {
    const { port } = await start({ addresses: [host] });
    const sent = get({ host, port, path: "/echo", agent: false });
    const [message] = (await once(sent, "response")) as [IncomingMessage];
    const localPort = sent.socket?.localPort;
    expect((await readAnswer(message)).body).toBe(
      `{"pod_uid":"${identity.podUid}","pod":"causeway-agent-x","namespace":"causeway-system","node":"n1","agent_id":"n1.pod","version":"0.1.0","client_ip":"${host}","client_port":${localPort},"size":0}\n`,
    );
  });

  it("states an IPv4 client of a dual-stack socket by its IPv4 address", async () => {
    const { port } = await start({ addresses: ["::"] });
    const { body } = await fetchPath(port, "/echo");
    expect(JSON.parse(body)).toMatchObject({ client_ip: "127.0.0.1" });
  });

  it("adds n bytes to the line, a megabyte at most (responderEchoBodyBytesMax)", async () => {
    const { port } = await start();
    for (const n of [1, 16, 200_000, 1_048_576]) {
      const { body, headers } = await fetchPath(port, `/echo?n=${n}`);
      const line = body.indexOf("\n") + 1;
      expect(body.length - line).toBe(n);
      expect(headers["content-length"]).toBe(String(body.length));
      expect(JSON.parse(body.slice(0, line))).toMatchObject({ size: n });
    }
  });

  it.each(["1048577", "-1", "1e3", "x", "99999999999999999999", ""])(
    "refuses n=%s and says what is allowed",
    async (n) => {
      const { port } = await start();
      expect(await fetchPath(port, `/echo?n=${n}`)).toMatchObject({
        status: 400,
        body: '{"error":"n is a number of bytes, 0 to 1048576"}\n',
      });
    },
  );

  it("has no other paths and no other methods", async () => {
    const { port } = await start();
    for (const path of ["/", "/healthz", "/../etc/passwd", "/metrics", "/echo/x"])
      expect(await fetchPath(port, path)).toMatchObject({ status: 404 });
    const sent = httpRequest({ host: "127.0.0.1", port, path: "/health", method: "POST" });
    sent.end("ignored");
    const [message] = (await once(sent, "response")) as [IncomingMessage];
    expect(await readAnswer(message)).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  });

  it("answers HEAD without a body", async () => {
    const { port } = await start();
    const sent = httpRequest({ host: "127.0.0.1", port, path: "/echo?n=10", method: "HEAD" });
    sent.end();
    const [message] = (await once(sent, "response")) as [IncomingMessage];
    const answer = await readAnswer(message);
    expect(answer).toMatchObject({ status: 200, body: "" });
    expect(Number(answer.headers["content-length"])).toBeGreaterThan(10);
  });

  it("serves the metrics that it is given, and survives their failure", async () => {
    let isBroken = false;
    const { port } = await start({
      metrics: async () => {
        if (isBroken) throw new Error("no");
        return { contentType: "text/plain; version=0.0.4", body: "up 1\n" };
      },
    });
    expect(await fetchPath(port, "/metrics")).toMatchObject({
      status: 200,
      body: "up 1\n",
      headers: { "content-type": "text/plain; version=0.0.4" },
    });
    isBroken = true;
    expect(await fetchPath(port, "/metrics")).toMatchObject({ status: 500 });
  });

  it("keeps a connection for the next request", async () => {
    const { port, counters } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    for (let round = 0; round < 3; round++) {
      const sent = get({ host: "127.0.0.1", port, path: "/health", agent });
      const [message] = (await once(sent, "response")) as [IncomingMessage];
      expect(await readAnswer(message)).toMatchObject({ status: 200 });
    }
    expect(counters).toMatchObject({ tcpAccepted: 1, httpRequests: 3 });
  });

  it("reads a request that comes byte by byte", async () => {
    const { port } = await start();
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    const answer = once(socket, "data");
    for (const byte of "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n") {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.destroy();
  });
});

describe("the responder's TCP echo", () => {
  const echo = async (port: number, chunks: readonly (string | Buffer)[]): Promise<Buffer> => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: false });
    closers.push(() => void socket.destroy());
    const received: Buffer[] = [];
    socket.on("data", (chunk) => received.push(chunk));
    await once(socket, "connect");
    for (const chunk of chunks) {
      socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const wanted = Math.min(
      chunks.reduce((sum, { length }) => sum + length, 0),
      64 * 1024,
    );
    await expect
      .poll(() => received.reduce((sum, { length }) => sum + length, 0), { interval: 5 })
      .toBeGreaterThanOrEqual(wanted);
    return Buffer.concat(received);
  };

  it("sends back what begins with CWE1, in whatever pieces it comes", async () => {
    const { port, counters } = await start();
    expect(String(await echo(port, ["CWE1 hello"]))).toBe("CWE1 hello");
    expect(String(await echo(port, ["C", "W", "E", "1", " again"]))).toBe("CWE1 again");
    expect(counters.tcpEchoes).toBe(2);
  });

  it("ends after 64 KiB (responderTcpEchoBytesMax)", async () => {
    const { port } = await start();
    const sent = Buffer.concat([Buffer.from("CWE1"), Buffer.alloc(100_000, "z")]);
    const received = await echo(port, [sent]);
    expect(received.length).toBe(64 * 1024);
    expect(received.equals(sent.subarray(0, 64 * 1024))).toBe(true);
  });

  it("answers what is neither echo nor HTTP with 400", async () => {
    const { port, counters } = await start();
    const socket = connect({ host: "127.0.0.1", port });
    socket.end("CWEx nonsense\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 400 /);
    expect(counters.httpMalformed).toBe(1);
    socket.destroy();
  });
});

describe("createResponder()", () => {
  it("listens on several addresses, TCP and UDP, on one port", async () => {
    const { port, counters } = await start({ addresses: ["127.0.0.1", "127.0.0.2", "::1"] });
    for (const host of ["127.0.0.1", "127.0.0.2", "::1"]) {
      expect(await fetchPath(port, "/health", host)).toMatchObject({ status: 200 });
      const socket = createSocket(host === "::1" ? "udp6" : "udp4");
      const reply = once(socket, "message");
      socket.send(Buffer.alloc(44), port, host);
      expect(((await reply)[0] as Buffer).length).toBe(44);
      socket.close();
    }
    expect(counters.udpReflected).toBe(3);
  });

  it("names code, address and port when the port is taken, and leaves nothing open", async () => {
    const taken = await startTcpServer(() => undefined, { host: "127.0.0.2" });
    closers.push(taken.close);
    const failed = createResponder({
      addresses: ["127.0.0.1", "127.0.0.2"],
      port: taken.port,
      identity,
      logger: silentLogger,
      clock: systemClock,
    });
    await expect(failed).rejects.toThrow(BindError);
    await expect(failed).rejects.toMatchObject({
      code: "EADDRINUSE",
      address: "127.0.0.2",
      port: taken.port,
      protocol: "tcp",
      message: `cannot listen on 127.0.0.2 port ${taken.port}/tcp: it is taken (EADDRINUSE)`,
    });
    await start({ addresses: ["127.0.0.1"], port: taken.port });
  });

  it("says so when UDP is taken", async () => {
    const udp = createSocket("udp4");
    udp.bind(0, "127.0.0.3");
    await once(udp, "listening");
    closers.push(() => void udp.close());
    await expect(
      createResponder({
        addresses: ["127.0.0.3"],
        port: udp.address().port,
        identity,
        logger: silentLogger,
        clock: systemClock,
      }),
    ).rejects.toMatchObject({ code: "EADDRINUSE", protocol: "udp" });
  });

  it("says so when the address is not this host's", async () => {
    await expect(start({ addresses: ["203.0.113.9"] })).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
      address: "203.0.113.9",
    });
  });

  it("frees its port, and cuts what is open, when it closes", async () => {
    const responder = await start();
    const socket = connect({ host: "127.0.0.1", port: responder.port });
    await once(socket, "connect");
    const closed = once(socket, "close");
    socket.resume();
    await expect.poll(() => responder.counters.tcpOpen, { interval: 5 }).toBe(1);
    await responder.close();
    await closed;
    closers.length = 0;
    await start({ port: responder.port });
  });
});
