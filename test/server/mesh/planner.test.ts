import { describe, expect, it } from "vitest";
import type { PlanEntry, Settings } from "../../../common/agent-stream.js";
import { EntryMaker } from "../../../server/mesh/entry-maker.js";
import { Interner } from "../../../server/mesh/interner.js";
import {
  httpIntervalMs,
  meshTimeoutMs,
  type PlanMember,
  planGroups,
  probeIntervalMs,
  sshIntervalMs,
} from "../../../server/mesh/planner.js";
import { sha256 } from "../../support/agent-rig.js";
import { defaultSettings } from "../../support/control-rig.js";

let arrivals = 0;

const memberOf = (
  agentId: string,
  {
    settings,
    ...changes
  }: Partial<Omit<PlanMember, "settings">> & { settings?: Partial<Settings> } = {},
): PlanMember => {
  const [node = "", plane = ""] = agentId.split(".");
  arrivals += 1;
  return {
    agentId,
    node,
    plane: plane === "host" ? "host" : "pod",
    nodeIp: `10.1.0.${node.slice(1)}`,
    podIps: [`10.2.0.${node.slice(1)}`, "fd00::1"],
    podUid: `uid-${node}`,
    settings: { ...defaultSettings, ...settings },
    arrival: arrivals,
    ...changes,
  };
};

const makerOf = (interner = new Interner()) => new EntryMaker({ interner, sha256 });

const plansOf = (members: readonly PlanMember[], maker = makerOf()) =>
  planGroups(members, { maker, groupsMax: 16 });

const keysOf = (entries: readonly PlanEntry[] | undefined): string[] =>
  (entries ?? []).map((entry) => entry.key);

const entryOf = (members: readonly PlanMember[], key: string, group = 0): PlanEntry => {
  const entry = plansOf(members).groups[group]?.entries.find((one) => one.key === key);
  if (entry === undefined) throw new Error(`no entry ${key}`);
  return entry;
};

