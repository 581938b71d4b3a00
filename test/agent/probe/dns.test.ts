import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  dnsAddressesMax,
  dnsSearchMax,
  dnsServersMax,
  resolvConfBytesMax,
} from "../../../agent/limits.js";
import { createDnsProbe } from "../../../agent/probe/dns.js";
import { candidateNames, lookUp } from "../../../agent/probe/dns-lookup.js";
import { encodeQuery, parseAnswer } from "../../../agent/probe/dns-message.js";
import {
  parseResolvConf,
  type ResolverConfig,
  resolverConfigFromFile,
} from "../../../agent/probe/resolver-config.js";
import { createSeededRandom } from "../../../common/random.js";
import { type DnsScript, recordA, startDnsServer } from "../../support/dns-server.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";
import { closedPort } from "../../support/tcp-servers.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const start = async (script: DnsScript) => {
  const server = await startDnsServer(script);
  closers.push(server.close);
  return server;
};

const ipv4 = { self: { podUid: "", podIps: ["127.0.0.1"] } };

const probe = (config: Partial<ResolverConfig>, hostName: string, timeoutMs = 2000) =>
  createDnsProbe(async () => ({ servers: [], search: [], ndots: 1, ...config }))(
    probeSpec({ kind: "dns", hostName, timeoutMs }),
    createProbeContext(ipv4),
  );

