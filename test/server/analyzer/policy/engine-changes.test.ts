import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { everything } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  ContainerPort,
  NetworkPolicyPeer,
  NodeObject,
  PodObject,
} from "../../../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { type ProfileName, profiles } from "../../../../server/analyzer/policy/profile.js";
import {
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
} from "../../../support/cluster-objects.js";
import { blockPeer, labelled } from "../../../support/policy-parts.js";
import { objectsOf, reachText, rowTexts } from "../../../support/policy-rows.js";

/**
 * Goal: what the engine remembers is never out of date. Method: one change each that makes pods differ, or meet again, of which the
 * engine has said something before; its whole list and its pairs are those of an engine that never knew another state.
 */

const pod = (name: string, ip: string, parts: Partial<PodObject> = {}): PodObject =>
  podObject(`shop/${name}`, { labels: { app: "web" }, ips: [ip], ...parts });

const endsOf = ({ model }: PolicyEngine): readonly (PodObject | NodeObject)[] => [
  ...model.pods,
  ...model.nodes,
];

const endpoint = (end: PodObject | NodeObject): PolicyEndpoint =>
  end.kind === "Pod" ? { kind: "pod", pod: end } : { kind: "node", node: end };

/** Everything that an engine says: its list, and each pair, which `decide`, `reach` and the list must agree on. */
const allOf = (engine: PolicyEngine): readonly string[] => {
  const rows = rowTexts(engine);
  const pairs = endsOf(engine).flatMap((one) =>
    endsOf(engine).map((other) => {
      const asked = [endpoint(one), endpoint(other)] as const;
      const reached = reachText(engine.reach(...asked));
      expect(reached).toBe(reachText(engine.decide(...asked)));
      return `${nameOf(one)} => ${nameOf(other)} : ${reached}`;
    }),
  );
  const listed = pairs.filter(
    (pair) => !pair.includes("[Node]") && !isToItself(pair) && !pair.endsWith(none),
  );
  expect(rows.filter((row) => /^\S+\[Pod\] => \S+\[Pod\] /.test(row))).toEqual(listed.sort());
  return [...rows, ...pairs];
};

const nameOf = ({ namespace, name, kind }: PodObject | NodeObject): string =>
  `${namespace}/${name}[${kind}]`;

const isToItself = (pair: string): boolean => {
  const [source, destination] = pair.split(/ => | : /);
  return source === destination;
};

/** An engine that is asked everything, before and after each change. */
const watched = (objects: readonly ClusterObject[], profile: ProfileName = "upstream") => {
  const model = new ClusterModel(objects);
  const engine = new PolicyEngine(model, profiles[profile]);
  const check = (): void => {
    const fresh = new PolicyEngine(new ClusterModel(objectsOf(model)), profiles[profile]);
    expect(allOf(engine)).toEqual(allOf(fresh));
    expect(engine.matrixSummary()).toEqual(fresh.matrixSummary());
  };
  check();
  const apply = (kind: "upsert" | "remove", object: ClusterObject): void => {
    model.apply({ kind, object });
    engine.apply({ kind, object });
    check();
  };
  return {
    put: (object: ClusterObject) => apply("upsert", object),
    remove: (object: ClusterObject) => apply("remove", object),
    reach: (source: PodObject | NodeObject, destination: PodObject) =>
      reachText(engine.reach(endpoint(source), endpoint(destination))),
  };
};

const all = "All Connections ? No Connections";
const none = "No Connections ? No Connections";

const letIn = (name: string, peers: readonly NetworkPolicyPeer[]) =>
  networkPolicyObject(`shop/${name}`, { ingress: [{ peers }] });

