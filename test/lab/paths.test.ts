import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { probeSpec } from "../support/probe-context.js";
import { labMissing } from "./commands.js";
import { Lab } from "./lab.js";
import type { LabHost } from "./lab-host.js";

/**
 * Goal: probes tell what narrow, slow, translated, crossed and looping paths do. Method: a client with two uplinks, two routers,
 * and a server on a network of both.
 */

const missing = labMissing();
if (missing !== "") console.warn(`SKIPPED: no lab: ${missing}`);

const server4 = "10.1.9.9";
const server6 = "fd01:9::9";
const client4 = "10.1.1.2";
const client6 = "fd01:1::2";
const podUid = "11111111-2222-3333-4444-555555555555";
const port = 6100;

let lab: Lab;
let client: LabHost;
let router: LabHost;
let other: LabHost;
let server: LabHost;
let nearDevice = "";
let clientDevice = "";

const probe = (kind: ProbeSpec["kind"], address: string, parts: Partial<ProbeSpec> = {}) =>
  probeSpec({ kind, address, port: kind === "icmp" ? 0 : port, timeoutMs: 500, ...parts });
const outcomesOf = (seen: readonly ProbeOutcome[]) => seen.map(({ outcome }) => outcome);
const everyKind = (address: string) => [
  probe("icmp", address),
  probe("tcp", address),
  probe("udp", address),
  probe("http", address),
];
/** A page that takes many full segments. */
const page = (address: string) => probe("http", address, { httpPath: "/echo?n=20000" });

