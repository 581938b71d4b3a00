import { describe, expect, it } from "vitest";
import { diffWorlds } from "../../../../server/analyzer/lists/diff-worlds.js";
import {
  podObject as pod,
  networkPolicyObject as policy,
  unmodelledPolicyObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

const web = pod("a/web", { labels: { app: "web" }, ips: ["10.0.0.1"] });
const db = pod("a/db", { labels: { app: "db" }, ips: ["10.0.0.2"] });
const fromWeb = [{ kind: "pods" as const, podSelector: labelled("app", "web") }];

const onlyPort = (port: number) =>
  policy("a/db", {
    podSelector: labelled("app", "db"),
    ingress: [{ peers: fromWeb, ports: [tcpPort(port)] }],
  });

const egressTo = (...cidrs: readonly string[]) =>
  policy("a/out", {
    podSelector: labelled("app", "web"),
    isolates: ["egress"],
    egress: [{ peers: cidrs.map((cidr) => blockPeer(cidr)) }],
  });

describe("diffWorlds()", () => {
  it("tells added, removed and changed connections, and counts the rest", () => {
    const { rows, ...answer } = diffWorlds(
      objectWorld([web, db, onlyPort(80)]),
      objectWorld([web, db, onlyPort(81)]),
    );
    expect(rows).toEqual([
      {
        change: "changed",
        source: "a/web[Pod]",
        destination: "a/db[Pod]",
        before: "TCP 80",
        after: "TCP 81",
        info: "",
      },
    ]);
    // db to web, both to all addresses, all addresses to web.
    expect(answer).toMatchObject({ added: 0, removed: 0, changed: 1, unchanged: 4 });
    expect(answer.profile).toBe("upstream");
    expect([answer.before.policies, answer.after.policies]).toEqual([1, 1]);
  });

  it("sees no difference between policies that do the same", () => {
    const split = [
      policy("a/one", { podSelector: labelled("app", "db"), ingress: [{ peers: fromWeb }] }),
      policy("a/two", { podSelector: labelled("app", "db") }),
    ];
    const one = policy("a/db", {
      podSelector: labelled("app", "db"),
      ingress: [{ peers: [...fromWeb, ...fromWeb] }],
    });
    const { rows } = diffWorlds(objectWorld([web, db, ...split]), objectWorld([web, db, one]));
    expect(rows).toEqual([]);
  });

  it("says which workload is new and which is gone", () => {
    const { rows } = diffWorlds(
      objectWorld([web, policy("a/deny", { isolates: ["ingress", "egress"] })]),
      objectWorld([db]),
    );
    expect(
      rows.map(({ change, source, destination, info }) => [change, source, destination, info]),
    ).toEqual([
      ["added", "0.0.0.0-255.255.255.255[External]", "a/db[Pod]", "workload a/db[Pod] added"],
      ["added", "a/db[Pod]", "0.0.0.0-255.255.255.255[External]", "workload a/db[Pod] added"],
    ]);
    const { rows: swapped } = diffWorlds(objectWorld([web]), objectWorld([web, db]));
    expect(swapped.find(({ source }) => source === "a/web[Pod]")?.info).toBe(
      "workload a/db[Pod] added",
    );
  });

  it("compares ranges that are cut differently on common cuts, and joins neighbours", () => {
    const { rows, unchanged } = diffWorlds(
      objectWorld([web, egressTo("10.0.0.0/9", "10.128.0.0/9")]),
      objectWorld([web, egressTo("10.64.0.0/10", "11.0.0.0/8")]),
    );
    expect(rows.map(({ change, destination }) => [change, destination])).toEqual([
      ["removed", "10.0.0.0-10.63.255.255[External]"],
      ["removed", "10.128.0.0-10.255.255.255[External]"],
      ["added", "11.0.0.0-11.255.255.255[External]"],
    ]);
    // 10.64.0.0/10, and every address to web.
    expect(unchanged).toBe(2);
  });

  it("finds no difference in a family that only one model shows", () => {
    const { rows } = diffWorlds(
      objectWorld([web, egressTo("10.0.0.0/8")]),
      objectWorld([web, egressTo("10.0.0.0/8", "2001:db8::/32")]),
    );
    expect(rows.map(({ change, destination }) => [change, destination])).toEqual([
      ["added", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff[External]"],
    ]);
  });

  it("shows a workload by pod where only one model tells its pods apart", () => {
    const replica = (index: number) =>
      pod(`a/web-${index}`, {
        labels: { app: "web", index: `${index}` },
        owner: { kind: "StatefulSet", name: "web" },
      });
    const pods = [replica(0), replica(1), db];
    const first = policy("a/db", {
      podSelector: labelled("app", "db"),
      ingress: [{ peers: [{ kind: "pods", podSelector: labelled("index", "0") }] }],
    });
    const { rows, unchanged } = diffWorlds(objectWorld(pods), objectWorld([...pods, first]));
    expect(rows.map(({ change, source, destination }) => [change, source, destination])).toEqual([
      ["removed", "0.0.0.0-255.255.255.255[External]", "a/db[Pod]"],
      ["removed", "a/web-1[Pod]", "a/db[Pod]"],
    ]);
    // Pods of three names: six pairs less one, six ways to and from outside less one.
    expect(unchanged).toBe(10);
  });

  it("shows what can't be told on either side", () => {
    const cilium = unmodelledPolicyObject("a/l7", { podSelector: labelled("app", "db") });
    const { rows } = diffWorlds(objectWorld([web, db]), objectWorld([web, db, cilium]));
    expect(rows).toContainEqual({
      change: "changed",
      source: "a/web[Pod]",
      destination: "a/db[Pod]",
      before: "All Connections",
      after: "No Connections (undetermined: All Connections)",
      info: "",
    });
  });
});