describe("a policy that comes", () => {
  it("tells pods apart by a label that no policy named before", () => {
    const one = pod("one", "10.0.0.1", { labels: { app: "web", track: "new" } });
    const other = pod("other", "10.0.0.2", { labels: { app: "web", track: "old" } });
    const { put, reach } = watched([one, other]);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    expect(reach(other, one)).toBe(none);
    expect(reach(one, other)).toBe(all);
  });

  it("tells pods apart by a label that only one of them has", () => {
    const [plain, tracked] = [pod("plain", "10.0.0.1"), pod("tracked", "10.0.0.2")];
    const labels = { app: "web", track: "new" };
    for (const [first, second] of [
      [plain, { ...tracked, labels }],
      [{ ...plain, labels }, tracked],
    ] as const) {
      const { put, reach } = watched([first, second]);
      put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
      const isFirst = "track" in first.labels;
      expect(reach(first, second)).toBe(isFirst ? all : none);
      expect(reach(second, first)).toBe(isFirst ? none : all);
    }
  });

  it("tells pods apart by a block that holds the address of one", () => {
    const [one, other] = [pod("one", "10.0.0.1"), pod("other", "10.0.0.2")];
    const server = pod("server", "10.0.0.9", { labels: { app: "server" } });
    const { put, reach } = watched([one, other, server]);
    put({ ...letIn("block", [blockPeer("10.0.0.2/32")]), podSelector: labelled("app", "server") });
    expect([reach(one, server), reach(other, server)]).toEqual([none, all]);
  });

  it("tells pods apart by a block though a wider one has placed them already", () => {
    const pods = ["1", "2", "3"].map((last) => pod(`p${last}`, `10.0.0.${last}`));
    const server = pod("server", "10.1.0.9", { labels: { app: "server" } });
    const into = (name: string, cidr: string) => ({
      ...letIn(name, [blockPeer(cidr)]),
      podSelector: labelled("app", "server"),
    });
    const { put, remove, reach } = watched([...pods, server, into("wide", "10.0.0.0/24")]);
    put(into("narrow", "10.0.0.1/32"));
    remove(into("wide", "10.0.0.0/24"));
    const verdicts = pods.map((each) => reach(each, server));
    expect(verdicts).toEqual([all, none, none]);
  });

  it("tells pods apart by the number of a port that it names", () => {
    const port = (number: number): ContainerPort => ({
      name: "http",
      port: number,
      protocol: "TCP",
      container: "main",
    });
    const one = pod("one", "10.0.0.1", { ports: [port(80)] });
    const other = pod("other", "10.0.0.2", { ports: [port(8080)] });
    const named = [{ kind: "named", protocol: "TCP", name: "http" }] as const;
    const { put, reach } = watched([one, other]);
    put(networkPolicyObject("shop/named", { ingress: [{ ports: named }] }));
    expect(reach(one, other)).toBe("TCP 8080 ? No Connections");
    expect(reach(other, one)).toBe("TCP 80 ? No Connections");
  });

  it("is asked of a pod whose like, which stood for both, has gone", () => {
    const gone = pod("gone", "10.0.0.1", { labels: { app: "web", track: "old" } });
    const left = pod("left", "10.0.0.2", { labels: { app: "web", track: "new" } });
    const client = pod("client", "10.0.0.3", { labels: { app: "client" } });
    const ofClient = networkPolicyObject("shop/client", { podSelector: labelled("app", "client") });
    const { put, remove, reach } = watched([gone, left, client, ofClient]);
    remove(gone);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    expect(reach(client, left)).toBe(none);
  });
});

