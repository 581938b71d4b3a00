import { createConnection } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { tcpAddressesMax } from "../../../agent/limits.js";
import { loadAddon } from "../../../agent/native/addon.js";
import { errnoFromError, outcomeFromError } from "../../../agent/probe/errno-outcome.js";
import { createTcpProbe } from "../../../agent/probe/tcp.js";
import { recordA, startDnsServer } from "../../support/dns-server.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";
import { closedPort, startBlackhole, startTcpServer } from "../../support/tcp-servers.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const owned = <T extends { close: () => Promise<void> }>(resource: T): T => {
  closers.push(resource.close);
  return resource;
};

const noNames = () => Promise.reject(new Error("no name is looked up here"));
const probeTcp = createTcpProbe(noNames);

describe("probeTcp()", () => {
  it.each(["127.0.0.1", "::1"])("measures a connect to %s", async (host) => {
    const { port } = owned(await startTcpServer(() => undefined, { host }));
    const outcome = await probeTcp(
      probeSpec({ kind: "tcp", address: host, port }),
      createProbeContext(),
    );
    expect(outcome.outcome).toBe("ok");
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
    expect(outcome.rttUs).toBeLessThan(2_000_000);
  });

  it("takes the kernel's round trip, whenever the process comes to it", async () => {
    const loaded = loadAddon();
    if (!loaded.available) return console.warn(`SKIPPED: ${loaded.reason}`);
    const { port } = owned(await startTcpServer(() => undefined));
    const probe = createTcpProbe(noNames, loaded.addon.tcpInfo);
    const running = probe(
      probeSpec({ kind: "tcp", address: "127.0.0.1", port }),
      createProbeContext(),
    );
    // Held while the answer waits: the process's clock would count it.
    await new Promise((resolve) => process.nextTick(resolve));
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    const outcome = await running;
    expect(outcome).toMatchObject({ outcome: "ok", detail: "" });
    expect(outcome.rttUs).toBeLessThan(100_000);
  });

  it("has no round trip after a SYN that was lost", async () => {
    const { port } = owned(await startTcpServer(() => undefined));
    const lossy = createTcpProbe(noNames, () => ({
      rttUs: 1000,
      rttVariationUs: 500,
      retransmits: 2,
      sendMss: 1448,
      pathMtu: 1500,
    }));
    const spec = probeSpec({ kind: "tcp", address: "127.0.0.1", port });
    const outcome = await lossy(spec, createProbeContext());
    expect(outcome).toMatchObject({ outcome: "ok", rttUs: undefined });
    expect(outcome.detail).toMatch(/^the SYN was sent again 2 times; the connect took 0\.\d\d s$/);
  });

  it("takes its own clock for what is no connection", async () => {
    const loaded = loadAddon();
    if (!loaded.available) return console.warn(`SKIPPED: ${loaded.reason}`);
    expect(loaded.addon.tcpInfo(-1)).toBeUndefined();
    expect(() => loaded.addon.tcpInfo("x" as never)).toThrow("descriptor");
  });

  it("closes with a reset, which leaves nothing behind", async () => {
    let ended: (how: string) => void = () => undefined;
    const end = new Promise<string>((resolve) => {
      ended = resolve;
    });
    const { port } = owned(
      await startTcpServer((socket) => {
        socket.on("error", (error) => ended(errnoFromError(error)));
        socket.on("end", () => ended("FIN"));
        socket.resume();
      }),
    );
    await probeTcp(probeSpec({ kind: "tcp", address: "127.0.0.1", port }), createProbeContext());
    expect(await end).toBe("ECONNRESET");
  });

  it("says refused when nothing listens", async () => {
    const port = await closedPort();
    expect(
      await probeTcp(probeSpec({ kind: "tcp", address: "127.0.0.1", port }), createProbeContext()),
    ).toEqual({ outcome: "refused", rttUs: undefined, detail: "" });
  });

  it("says timeout when the SYN is swallowed", async () => {
    const { port } = owned(await startBlackhole());
    const startMs = performance.now();
    const outcome = await probeTcp(
      probeSpec({ kind: "tcp", address: "127.0.0.1", port, timeoutMs: 150 }),
      createProbeContext(),
    );
    expect(outcome).toEqual({ outcome: "timeout", rttUs: undefined, detail: "" });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(149);
  });

  it("is not run when it was cancelled", async () => {
    const { port } = owned(await startBlackhole());
    const controller = new AbortController();
    const running = probeTcp(
      probeSpec({ kind: "tcp", address: "127.0.0.1", port }),
      createProbeContext({ signal: controller.signal }),
    );
    controller.abort();
    expect(await running).toEqual({ outcome: "not_run", rttUs: undefined, detail: "cancelled" });
  });

  it("reads what waits in the socket before it calls a stalled loop a timeout", async () => {
    const { port } = owned(await startTcpServer(() => undefined));
    const running = probeTcp(
      probeSpec({ kind: "tcp", address: "127.0.0.1", port, timeoutMs: 50 }),
      createProbeContext(),
    );
    const untilMs = performance.now() + 120;
    while (performance.now() < untilMs);
    expect(await running).toEqual({ outcome: "ok", rttUs: undefined, detail: "answer read late" });
  });
});

