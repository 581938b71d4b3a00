import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { attemptLateMs } from "../../../agent/limits.js";
import { runAttempt } from "../../../agent/probe/attempt.js";
import { createDnsProbe } from "../../../agent/probe/dns.js";
import { probeHttp } from "../../../agent/probe/http.js";
import { createTcpProbe } from "../../../agent/probe/tcp.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";

const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** A server on a thread of its own: it answers while this thread is held. */
const startThread = async (source: string): Promise<number> => {
  const worker = new Worker(`const { parentPort } = require("node:worker_threads"); ${source}`, {
    eval: true,
  });
  workers.push(worker);
  const [port] = (await once(worker, "message")) as [number];
  return port;
};

const startHttpThread = (): Promise<number> =>
  startThread(`
    const server = require("node:http").createServer((_, response) => response.end("{}"));
    server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`);

/** Knows web.test alone, which is 127.0.0.1. */
const startDnsThread = (): Promise<number> =>
  startThread(`
    const { decode, encode } = require("dns-packet");
    const socket = require("node:dgram").createSocket("udp4");
    socket.on("message", (message, from) => {
      const { id, questions } = decode(message);
      const isKnown = questions[0].name === "web.test";
      const answers = isKnown ? [{ type: "A", name: "web.test", ttl: 1, data: "127.0.0.1" }] : [];
      const reply = { type: "response", id, questions, answers, flags: isKnown ? 0 : 3 };
      socket.send(encode(reply), from.port, from.address);
    });
    socket.bind(0, "127.0.0.1", () => parentPort.postMessage(socket.address().port));`);

const stall = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

const timeoutMs = 300;
const stallMs = 500;

describe("a probe of several steps, when the event loop was held for longer than its timeout", () => {
  const context = createProbeContext({ self: { podUid: "", podIps: ["127.0.0.1"] } });

  it("still sends a GET and reads its answer", async () => {
    const port = await startHttpThread();
    const spec = probeSpec({ kind: "http", address: "127.0.0.1", port, timeoutMs });
    const running = probeHttp(spec, context);
    stall(stallMs);
    expect(await running).toEqual({ outcome: "ok", rttUs: undefined, detail: "answer read late" });
  });

  it("still walks the search list, and connects", async () => {
    const dnsPort = await startDnsThread();
    const port = await startHttpThread();
    const resolverConfig = async () => {
      // Held right after the first query went out.
      setImmediate(() => setImmediate(() => stall(stallMs)));
      return {
        servers: [{ address: "127.0.0.1", port: dnsPort }],
        search: ["a.test", "b.test"],
        ndots: 5,
      };
    };
    const hostName = "web.test";
    const dns = createDnsProbe(resolverConfig);
    const looked = await dns(probeSpec({ kind: "dns", hostName, timeoutMs }), context);
    expect(looked).toMatchObject({ outcome: "ok", rttUs: undefined });
    const tcp = createTcpProbe(resolverConfig);
    const connected = await tcp(probeSpec({ kind: "tcp", hostName, port, timeoutMs }), context);
    expect(connected).toMatchObject({ outcome: "ok" });
  });
});

describe("runAttempt()", () => {
  const attempt = (clockMs: () => number) =>
    runAttempt<string>(
      {
        timeoutMs: 20,
        signal: new AbortController().signal,
        clock: { nowMs: clockMs },
        onTimeout: () => "timeout",
        onFailure: () => "failure",
      },
      () => () => undefined,
    );

  it("ends in time when its timer is less than attemptLateMs late, and after what it lost when more", async () => {
    const timesOf = (lateMs: number) => {
      const times = [0, 20 + lateMs];
      return () => times.shift() ?? Number.NaN;
    };
    const startMs = performance.now();
    expect(await attempt(timesOf(attemptLateMs - 1))).toBe("timeout");
    const inTimeMs = performance.now() - startMs;
    expect(inTimeMs).toBeGreaterThan(15);
    expect(await attempt(timesOf(attemptLateMs))).toBe("timeout");
    expect(performance.now() - startMs - inTimeMs).toBeGreaterThan(35);
  });
});