describe("a pod that comes", () => {
  it("is not taken for one that was like it before a policy named another label", () => {
    const tracked = pod("tracked", "10.0.0.1", { labels: { app: "web", track: "new" } });
    const plain = pod("plain", "10.0.0.2");
    const { put, reach } = watched([tracked]);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    put(plain);
    expect(reach(tracked, plain)).toBe(all);
    expect(reach(plain, tracked)).toBe(none);
  });

  it("is among the peers of rules that were asked about before", () => {
    const server = pod("server", "10.0.0.9", { labels: { app: "server" } });
    const [one, other] = [pod("one", "10.0.0.1"), pod("other", "10.0.0.2")];
    const open = letIn("open", [{ kind: "pods", namespaceSelector: everything }]);
    const { put, reach } = watched([server, one, open]);
    put(other);
    expect(reach(other, server)).toBe(all);
  });

  it("takes the place of one with its name", () => {
    const [web, db] = [pod("web", "10.0.0.1"), pod("db", "10.0.0.2", { labels: { app: "db" } })];
    const { put, reach } = watched([
      web,
      db,
      {
        ...letIn("db", [{ kind: "pods", podSelector: labelled("app", "web") }]),
        podSelector: labelled("app", "db"),
      },
    ]);
    expect(reach(web, db)).toBe(all);
    const relabelled = { ...web, labels: { app: "other" } };
    put(relabelled);
    expect(reach(relabelled, db)).toBe(none);
  });
});

describe("two families of addresses", () => {
  const dual = (name: string, last: number): PodObject =>
    pod(name, "", { labels: { app: name }, ips: [`10.0.0.${last}`, `fd00::${last}`] });

  it("are told apart in blocks, whatever was asked first", () => {
    const [one, other] = [dual("one", 1), dual("other", 2)];
    const { put, reach } = watched([one, other]);
    put(letIn("four", [blockPeer("10.0.0.1/32")]));
    expect(reach(one, other)).toBe("No Connections ? All Connections");
    put(letIn("both", [blockPeer("10.0.0.1/32"), blockPeer("fd00::1/128")]));
    expect(reach(one, other)).toBe(all);
    put(letIn("six", [blockPeer("fd00::2/128")]));
    expect(reach(other, one)).toBe("No Connections ? All Connections");
  });

  it("are told apart in subjects that have one and both", () => {
    const [client, both] = [dual("client", 1), dual("both", 2)];
    const four = pod("four", "10.0.0.3", { labels: { app: "four" } });
    const { put, reach } = watched([client, both, four]);
    put(letIn("in", [blockPeer("10.0.0.0/8")]));
    expect(reach(client, four)).toBe(all);
    expect(reach(client, both)).toBe("No Connections ? All Connections");
  });

  it("are told apart in the addresses outside", () => {
    const engine = new PolicyEngine(
      new ClusterModel([dual("one", 1), letIn("six", [blockPeer("2001:db8::/32")])]),
      profiles.upstream,
    );
    const last = "ffff:ffff:ffff:ffff:ffff:ffff";
    expect(rowTexts(engine).filter((row) => row.includes("=> shop/one[Pod]"))).toEqual([
      `2001:db8::-2001:db8:${last} => shop/one[Pod] : ${all}`,
    ]);
  });
});

describe("a pod without an address", () => {
  const newcomer = podObject("shop/new", { labels: { app: "new" } });
  const server = pod("server", "10.244.0.9", { labels: { app: "server" } });
  const block = {
    ...letIn("block", [blockPeer("10.244.0.0/16")]),
    podSelector: labelled("app", "server"),
  };
  const of = (podCidrs: readonly string[]) => nodeObject("n1", { ips: ["192.168.0.1"], podCidrs });

  it("may get what nodes say, as long as they say so", () => {
    const { put, remove, reach } = watched([newcomer, server, block]);
    const open = "No Connections ? All Connections";
    expect(reach(newcomer, server)).toBe(open);
    put(of(["10.244.0.0/24"]));
    expect(reach(newcomer, server)).toBe(all);
    put(of(["10.244.0.0/15"]));
    expect(reach(newcomer, server)).toBe(open);
    put(of(["10.244.0.0/24"]));
    remove(of([]));
    expect(reach(newcomer, server)).toBe(open);
  });

  it("may get anything when a pod shows that addresses come from elsewhere", () => {
    const { put, remove, reach } = watched([newcomer, server, block, of(["10.244.0.0/24"])]);
    const elsewhere = podObject("far/other", { ips: ["172.16.0.1"] });
    put(elsewhere);
    expect(reach(newcomer, server)).toBe("No Connections ? All Connections");
    remove(elsewhere);
    expect(reach(newcomer, server)).toBe(all);
  });

  it("is in the block or out of it once it has one", () => {
    const { put, reach } = watched([newcomer, server, block]);
    put({ ...newcomer, ips: ["10.244.0.3"] });
    expect(reach(newcomer, server)).toBe(all);
    put({ ...newcomer, ips: ["10.245.0.3"] });
    expect(reach(newcomer, server)).toBe(none);
  });
});

