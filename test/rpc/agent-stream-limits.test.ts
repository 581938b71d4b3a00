import { connect, type Socket } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, describe, expect, it } from "vitest";
import { linkPingEveryMs, linkPingMsMax } from "../../agent/limits.js";
import { defaultPings } from "../../agent/rpc/link.js";
import { encodeAgentMessage } from "../../agent/rpc/wire.js";
import type { Plan } from "../../common/agent-stream.js";
import { agentMessageBytesMax } from "../../common/limits.js";
import { createSeededRandom } from "../../common/random.js";
import {
  agentConnectionIdleMs,
  agentConnectionsMax,
  agentConnectionsPerAddressMax,
  agentHandshakeMsMax,
  agentHandshakesMax,
  agentHandshakeWaitMsMax,
  agentPingEveryMs,
  agentPingMsMax,
  agentStreamsPerConnectionMax,
  outboxMessagesMax,
  planStreamsPerTurn,
  slowReaderMsMax,
  statusTextCharsMax,
  streamBytesPerToken,
  streamChecksEveryMs,
  streamCloseMsMax,
  streamMessagesBurstMax,
  streamMessagesPerSecondMax,
} from "../../server/limits.js";
import { defaultStreamBounds } from "../../server/rpc/agent-call.js";
import { defaultFrontBounds } from "../../server/rpc/agent-front.js";
import { defaultSilenceBounds } from "../../server/rpc/agent-listener.js";
import { createPlanPusher } from "../../server/rpc/plan-pusher.js";
import { helloOf } from "../support/agent-messages.js";
import { createTestLink, openAgentPort, type TestPort } from "../support/agent-port.js";
import {
  openRawFrames,
  openRawStream,
  type RawFrames,
  type RawStream,
} from "../support/raw-stream.js";
import { openRelay } from "../support/relay.js";
import { waitFor } from "../support/wait.js";

const ports: TestPort[] = [];
const raws: RawStream[] = [];
const frames: RawFrames[] = [];
const sockets: Socket[] = [];

const openPort = async (...options: Parameters<typeof openAgentPort>): Promise<TestPort> => {
  const port = await openAgentPort(...options);
  ports.push(port);
  return port;
};

const openRaw = (port: TestPort): RawStream => {
  const raw = openRawStream(port.listener.port);
  raws.push(raw);
  return raw;
};

/** A gRPC message: flag, length, bytes. */
const framed = (bytes: Uint8Array, length = bytes.length): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
};

const helloFrame = (): Buffer =>
  framed(encodeAgentMessage({ kind: "hello", hello: helloOf({ agentId: "n1.pod" }) }));

/** The p99 of the loop delay while something runs, in milliseconds. */
const loopDelayP99 = async (work: () => Promise<unknown>): Promise<number> => {
  const histogram = monitorEventLoopDelay({ resolution: 5 });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.percentile(99) / 1e6;
};

afterEach(async () => {
  for (const raw of raws.splice(0)) raw.destroy();
  for (const raw of frames.splice(0)) raw.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const { listener } of ports.splice(0)) await listener.close(0);
});