describe("probeTcp() with a host name", () => {
  const withName = async (addresses: readonly string[], port: number, timeoutMs = 2000) => {
    const server = owned(
      await startDnsServer(({ name }) => ({
        rcode: 0,
        answers: addresses.map((address) => recordA(name, address)),
      })),
    );
    const probe = createTcpProbe(async () => ({ servers: [server], search: [], ndots: 1 }));
    return probe(
      probeSpec({ kind: "tcp", hostName: "svc.test", port, timeoutMs }),
      createProbeContext({ self: { podUid: "", podIps: ["127.0.0.1"] } }),
    );
  };

  it("looks the name up and connects to its addresses", async () => {
    const { port } = owned(await startTcpServer(() => undefined));
    const outcome = await withName(["127.0.0.1"], port);
    expect(outcome).toMatchObject({ outcome: "ok", detail: "connected to 127.0.0.1" });
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
  });

  it("fails when one backend of several is dead, and names it", async () => {
    const { port } = owned(await startTcpServer(() => undefined));
    expect(await withName(["127.0.0.1", "127.0.0.77"], port)).toEqual({
      outcome: "refused",
      rttUs: undefined,
      detail: "1 of 2 addresses failed, the first is 127.0.0.77",
    });
  });

  it("connects to at most tcpAddressesMax addresses", async () => {
    let connections = 0;
    const { port } = owned(
      await startTcpServer(
        () => {
          connections++;
        },
        { host: "0.0.0.0" },
      ),
    );
    const addresses = Array.from({ length: tcpAddressesMax + 4 }, (_, i) => `127.0.9.${i + 1}`);
    expect(await withName(addresses, port)).toMatchObject({ outcome: "ok" });
    await expect.poll(() => connections).toBe(tcpAddressesMax);
  });

  it("passes the failure of the look-up on", async () => {
    const server = owned(await startDnsServer(() => ({ rcode: 3 })));
    const probe = createTcpProbe(async () => ({ servers: [server], search: [], ndots: 1 }));
    expect(
      await probe(probeSpec({ kind: "tcp", hostName: "gone.test", port: 1 }), createProbeContext()),
    ).toMatchObject({ outcome: "dns_nxdomain" });
  });

  it("takes an address for a name as it is", async () => {
    const { port } = owned(await startTcpServer(() => undefined));
    const spec = probeSpec({ kind: "tcp", hostName: "127.0.0.1", port });
    expect(await probeTcp(spec, createProbeContext())).toMatchObject({ outcome: "ok" });
  });
});

describe("outcomeFromError()", () => {
  const errorOf = (errno: string): Error => Object.assign(new Error(errno), { code: errno });

  it.each([
    ["ECONNREFUSED", "refused"],
    ["ECONNRESET", "reset"],
    ["EPIPE", "reset"],
    ["EHOSTUNREACH", "host_unreachable"],
    ["ENETUNREACH", "net_unreachable"],
    ["EACCES", "prohibited"],
    ["EPERM", "prohibited"],
    ["EMSGSIZE", "msg_too_big"],
    ["ETIMEDOUT", "timeout"],
    ["EADDRNOTAVAIL", "no_local_port"],
    ["EADDRINUSE", "no_local_port"],
  ])("maps %s to %s", (errno, outcome) => {
    expect(outcomeFromError(errorOf(errno))).toEqual({ outcome, rttUs: undefined, detail: "" });
  });

  it("says not_run with the reason when the fault is this host's", () => {
    expect(outcomeFromError(errorOf("EMFILE"))).toMatchObject({
      outcome: "not_run",
      detail: "EMFILE: EMFILE",
    });
    expect(outcomeFromError("odd")).toMatchObject({ outcome: "not_run", detail: "odd" });
  });

  it("says no_local_port for what the system answers without one", async () => {
    // The kernel's answer to a local address that it does not have is the one it gives without a free port.
    const socket = createConnection({ port: 9, host: "127.0.0.1", localAddress: "203.0.113.9" });
    const error = await new Promise<Error>((resolve) => socket.on("error", resolve));
    expect(outcomeFromError(error).outcome).toBe("no_local_port");
  });
});
