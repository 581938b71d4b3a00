import net from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  frameGuardFreeChunks,
  frameGuardViolationsPerConnectionMax,
  queryRequestBytesMax,
} from "../../server/limits.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { request1, request2 } from "../support/raw-http.js";
import { connectRawHttp2, frameTypes, type RawHttp2 } from "../support/raw-http2.js";
import { waitFor } from "../support/wait.js";

/**
 * Goal: bodies that are made to be slow to read end early and stop nobody else. Method: raw sockets that send tens of
 * thousands of one-byte pieces at once, with the event loop watched.
 */

const enhanceYourCalm = 0xb;
const piecesSent = 50_000;
const ones = (count: number): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(1));
/** A gRPC prefix that announces so many bytes. */
const prefix = (bytes: number): Buffer => {
  const start = Buffer.alloc(5);
  start.writeUInt32BE(bytes, 1);
  return start;
};

let port: FakePort;
let client: RawHttp2;
let delay: ReturnType<typeof monitorEventLoopDelay>;
beforeEach(async () => {
  port = await openFakePort();
  client = await connectRawHttp2(port.listener.port);
  delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
});
afterEach(async () => {
  client.close();
  await port.listener.close(1_000);
  delay.disable();
});

/** The loop was never long away, and the port still serves. */
const expectUnharmed = async (): Promise<void> => {
  expect((await request1(port.url, { path: "/readyz" })).status).toBe(200);
  expect(delay.percentile(99) / 1e6).toBeLessThan(200);
  // One long stop is a small part of all samples; with both ends in one process a second is generous.
  expect(delay.max / 1e6).toBeLessThan(1_000);
  expect(port.services.begun).toEqual([]);
};

/** Whole gRPC messages that the server has sent. */
const grpcMessages = ({ frames }: RawHttp2): number => {
  const data = frames.filter(({ type }) => type === frameTypes.data);
  const bytes = Buffer.concat(data.map(({ payload }) => payload));
  let count = 0;
  for (let at = 0; at + 5 <= bytes.length; count += 1) at += 5 + bytes.readUInt32BE(at + 1);
  return count;
};

const calls: [string, string, string][] = [
  ["gRPC", "/causeway.v1.MeshService/ListAgents", "application/grpc+proto"],
  ["gRPC-Web", "/causeway.v1.MeshService/ListAgents", "application/grpc-web+proto"],
  ["a Connect stream", "/causeway.v1.MeshService/WatchMatrix", "application/connect+json"],
  ["a Connect call", "/causeway.v1.MeshService/ListAgents", "application/json"],
  ["REST", "/v1/probes:run", "application/json"],
  ["reflection", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "application/grpc"],
  ["a path that is not served", "/v1/nope", "application/json"],
];

describe(`${piecesSent} DATA frames of one byte`, () => {
  it.each(calls)("end a call over %s early", async (_, path, contentType) => {
    client.headers(1, path, contentType);
    client.data(1, [prefix(1 << 20), ...ones(piecesSent)]);
    const code = await client.waitReset(1);
    // What is refused anyway is let go without blame.
    if (path !== "/v1/nope") expect(code).toBe(enhanceYourCalm);
    await expectUnharmed();
  });

  it("take the connection with them after frameGuardViolationsPerConnectionMax times", async () => {
    for (let at = 0; at < frameGuardViolationsPerConnectionMax; at += 1) {
      expect(client.isClosed).toBe(false);
      client.headers(2 * at + 1, "/v1/probes:run", "application/json");
      client.data(2 * at + 1, ones(2 * frameGuardFreeChunks));
      if (at + 1 < frameGuardViolationsPerConnectionMax) await client.waitReset(2 * at + 1);
    }
    await waitFor("the connection to end", () => client.isClosed);
    await expectUnharmed();
  });
});

describe(`${piecesSent} HTTP/1.1 chunks of one byte`, () => {
  it.each([
    ["gRPC-Web", "/causeway.v1.MeshService/ListAgents", "application/grpc-web+proto"],
    ["REST", "/v1/probes:run", "application/json"],
  ])("end a call over %s", async (_, path, contentType) => {
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    socket.on("error", () => undefined).resume();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from("5\r\n"), prefix(1 << 20), Buffer.from("\r\n")]));
    socket.write("1\r\nx\r\n".repeat(piecesSent));
    await closed;
    await expectUnharmed();
  });
});

describe("what is large or senseless", () => {
  const grpc = (body: Uint8Array) =>
    request2(port.url, {
      path: "/causeway.v1.MeshService/ListAgents",
      headers: { "content-type": "application/grpc+proto", te: "trailers" },
      body,
    });

  it.each<[string, Uint8Array, string]>([
    ["a message beyond queryRequestBytesMax", prefix(queryRequestBytesMax + 1), "8"],
    ["a message of 4 GiB", prefix(2 ** 32 - 1), "8"],
    ["a message that is cut off", Buffer.concat([prefix(100), new Uint8Array(5)]), "3"],
    [
      "bytes that are no message",
      Buffer.concat([prefix(4), Buffer.from("\xff\xff\xff\xff", "latin1")]),
      "13",
    ],
    ["an unknown flag", Buffer.from([0x7f, 0, 0, 0, 0]), "13"],
    ["nothing", new Uint8Array(), "12"],
  ])("%s has a status of its own", async (_, body, status) => {
    const { trailers, headers } = await grpc(body);
    expect(trailers["grpc-status"] ?? headers["grpc-status"]).toBe(status);
    await expectUnharmed();
  });

  it("a message that unpacks to more than queryRequestBytesMax is refused", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const { trailers } = await request2(port.url, {
      path: "/causeway.v1.MeshService/ListAgents",
      headers: { "content-type": "application/grpc", te: "trailers", "grpc-encoding": "gzip" },
      body: Buffer.concat([Buffer.from([1]), prefix(bomb.length).subarray(1), bomb]),
    });
    expect(trailers["grpc-status"]).toBe("8");
    await expectUnharmed();
  });

  it("legitimate small frames pass: many messages, and a large one in kilobytes", async () => {
    client.headers(
      1,
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "application/grpc",
    );
    const listServices = Buffer.concat([prefix(3), Buffer.from([0x3a, 1, 0x2a])]);
    client.data(
      1,
      Array.from({ length: 150 }, () => listServices),
    );
    await waitFor("150 answers", () => grpcMessages(client) === 150);
    const json = JSON.stringify({ source: "x".repeat(500_000) });
    const answer = await request2(port.url, { path: "/v1/probes:run", body: json });
    expect(answer.status).toBe(200);
  });
});
