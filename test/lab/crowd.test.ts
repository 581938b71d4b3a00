import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { probeSpec } from "../support/probe-context.js";
import { labMissing } from "./commands.js";
import type { Condition } from "./conditions.js";
import { Lab } from "./lab.js";
import type { HostAgent, LabHost } from "./lab-host.js";

/** Goal: what is wrong with some targets is never said of others. Method: one process pings many, some of them dead. */

const missing = labMissing();
if (missing !== "") console.warn(`SKIPPED: no lab: ${missing}`);

const live = "10.2.0.2";

const rejected: Condition = {
  kind: "reject",
  to: "10.3.0.0/16",
  with: "icmp-host-unreachable",
  chain: "FORWARD",
};

let lab: Lab;
let client: LabHost;
let router: LabHost;
let nearDevice = "";
let agents: readonly HostAgent[];
let pod: HostAgent;

const icmp = (address: string, timeoutMs = 2000): ProbeSpec =>
  probeSpec({ kind: "icmp", address, timeoutMs });
const ask = (agent: HostAgent, specs: readonly ProbeSpec[]) =>
  agent.ask({ kind: "probes", specs }) as Promise<readonly ProbeOutcome[]>;
const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const allOf = (outcomes: readonly ProbeOutcome[]): readonly string[] => [
  ...new Set(outcomes.map(({ outcome, detail }) => `${outcome} ${detail}`.trim())),
];

describe.skipIf(missing !== "")(
  `icmp to many${missing === "" ? "" : ` (skipped: ${missing})`}`,
  () => {
    beforeAll(async () => {
      lab = new Lab();
      client = lab.host("client");
      router = lab.host("router", { forwards: true });
      const server = lab.host("server");
      [, nearDevice] = lab.link([client, ["10.1.0.2/16"]], [router, ["10.1.0.1/16"]]);
      lab.link([router, ["10.2.0.1/24"]], [server, [`${live}/24`]]);
      client.ip("route add default via 10.1.0.1");
      router.ip(`route add 10.3.0.0/16 via ${live}`);
      server.ip("route add default via 10.2.0.1");
      router.sysctl(["net.ipv4.icmp_ratemask=0"]);
      // On raw sockets, and on datagram sockets without any privilege.
      pod = await client.newAgent({ user: "pod" });
      client.sysctl(["net.ipv4.ping_group_range=0 2147483647"]);
      agents = [pod, await client.newAgent({ user: "nobody" })];
    });
    afterAll(() => lab?.close());

    it("one that waits long for a dead host holds up nobody", async () => {
      const heal = router.inject({
        kind: "loss",
        to: "10.2.0.9",
        probability: 1,
        chain: "FORWARD",
      });
      const check = async (agent: HostAgent): Promise<void> => {
        let isOver = false;
        const slow = ask(agent, [icmp("10.2.0.9", 4000)]).then((seen) => {
          isOver = true;
          return allOf(seen);
        });
        const seen: ProbeOutcome[] = [];
        // More than there may be in flight, so that sequence numbers come round to the slow one's place.
        for (let round = 0; round < 6; round++)
          seen.push(
            ...(await ask(
              agent,
              many(1000, () => icmp(live)),
            )),
          );
        expect(allOf(seen)).toEqual(["ok"]);
        expect(isOver).toBe(false);
        expect(await slow).toEqual(["timeout"]);
      };
      await Promise.all(agents.map(check));
      heal();
    });

    it("answers to a burst are all taken", async () => {
      for (const agent of agents)
        expect(
          allOf(
            await ask(
              agent,
              many(4000, () => icmp(live)),
            ),
          ),
        ).toEqual(["ok"]);
    });

    it("requests that wait for dead neighbours leave room for those to others", async () => {
      for (const agent of agents) {
        const dead = ask(
          agent,
          many(400, (at) => icmp(`10.1.${1 + (at >> 7)}.${1 + (at & 127)}`, 1000)),
        );
        expect(
          allOf(
            await ask(
              agent,
              many(10, () => icmp(live)),
            ),
          ),
        ).toEqual(["ok"]);
        expect(allOf(await dead)).toEqual(["timeout"]);
        // Not known for dead to the next one.
        client.run(["ip", "neigh", "flush", "all"]);
      }
    });

    it("errors of what others ping, in a pause, leave room for the answers after it", async () => {
      const heal = router.inject(rejected);
      const other = await client.newAgent({ user: "pod" });
      // More than a socket's buffer holds.
      for (let round = 0; round < 8; round++)
        await ask(
          other,
          many(2000, (at) => icmp(`10.3.1.${at & 255}`)),
        );
      heal();
      expect(
        allOf(
          await ask(
            pod,
            many(100, () => icmp(live)),
          ),
        ),
      ).toEqual(["ok"]);
    });

    it("an error that arrives while another request is sent is not that one's", async () => {
      const heals = [
        router.inject(rejected),
        // Errors come at any time, not from within the send that they are about.
        router.inject({
          kind: "rate",
          device: nearDevice,
          rate: "30mbit",
          waitingBytes: 3_000_000,
        }),
      ];
      for (const agent of agents) {
        for (let round = 0; round < 120; round++) {
          const specs = many(150, (at) =>
            icmp(at % 3 === 0 ? live : `10.3.${at >> 8}.${at & 255}`),
          );
          const seen = await ask(agent, specs);
          expect(allOf(seen.filter((_, at) => at % 3 === 0))).toEqual(["ok"]);
          expect(allOf(seen.filter((_, at) => at % 3 !== 0))).toEqual([
            "host_unreachable ICMP type 3 code 1 from 10.1.0.1",
          ]);
        }
      }
      for (const heal of heals) heal();
    });
  },
);
