import { afterEach, describe, expect, it } from "vitest";
import type { Plan, ServerMessage } from "../../common/agent-stream.js";
import { helloOf } from "../support/agent-messages.js";
import {
  createTestLink,
  openAgentPort,
  type TestLink,
  type TestPort,
} from "../support/agent-port.js";
import { openRawStream } from "../support/raw-stream.js";
import { waitFor } from "../support/wait.js";

const open: { ports: TestPort[]; links: TestLink[] } = { ports: [], links: [] };

const openPort = async (...options: Parameters<typeof openAgentPort>): Promise<TestPort> => {
  const port = await openAgentPort(...options);
  open.ports.push(port);
  return port;
};

const openLink = (port: TestPort): TestLink => {
  const link = createTestLink(port.listener.port);
  open.links.push(link);
  link.link.open();
  return link;
};

const plan: Plan = {
  revision: 1,
  nonce: 1,
  baseRevision: undefined,
  upserts: [],
  removes: [],
  hash: "00".repeat(32),
};

afterEach(async () => {
  for (const { link } of open.links.splice(0)) link.dispose();
  for (const { listener } of open.ports.splice(0)) await listener.close(0);
});

describe("the agent stream over real sockets", () => {
  it("carries messages both ways in order", async () => {
    const port = await openPort();
    const link = openLink(port);
    link.send({ kind: "hello", hello: helloOf({ agentId: "n1.pod" }) });
    const { stream, principal, remote } = await port.next("opened");
    expect(principal).toMatchObject({ method: "none", node: undefined });
    expect(remote).toMatch(/^127\.0\.0\.1:[0-9]+$/);
    expect((await port.next("message")).message).toMatchObject({
      kind: "hello",
      hello: { agentId: "n1.pod" },
    });
    const answers: readonly ServerMessage[] = [
      { kind: "heartbeat", serverTimeMs: 1000 },
      { kind: "ack", seq: 3 },
    ];
    for (const message of answers) port.listener.carryOut({ kind: "send", stream, message });
    port.listener.carryOut({ kind: "push_plan", streams: [stream], plan });
    expect([await link.message(), await link.message(), await link.message()]).toEqual([
      ...answers,
      { kind: "plan", plan },
    ]);
  });

  it("tells code, message and when to come back", async () => {
    const port = await openPort();
    const link = openLink(port);
    const { stream } = await port.next("opened");
    port.listener.carryOut({
      kind: "close",
      stream,
      code: "resource_exhausted",
      message: "too many new sessions: ☎\ud800",
      retryAfterMs: 1234.5,
    });
    expect(await link.closed()).toEqual({
      kind: "closed",
      code: "resource_exhausted",
      message: "too many new sessions: ☎\ufffd",
      retryAfterMs: 1235,
    });
    expect(await port.next("closed")).toMatchObject({ end: "closed_by_server" });
  });

  it("tells the ends apart: half-closed, cancelled, connection gone", async () => {
    const port = await openPort();
    const ended = openLink(port);
    await port.next("opened", 0);
    ended.link.close(true);
    expect(await port.next("closed", 0)).toMatchObject({ end: "ended" });
    expect(await ended.closed()).toMatchObject({ code: "ok", retryAfterMs: undefined });

    const cancelled = openRawStream(port.listener.port);
    await port.next("opened", 1);
    cancelled.reset();
    expect(await port.next("closed", 1)).toMatchObject({ end: "cancelled" });
    cancelled.destroy();

    const gone = openRawStream(port.listener.port);
    await port.next("opened", 2);
    gone.destroy();
    expect(await port.next("closed", 2)).toMatchObject({ end: "reset" });
  });

  it("answers other services on this port by naming the query port", async () => {
    const port = await openPort({ queryPort: 18080 });
    const { Client, credentials } = await import("@grpc/grpc-js");
    const client = new Client(`127.0.0.1:${port.listener.port}`, credentials.createInsecure());
    const call = (path: string) =>
      new Promise<{ code: number; details: string }>((resolve) => {
        const asIs = (bytes: Buffer) => bytes;
        client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), (error) => {
          resolve({ code: error?.code ?? 0, details: error?.details ?? "" });
        });
      });
    expect(await call("/causeway.v1.MeshService/ListAgents")).toEqual({
      code: 12,
      details:
        "this is the agent port; causeway.v1.MeshService/ListAgents is served on the query port (HTTP_PORT), 18080",
    });
    expect(await call("/nobody.v1.Service/Call")).toMatchObject({ code: 12 });
    client.close();
  });

  it("reports a server that is not there as unavailable", async () => {
    const port = await openPort();
    await port.listener.close(0);
    const link = openLink(port);
    expect(await link.closed()).toMatchObject({ code: "unavailable", retryAfterMs: undefined });
  });

  it("asks the agents to wait when the server closes with streams open, and leaves no socket", async () => {
    const port = await openPort();
    const link = openLink(port);
    await port.next("opened");
    const started = performance.now();
    await port.listener.close(200);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(port.listener.connections).toBe(0);
    expect(await link.closed()).toMatchObject({
      code: expect.stringMatching(/unavailable|cancelled/),
    });
    await waitFor("the close of the stream", () =>
      port.inputs.some(({ kind }) => kind === "closed"),
    );
  });
});