describe.skipIf(missing !== "")(
  `paths that are${missing === "" ? "" : ` (skipped: ${missing})`}`,
  () => {
    beforeAll(async () => {
      lab = new Lab();
      client = lab.host("client");
      router = lab.host("router", { forwards: true });
      other = lab.host("other", { forwards: true });
      server = lab.host("server");
      for (const host of [client, router, other, server])
        host.sysctl(["net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"]);
      [, nearDevice] = lab.link(
        [client, [`${client4}/24`, `${client6}/64`]],
        [router, ["10.1.1.1/24", "fd01:1::1/64"]],
      );
      [clientDevice] = lab.link([client, ["10.1.2.2/24"]], [other, ["10.1.2.1/24"]]);
      lab.bridge("lan", [
        [server, [`${server4}/24`, `${server6}/64`]],
        [router, ["10.1.9.1/24", "fd01:9::1/64"]],
        [other, ["10.1.9.2/24"]],
      ]);
      client.ip("route add default via 10.1.1.1", "route add ::/0 via fd01:1::1");
      server.ip("route add default via 10.1.9.1", "route add ::/0 via fd01:9::1");
      other.ip("route add 10.1.1.0/24 via 10.1.2.2");
      await server.respond({ addresses: ["0.0.0.0", "::"], port, podUid });
    });
    afterAll(() => lab?.close());

    it("narrow carry every kind of probe, and pages in smaller packets", async () => {
      const heal = router.inject({ kind: "mtu", device: nearDevice, bytes: 1400 });
      const specs = [server4, server6].flatMap((address) => [...everyKind(address), page(address)]);
      const seen = await client.probeAll(specs);
      heal();
      expect(outcomesOf(seen)).toEqual(specs.map(() => "ok"));
    });

    it("black holes for large packets carry small ones only", async () => {
      // What the server learnt about the path before.
      for (const family of ["-4", "-6"]) server.run(["ip", family, "route", "flush", "cache"]);
      const heals = [
        router.inject({ kind: "mtu", device: nearDevice, bytes: 1400 }),
        router.inject({ kind: "too-big-filtered" }),
      ];
      const small = await client.probeAll([server4, server6].flatMap(everyKind));
      const large = await client.probeAll([page(server4), page(server6)]);
      for (const heal of heals.reverse()) heal();
      expect(outcomesOf(small)).toEqual(small.map(() => "ok"));
      for (const { outcome } of large) expect(["hang", "partial"]).toContain(outcome);
      expect(outcomesOf(await client.probeAll([page(server4), page(server6)]))).toEqual([
        "ok",
        "ok",
      ]);
    });

    it("slow show how long packets wait, and lose none", async () => {
      const heal = router.inject({
        kind: "rate",
        device: nearDevice,
        rate: "64kbit",
        waitingBytes: 100_000,
      });
      const seen = await client.probeAll(
        Array.from({ length: 40 }, () => probe("icmp", server4, { timeoutMs: 5000 })),
      );
      heal();
      expect(outcomesOf(seen)).toEqual(seen.map(() => "ok"));
      const rttsUs = seen.map(({ rttUs }) => rttUs ?? 0);
      // 40 packets of 98 bytes, the first 2 KB at once, the rest at 8 KB a second.
      expect(Math.max(...rttsUs)).toBeGreaterThan(150_000);
      expect(Math.min(...rttsUs)).toBeLessThan(50_000);
    });

    it("slow answer late, which is no answer to the next request", async () => {
      const heal = router.inject({
        kind: "rate",
        device: nearDevice,
        rate: "64kbit",
        waitingBytes: 100_000,
      });
      const hasty = Array.from({ length: 120 }, () => probe("icmp", server4, { timeoutMs: 100 }));
      const first = await client.probeAll(hasty);
      // The answers to the first are still under way, and come before these.
      const seen = await client.probeAll(
        Array.from({ length: 5 }, () => probe("icmp", server4, { timeoutMs: 5000 })),
      );
      heal();
      const late = first.filter(({ outcome }) => outcome === "timeout");
      expect(late.length).toBeGreaterThan(0);
      expect(first.every(({ outcome }) => outcome === "ok" || outcome === "timeout")).toBe(true);
      expect(outcomesOf(seen)).toEqual(seen.map(() => "ok"));
      // Behind those that are late.
      expect(Math.min(...seen.map(({ rttUs }) => rttUs ?? 0))).toBeGreaterThan(10_000);
    });

    it("translated show whom the target saw", async () => {
      const heals = [
        router.inject({ kind: "snat", to: server4, source: "10.1.9.1" }),
        router.inject({ kind: "snat", to: server6, source: "fd01:9::1" }),
      ];
      const own = [client4, client6];
      const echo = { httpPath: "/echo" };
      const during = [
        await client.probe(probe("http", server4, echo), own),
        await client.probe(probe("http", server6, echo), own),
      ];
      const others = await client.probeAll([probe("icmp", server4), probe("icmp", server6)]);
      for (const heal of heals) heal();
      expect(during).toMatchObject([
        { outcome: "snat_seen", detail: "the target saw 10.1.9.1" },
        { outcome: "snat_seen", detail: "the target saw fd01:9::1" },
      ]);
      expect(outcomesOf(others)).toEqual(["ok", "ok"]);
      expect((await client.probe(probe("http", server4, echo), own)).outcome).toBe("ok");
    });

    it("loops show where packets ran out of hops", async () => {
      router.ip(`route add 10.7.0.0/16 via ${server4}`, `route add fd07::/64 via ${server6}`);
      server.sysctl(["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
      const seen = await client.probeAll([probe("icmp", "10.7.0.1"), probe("icmp", "fd07::1")]);
      server.sysctl(["net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0"]);
      router.ip("route del 10.7.0.0/16", "route del fd07::/64");
      expect(seen).toMatchObject([
        { outcome: "ttl_exceeded", detail: expect.stringMatching(/^ICMP type 11 code 0 from 10/) },
        { outcome: "ttl_exceeded", detail: expect.stringMatching(/^ICMP type 3 code 0 from fd01/) },
      ]);
    });

    it("asymmetric are as good as others, unless a host checks where packets come from", async () => {
      const heal = server.inject({
        kind: "policy-route",
        to: "10.1.1.0/24",
        via: "10.1.9.2",
        table: 100,
      });
      const fourKinds = everyKind(server4);
      const crossed = await client.probeAll(fourKinds);
      const healCheck = client.inject({ kind: "strict-source-check", device: clientDevice });
      const checked = await client.probeAll(fourKinds);
      healCheck();
      const again = await client.probeAll(fourKinds);
      heal();
      expect(outcomesOf(crossed)).toEqual(fourKinds.map(() => "ok"));
      expect(outcomesOf(checked)).toEqual(fourKinds.map(() => "timeout"));
      expect(outcomesOf(again)).toEqual(fourKinds.map(() => "ok"));
    });

    it("refused are what the kernel tells a TCP and a UDP socket", async () => {
      const expected = [
        ["10.8.0.1", "icmp-net-unreachable", "net_unreachable", "timeout"],
        ["10.8.0.2", "icmp-host-unreachable", "host_unreachable", "timeout"],
        ["10.8.0.3", "icmp-port-unreachable", "refused", "refused"],
        ["10.8.0.4", "icmp-net-prohibited", "net_unreachable", "net_unreachable"],
        ["10.8.0.5", "icmp-host-prohibited", "host_unreachable", "host_unreachable"],
        ["10.8.0.6", "icmp-admin-prohibited", "host_unreachable", "host_unreachable"],
        ["fd08::1", "icmp6-no-route", "net_unreachable", "timeout"],
        ["fd08::2", "icmp6-addr-unreachable", "host_unreachable", "timeout"],
        ["fd08::3", "icmp6-port-unreachable", "refused", "refused"],
        ["fd08::4", "icmp6-adm-prohibited", "prohibited", "prohibited"],
      ] as const;
      router.ip(`route add 10.8.0.0/16 via ${server4}`, `route add fd08::/64 via ${server6}`);
      const heals = expected.map(([to, code]) =>
        router.inject({ kind: "reject", to, with: code, chain: "FORWARD" }),
      );
      // Without a link's delay an error may come while connect() still holds the socket, which then takes that to the next SYN.
      const seen = await client.probeAll(
        expected.flatMap(([to]) => [probe("tcp", to, { timeoutMs: 5000 }), probe("udp", to)]),
      );
      for (const heal of heals) heal();
      const outcomes = outcomesOf(seen);
      expect(
        expected.map(([to, code], at) => [to, code, outcomes[at * 2], outcomes[at * 2 + 1]]),
      ).toEqual(expected);
    });
  },
);
