import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { everything } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  NodeObject,
  PodObject,
} from "../../../../server/analyzer/model/objects.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { profiles } from "../../../../server/analyzer/policy/profile.js";
import {
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
} from "../../../support/cluster-objects.js";
import { blockPeer, labelled } from "../../../support/policy-parts.js";
import { objectsOf, rowTexts } from "../../../support/policy-rows.js";
import {
  all,
  letIn,
  none,
  shopPod,
  unsure,
  watchedEngine,
} from "../../../support/watched-engine.js";

/**
 * Goal: what the engine remembers of addresses and nodes is never out of date. Method: one change each that makes ends differ, or
 * meet again, of which the engine has said something before.
 */

describe("two families of addresses", () => {
  const dual = (name: string, last: number): PodObject =>
    shopPod(name, "", { labels: { app: name }, ips: [`10.0.0.${last}`, `fd00::${last}`] });

  it("are told apart in blocks, whatever was asked first", () => {
    const [one, other] = [dual("one", 1), dual("other", 2)];
    const { put, reach } = watchedEngine([one, other]);
    put(letIn("four", [blockPeer("10.0.0.1/32")]));
    expect(reach(one, other)).toBe(unsure);
    put(letIn("both", [blockPeer("10.0.0.1/32"), blockPeer("fd00::1/128")]));
    expect(reach(one, other)).toBe(all);
    put(letIn("six", [blockPeer("fd00::2/128")]));
    expect(reach(other, one)).toBe(unsure);
  });

  it("are told apart in subjects that have one and both", () => {
    const [client, both] = [dual("client", 1), dual("both", 2)];
    const four = shopPod("four", "10.0.0.3", { labels: { app: "four" } });
    const { put, reach } = watchedEngine([client, both, four]);
    put(letIn("in", [blockPeer("10.0.0.0/8")]));
    expect(reach(client, four)).toBe(all);
    expect(reach(client, both)).toBe(unsure);
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
  const server = shopPod("server", "10.244.0.9", { labels: { app: "server" } });
  const block = {
    ...letIn("block", [blockPeer("10.244.0.0/16")]),
    podSelector: labelled("app", "server"),
  };
  const of = (podCidrs: readonly string[]) => nodeObject("n1", { ips: ["192.168.0.1"], podCidrs });

  it("may get what nodes say, as long as they say so", () => {
    const { put, remove, reach } = watchedEngine([newcomer, server, block]);
    expect(reach(newcomer, server)).toBe(unsure);
    put(of(["10.244.0.0/24"]));
    expect(reach(newcomer, server)).toBe(all);
    put(of(["10.244.0.0/15"]));
    expect(reach(newcomer, server)).toBe(unsure);
    put(of(["10.244.0.0/24"]));
    remove(of([]));
    expect(reach(newcomer, server)).toBe(unsure);
  });

  it("may get anything when a pod shows that addresses come from elsewhere", () => {
    const { put, remove, reach } = watchedEngine([newcomer, server, block, of(["10.244.0.0/24"])]);
    const elsewhere = podObject("far/other", { ips: ["172.16.0.1"] });
    put(elsewhere);
    expect(reach(newcomer, server)).toBe(unsure);
    remove(elsewhere);
    expect(reach(newcomer, server)).toBe(all);
  });

  it("is in the block or out of it once it has one", () => {
    const { put, reach } = watchedEngine([newcomer, server, block]);
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
    ["a pod's address", shopPod("six", "fd00::6")],
  ])("have a family as long as %s shows it", (_, object) => {
    const model = new ClusterModel([shopPod("one", "10.0.0.1")]);
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
    const one = shopPod("one", "10.0.0.1", { nodeName: "n1" });
    const other = shopPod("other", "10.0.0.2", { nodeName: "n2" });
    const n1 = node("n1");
    const { reach } = watchedEngine([one, other, n1, node("n2"), deny]);
    expect([reach(n1, one), reach(n1, other)]).toEqual([all, none]);
  });

  it("are told apart by a label that a policy names later", () => {
    const daemon = (name: string): PodObject =>
      shopPod(`daemon-${name}`, `192.168.0.${name.slice(1)}`, {
        hostNetwork: true,
        nodeName: name,
      });
    const [one, other] = [daemon("n1"), daemon("n2")];
    const client = shopPod("client", "10.0.0.2", { nodeName: "n3" });
    const { put, reach } = watchedEngine([
      one,
      other,
      client,
      node("n1"),
      node("n2", { role: "edge" }),
    ]);
    put(toEdge);
    expect([reach(client, one), reach(client, other)]).toEqual([all, none]);
  });

  it("are told apart by labels that they get later", () => {
    const daemon = shopPod("daemon", "192.168.0.1", { hostNetwork: true, nodeName: "n1" });
    const client = shopPod("client", "10.0.0.2", { nodeName: "n2" });
    const { put, reach } = watchedEngine([daemon, client, node("n1"), node("n2"), toEdge]);
    expect(reach(client, daemon)).toBe(all);
    put(node("n1", { role: "edge" }));
    expect(reach(client, daemon)).toBe(none);
    put(node("n1", { role: "core" }));
    expect(reach(client, daemon)).toBe(all);
  });
});
