import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbeSpec } from "../../common/probe.js";
import { probeSpec } from "../support/probe-context.js";
import { labMissing } from "./commands.js";
import { Lab } from "./lab.js";
import type { LabHost } from "./lab-host.js";

/** Goal: probes tell what is wrong with hosts and servers next to them. Method: three hosts on a bridge. */

const missing = labMissing();
if (missing !== "") console.warn(`SKIPPED: no lab: ${missing}`);

const own4 = "10.1.0.1";
const server4 = "10.1.0.2";
const server6 = "fd01::2";
const podUid = "11111111-2222-3333-4444-555555555555";
const intruderUid = "99999999-2222-3333-4444-555555555555";
const port = 6100;

let lab: Lab;
let client: LabHost;
let server: LabHost;
let intruder: LabHost;
let serverDevice = "";
let intruderDevice = "";

const probe = (kind: ProbeSpec["kind"], address: string, parts: Partial<ProbeSpec> = {}) =>
  probeSpec({ kind, address, port: kind === "icmp" ? 0 : port, timeoutMs: 500, ...parts });
/** Addresses of neighbours are asked for anew. */
const forget = (): void => {
  client.run(["ip", "neigh", "flush", "all"]);
};

describe.skipIf(missing !== "")(
  `neighbours${missing === "" ? "" : ` (skipped: ${missing})`}`,
  () => {
    beforeAll(async () => {
      lab = new Lab();
      client = lab.host("client");
      server = lab.host("server");
      intruder = lab.host("intruder");
      let clientDevice = "";
      [clientDevice = "", serverDevice = "", intruderDevice = ""] = lab.bridge("lan", [
        [client, [`${own4}/24`, "fd01::1/64"]],
        [server, [`${server4}/24`, `${server6}/64`]],
        [intruder, ["10.1.0.3/24", "fd01::3/64"]],
      ]);
      // Given up after three requests: in a third of a second, not in three.
      client.sysctl([
        `net.ipv4.neigh.${clientDevice}.retrans_time_ms=100`,
        `net.ipv6.neigh.${clientDevice}.retrans_time_ms=100`,
      ]);
      await server.respond({ addresses: ["0.0.0.0", "::"], port, podUid });
    });
    afterAll(() => lab?.close());

    it("that answer nobody are unreachable, as the host itself says", async () => {
      const heal = server.inject({ kind: "neighbours-unanswered", device: serverDevice });
      forget();
      const seen = await client.probeAll([
        ...[
          probe("icmp", server4, { timeoutMs: 2000 }),
          probe("icmp", server6, { timeoutMs: 2000 }),
        ],
        ...[probe("tcp", server4, { timeoutMs: 2000 }), probe("tcp", server6, { timeoutMs: 2000 })],
      ]);
      heal();
      forget();
      expect(seen).toMatchObject([
        { outcome: "host_unreachable", detail: `ICMP type 3 code 1 from ${own4}` },
        { outcome: "host_unreachable", detail: "ICMP type 1 code 3 from fd01::1" },
        { outcome: "host_unreachable" },
        { outcome: "host_unreachable" },
      ]);
      const after = await client.probeAll([probe("icmp", server4), probe("icmp", server6)]);
      expect(after).toMatchObject([{ outcome: "ok" }, { outcome: "ok" }]);
    });

    it("that took an address over are another peer", async () => {
      const heals = [
        server.inject({ kind: "neighbours-unanswered", device: serverDevice }),
        intruder.inject({
          kind: "duplicate-address",
          device: intruderDevice,
          address: `${server4}/24`,
        }),
      ];
      await intruder.respond({ addresses: [server4], port, podUid: intruderUid });
      forget();
      const kinds = [
        probe("udp", server4, { expectPodUid: podUid }),
        probe("http", server4, { expectPodUid: podUid, httpPath: "/echo" }),
        probe("icmp", server4),
      ];
      const seen = await client.probeAll(kinds);
      for (const heal of heals) heal();
      forget();
      expect(seen).toMatchObject([
        { outcome: "wrong_peer", detail: expect.stringContaining("the answer is from pod 9999") },
        { outcome: "wrong_peer", detail: `the answer is from pod ${intruderUid}` },
        { outcome: "ok" },
      ]);
      const after = await client.probeAll(kinds);
      expect(after.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok"]);
    });

    it.each([
      ["hang", "hang", "connected, and no byte came"],
      ["half", "partial", "44 bytes came, not the whole answer"],
      ["reset", "reset", ""],
    ] as const)(
      "whose server is in the manner of %s are told by http, not by tcp",
      async (manner, outcome, detail) => {
        const bad = { port: manner === "hang" ? 7001 : manner === "half" ? 7002 : 7003 };
        await server.serveBadly({ address: server4, ...bad, manner, backlog: 16 });
        const seen = await client.probeAll([
          probe("http", server4, bad),
          probe("tcp", server4, bad),
        ]);
        expect(seen).toMatchObject([{ outcome, detail }, { outcome: "ok" }]);
      },
    );

    it("whose server accepts nobody any more time out when its queue is full", async () => {
      const bad = { port: 7004 };
      const process = await server.serveBadly({
        ...{ address: server4, ...bad },
        ...{ manner: "hang", backlog: 1 },
      });
      process.kill("SIGSTOP");
      const outcomes: string[] = [];
      for (let at = 0; at < 4; at++)
        outcomes.push((await client.probe(probe("tcp", server4, bad))).outcome);
      process.kill("SIGCONT");
      // One in the queue, and one more: listen(2) counts so.
      expect(outcomes).toEqual(["ok", "ok", "timeout", "timeout"]);
    });

    it("whose responder is stopped refuse, and answer when it runs again", async () => {
      const specs = [probe("tcp", server4), probe("udp", server4), probe("http", server6)];
      const outcomes = async () => (await client.probeAll(specs)).map(({ outcome }) => outcome);
      await server.stopResponding();
      const stopped = await outcomes();
      await server.respond({ addresses: ["0.0.0.0", "::"], port, podUid });
      expect(stopped).toEqual(["refused", "refused", "refused"]);
      expect(await outcomes()).toEqual(["ok", "ok", "ok"]);
    });
  },
);
