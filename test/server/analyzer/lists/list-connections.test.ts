import { describe, expect, it } from "vitest";
import { becauseMax } from "../../../../server/analyzer/lists/limits.js";
import {
  listConnections,
  pageConnections,
} from "../../../../server/analyzer/lists/list-connections.js";
import { everything } from "../../../../server/analyzer/model/label-selector.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import {
  podObject as pod,
  networkPolicyObject as policy,
  serviceObject as service,
  unmodelledPolicyObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

const linesOf = (world: PolicyWorld, filter = {}): readonly string[] =>
  [...listConnections(world, filter)].map(
    ({ source, destination, connections }) => `${source} => ${destination} : ${connections}`,
  );

const unmodelled = (name: string) =>
  unmodelledPolicyObject(`shop/${name}`, { podSelector: labelled("app", "db") });

const web = pod("shop/web", { labels: { app: "web" }, ips: ["10.0.0.1"] });
const db = pod("shop/db", { labels: { app: "db" }, ips: ["10.0.0.2"] });
const job = pod("tools/job", { ips: ["10.0.0.3"] });

const shop = (): PolicyWorld =>
  objectWorld([
    web,
    db,
    job,
    service("shop/web"),
    policy("shop/db", {
      podSelector: labelled("app", "db"),
      isolates: ["ingress", "egress"],
      ingress: [
        {
          peers: [{ kind: "pods", podSelector: labelled("app", "web") }],
          ports: [tcpPort(5432)],
        },
        { peers: [blockPeer("9.0.0.0/8"), blockPeer("192.168.0.0/16")], ports: [tcpPort(443)] },
      ],
    }),
  ]);

describe("listConnections()", () => {
  it("sorts rows as lines of text are sorted, whatever their order in the model", () => {
    const lines = linesOf(shop());
    expect(lines).toEqual([...lines].sort());
    expect(lines.slice(0, 4)).toEqual([
      "0.0.0.0-8.255.255.255[External] => shop/web[Pod] : All Connections",
      "0.0.0.0-8.255.255.255[External] => tools/job[Pod] : All Connections",
      "10.0.0.0-192.167.255.255[External] => shop/web[Pod] : All Connections",
      "10.0.0.0-192.167.255.255[External] => tools/job[Pod] : All Connections",
    ]);
  });

  it("lists a namespace that sorts before addresses where it belongs", () => {
    const lines = linesOf(objectWorld([pod("0-first/a"), pod("zz/b")]));
    expect(lines).toEqual([...lines].sort());
    expect(lines[0]).toMatch(/^0-first\/a\[Pod\] => 0\.0\.0\.0/);
  });

  it("cuts destinations by blocks of egress rules, sources by blocks of ingress rules", () => {
    const destinations = [...listConnections(shop(), { source: "shop/web" })].map(
      ({ destination }) => destination,
    );
    expect(destinations).toEqual([
      "0.0.0.0-255.255.255.255[External]",
      "shop/db[Pod]",
      "tools/job[Pod]",
    ]);
  });

  it("gives the same rows each time it is read", () => {
    const rows = listConnections(shop());
    expect([...rows]).toEqual([...rows]);
  });

  it("makes rows as they are read", () => {
    const pods = Array.from({ length: 300 }, (_, index) => pod(`a/p${index}`));
    const [first] = listConnections(objectWorld(pods));
    expect(first?.source).toBe("0.0.0.0-255.255.255.255[External]");
  });

  it("shows certain connections apart from those that can't be told, and names why", () => {
    const world = objectWorld([
      web,
      db,
      policy("shop/db", {
        podSelector: labelled("app", "db"),
        ingress: [{ peers: [{ kind: "pods", podSelector: everything }], ports: [tcpPort(80)] }],
      }),
      unmodelled("l7"),
    ]);
    expect([...listConnections(world, { source: "shop/web", destination: "shop/db" })]).toEqual([
      {
        source: "shop/web[Pod]",
        destination: "shop/db[Pod]",
        connections: "No Connections",
        undetermined: "All Connections",
        because: ["CiliumNetworkPolicy 'shop/l7'"],
      },
    ]);
  });

  it("names the rule that goes by an address that is not known", () => {
    const unplaced = pod("shop/db", { labels: { app: "db" } });
    const out = policy("shop/out", {
      podSelector: labelled("app", "web"),
      isolates: ["egress"],
      egress: [{ peers: [blockPeer("10.1.0.0/16")], ports: [tcpPort(443)] }],
    });
    const world = objectWorld([web, unplaced, out]);
    expect([...listConnections(world, { source: "shop/web", destination: "shop/db" })]).toEqual([
      {
        source: "shop/web[Pod]",
        destination: "shop/db[Pod]",
        connections: "No Connections",
        undetermined: "TCP 443",
        because: ["NetworkPolicy 'shop/out' Egress rule #1"],
      },
    ]);
  });

  it("names becauseMax reasons of a row and counts the rest", () => {
    const names = Array.from({ length: becauseMax + 3 }, (_, index) =>
      unmodelled(`l${String(index).padStart(2, "0")}`),
    );
    const [row] = listConnections(objectWorld([web, db, ...names]), {
      source: "shop/web",
      destination: "shop/db",
    });
    expect(row?.because).toHaveLength(becauseMax + 1);
    expect(row?.because.at(-1)).toBe("3 more");
  });
});