describe("planGroups", () => {
  it("plans every node for everybody, and every agent for those of its plane", () => {
    const { groups } = plansOf([memberOf("n1.pod"), memberOf("n1.host"), memberOf("n2.pod")]);
    const nodes = ["icmp|node/n1", "tcp|node/n1", "icmp|node/n2", "tcp|node/n2"];
    const of = (agentId: string) =>
      ["icmp", "tcp", "udp", "http"].map((kind) => `${kind}|${agentId}`);
    expect(groups.map(({ entries }) => keysOf(entries))).toEqual([
      [...nodes, ...of("n1.pod"), ...of("n2.pod")],
      [...nodes, ...of("n1.host")],
    ]);
  });

  it("takes TEST_PORT and the custom service from the prober, CLIENT_PORT from the target", () => {
    const members = [
      memberOf("n1.pod", { settings: { testPort: 2222, customServiceName: "db.shop.svc" } }),
      memberOf("n2.pod", { settings: { clientPort: 7100 } }),
    ];
    expect(entryOf(members, "tcp|node/n2").probe).toMatchObject({
      address: "10.1.0.2",
      port: 2222,
    });
    expect(entryOf(members, "tcp|node/n2", 1).probe).toMatchObject({ port: 22 });
    expect(entryOf(members, "tcp|n2.pod").probe).toMatchObject({ address: "10.2.0.2", port: 7100 });
    expect(entryOf(members, "dns|dns/db.shop.svc").probe).toMatchObject({
      hostName: "db.shop.svc",
    });
    expect(entryOf(members, "tcp|dns/db.shop.svc").probe).toMatchObject({
      address: "",
      hostName: "db.shop.svc",
      port: 80,
    });
    expect(keysOf(plansOf(members).groups[1]?.entries)).not.toContain("dns|dns/db.shop.svc");
  });

  it("says who skips an entry and which pod must answer", () => {
    const members = [memberOf("n1.pod")];
    expect(entryOf(members, "icmp|node/n1")).toMatchObject({ node: "n1", agentId: "" });
    expect(entryOf(members, "udp|n1.pod")).toMatchObject({
      node: "",
      agentId: "n1.pod",
      probe: { expectPodUid: "uid-n1" },
    });
    expect(entryOf(members, "http|n1.pod").probe).toMatchObject({
      httpPath: "/health",
      expectPodUid: "uid-n1",
    });
    expect(entryOf(members, "icmp|n1.pod").probe).toMatchObject({ port: 0, expectPodUid: "" });
  });

  it("keeps the intervals of interfaces.md §4", () => {
    const members = [memberOf("n1.pod", { settings: { customServiceName: "db" } })];
    const intervals = Object.fromEntries(
      (plansOf(members).groups[0]?.entries ?? []).map(({ key, intervalMs }) => [key, intervalMs]),
    );
    expect(intervals).toEqual({
      "icmp|node/n1": probeIntervalMs,
      "tcp|node/n1": sshIntervalMs,
      "icmp|n1.pod": probeIntervalMs,
      "tcp|n1.pod": probeIntervalMs,
      "udp|n1.pod": probeIntervalMs,
      "http|n1.pod": httpIntervalMs,
      "dns|dns/db": probeIntervalMs,
      "tcp|dns/db": probeIntervalMs,
    });
    expect([probeIntervalMs, httpIntervalMs, sshIntervalMs, meshTimeoutMs]).toEqual([
      10_000, 30_000, 60_000, 1_500,
    ]);
  });

  it("does not depend on the order of members, and keeps entries that did not change", () => {
    const maker = makerOf();
    const members = [memberOf("n2.pod"), memberOf("n1.pod"), memberOf("n3.host")];
    const first = plansOf(members, maker);
    const again = plansOf([...members].reverse(), maker);
    expect(again).toEqual(first);
    const before = first.groups[0]?.entries ?? [];
    expect(again.groups[0]?.entries.every((entry, index) => entry === before[index])).toBe(true);
  });

  it("changes the hash, and not the id, of an entry whose content changes", () => {
    const maker = makerOf();
    const member = memberOf("n1.pod");
    const before = plansOf([member], maker).groups[0]?.entries ?? [];
    const moved = plansOf([{ ...member, podIps: ["10.2.9.9"] }], maker).groups[0]?.entries ?? [];
    expect(moved.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const changed = moved.filter(({ hash }, index) => hash !== before[index]?.hash);
    expect(keysOf(changed)).toEqual(["icmp|n1.pod", "tcp|n1.pod", "udp|n1.pod", "http|n1.pod"]);
    expect(changed.every(({ hash }) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
  });

  it("puts agents together whose settings make the same plan", () => {
    const members = [
      memberOf("n1.pod"),
      memberOf("n2.pod", { settings: { heartbeatIntervalS: 1, clientPort: 7100 } }),
      memberOf("n3.pod", { settings: { customServicePort: 81 } }),
      memberOf("n4.pod", { settings: { testPort: 23 } }),
    ];
    expect(plansOf(members).groups.map(({ key }) => key)).toEqual(["pod|22||0", "pod|23||0"]);
  });

  it("believes the last to arrive about a node's address", () => {
    const early = memberOf("n1.host", { nodeIp: "10.1.0.1" });
    const late = memberOf("n1.pod", { nodeIp: "10.1.7.7" });
    expect(entryOf([late, early], "icmp|node/n1").probe.address).toBe("10.1.7.7");
  });

  it("refuses the newest of too many groups", () => {
    const members = [3, 2, 1].map((port) => memberOf("n1.pod", { settings: { testPort: port } }));
    const { groups, refused } = planGroups(members, { maker: makerOf(), groupsMax: 2 });
    expect(groups.map(({ key }) => key)).toEqual(["pod|3||0", "pod|2||0"]);
    expect(refused).toEqual(["pod|1||0"]);
  });

  it("counts what got no id", () => {
    const { groups } = plansOf([memberOf("n1.pod")], makerOf(new Interner(4)));
    expect(groups[0]).toMatchObject({ unplaced: 2, entries: { length: 4 } });
  });
});
