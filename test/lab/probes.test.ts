import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadNetPing } from "../../agent/probe/net-ping.js";
import type { ProbeSpec } from "../../common/probe.js";
import { probeSpec } from "../support/probe-context.js";
import { labMissing } from "./commands.js";
import { Lab } from "./lab.js";
import type { LabHost } from "./lab-host.js";

/** Goal: every outcome is what really happened on the path. Method: a client, a router and a server in namespaces. */

const missing = labMissing();
if (missing !== "") console.warn(`SKIPPED: no lab: ${missing}`);

const server4 = "10.1.2.2";
const server6 = "fd01:2::2";
const router4 = "10.1.1.1";
const podUid = "11111111-2222-3333-4444-555555555555";
const port = 6100;

const netPing = await loadNetPing();
if (!netPing.available) console.warn(`SKIPPED: icmp by net-ping: ${netPing.reason}`);
/** Engines, and the seed of their random numbers. */
const engines: readonly (readonly ["native" | "net-ping", number | undefined])[] = [
  ["native", undefined],
  // Two agents that drew the same session id are told apart by the source of an answer alone.
  ...(netPing.available
    ? ([
        ["net-ping", undefined],
        ["net-ping", 5],
      ] as const)
    : []),
];

let lab: Lab;
let client: LabHost;
let router: LabHost;
let server: LabHost;
let farDevice = "";

const icmp = (address: string, parts: Partial<ProbeSpec> = {}): ProbeSpec =>
  probeSpec({ kind: "icmp", address, timeoutMs: 300, ...parts });
const tcp = (address: string, parts: Partial<ProbeSpec> = {}): ProbeSpec =>
  probeSpec({ kind: "tcp", address, port, timeoutMs: 300, ...parts });
const udp = (address: string, parts: Partial<ProbeSpec> = {}): ProbeSpec =>
  probeSpec({ kind: "udp", address, port, timeoutMs: 300, ...parts });

