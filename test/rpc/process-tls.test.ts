import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createTestFiles,
  type KeyPair,
  makeCa,
  makeCertificate,
  type TestFiles,
} from "../support/certificates.js";
import { createCluster, endPrograms, ensureBuilt, type TestCluster } from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/** Goal: server and agents with TLS, certificates and tokens, as they would run beyond loopback. Method: built output. */

let files: TestFiles;
let ca: KeyPair;
let server: Record<string, string>;
let trust: Record<string, string>;

beforeAll(async () => {
  ensureBuilt();
  files = await createTestFiles();
  ca = await makeCa("Test CA");
  const caPath = await files.write("ca.pem", ca.cert);
  const { cert, key } = await makeCertificate(ca, { commonName: "server" });
  server = {
    CAUSEWAY_TLS_CERT: await files.write("server.pem", cert),
    CAUSEWAY_TLS_KEY: await files.write("server.key", key),
    CAUSEWAY_BIND: "127.0.0.1",
  };
  trust = { CAUSEWAY_CA: caPath };
}, 180_000);
afterAll(() => files?.remove());
afterEach(() => endPrograms());

const clientFiles = async (name: string, commonName: string): Promise<Record<string, string>> => {
  const { cert, key } = await makeCertificate(ca, { commonName });
  return {
    CAUSEWAY_TLS_CERT: await files.write(`${name}.pem`, cert),
    CAUSEWAY_TLS_KEY: await files.write(`${name}.key`, key),
  };
};

const urlOf = (cluster: TestCluster, host = "127.0.0.1"): Record<string, string> => ({
  SERVER_URL: `https://${host}:${cluster.agentPort}`,
});

describe("agents over TLS", () => {
  it("join with a certificate of their node, and are refused for good with one of another", async () => {
    const cluster = await createCluster();
    await cluster.startServer({ ...server, CAUSEWAY_CLIENT_CA: trust["CAUSEWAY_CA"] ?? "" });
    const own = { ...trust, ...(await clientFiles("own", "node:node-1")) };
    const agent = cluster.startAgent(1, { ...own, ...urlOf(cluster) });
    await cluster.reached(1, "UP");
    expect(agent.output()).not.toContain("DEP0123");
    const thief = cluster.startAgent(2, { ...own, ...urlOf(cluster, "localhost") });
    expect(await thief.exited).toBe(2);
    expect(thief.output()).toContain("node-1");
    const none = cluster.startAgent(3, { ...trust, ...urlOf(cluster) });
    expect(await none.exited).toBe(2);
    expect(none.output()).toContain("no client certificate was shown");
  });

  it("join with a token, and stay when it is renewed", async () => {
    const cluster = await createCluster();
    const serverTokens = await files.write("server-tokens", "first\n");
    const token = await files.write("token", "first\n");
    const process = await cluster.startServer({ ...server, CAUSEWAY_TOKEN_FILE: serverTokens });
    const agent = cluster.startAgent(1, {
      ...trust,
      ...urlOf(cluster),
      CAUSEWAY_TOKEN_FILE: token,
    });
    await cluster.reached(1, "UP");
    await files.write("server-tokens", "second\nfirst\n");
    await process.logged("files changed");
    await files.write("token", "second\n");
    await agent.logged("token changed");
    await files.write("server-tokens", "second\n");
    await process.logged("files changed", 1);
    const before = await cluster.metric("causeway_agent_reconnects_total", 1);
    const acked = await cluster.metric("causeway_agent_results_measured_total", 1);
    await waitFor("the stream to go on", async () => {
      return (await cluster.metric("causeway_agent_results_measured_total", 1)) >= acked;
    });
    expect(await cluster.metric("causeway_agent_reconnects_total", 1)).toBe(before);
    const stranger = cluster.startAgent(2, {
      ...trust,
      ...urlOf(cluster),
      CAUSEWAY_TOKEN_FILE: await files.write("guess", "guess"),
    });
    expect(await stranger.exited).toBe(2);
    expect(stranger.output()).toContain("the token is not known");
    expect(await cluster.agent(1)).toMatchObject({ state: "AGENT_STATE_UP" });
  });
});