describe("bad input on the agent port", () => {
  it("ends the stream of a malformed message with INVALID_ARGUMENT and keeps the others", async () => {
    const port = await openPort();
    const good = openRaw(port);
    good.write(helloFrame());
    await port.next("message");
    const bad = openRaw(port);
    bad.write(framed(Buffer.from([0x0a, 0xff])));
    expect(await bad.ended).toMatchObject({ status: "3" });
    expect(port.counts).toContainEqual({ name: "stream_faults", label: "malformed" });
    expect(await port.next("closed")).toMatchObject({ end: "closed_by_server" });
    good.write(framed(encodeAgentMessage({ kind: "goodbye", reason: "shutdown" })));
    expect((await port.next("message", 1)).message).toEqual({
      kind: "goodbye",
      reason: "shutdown",
    });
  });

  it("refuses a message beyond agentMessageBytesMax by its length, before it comes", async () => {
    const port = await openPort();
    const raw = openRaw(port);
    raw.write(framed(Buffer.alloc(16), agentMessageBytesMax + 1));
    expect(await raw.ended).toMatchObject({ status: "8" });
    const largest = openRaw(port);
    largest.write(framed(Buffer.alloc(agentMessageBytesMax)));
    expect(await largest.ended).toMatchObject({ status: "3" });
  });

  it("ends a stream of one-byte frames, and stays quick meanwhile", async () => {
    const port = await openPort();
    const raw = openRawFrames(port.listener.port);
    frames.push(raw);
    raw.writeBytewise(framed(Buffer.alloc(0), 200_000));
    await port.next("opened");
    const p99 = await loopDelayP99(async () => {
      raw.writeBytewise(Buffer.alloc(50_000));
      expect(await raw.ended).toBe(11);
    });
    expect(port.counts).toContainEqual({ name: "stream_faults", label: "tiny_frames" });
    await waitFor("the end of the connection", () => port.listener.connections === 0);
    expect(p99).toBeLessThan(200);
  });

  it("reads a flood of messages at streamMessagesPerSecondMax, after a burst", async () => {
    expect(defaultStreamBounds).toEqual({
      messagesPerSecondMax: streamMessagesPerSecondMax,
      messagesBurstMax: streamMessagesBurstMax,
      outboxMessagesMax,
      slowReaderMsMax,
      closeMsMax: streamCloseMsMax,
    });
    const port = await openPort({ bounds: { messagesPerSecondMax: 50, messagesBurstMax: 20 } });
    const raw = openRaw(port);
    const startedMs = performance.now();
    const beat = framed(encodeAgentMessage({ kind: "unsupported", what: "x" }));
    raw.write(Buffer.concat(Array.from({ length: 60 }, () => beat)));
    await port.next("message", 59);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(600);
    expect(port.counts).toEqual([]);
  });

  it("counts streamBytesPerToken bytes like a message, so that large ones are few", async () => {
    const bounds = { messagesPerSecondMax: 50, messagesBurstMax: 5 };
    const port = await openPort({ bounds });
    const raw = openRaw(port);
    const startedMs = performance.now();
    const what = "x".repeat(200);
    const small = framed(encodeAgentMessage({ kind: "unsupported", what }));
    const token = "t".repeat(4 * streamBytesPerToken - 100);
    const large = framed(encodeAgentMessage({ kind: "token", token }));
    raw.write(Buffer.concat([...Array.from({ length: 8 }, () => large), small]));
    await port.next("message", 8);
    // Eight times five tokens and one, less the burst, at 50 a second.
    expect(performance.now() - startedMs).toBeGreaterThan(600);
  });

  it("survives whatever bytes come, and serves the next agent", async () => {
    const port = await openPort({ bounds: { connectionIdleMs: 300, closeMsMax: 300 } });
    const random = createSeededRandom(20_261_121);
    const valid = Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
      Buffer.from([0, 0, 4, 1, 5, 0, 0, 0, 1, 0x83, 0x86, 0x84, 0x41]),
      helloFrame(),
    ]);
    for (let round = 0; round < 100; round++) {
      const bytes = Buffer.from(valid);
      for (let i = 0; i < 1 + random.next() * 8; i++) {
        bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
      }
      const socket = connect(port.listener.port, "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.end(bytes.subarray(0, Math.ceil(random.next() * bytes.length)));
      socket.resume();
    }
    await waitFor("the end of all", () => sockets.every(({ closed }) => closed), 30_000);
    openRaw(port).write(helloFrame());
    expect(await port.next("message")).toMatchObject({ message: { kind: "hello" } });
  });

  it("has at most agentStreamsPerConnectionMax streams on a connection", async () => {
    const port = await openPort();
    const { connect: connectHttp2 } = await import("node:http2");
    const session = connectHttp2(`http://127.0.0.1:${port.listener.port}`);
    const settings = await new Promise<{ maxConcurrentStreams?: number | undefined }>((resolve) => {
      session.once("remoteSettings", resolve);
    });
    expect(settings.maxConcurrentStreams).toBe(agentStreamsPerConnectionMax);
    session.destroy();
  });
});