describe.skipIf(missing !== "")(
  `probes across a router${missing === "" ? "" : ` (skipped: ${missing})`}`,
  () => {
    beforeAll(async () => {
      lab = new Lab();
      client = lab.host("client");
      router = lab.host("router", { forwards: true });
      server = lab.host("server");
      // Rate limits of ICMP errors would make their absence a matter of luck.
      router.sysctl(["net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"]);
      server.sysctl(["net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"]);
      lab.link(
        [client, ["10.1.1.2/24", "fd01:1::2/64"]],
        [router, [`${router4}/24`, "fd01:1::1/64"]],
      );
      [farDevice] = lab.link(
        [router, ["10.1.2.1/24", "fd01:2::1/64"]],
        [server, [`${server4}/24`, `${server6}/64`]],
      );
      client.ip("route add default via 10.1.1.1", "route add ::/0 via fd01:1::1");
      server.ip("route add default via 10.1.2.1", "route add ::/0 via fd01:2::1");
      await server.respond({ addresses: ["0.0.0.0", "::"], port, podUid });
    });
    afterAll(() => lab?.close());

    it.each([
      ["icmp", server4],
      ["icmp", server6],
      ["tcp", server4],
      ["tcp", server6],
      ["udp", server4],
      ["udp", server6],
      ["http", server4],
      ["http", server6],
    ] as const)("%s reaches %s", async (kind, address) => {
      const spec = probeSpec({ kind, address, port: kind === "icmp" ? 0 : port, timeoutMs: 2000 });
      const { outcome, rttUs, detail } = await client.probe(spec);
      expect({ outcome, detail }).toEqual({ outcome: "ok", detail: "" });
      expect(rttUs).toBeGreaterThanOrEqual(1);
    });

    it.each(engines)("icmp by %s (seed %s) takes no dead host for alive", async (engine, seed) => {
      const options = { engine, ...(seed === undefined ? {} : { seed }) };
      const [one, other] = [await client.newAgent(options), await client.newAgent(options)];
      expect(await one.ask({ kind: "hello" })).toBe(engine);
      const heal = router.inject({
        kind: "loss",
        to: "10.1.2.9",
        probability: 1,
        chain: "FORWARD",
      });
      const ask = (agent: typeof one, address: string) =>
        agent.ask({ kind: "probe", spec: icmp(address) }) as Promise<{ outcome: string }>;
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const [dead, alive] = await Promise.all([ask(one, "10.1.2.9"), ask(other, server4)]);
          return [dead.outcome, alive.outcome];
        }),
      );
      heal();
      expect(outcomes).toEqual(outcomes.map(() => ["timeout", "ok"]));
    });

    it("says timeout of what vanishes, and ok again when it is healed", async () => {
      const heal4 = router.inject({ kind: "loss", to: server4, probability: 1, chain: "FORWARD" });
      const heal6 = router.inject({ kind: "loss", to: server6, probability: 1, chain: "FORWARD" });
      const specs = [server4, server6].flatMap((address) => [
        icmp(address),
        tcp(address),
        udp(address),
      ]);
      const during = await client.probeAll(specs);
      heal4();
      heal6();
      expect(during.map(({ outcome }) => outcome)).toEqual(specs.map(() => "timeout"));
      const after = await client.probeAll(specs);
      expect(after.map(({ outcome }) => outcome)).toEqual(specs.map(() => "ok"));
    });

    it("sees half of the packets lost as half of the probes lost", async () => {
      const heal = router.inject({ kind: "loss", to: server4, probability: 0.5, chain: "FORWARD" });
      const outcomes = await client.probeAll(Array.from({ length: 400 }, () => icmp(server4)));
      heal();
      const lost = outcomes.filter(({ outcome }) => outcome === "timeout").length;
      // Six standard deviations of a fair coin.
      expect(lost).toBeGreaterThan(140);
      expect(lost).toBeLessThan(260);
      expect(outcomes.every(({ outcome }) => outcome === "ok" || outcome === "timeout")).toBe(true);
    });

    it.each([
      ["icmp-net-unreachable", "net_unreachable", "type 3 code 0"],
      ["icmp-host-unreachable", "host_unreachable", "type 3 code 1"],
      ["icmp-proto-unreachable", "refused", "type 3 code 2"],
      ["icmp-port-unreachable", "refused", "type 3 code 3"],
      ["icmp-net-prohibited", "prohibited", "type 3 code 9"],
      ["icmp-host-prohibited", "prohibited", "type 3 code 10"],
      ["icmp-admin-prohibited", "prohibited", "type 3 code 13"],
    ])("tells %s, and who says so", async (code, outcome, text) => {
      const heal = router.inject({ kind: "reject", to: server4, with: code, chain: "FORWARD" });
      const seen = await client.probe(icmp(server4));
      heal();
      expect(seen).toMatchObject({ outcome, detail: `ICMP ${text} from ${router4}` });
    });

    it.each([
      ["icmp6-no-route", "net_unreachable", "type 1 code 0"],
      ["icmp6-adm-prohibited", "prohibited", "type 1 code 1"],
      ["icmp6-addr-unreachable", "host_unreachable", "type 1 code 3"],
      ["icmp6-port-unreachable", "refused", "type 1 code 4"],
    ])("tells %s of IPv6", async (code, outcome, text) => {
      const heal = router.inject({ kind: "reject", to: server6, with: code, chain: "FORWARD" });
      const seen = await client.probe(icmp(server6));
      heal();
      expect(seen).toMatchObject({ outcome, detail: `ICMP ${text} from fd01:1::1` });
    });

    it.each([
      ["unreachable", "host_unreachable"],
      ["prohibit", "prohibited"],
      ["blackhole", "timeout"],
    ] as const)("tells a route of type %s on the way", async (type, outcome) => {
      const heal = router.inject({ kind: "route", to: "10.9.9.9", type });
      const seen = await client.probe(icmp("10.9.9.9"));
      heal();
      expect(seen.outcome).toBe(outcome);
    });

    it("tells that there is no route here", async () => {
      const heal = client.inject({ kind: "route", to: "10.9.9.9", type: "unreachable" });
      const [byIcmp, byTcp] = await client.probeAll([icmp("10.9.9.9"), tcp("10.9.9.9")]);
      heal();
      expect([byIcmp?.outcome, byTcp?.outcome]).toEqual(["host_unreachable", "host_unreachable"]);
    });

    it("tells a closed port, a reset and a reflector that is not there", async () => {
      const closed = { port: port + 1 };
      const [byTcp, byUdp] = await client.probeAll([tcp(server4, closed), udp(server4, closed)]);
      expect([byTcp?.outcome, byUdp?.outcome]).toEqual(["refused", "refused"]);
      const heal = router.inject({
        kind: "reject",
        to: server4,
        with: "tcp-reset",
        chain: "FORWARD",
      });
      expect((await client.probe(tcp(server4))).outcome).toBe("refused");
      heal();
    });

    it("tells a SYN that was sent again, and no round trip for it", async () => {
      const heal = router.inject({ kind: "loss", to: server4, probability: 0.6, chain: "FORWARD" });
      const outcomes = await client.probeAll(
        Array.from({ length: 40 }, () => tcp(server4, { timeoutMs: 10_000 })),
      );
      heal();
      const again = outcomes.filter(({ detail }) => detail.startsWith("the SYN was sent again"));
      expect(again.length).toBeGreaterThan(0);
      expect(again.every(({ outcome, rttUs }) => outcome === "ok" && rttUs === undefined)).toBe(
        true,
      );
      const atOnce = outcomes.filter(({ outcome, detail }) => outcome === "ok" && detail === "");
      expect(atOnce.every(({ rttUs }) => rttUs !== undefined && rttUs < 900_000)).toBe(true);
    });

    it("tells another pod at the address", async () => {
      const other = "99999999-2222-3333-4444-555555555555";
      const [wrong, right] = await client.probeAll([
        udp(server4, { expectPodUid: other }),
        udp(server4, { expectPodUid: podUid }),
      ]);
      expect([wrong?.outcome, right?.outcome]).toEqual(["wrong_peer", "ok"]);
    });

    it("tells a link that is down", async () => {
      const heal = router.inject({ kind: "link-down", device: farDevice });
      const seen = await client.probe(icmp(server4, { timeoutMs: 4000 }));
      heal();
      // The route went with the link.
      router.ip("addr replace fd01:2::1/64 dev l2a");
      expect(["net_unreachable", "host_unreachable", "timeout"]).toContain(seen.outcome);
      expect((await client.probe(icmp(server4, { timeoutMs: 2000 }))).outcome).toBe("ok");
    });

    it("needs no privilege for icmp where the system opens it to all", async () => {
      client.sysctl(["net.ipv4.ping_group_range=0 2147483647"]);
      const open = await client.newAgent({ user: "nobody" });
      const seen = await Promise.all(
        [server4, server6].map((address) => open.ask({ kind: "probe", spec: icmp(address) })),
      );
      expect(seen).toMatchObject([{ outcome: "ok" }, { outcome: "ok" }]);
      // Errors come by another way than to raw sockets.
      const heals = [
        router.inject({
          kind: "reject",
          to: server4,
          with: "icmp-host-prohibited",
          chain: "FORWARD",
        }),
        router.inject({
          kind: "reject",
          to: server6,
          with: "icmp6-adm-prohibited",
          chain: "FORWARD",
        }),
      ];
      const refused = await Promise.all(
        [server4, server6].map((address) => open.ask({ kind: "probe", spec: icmp(address) })),
      );
      for (const heal of heals) heal();
      expect(refused).toMatchObject([
        { outcome: "prohibited", detail: `ICMP type 3 code 10 from ${router4}` },
        { outcome: "prohibited", detail: "ICMP type 1 code 1 from fd01:1::1" },
      ]);
      client.sysctl(["net.ipv4.ping_group_range=1 0"]);
      const closed = await client.newAgent({ user: "nobody" });
      expect(await closed.ask({ kind: "unavailable" })).toEqual({
        icmp: expect.stringMatching(/CAP_NET_RAW.*ping_group_range/),
      });
    });
  },
);