describe("the addresses outside", () => {
  const families = (engine: PolicyEngine): readonly number[] =>
    engine.externalRanges().map(({ family }) => family);

  it.each([
    ["a node's address", nodeObject("n1", { ips: ["fd00::1"] })],
    ["a node's pod CIDR", nodeObject("n1", { podCidrs: ["fd00::/64"] })],
    ["a Service's address", serviceObject("shop/web", { clusterIps: ["fd01::1"] })],
    ["a pod's address", pod("six", "fd00::6")],
  ])("have a family as long as %s shows it", (_, object) => {
    const model = new ClusterModel([pod("one", "10.0.0.1")]);
    const engine = new PolicyEngine(model, profiles.upstream);
    expect(families(engine)).toEqual([4]);
    for (const [kind, shown] of [
      ["upsert", [4, 6]],
      ["remove", [4]],
    ] as const) {
      model.apply({ kind, object });
      engine.apply({ kind, object });
      expect(families(engine)).toEqual(shown);
      expect(
        families(new PolicyEngine(new ClusterModel(objectsOf(model)), profiles.upstream)),
      ).toEqual(shown);
    }
  });
});

describe("nodes", () => {
  const deny = networkPolicyObject("shop/deny");
  const node = (name: string, labels: Readonly<Record<string, string>> = {}): NodeObject =>
    nodeObject(name, { ips: [`192.168.0.${name.slice(1)}`], labels });

  const toEdge: ClusterObject = {
    kind: "ClusterNetworkPolicy",
    namespace: "",
    name: "edge",
    labels: {},
    annotations: {},
    tier: "admin",
    priority: 1,
    subject: { kind: "namespaces", selector: everything },
    ingress: [],
    egress: [
      {
        name: "",
        action: "deny",
        peers: [{ kind: "nodes", selector: labelled("role", "edge") }],
      },
    ],
  };

  it("let in reach the pod that runs there, not one like it elsewhere", () => {
    const one = pod("one", "10.0.0.1", { nodeName: "n1" });
    const other = pod("other", "10.0.0.2", { nodeName: "n2" });
    const n1 = node("n1");
    const { reach } = watched([one, other, n1, node("n2"), deny]);
    expect([reach(n1, one), reach(n1, other)]).toEqual([all, none]);
  });

  it("are told apart by a label that a policy names later", () => {
    const daemon = (name: string): PodObject =>
      pod(`daemon-${name}`, `192.168.0.${name.slice(1)}`, { hostNetwork: true, nodeName: name });
    const [one, other] = [daemon("n1"), daemon("n2")];
    const client = pod("client", "10.0.0.2", { nodeName: "n3" });
    const { put, reach } = watched([one, other, client, node("n1"), node("n2", { role: "edge" })]);
    put(toEdge);
    expect([reach(client, one), reach(client, other)]).toEqual([all, none]);
  });

  it("are told apart by labels that they get later", () => {
    const daemon = pod("daemon", "192.168.0.1", { hostNetwork: true, nodeName: "n1" });
    const client = pod("client", "10.0.0.2", { nodeName: "n2" });
    const { put, reach } = watched([daemon, client, node("n1"), node("n2"), toEdge]);
    expect(reach(client, daemon)).toBe(all);
    put(node("n1", { role: "edge" }));
    expect(reach(client, daemon)).toBe(none);
    put(node("n1", { role: "core" }));
    expect(reach(client, daemon)).toBe(all);
  });
});