describe("probeDns()", () => {
  it("says ok with the addresses, after one query", async () => {
    const server = await start(({ name }) => ({
      rcode: 0,
      answers: [recordA(name, "10.0.0.1"), recordA(name, "10.0.0.2")],
    }));
    const outcome = await probe({ servers: [server] }, "svc.test");
    expect(outcome).toMatchObject({
      outcome: "ok",
      detail: "svc.test is 10.0.0.1, 10.0.0.2 (1 query)",
    });
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
    expect(server.asked).toEqual(["udp A svc.test"]);
  });

  it("asks the server of the spec when there is one", async () => {
    const server = await start(({ name }) => ({ rcode: 0, answers: [recordA(name, "10.0.0.1")] }));
    const outcome = await createDnsProbe(async () => ({ servers: [], search: [], ndots: 1 }))(
      probeSpec({ kind: "dns", address: server.address, port: server.port, hostName: "a.test" }),
      createProbeContext(ipv4),
    );
    expect(outcome).toMatchObject({ outcome: "ok" });
  });

  it.each([
    [2, "dns_servfail"],
    [3, "dns_nxdomain"],
    [4, "dns_servfail"],
    [5, "dns_refused"],
  ])("maps response code %i to %s", async (rcode, outcome) => {
    const server = await start(() => ({ rcode }));
    expect(await probe({ servers: [server] }, "svc.test")).toMatchObject({ outcome });
  });

  it("says dns_nxdomain for a name without addresses", async () => {
    const server = await start(() => ({ rcode: 0 }));
    expect(await probe({ servers: [server] }, "svc.test")).toMatchObject({
      outcome: "dns_nxdomain",
      detail: "127.0.0.1: svc.test has no A record (1 query)",
    });
  });

  it("says dns_timeout for silence, and for answers to other questions", async () => {
    const silent = await start(() => "silence");
    expect(await probe({ servers: [silent] }, "svc.test", 80)).toMatchObject({
      outcome: "dns_timeout",
    });
    const garbage = await start(() => "garbage");
    expect(await probe({ servers: [garbage] }, "svc.test", 80)).toMatchObject({
      outcome: "dns_timeout",
    });
  });

  it("says refused when no server listens", async () => {
    const port = await closedPort();
    expect(await probe({ servers: [{ address: "127.0.0.1", port }] }, "svc.test")).toMatchObject({
      outcome: "refused",
    });
  });

  it("asks again over TCP when the answer is truncated", async () => {
    const server = await start(({ name, transport }) =>
      transport === "udp" ? "truncated" : { rcode: 0, answers: [recordA(name, "10.0.0.9")] },
    );
    expect(await probe({ servers: [server] }, "svc.test")).toMatchObject({ outcome: "ok" });
    expect(server.asked).toEqual(["udp A svc.test", "tcp A svc.test"]);
  });

  it.each(["truncated", "garbage"] as const)(
    "says dns_truncated when TCP answers with %s too",
    async (said) => {
      const server = await start(({ transport }) => (transport === "udp" ? "truncated" : said));
      expect(await probe({ servers: [server] }, "svc.test")).toMatchObject({
        outcome: "dns_truncated",
      });
    },
  );

  it("asks the next server when one is silent, and says so", async () => {
    const silent = await start(() => "silence");
    const good = await start(({ name }) => ({ rcode: 0, answers: [recordA(name, "10.0.0.1")] }));
    const outcome = await probe({ servers: [silent, good] }, "svc.test", 300);
    expect(outcome).toMatchObject({ outcome: "ok" });
    expect(outcome.detail).toContain("127.0.0.1: dns_timeout");
  });

  it("walks the search list as the C library does", async () => {
    const server = await start(({ name }) =>
      name === "web.cluster.local"
        ? { rcode: 0, answers: [recordA(name, "10.0.0.1")] }
        : { rcode: 3 },
    );
    const config = { servers: [server], search: ["ns.cluster.local", "cluster.local"], ndots: 5 };
    expect(await probe(config, "web")).toMatchObject({
      outcome: "ok",
      detail: "web.cluster.local is 10.0.0.1 (2 queries)",
    });
    expect(await probe(config, "web.")).toMatchObject({ outcome: "dns_nxdomain" });
  });

  it("reports what is worse than a missing name on the way through the search list", async () => {
    const server = await start(({ name }) => ({ rcode: name === "web.a" ? 2 : 3 }));
    expect(await probe({ servers: [server], search: ["a", "b"], ndots: 5 }, "web")).toMatchObject({
      outcome: "dns_servfail",
    });
  });

  it("asks for both families when the agent has both, and names the one that fails", async () => {
    const server = await start(({ name, type }) =>
      type === "A" ? { rcode: 0, answers: [recordA(name, "10.0.0.1")] } : { rcode: 2 },
    );
    const found = await lookUp(
      { name: "svc.test", server: undefined, timeoutMs: 1000 },
      createProbeContext({ self: { podUid: "", podIps: ["10.0.0.5", "fd00::5"] } }),
      async () => ({ servers: [server], search: [], ndots: 1 }),
    );
    expect(found.addresses).toEqual(["10.0.0.1"]);
    expect(found.result.detail).toContain("dns_servfail");
    expect([...server.asked].sort()).toEqual(["udp A svc.test", "udp AAAA svc.test"]);
  });

  it("keeps at most dnsAddressesMax addresses of an answer", async () => {
    const server = await start(({ name, transport }) =>
      transport === "udp"
        ? "truncated"
        : {
            rcode: 0,
            answers: Array.from({ length: dnsAddressesMax + 10 }, (_, i) =>
              recordA(name, `10.0.1.${i}`),
            ),
          },
    );
    const found = await lookUp(
      { name: "many.test", server: undefined, timeoutMs: 1000 },
      createProbeContext(ipv4),
      async () => ({ servers: [server], search: [], ndots: 1 }),
    );
    expect(found.addresses).toHaveLength(dnsAddressesMax);
  });

  it("is not run when resolv.conf cannot be read", async () => {
    const outcome = await createDnsProbe(resolverConfigFromFile("/does/not/exist"))(
      probeSpec({ kind: "dns", hostName: "a.test" }),
      createProbeContext(),
    );
    expect(outcome.outcome).toBe("not_run");
    expect(outcome.detail).toContain("ENOENT");
  });
});

