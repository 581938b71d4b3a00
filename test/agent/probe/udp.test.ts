import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { probeUdp } from "../../../agent/probe/udp.js";
import { createResponder } from "../../../agent/responder/responder.js";
import { identityFromUid, reflectStamp } from "../../../agent/stamp.js";
import { systemClock } from "../../../common/clock.js";
import { silentLogger } from "../../../common/logger.js";
import type { ProbeSpec } from "../../../common/probe.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const uid = "0f8b9c1e-5a77-4f7e-9d3a-2b1c00112233";

const startReflector = async (podUid: string, host = "127.0.0.1"): Promise<number> => {
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

/** A UDP socket that answers as the test says. */
const startUdp = async (answer: (request: Buffer) => Buffer | undefined): Promise<number> => {
  const socket = createSocket("udp4");
  socket.on("message", (request, from) => {
    const reply = answer(request);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  closers.push(() => void socket.close());
  return socket.address().port;
};

const probe = (port: number, more: Partial<ProbeSpec> = {}) =>
  probeUdp(probeSpec({ kind: "udp", address: "127.0.0.1", port, ...more }), createProbeContext());

describe("probeUdp()", () => {
  it.each(["127.0.0.1", "::1"])("measures a STAMP round trip to %s", async (host) => {
    const port = await startReflector(uid, host);
    const outcome = await probe(port, { address: host, expectPodUid: uid });
    expect(outcome.outcome).toBe("ok");
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
  });

  it("says refused when nothing listens", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect(await probe(port)).toEqual({ outcome: "refused", rttUs: undefined, detail: "" });
  });

  it("says timeout when nobody answers", async () => {
    const port = await startUdp(() => undefined);
    expect(await probe(port, { timeoutMs: 80 })).toMatchObject({ outcome: "timeout" });
  });

  it("ignores what is no reply to its own packet", async () => {
    const port = await startUdp((request) => {
      const other = Buffer.from(request);
      other.writeUInt16BE((request.readUInt16BE(14) % 0xffff) + 1, 14);
      return other;
    });
    expect(await probe(port, { timeoutMs: 80 })).toMatchObject({ outcome: "timeout" });
    const echo = await startUdp((request) => request);
    expect(await probe(echo, { timeoutMs: 80 })).toMatchObject({ outcome: "timeout" });
    const short = await startUdp((request) => request.subarray(0, 44));
    expect(await probe(short, { timeoutMs: 80 })).toMatchObject({ outcome: "timeout" });
  });

  it("says wrong_peer when another pod answers, or one that does not say who it is", async () => {
    const other = await startReflector("f0000000-0000-4000-8000-000000000000");
    expect(await probe(other, { expectPodUid: uid })).toEqual({
      outcome: "wrong_peer",
      rttUs: undefined,
      detail: "the answer is from pod f0000000000040008000000000000000",
    });
    expect(await probe(other)).toMatchObject({ outcome: "ok" });
    const unnamed = await startReflector("");
    expect(await probe(unnamed, { expectPodUid: uid })).toMatchObject({ outcome: "wrong_peer" });
    // A reflector of another make copies TLVs that it does not know.
    const foreign = await startUdp((request) => {
      const reply = Buffer.from(request);
      reply.writeUInt32BE(Math.floor(Date.now() / 1000), 16);
      request.copy(reply, 24, 0, 14);
      return reply;
    });
    expect(await probe(foreign, { expectPodUid: uid })).toMatchObject({
      outcome: "wrong_peer",
      detail: "the reflector does not state who it is",
    });
  });

  it("does not count the time that the reflector held the packet", async () => {
    const heldMs = 60;
    const port = await startUdp((request) => {
      const receivedUnixMs = performance.timeOrigin + performance.now();
      const untilMs = performance.now() + heldMs;
      while (performance.now() < untilMs);
      return reflectStamp(request, {
        receivedUnixMs,
        sentUnixMs: () => performance.timeOrigin + performance.now(),
        identity: identityFromUid(uid),
      });
    });
    const { outcome, rttUs } = await probe(port);
    expect(outcome).toBe("ok");
    expect(rttUs).toBeLessThan(heldMs * 1000);
  });
});