describe("connections on the agent port", () => {
  const openSocket = async (port: TestPort): Promise<Socket> => {
    const socket = connect(port.listener.port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  };
  const closed = (socket: Socket): Promise<unknown> =>
    new Promise((resolve) => socket.once("close", resolve));

  it("refuses connections beyond agentConnectionsMax and takes new ones when old ones are gone", async () => {
    expect(agentConnectionsMax).toBeGreaterThanOrEqual(10_000);
    const port = await openPort({ bounds: { connectionsMax: 2 } });
    const [first] = [await openSocket(port), await openSocket(port)];
    const third = await openSocket(port);
    third.resume();
    await closed(third);
    expect(port.counts).toEqual([{ name: "connections_refused", label: "connections_max" }]);
    first.destroy();
    await waitFor("room", () => port.listener.connections === 1);
    await openSocket(port);
    await waitFor("the new connection", () => port.listener.connections === 2);
  });

  it("refuses connections of one address beyond agentConnectionsPerAddressMax", async () => {
    expect(agentConnectionsPerAddressMax).toBeLessThan(agentConnectionsMax);
    const port = await openPort({ bounds: { connectionsPerAddressMax: 1 } });
    await openSocket(port);
    const second = await openSocket(port);
    second.resume();
    await closed(second);
    expect(port.counts).toEqual([
      { name: "connections_refused", label: "address_connections_max" },
    ]);
  });
});

describe("silent peers", () => {
  it("have the named limits", () => {
    expect(defaultFrontBounds).toEqual({
      connectionsMax: agentConnectionsMax,
      connectionsPerAddressMax: agentConnectionsPerAddressMax,
      handshakesMax: agentHandshakesMax,
      handshakeMsMax: agentHandshakeMsMax,
      handshakeWaitMsMax: agentHandshakeWaitMsMax,
    });
    expect(defaultSilenceBounds).toEqual({
      connectionIdleMs: agentConnectionIdleMs,
      pingEveryMs: agentPingEveryMs,
      pingMsMax: agentPingMsMax,
    });
    expect(defaultPings).toEqual({ everyMs: linkPingEveryMs, msMax: linkPingMsMax });
  });

  it("lose a connection without a stream after agentConnectionIdleMs", async () => {
    const port = await openPort({ bounds: { connectionIdleMs: 100 } });
    const socket = connect(port.listener.port, "127.0.0.1");
    sockets.push(socket);
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    await waitFor("no connection", () => port.listener.connections === 0);
  });

  it("are gone when they do not answer a ping of agentPingEveryMs within agentPingMsMax", async () => {
    const port = await openPort({ bounds: { pingEveryMs: 100, pingMsMax: 100 } });
    const mute = openRawFrames(port.listener.port);
    frames.push(mute);
    await port.next("opened");
    expect(await port.next("closed")).toMatchObject({ end: "reset" });
    expect(await mute.ended).toBeUndefined();
  });

  it("are gone for the agent when they do not answer a ping of linkPingEveryMs within linkPingMsMax", async () => {
    const port = await openPort();
    const relay = await openRelay(port.listener.port);
    const link = createTestLink(relay.port, {}, { pings: { everyMs: 100, msMax: 100 } });
    link.link.open();
    await port.next("opened");
    relay.freeze();
    expect(await link.closed()).toMatchObject({ code: "unavailable" });
    await relay.close();
  });

  it("are reset when they keep their side open for streamCloseMsMax after their status", async () => {
    const port = await openPort({ bounds: { closeMsMax: 100 } });
    const raw = openRaw(port);
    const { stream } = await port.next("opened");
    const message = "x".repeat(statusTextCharsMax + 100);
    const close = { kind: "close", stream, code: "aborted", message } as const;
    port.listener.carryOut({ ...close, retryAfterMs: undefined });
    expect(await raw.ended).toMatchObject({
      status: "10",
      message: "x".repeat(statusTextCharsMax),
    });
    expect(await raw.closed).toBe(0);
  });
});

describe("slow readers", () => {
  const planOf = (revision: number, bytes: number): Plan => ({
    revision,
    nonce: revision,
    baseRevision: undefined,
    upserts: Array.from({ length: bytes / 1000 }, (_, i) => ({
      id: i + 1,
      hash: "00".repeat(8),
      key: `tcp|node/${"n".repeat(240)}`,
      probe: {
        kind: "http" as const,
        address: "10.0.0.1",
        port: 80,
        timeoutMs: 1000,
        hostName: "",
        httpPath: `/${"p".repeat(700)}`,
        expectPodUid: "",
      },
      intervalMs: 10_000,
      agentId: "",
      node: "",
    })),
    removes: [],
    hash: "00".repeat(32),
  });

  it("are disconnected when nothing was read for slowReaderMsMax", async () => {
    const port = await openPort({ bounds: { slowReaderMsMax: 300 } });
    const raw = openRaw(port);
    const { stream } = await port.next("opened");
    raw.stopReading();
    for (let i = 0; i < 8; i++) {
      const message = { kind: "plan", plan: planOf(i, 1_000_000) } as const;
      port.listener.carryOut({ kind: "send", stream, message });
    }
    const startedMs = performance.now();
    expect(await port.next("closed")).toMatchObject({ stream, end: "closed_by_server" });
    expect(performance.now() - startedMs).toBeLessThan(300 + 2 * streamChecksEveryMs);
    expect(port.counts).toEqual([{ name: "stream_faults", label: "slow_reader" }]);
  });

  it("are disconnected when more than outboxMessagesMax messages wait", async () => {
    const port = await openPort({ bounds: { outboxMessagesMax: 20 } });
    const raw = openRaw(port);
    const { stream } = await port.next("opened");
    raw.stopReading();
    const message = { kind: "plan", plan: planOf(1, 100_000) } as const;
    for (let i = 0; i < 100; i++) port.listener.carryOut({ kind: "send", stream, message });
    expect(await port.next("closed")).toMatchObject({ end: "closed_by_server" });
    expect(port.counts).toEqual([{ name: "stream_faults", label: "outbox_full" }]);
  });

  it("have only the newest plan waiting", async () => {
    const port = await openPort();
    const link = createTestLink(port.listener.port);
    link.link.open();
    const { stream } = await port.next("opened");
    for (let revision = 1; revision <= 50; revision++) {
      const plan = planOf(revision, 200_000);
      port.listener.carryOut({ kind: "push_plan", streams: [stream], plan });
    }
    const revisions: number[] = [];
    while (revisions.at(-1) !== 50) {
      const message = await link.message();
      if (message.kind === "plan") revisions.push(message.plan.revision);
    }
    expect(revisions[0]).toBe(1);
    expect(revisions.length).toBeLessThan(10);
    link.link.dispose();
  });
});

describe("plans to many streams", () => {
  it("are encoded once and written to planStreamsPerTurn streams in a turn", async () => {
    const turns: number[][] = [[]];
    const buffers = new Set<Buffer>();
    const pusher = createPlanPusher((stream, bytes) => {
      turns.at(-1)?.push(stream);
      buffers.add(bytes);
    });
    const bytes = Buffer.alloc(10);
    const streams = Array.from({ length: 2 * planStreamsPerTurn + 1 }, (_, i) => i);
    pusher.push(streams, bytes);
    const newer = Buffer.alloc(20);
    pusher.push([2 * planStreamsPerTurn], newer);
    while (turns.flat().length < streams.length) {
      turns.push([]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns.map((turn) => turn.length).filter((count) => count > 0)).toEqual([
      planStreamsPerTurn,
      planStreamsPerTurn,
      1,
    ]);
    expect(turns.flat()).toEqual(streams);
    expect([...buffers]).toEqual([bytes, newer]);
    pusher.push(streams, bytes);
    pusher.stop();
  });
});
