import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectionRowView, GraphView } from "../../../../server/analyzer/answers.js";
import {
  connectionGraph,
  graphFromRows,
} from "../../../../server/analyzer/lists/connection-graph.js";
import { findHubs } from "../../../../server/analyzer/lists/graph-hubs.js";
import {
  graphEdgesMax,
  graphHubSeedsMax,
  graphHubsMax,
  graphLabelNamesMax,
  graphLabelsMax,
} from "../../../../server/analyzer/lists/limits.js";
import { listConnections } from "../../../../server/analyzer/lists/list-connections.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { parseIp, rangeContains } from "../../../../server/analyzer/sets/ip.js";
import {
  namespaceObject as namespace,
  podObject as pod,
  networkPolicyObject as policy,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";
import { randomListObjects } from "../../../support/random-list-model.js";

const row = (source: string, destination: string, connections: string): ConnectionRowView => ({
  source,
  destination,
  connections,
  undetermined: "",
  because: [],
});

/** Every ordered pair of different names with one label. */
const mesh = (names: readonly string[], label: string): readonly ConnectionRowView[] =>
  names.flatMap((source) =>
    names.filter((name) => name !== source).map((destination) => row(source, destination, label)),
  );

const edgeLines = ({ edges }: GraphView): readonly string[] =>
  edges.map(
    ({ source, target, label, both }) => `${source} ${both ? "<->" : "->"} ${target} ${label}`,
  );

const names = (space: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${space}/w${index}[Deployment]`);

/** Twenty workloads in each of ten namespaces, as a company has them: tiers in each, some closed, some open to the world. */
const company = (): readonly ClusterObject[] => {
  const tiers = ["web", "api", "db", "job"];
  const spaces = Array.from({ length: 10 }, (_, index) => `team-${index}`);
  const from = (tier: string, port: number) => ({
    peers: [{ kind: "pods" as const, podSelector: labelled("tier", tier) }],
    ports: [tcpPort(port)],
  });
  return spaces.flatMap((space, index) => [
    namespace(space, { kind: index < 5 ? "closed" : "open" }),
    ...Array.from({ length: 20 }, (_, at) => {
      const tier = tiers[at % tiers.length] as string;
      return pod(`${space}/${tier}-${at}`, { labels: { tier }, ips: [`10.${index}.0.${at + 1}`] });
    }),
    ...(index < 5
      ? [
          policy(`${space}/deny`),
          policy(`${space}/api`, {
            podSelector: labelled("tier", "api"),
            ingress: [from("web", 8080)],
          }),
          policy(`${space}/db`, {
            podSelector: labelled("tier", "db"),
            ingress: [from("api", 5432)],
          }),
          policy(`${space}/web`, {
            podSelector: labelled("tier", "web"),
            ingress: [{ peers: [blockPeer("0.0.0.0/0", ["10.0.0.0/8"])], ports: [tcpPort(443)] }],
          }),
        ]
      : []),
  ]);
};

describe("graphFromRows()", () => {
  it("makes one node of workloads that have the same ways", () => {
    const rows = names("a", 4).map((name) => row(name, "b/db[StatefulSet]", "TCP 5432"));
    const { nodes, edges, clusters } = graphFromRows(rows);
    expect(clusters.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(nodes.map(({ cluster, members, kind }) => [cluster, members.length, kind])).toEqual([
      ["a", 4, "workloads"],
      ["b", 1, "workloads"],
    ]);
    expect(edges).toEqual([
      {
        source: "a/w0[Deployment]",
        target: "b/db[StatefulSet]",
        label: "TCP 5432",
        both: false,
      },
    ]);
  });

  it("makes one node with a way to itself of workloads that all reach each other", () => {
    const graph = graphFromRows(mesh(names("a", 30), "All Connections"));
    expect(graph.nodes).toHaveLength(1);
    expect(edgeLines(graph)).toEqual(["a/w0[Deployment] <-> a/w0[Deployment] All Connections"]);
  });

  it("keeps workloads of two namespaces apart though they have the same ways", () => {
    const rows = ["a/x[Pod]", "b/x[Pod]"].map((name) => row(name, "c/db[Pod]", "TCP 1"));
    expect(graphFromRows(rows).nodes.map(({ id }) => id)).toEqual([
      "a/x[Pod]",
      "b/x[Pod]",
      "c/db[Pod]",
    ]);
  });

  it("draws both ways with one label as one edge, with two labels as two", () => {
    expect(
      edgeLines(
        graphFromRows([row("a/x[Pod]", "b/y[Pod]", "TCP 1"), row("b/y[Pod]", "a/x[Pod]", "TCP 1")]),
      ),
    ).toEqual(["a/x[Pod] <-> b/y[Pod] TCP 1"]);
    expect(
      edgeLines(
        graphFromRows([row("a/x[Pod]", "b/y[Pod]", "TCP 1"), row("b/y[Pod]", "a/x[Pod]", "TCP 2")]),
      ),
    ).toEqual(["a/x[Pod] -> b/y[Pod] TCP 1", "b/y[Pod] -> a/x[Pod] TCP 2"]);
  });

  it("makes one node of addresses that have the same ways, though the two directions cut them differently", () => {
    const web = "a/web[Pod]";
    const graph = graphFromRows([
      row("0.0.0.0-9.255.255.255[External]", web, "TCP 443"),
      row("11.0.0.0-255.255.255.255[External]", web, "TCP 443"),
      row(web, "0.0.0.0-255.255.255.255[External]", "All Connections"),
    ]);
    expect(
      graph.nodes.filter(({ kind }) => kind === "external").map(({ members }) => members),
    ).toEqual([["0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255"], ["10.0.0.0-10.255.255.255"]]);
    expect(edgeLines(graph)).toEqual([
      "0.0.0.0-9.255.255.255 -> a/web[Pod] TCP 443",
      "a/web[Pod] -> 0.0.0.0-9.255.255.255 All Connections",
      "a/web[Pod] -> 10.0.0.0-10.255.255.255 All Connections",
    ]);
  });

  it("leads what many may do to many through a hub", () => {
    const spaces = ["a", "b", "c", "d", "e", "f"].map((space) => `${space}/w[Deployment]`);
    const graph = graphFromRows(mesh(spaces, "All Connections"));
    expect(graph.nodes.at(-1)).toEqual({
      id: "hub 1",
      label: "All Connections",
      cluster: "",
      members: [],
      kind: "hub",
    });
    expect(edgeLines(graph)).toEqual(spaces.map((name) => `${name} <-> hub 1 `));
  });

  it("tells what can't be told in the label", () => {
    const unsure = (connections: string) => ({
      ...row("a/x[Pod]", "a/y[Pod]", connections),
      undetermined: "UDP 53",
    });
    expect(graphFromRows([unsure("TCP 80")]).edges[0]?.label).toBe("TCP 80, undetermined: UDP 53");
    expect(graphFromRows([unsure("No Connections")]).edges[0]?.label).toBe("undetermined: UDP 53");
  });

  it("names graphLabelNamesMax members in a label and counts the rest", () => {
    const [node] = graphFromRows(mesh(names("a", graphLabelNamesMax + 2), "TCP 1")).nodes;
    expect(node?.label.split("\n")).toHaveLength(graphLabelNamesMax + 1);
    expect(node?.label).toMatch(/and 2 more$/);
  });

  it("draws nothing of nothing", () => {
    expect(graphFromRows([])).toEqual({ clusters: [], nodes: [], edges: [] });
  });

  it("draws the same whatever the order of the rows", () => {
    const rows = [...listConnections(objectWorld(company()))];
    expect(graphFromRows([...rows].reverse())).toEqual(graphFromRows(rows));
  });
});

describe("graphFromRows() of much", () => {
  it("draws 200 workloads with tens of thousands of connections by fewer than 100 edges, all of them exact", () => {
    const world = objectWorld(company());
    const rows = [...listConnections(world)];
    const graph = connectionGraph(world);
    expect(rows.length).toBeGreaterThan(20_000);
    expect(graph.edges.length).toBeLessThan(graphEdgesMax);
    expect(graph.nodes.length).toBeLessThan(60);
    expect(graph.edges.filter(({ label }) => label.startsWith("in part"))).toEqual([]);
    expect(brokenEdges(rows, graph)).toEqual([]);
  });

  it("joins a namespace where more than graphEdgesMax edges are left, and says what is meant in part", () => {
    // Each workload of a reaches another port of another workload of b, and all of them one of c.
    const rows = Array.from({ length: graphEdgesMax + 20 }, (_, at) => [
      row(`a/w${at}[Pod]`, `b/w${at}[Pod]`, `TCP ${at + 1}`),
      row(`a/w${at}[Pod]`, "c/w[Pod]", "UDP 53"),
    ]).flat();
    const graph = graphFromRows(rows);
    expect(edgeLines(graph)).toEqual([
      `a/w0[Pod] -> b/w0[Pod] in part: TCP 1\nTCP 10\nand ${graphEdgesMax + 20 - graphLabelsMax} more`,
      "a/w0[Pod] -> c/w[Pod] UDP 53",
    ]);
  });

  it("keeps the node of most addresses apart where it joins addresses", () => {
    const ranges = Array.from(
      { length: 150 },
      (_, at) => `10.${at}.0.0-10.${at}.255.255[External]`,
    );
    const rows = [
      row("a/w[Pod]", "11.0.0.0-255.255.255.255[External]", "All Connections"),
      ...ranges.map((range, at) => row("a/w[Pod]", range, `TCP ${at + 1}`)),
    ];
    const { nodes, edges } = graphFromRows(rows);
    expect(nodes.map(({ members }) => members.length)).toEqual([1, 150, 1]);
    expect(edges.map(({ label }) => label)).toEqual([
      "All Connections",
      "in part: TCP 1\nTCP 10\nand 148 more",
    ]);
  });
});

describe("findHubs()", () => {
  it("finds at most graphHubsMax hubs", () => {
    const edges = Array.from({ length: graphHubsMax + 1 }, (_, label) =>
      [0, 1, 2, 3].flatMap((from) => [4, 5, 6, 7].map((to) => ({ from, to, label }))),
    ).flat();
    const { hubs, edges: left } = findHubs(edges, new Set());
    expect(hubs).toHaveLength(graphHubsMax);
    expect(left).toHaveLength(16);
  });

  it("tries graphHubSeedsMax nodes as beginnings", () => {
    // The nodes that reach most reach nothing in common; those that do reach less.
    const lone = Array.from({ length: graphHubSeedsMax }, (_, from) =>
      Array.from({ length: 10 }, (_, at) => ({ from, to: 100 + from * 10 + at, label: 0 })),
    ).flat();
    const common = [50, 51, 52, 53].flatMap((from) =>
      [60, 61, 62, 63].map((to) => ({ from, to, label: 0 })),
    );
    expect(findHubs([...lone, ...common], new Set()).hubs).toEqual([]);
    expect(findHubs(common, new Set()).hubs).toEqual([
      { from: [50, 51, 52, 53], to: [60, 61, 62, 63], label: 0 },
    ]);
  });

  it("leaves every edge in one hub or on its own, and invents ways to themselves of lone nodes only", () => {
    const edge = fc.record({ from: fc.nat(12), to: fc.nat(12), label: fc.nat(2) });
    const edges = fc.uniqueArray(edge, {
      maxLength: 120,
      selector: (each) => JSON.stringify(each),
    });
    fc.assert(
      fc.property(edges, fc.uniqueArray(fc.nat(12)), (all, alone) => {
        const { hubs, edges: left } = findHubs(all, new Set(alone));
        const key = ({ from, to, label }: (typeof all)[number]) => `${from} ${to} ${label}`;
        const drawn = new Set([
          ...left.map(key),
          ...hubs.flatMap(({ from, to, label }) =>
            from.flatMap((source) => to.map((target) => key({ from: source, to: target, label }))),
          ),
        ]);
        const wanted = new Set(all.map(key));
        expect([...wanted].filter((each) => !drawn.has(each))).toEqual([]);
        for (const extra of [...drawn].filter((each) => !wanted.has(each))) {
          const [from, to] = extra.split(" ");
          expect(to).toBe(from);
          expect(alone).toContain(Number(from));
        }
      }),
    );
  });
});

type Node = GraphView["nodes"][number];

/** What the edges of a graph say of two nodes, through hubs or not. */
const waysOf = ({ nodes, edges }: GraphView): ReadonlyMap<string, string> => {
  const labels = new Map(
    nodes.filter(({ kind }) => kind === "hub").map(({ id, label }) => [id, label]),
  );
  const arrows = edges.flatMap(({ source, target, label, both }) => [
    { source, target, label },
    ...(both ? [{ source: target, target: source, label }] : []),
  ]);
  const ways = new Map<string, string>();
  for (const { source, target, label } of arrows) {
    if (labels.has(target)) {
      for (const out of arrows.filter((each) => each.source === target)) {
        ways.set(`${source} => ${out.target}`, labels.get(target) ?? "");
      }
    } else if (!labels.has(source)) ways.set(`${source} => ${target}`, label);
  }
  return ways;
};

const holds = ({ members }: Pick<Node, "members">, name: string): boolean => {
  if (!name.endsWith("[External]")) return members.includes(name);
  const address = parseIp(name.split("-")[0] ?? "");
  return members.some((member) => {
    const [first, last] = member.split("-").map((each) => parseIp(each));
    if (first === undefined || last === undefined || address === undefined) return false;
    return rangeContains({ family: first.family, first: first.value, last: last.value }, address);
  });
};

/** Rows that the graph does not show, and ways of it that are in no row. */
const brokenEdges = (rows: readonly ConnectionRowView[], graph: GraphView): readonly string[] => {
  const ways = waysOf(graph);
  const nodes = graph.nodes.filter(({ kind }) => kind !== "hub");
  const nodeOf = new Map<string, string>();
  const find = (name: string): string => {
    const id = nodeOf.get(name) ?? nodes.find((node) => holds(node, name))?.id ?? "";
    nodeOf.set(name, id);
    return id;
  };
  const missing = rows.filter(({ source, destination, connections, undetermined }) => {
    const label = ways.get(`${find(source)} => ${find(destination)}`);
    return undetermined === "" ? label !== connections : !label?.endsWith(undetermined);
  });
  const members = new Map(nodes.map(({ id, members: all }) => [id, all]));
  const isAt = (name: string, id: string): boolean => {
    const [member = ""] = members.get(id) ?? [];
    if (!name.endsWith("[External]")) return members.get(id)?.includes(name) ?? false;
    return holds({ members: [name.replace("[External]", "")] }, `${member}[External]`);
  };
  const invented = [...ways.keys()].filter((way) => {
    const [source = "", target = ""] = way.split(" => ");
    return (
      source !== target &&
      !rows.some((each) => isAt(each.source, source) && isAt(each.destination, target))
    );
  });
  return [...missing.map(({ source, destination }) => `${source} => ${destination}`), ...invented];
};

describe("connectionGraph() on random clusters", () => {
  it("shows every row, and nothing that is in none", () => {
    fc.assert(
      fc.property(randomListObjects, (objects) => {
        const world = objectWorld(objects);
        expect(brokenEdges([...listConnections(world)], connectionGraph(world))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
