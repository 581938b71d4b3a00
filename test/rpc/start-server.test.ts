import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { systemRandom } from "../../common/random.js";
import type { ServerConfig } from "../../server/config.js";
import { ControlLoop } from "../../server/control-loop.js";
import { createMemoryLog } from "../../server/ingest/memory-log.js";
import type { ResultLog } from "../../server/ingest/result-log.js";
import {
  controlTickMs,
  loopDelayResolutionMs,
  stopAgentsMsMax,
  stopConnectionsMsMax,
} from "../../server/limits.js";
import type { StreamOutput } from "../../server/rpc/agent-streams.js";
import { type StartedServer, startServer } from "../../server/start-server.js";
import { helloOf } from "../support/agent-messages.js";
import { createTestLink, type TestLink } from "../support/agent-port.js";
import { createTestFiles, makeCa, makeCertificate } from "../support/certificates.js";
import { freePort } from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/** Goal: the composed server in this process: its parts together, its stop, and what it refuses. */

const servers: Extract<StartedServer, { kind: "running" }>[] = [];
const links: TestLink[] = [];

afterEach(async () => {
  for (const { link } of links.splice(0)) link.dispose();
  for (const server of servers.splice(0)) await server.stop();
});

const configOf = async (change: Partial<ServerConfig> = {}): Promise<ServerConfig> => ({
  httpPort: await freePort(),
  agentPort: await freePort(),
  cacheKeySecond: 15,
  reportInterval: 300,
  logLevel: "info",
  bind: "127.0.0.1",
  tlsCert: undefined,
  tlsKey: undefined,
  clientCa: undefined,
  tokenFile: undefined,
  insecure: false,
  corsOrigins: [],
  legacyClients: true,
  httpTls: false,
  apiTokenFile: undefined,
  manifests: undefined,
  ...change,
});

const start = async (change: Partial<ServerConfig> = {}, printed: string[] = []) => {
  const server = await startServer({
    config: await configOf(change),
    logger: silentLogger,
    serverEpoch: "epoch-1",
    lang: "en",
    print: (text) => printed.push(text),
  });
  if (server.kind === "running") servers.push(server);
  return server;
};

const running = async (change: Partial<ServerConfig> = {}, printed: string[] = []) => {
  const server = await start(change, printed);
  if (server.kind === "failed") throw new Error(server.why);
  return server;
};

const joined = async (port: number): Promise<TestLink> => {
  const link = createTestLink(port);
  links.push(link);
  link.link.open();
  link.send({ kind: "hello", hello: helloOf({ agentId: "n1.pod" }) });
  expect(await link.message()).toMatchObject({
    kind: "welcome",
    welcome: { serverEpoch: "epoch-1" },
  });
  return link;
};

