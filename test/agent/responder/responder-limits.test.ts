import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  responderAddressesMax,
  responderBindAttemptsMax,
  responderConnectionsMax,
  responderConnectionsPerSourceMax,
  responderExchangeMsMax,
  responderHeaderBytesMax,
  responderIdleMsMax,
  responderRequestsPerConnectionMax,
  responderUdpPacketBytesMax,
  responderUdpPerSourceBurst,
  responderUdpPerSourceRate,
  responderUdpRate,
  responderUdpSourcesMax,
} from "../../../agent/limits.js";
import { bindAll } from "../../../agent/responder/bind.js";
import { defaultResponderLimits } from "../../../agent/responder/bounds.js";
import { createResponder, type Responder } from "../../../agent/responder/responder.js";
import { TokenBuckets } from "../../../agent/responder/token-buckets.js";
import { systemClock } from "../../../common/clock.js";
import { silentLogger } from "../../../common/logger.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const start = async (
  more: Partial<Parameters<typeof createResponder>[0]> = {},
): Promise<Responder> => {
  const responder = await createResponder({
    addresses: ["127.0.0.1"],
    port: 0,
    identity: { podUid: "", pod: "p", namespace: "n", node: "n1", agentId: "n1.pod", version: "0" },
    logger: silentLogger,
    clock: systemClock,
    ...more,
  });
  closers.push(responder.close);
  return responder;
};

const open = async (port: number, localAddress = "127.0.0.1"): Promise<Socket> => {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  closers.push(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
};

/** Resolves when a connection is gone, with or without an error. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on("close", () => resolve());
    socket.resume();
    if (socket.closed) resolve();
  });

/** Opens a connection that is cut at once, before or after the client sees it stand. */
const openInVain = (port: number, localAddress = "127.0.0.1"): Promise<void> => {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => undefined);
  return closed(socket);
};

const udpClient = async (address = "127.0.0.1"): Promise<UdpSocket> => {
  const socket = createSocket("udp4");
  closers.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
};