describe("listConnections() filters", () => {
  it.each([
    ["a workload", "shop/db[Pod]"],
    ["a pod", "shop/db"],
    ["the address of a pod", "10.0.0.2"],
  ])("takes %s as destination", (_, destination) => {
    const ends = [...listConnections(shop(), { destination })].map((row) => row.destination);
    expect(ends.length).toBeGreaterThan(0);
    expect(new Set(ends)).toEqual(new Set(["shop/db[Pod]"]));
  });

  it("takes an address or a CIDR as the ranges that hold some of it", () => {
    const sources = (source: string) => [
      ...new Set([...listConnections(shop(), { source })].map((row) => row.source)),
    ];
    expect(sources("9.1.2.3")).toEqual(["9.0.0.0-9.255.255.255[External]"]);
    expect(sources("8.0.0.0/7")).toEqual([
      "0.0.0.0-8.255.255.255[External]",
      "9.0.0.0-9.255.255.255[External]",
    ]);
  });

  it("takes a namespace that one end is in", () => {
    const lines = linesOf(shop(), { namespace: "tools" });
    expect(lines.every((line) => line.includes("tools/job[Pod]"))).toBe(true);
    expect(lines).toContain("shop/web[Pod] => tools/job[Pod] : All Connections");
  });

  it("takes all pods of a workload whose pods are told apart", () => {
    const replica = (index: number) =>
      pod(`a/web-${index}`, {
        labels: { index: `${index}` },
        owner: { kind: "StatefulSet", name: "web" },
      });
    const first = policy("a/first", { podSelector: labelled("index", "0") });
    const world = objectWorld([replica(0), replica(1), first]);
    const rows = [...listConnections(world, { source: "a/web[StatefulSet]" })];
    expect(new Set(rows.map(({ source }) => source))).toEqual(
      new Set(["a/web-0[Pod]", "a/web-1[Pod]"]),
    );
  });

  it.each([
    [{ namespace: "shpo" }, "no namespace shpo. Did you mean shop?"],
    [{ source: "shop/wbe" }, "no pod or workload shop/wbe. Did you mean shop/web or svc/shop/web?"],
    [{ destination: "shop/db[Deployment]" }, "no Deployment shop/db. Did you mean shop/db?"],
    [
      { destination: "svc/shop/web" },
      "svc/shop/web is a Service: rows are of workloads and addresses; ask about the pair instead",
    ],
  ])("refuses %j with what to do", (filter, message) => {
    expect(() => listConnections(shop(), filter)).toThrow(message);
  });
});

describe("pageConnections()", () => {
  it("gives the rows of a page and counts all", () => {
    const all = [...listConnections(shop())];
    expect(pageConnections(shop(), {}, { offset: 2, limit: 3 })).toEqual({
      rows: all.slice(2, 5),
      total: all.length,
    });
    expect(pageConnections(shop(), {}, { offset: 1000, limit: 3 }).rows).toEqual([]);
  });
});