describe("parseAnswer()", () => {
  const expected = { id: 1, question: { name: "a.b", type: "A" as const } };

  it("refuses garbage, pointers to themselves and counts that cannot be, quickly", () => {
    const header = (...rest: number[]) => Buffer.from([0, 1, 0x80, 0, ...rest]);
    expect(parseAnswer(header(0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1), expected)).toBe(
      undefined,
    );
    const random = createSeededRandom(11);
    const startMs = performance.now();
    for (let round = 0; round < 5000; round++) {
      const message = Buffer.from(
        Array.from({ length: 12 + Math.floor(random.next() * 100) }, () =>
          random.next() < 0.3 ? 0xc0 : Math.floor(random.next() * 256),
        ),
      );
      header(0, 1).copy(message);
      parseAnswer(message, expected);
    }
    // The decoder alone takes up to 50 ms for one of these: it makes room for 65535 records.
    expect(performance.now() - startMs).toBeLessThan(2500);
  });

  it("takes no answer to another query", () => {
    const reply = encodeQuery(1, expected.question);
    expect(parseAnswer(reply, expected)).toBeUndefined();
    reply.writeUInt16BE(0x8000, 2);
    expect(parseAnswer(reply, expected)).toMatchObject({ rcode: 0, addresses: [] });
    expect(parseAnswer(reply, { ...expected, id: 2 })).toBeUndefined();
    const other = { name: "a.c", type: "A" as const };
    expect(parseAnswer(reply, { id: 1, question: other })).toBeUndefined();
  });
});

describe("candidateNames()", () => {
  const config = { search: ["a.local", "local"], ndots: 2 };
  it("tries the search list first below ndots, and last from there on", () => {
    expect(candidateNames("x.y", config)).toEqual(["x.y.a.local", "x.y.local", "x.y"]);
    expect(candidateNames("x.y.z", config)).toEqual(["x.y.z", "x.y.z.a.local", "x.y.z.local"]);
    expect(candidateNames("x.", config)).toEqual(["x"]);
  });
});

describe("parseResolvConf()", () => {
  it("reads what a pod has", () => {
    expect(
      parseResolvConf(
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:1\n",
      ),
    ).toEqual({
      servers: [{ address: "10.96.0.10", port: 53 }],
      search: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      ndots: 5,
    });
  });

  it("skips what is malformed and falls back to this host", () => {
    expect(parseResolvConf("# comment\nnameserver not-an-address\noptions ndots:x\n")).toEqual({
      servers: [{ address: "127.0.0.1", port: 53 }],
      search: [],
      ndots: 1,
    });
  });

  it("keeps dnsServersMax servers and dnsSearchMax domains", () => {
    const domains = Array.from({ length: dnsSearchMax + 5 }, (_, i) => `d${i}`);
    const servers = Array.from({ length: dnsServersMax + 2 }, (_, i) => `nameserver 10.0.0.${i}`);
    const config = parseResolvConf(`${servers.join("\n")}\nsearch ${domains.join(" ")}\n`);
    expect(config.servers).toHaveLength(dnsServersMax);
    expect(config.search).toHaveLength(dnsSearchMax);
  });

  it("is read afresh, and not beyond resolvConfBytesMax", async () => {
    const folder = await mkdtemp(join(tmpdir(), "causeway-resolv-"));
    closers.push(() => rm(folder, { recursive: true }));
    const path = join(folder, "resolv.conf");
    const source = resolverConfigFromFile(path);
    await writeFile(path, "nameserver 10.0.0.1\n");
    expect((await source()).servers).toEqual([{ address: "10.0.0.1", port: 53 }]);
    const padding = `#${"x".repeat(resolvConfBytesMax)}\n`;
    await writeFile(path, `nameserver 10.0.0.2\n${padding}nameserver 10.0.0.3\n`);
    expect((await source()).servers).toEqual([{ address: "10.0.0.2", port: 53 }]);
  });
});