describe("the responder's connection limits", () => {
  it("cuts who is beyond responderConnectionsPerSourceMax, and nobody else", async () => {
    const responder = await start();
    const { port, counters } = responder;
    for (let count = 0; count < responderConnectionsPerSourceMax; count++) await open(port);
    await openInVain(port);
    expect(counters.tcpRefusedPerSource).toBe(1);
    const other = await open(port, "127.0.0.2");
    other.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(String((await once(other, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    expect(counters.tcpOpen).toBe(responderConnectionsPerSourceMax + 1);
  });

  it("cuts who is beyond responderConnectionsMax, and takes new ones when old ones end", async () => {
    const responder = await start();
    const { port, counters } = responder;
    const sources = Math.ceil(responderConnectionsMax / responderConnectionsPerSourceMax);
    const sockets: Socket[] = [];
    for (let source = 1; source <= sources; source++)
      for (let count = 0; count < responderConnectionsPerSourceMax; count++)
        sockets.push(await open(port, `127.0.1.${source}`));
    expect(counters.tcpOpen).toBe(responderConnectionsMax);
    await openInVain(port, "127.0.2.1");
    expect(counters.tcpRefusedTotal).toBe(1);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => counters.tcpOpen, { interval: 5 }).toBe(0);
    const next = await open(port, "127.0.2.1");
    next.write("CWE1");
    expect(String((await once(next, "data"))[0])).toBe("CWE1");
  });

  it("cuts a connection that says nothing, or too slowly (responderExchangeMsMax)", async () => {
    expect(defaultResponderLimits.exchangeMsMax).toBe(responderExchangeMsMax);
    const { port, counters } = await start({ limits: { exchangeMsMax: 150 } });
    const silent = await open(port);
    const slow = await open(port);
    const echo = await open(port);
    slow.write("GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ");
    const dripping = setInterval(() => slow.write("y"), 20);
    closers.push(() => clearInterval(dripping));
    echo.write("CWE1");
    await Promise.all([silent, slow, echo].map(closed));
    expect(counters.tcpSlow).toBe(3);
    await expect.poll(() => counters.tcpOpen, { interval: 5 }).toBe(0);
  });

  it("cuts a client that does not read its answer (responderExchangeMsMax)", async () => {
    const { port, counters } = await start({ limits: { exchangeMsMax: 150 } });
    const socket = await open(port);
    socket.pause();
    for (let count = 0; count < 20; count++)
      socket.write("GET /echo?n=1048576 HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => counters.tcpSlow, { interval: 10 }).toBe(1);
    await expect.poll(() => counters.tcpOpen, { interval: 5 }).toBe(0);
  });

  it("ends a connection that is idle between requests (responderIdleMsMax)", async () => {
    expect(defaultResponderLimits.idleMsMax).toBe(responderIdleMsMax);
    const { port, counters } = await start({ limits: { idleMsMax: 80 } });
    const socket = await open(port);
    socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "data");
    await closed(socket);
    expect(counters).toMatchObject({ httpRequests: 1, tcpSlow: 0 });
  });

  it("ends a connection after responderRequestsPerConnectionMax requests", async () => {
    const { port, counters } = await start();
    const socket = await open(port);
    let answers = "";
    socket.on("data", (chunk) => {
      answers += String(chunk);
    });
    for (let count = 0; count < responderRequestsPerConnectionMax + 20; count++)
      socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await closed(socket);
    expect(answers.match(/200 OK/g)).toHaveLength(responderRequestsPerConnectionMax);
    expect(counters.httpRequests).toBeLessThanOrEqual(responderRequestsPerConnectionMax + 20);
  });

  it("refuses a header beyond responderHeaderBytesMax", async () => {
    const { port, counters } = await start();
    const socket = await open(port);
    socket.write(`GET /health HTTP/1.1\r\nx: ${"y".repeat(responderHeaderBytesMax)}\r\n\r\n`);
    await closed(socket);
    expect(counters).toMatchObject({ httpMalformed: 1, httpRequests: 0 });
  });

  it("listens on at most responderAddressesMax addresses", async () => {
    const addresses = Array.from({ length: responderAddressesMax + 1 }, (_, i) => `127.0.5.${i}`);
    await expect(start({ addresses })).rejects.toThrow("1 to 8 addresses");
    await expect(start({ addresses: [] })).rejects.toThrow("1 to 8 addresses");
  });

  it("gives up choosing a port after responderBindAttemptsMax attempts", async () => {
    let sockets = 0;
    // Every UDP socket but the first of an attempt finds its port taken: the address is listed twice.
    const attempt = bindAll(
      { addresses: ["127.0.0.1", "127.0.0.1"], port: 0 },
      { onConnection: () => undefined, onUdpSocket: () => void sockets++ },
    );
    await expect(attempt).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(sockets).toBe(responderBindAttemptsMax);
  });
});

describe("the responder's UDP limits", () => {
  const send = async (socket: UdpSocket, port: number, packet: Buffer): Promise<void> => {
    await new Promise<void>((resolve) => socket.send(packet, port, "127.0.0.1", () => resolve()));
  };

  it("drops what is no STAMP request: too short, or beyond responderUdpPacketBytesMax", async () => {
    const { port, counters } = await start();
    const client = await udpClient();
    const lengths: number[] = [];
    client.on("message", (packet) => lengths.push(packet.length));
    for (const length of [0, 1, 43, responderUdpPacketBytesMax + 1])
      await send(client, port, Buffer.alloc(length));
    await send(client, port, Buffer.alloc(responderUdpPacketBytesMax));
    await expect.poll(() => lengths, { interval: 5 }).toEqual([responderUdpPacketBytesMax]);
    expect(counters).toMatchObject({ udpMalformed: 4, udpReflected: 1 });
  });

  it("never answers another reflector on its own port", async () => {
    const { port, counters } = await start();
    const other = createSocket("udp4");
    closers.push(() => void other.close());
    other.bind(port, "127.0.0.2");
    await once(other, "listening");
    await send(other, port, Buffer.alloc(64));
    await expect.poll(() => counters.udpMalformed, { interval: 5 }).toBe(1);
  });

  it("answers one source no more than its burst, and others all the same", async () => {
    expect(defaultResponderLimits).toMatchObject({
      udpPerSourceRate: responderUdpPerSourceRate,
      udpPerSourceBurst: responderUdpPerSourceBurst,
      udpRate: responderUdpRate,
      udpSourcesMax: responderUdpSourcesMax,
    });
    const { port, counters } = await start({
      limits: { udpPerSourceRate: 1, udpPerSourceBurst: 5 },
    });
    const flooder = await udpClient("127.0.0.6");
    const other = await udpClient("127.0.0.7");
    for (let count = 0; count < 20; count++) await send(flooder, port, Buffer.alloc(64));
    await expect.poll(() => counters.udpReflected + counters.udpLimited, { interval: 5 }).toBe(20);
    expect(counters.udpLimited).toBeGreaterThanOrEqual(14);
    const reply = once(other, "message");
    await send(other, port, Buffer.alloc(64));
    expect(((await reply)[0] as Buffer).length).toBe(64);
  });

  it("answers all sources together no more than responderUdpRate", async () => {
    const { port, counters } = await start({ limits: { udpRate: 10 } });
    for (let source = 1; source <= 4; source++) {
      const client = await udpClient(`127.0.0.${20 + source}`);
      for (let count = 0; count < 5; count++) await send(client, port, Buffer.alloc(64));
    }
    await expect.poll(() => counters.udpReflected + counters.udpLimited, { interval: 5 }).toBe(20);
    expect(counters.udpLimited).toBeGreaterThanOrEqual(8);
  });
});

describe("the responder under a flood", () => {
  it("still answers a probe while connections, garbage and packets pour in", async () => {
    const { port, counters } = await start();
    const flooder = await udpClient("127.0.0.9");
    const garbage = Buffer.alloc(300, "\u0000\u00ff");
    for (let round = 0; round < 300; round++) {
      const socket = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.9" });
      socket.on("error", () => undefined);
      socket.write(round % 2 === 0 ? garbage : "GET");
      closers.push(() => void socket.destroy());
      for (let count = 0; count < 10; count++) flooder.send(garbage, port, "127.0.0.1");
    }
    const probe = await open(port);
    probe.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(String((await once(probe, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    await expect.poll(() => counters.tcpRefusedPerSource, { interval: 5 }).toBeGreaterThan(0);
  });
});

describe("TokenBuckets", () => {
  const each = { perSecond: 10, burst: 3 };

  it("gives a burst and then its rate", () => {
    const buckets = new TokenBuckets({ each, bucketsMax: 10 });
    const takes = (nowMs: number): number => {
      let count = 0;
      while (buckets.take("a", nowMs)) count++;
      return count;
    };
    expect(takes(0)).toBe(3);
    expect(takes(100)).toBe(1);
    expect(takes(10_000)).toBe(3);
    expect(takes(9_000)).toBe(0);
  });

  it("remembers responderUdpSourcesMax sources, and forgets the one used longest ago", () => {
    const buckets = new TokenBuckets({ each, bucketsMax: responderUdpSourcesMax });
    for (let source = 0; source < responderUdpSourcesMax + 100; source++) {
      while (buckets.take(`s${source}`, 0));
      buckets.take("often", 0);
    }
    expect(buckets.size).toBe(responderUdpSourcesMax);
    expect(buckets.take("often", 0)).toBe(false);
    expect(buckets.take("s0", 0)).toBe(true);
  });
});