describe("startServer()", () => {
  it("serves health, readiness, metrics and the API description", async () => {
    const { httpPort } = await running();
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`);
      return `${answer.status} ${(await answer.text()).slice(0, 30)}`;
    };
    expect(await get("/healthz")).toBe("200 ok\n");
    expect(await get("/readyz")).toBe("200 ready\n");
    expect(await get("/metrics")).toMatch(/^200 # HELP causeway_/);
    expect(await get("/openapi.json")).toContain('"openapi": "3.1.0"');
    expect(await get("/v1/agents")).toContain('"agents":[]');
    expect(await get("/api/v1/health")).toContain('200 {"status":"healthy"}');
  });

  it("takes an agent and gives it its plan", async () => {
    const { agentPort, httpPort } = await running();
    const link = await joined(agentPort);
    expect(await link.message()).toMatchObject({ kind: "plan", plan: { baseRevision: undefined } });
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/agents/n1.pod`);
    expect(await answer.json()).toMatchObject({ state: "AGENT_STATE_UP", reason: "connected" });
  });

  it("runs probes on demand through the agent, and cancels them with their call", async () => {
    const { agentPort, httpPort } = await running();
    const link = await joined(agentPort);
    await link.message();
    const call = new AbortController();
    const answered = fetch(`http://127.0.0.1:${httpPort}/v1/probes:run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ source: "n1.pod", target: "10.0.0.9", kind: "tcp", port: 443 }),
      signal: call.signal,
    });
    const run = await link.message();
    expect(run).toMatchObject({
      kind: "run",
      probes: [{ kind: "tcp", address: "10.0.0.9", port: 443 }],
    });
    call.abort();
    await expect(answered).rejects.toThrow();
    const requestId = run.kind === "run" ? run.requestId : "";
    expect(await link.message()).toEqual({ kind: "cancel_run", requestId });
  });

  it("prints the report every REPORT_INTERVAL", async () => {
    const printed: string[] = [];
    await running({ reportInterval: 1 }, printed);
    await waitFor("the report", () => printed.length > 0);
    expect(printed[0]).toContain("Network connectivity report");
  });

  it("stops within stopAgentsMsMax and stopConnectionsMsMax though an agent does not leave", async () => {
    expect(stopAgentsMsMax + stopConnectionsMsMax).toBeLessThan(10_000);
    const server = await running();
    const link = await joined(server.agentPort);
    const startedMs = performance.now();
    await server.stop();
    expect(performance.now() - startedMs).toBeLessThan(stopAgentsMsMax + stopConnectionsMsMax);
    expect(await link.closed()).toMatchObject({ code: "unavailable" });
    await expect(fetch(`http://127.0.0.1:${server.httpPort}/healthz`)).rejects.toThrow();
  });

  it("serves both ports with TLS, and renews the certificate of both", async () => {
    const files = await createTestFiles();
    const ca = await makeCa("Test CA");
    const write = async (commonName: string) => {
      const { cert, key } = await makeCertificate(ca, { commonName });
      return [await files.write("key", key), await files.write("cert", cert)] as const;
    };
    const [tlsKey, tlsCert] = await write("first");
    const server = await running({ tlsCert, tlsKey, httpTls: true });
    const { connect } = await import("node:tls");
    const commonName = (port: number) =>
      new Promise<string>((resolve, reject) => {
        const options = { port, host: "127.0.0.1", ca: ca.cert, ALPNProtocols: ["h2"] };
        const socket = connect(options, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.once("error", reject);
      });
    for (const port of [server.agentPort, server.httpPort])
      expect(await commonName(port)).toBe("first");
    await write("second");
    for (const port of [server.agentPort, server.httpPort]) {
      await waitFor("the new certificate", async () => (await commonName(port)) === "second");
    }
    await files.remove();
  });

  it("says which setting is at fault", async () => {
    const files = await createTestFiles();
    const empty = await files.write("empty", "");
    const tls = await start({ tlsCert: empty, tlsKey: empty });
    expect(tls).toMatchObject({ kind: "failed", code: 2 });
    expect(tls.kind === "failed" && tls.why).toContain("CAUSEWAY_TLS_CERT");
    const token = await start({ tokenFile: empty });
    expect(token).toEqual({ kind: "failed", code: 2, why: "CAUSEWAY_TOKEN_FILE: holds no token" });
    const { httpPort } = await running();
    expect(await start({ httpPort })).toMatchObject({
      code: 1,
      why: `HTTP_PORT: cannot listen on 127.0.0.1 port ${httpPort}: it is taken (EADDRINUSE)`,
    });
    const strange = await start({ bind: "192.0.2.1", insecure: true });
    expect(strange.kind === "failed" && strange.why).toContain(
      "this host does not have the address",
    );
    await files.remove();
  });

  it("lets nobody ask beyond loopback without tokens, unless forced", async () => {
    const status = async (change: Partial<ServerConfig>) => {
      const { httpPort } = await running({ bind: "0.0.0.0", ...change });
      const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/agents`);
      return answer.status;
    };
    expect(await status({})).toBe(401);
    expect(await status({ insecure: true })).toBe(200);
  });
});

describe("ControlLoop", () => {
  const create = (log: ResultLog) => {
    const delays: number[] = [];
    const outputs: StreamOutput[] = [];
    const loop = new ControlLoop({
      serverEpoch: "e1",
      lostAfterMs: 15_000,
      log,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      observer: () => ({
        count: () => undefined,
        committed: () => undefined,
        loopDelay: (ms) => delays.push(ms),
        loopUtilization: () => undefined,
        load: () => undefined,
      }),
    });
    loop.attach({ carryOut: (output) => outputs.push(output) });
    return { loop, delays, outputs };
  };

  it("ticks every controlTickMs and sees a held event loop, to loopDelayResolutionMs", async () => {
    const { loop, delays } = create(createMemoryLog());
    await loop.start();
    await waitFor("three ticks", () => delays.length >= 3);
    const untilMs = systemClock.nowMs() + 2 * controlTickMs;
    while (systemClock.nowMs() < untilMs);
    const held = 2 * controlTickMs - 2 * loopDelayResolutionMs;
    await waitFor("the delay", () => delays.some((ms) => ms > held));
    loop.stop();
  });

  it("acknowledges nothing that the log refused, and what it took later", async () => {
    let refuse = true;
    const log: ResultLog = {
      ...createMemoryLog(),
      append: () => (refuse ? Promise.reject(new Error("disk full")) : Promise.resolve()),
    };
    const { loop, outputs } = create(log);
    await loop.start();
    const times = () => ({ nowMs: systemClock.nowMs(), wallMs: Date.now() });
    const principal = {
      method: "none",
      name: "",
      node: undefined,
      expiresUnixMs: undefined,
    } as const;
    const hello = helloOf({ agentId: "n1.pod" });
    const gap = {
      bootId: hello.bootId,
      seq: 1,
      fromUnixMs: Date.now(),
      toUnixMs: Date.now(),
      dropped: 4,
      reason: "spool_full",
    };
    const session = (stream: number) => {
      loop.feed({ kind: "opened", stream, principal, remote: "", ...times() });
      loop.feed({ kind: "message", stream, message: { kind: "hello", hello }, ...times() });
      loop.feed({ kind: "message", stream, message: { kind: "gap", gap }, ...times() });
    };
    const acks = () =>
      outputs.filter((output) => output.kind === "send" && output.message.kind === "ack");
    session(1);
    await waitFor("the end of the stream", () =>
      outputs.some((output) => output.kind === "close" && output.code === "unavailable"),
    );
    expect(loop.pendingAppends).toBe(0);
    expect(acks()).toEqual([]);
    refuse = false;
    session(2);
    await waitFor("the acknowledgement", () => acks().length > 0);
    expect(loop.core.loss("n1.pod")).toMatchObject({ lostResults: 4 });
    loop.stop();
  });
});
