import { describe, expect, it } from "vitest";
import type { ProfileName } from "../../../../server/analyzer/policy/profile.js";
import { connectionsText } from "../../../../server/analyzer/sets/connections.js";
import {
  clusterPolicyText,
  documents,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";
import { reachesOf, reachOf } from "../../../support/reach-of.js";

// Goal: address blocks, both families, nodes, pods on the host network and a pod's way to itself, under every profile. Method:
// pods on two nodes, policies by address, what each end may do.

const all = "All Connections";
const none = "No Connections";

const node = (name: string, address: string, labels: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: { podCIDRs: ["10.0.0.0/16"] },
    status: { addresses: [{ type: "InternalIP", address }] },
  });

const pod = (path: string, nodeName: string, ips: readonly string[], hostNetwork = false) =>
  podText(path, {
    spec: { nodeName, hostNetwork, containers: [{ name: "main", image: "main" }] },
    status: { phase: "Running", podIPs: ips.map((ip) => ({ ip })) },
  });

const cluster = [
  node("n1", "192.168.0.1", { disk: "ssd" }),
  node("n2", "192.168.0.2"),
  pod("shop/web", "n1", ["10.0.0.1"]),
  pod("shop/db", "n2", ["10.0.0.2"]),
];

const ingressOfDb = (from: string): string =>
  policyText("shop/db", `podSelector: {matchLabels: {app: db}}\ningress: [{from: ${from}}]`);
const egressOfWeb = (to: string): string =>
  policyText(
    "shop/web",
    `podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: ${to}}]`,
  );
const profiles: readonly ProfileName[] = ["upstream", "calico", "cilium", "np-guard"];

const byProfile = (
  manifests: readonly string[],
  pair: string,
): Readonly<Record<ProfileName, string>> => {
  const under = (profile: ProfileName): string => reachOf(manifests, pair, { profile });
  return {
    upstream: under("upstream"),
    calico: under("calico"),
    cilium: under("cilium"),
    "np-guard": under("np-guard"),
  };
};

describe("address blocks", () => {
  it("hold the addresses outside between their first and last", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 203.0.113.64/26}}]");
    const sources = ["203.0.113.63", "203.0.113.64", "203.0.113.127", "203.0.113.128"];
    expect(
      reachesOf(
        [...cluster, policy],
        sources.map((source) => `${source} => shop/db`),
      ),
    ).toEqual([none, all, all, none]);
  });

  it("T28 hold pods by their address where the profile says so", () => {
    const policy = egressOfWeb("[{ipBlock: {cidr: 10.0.0.2/32}}]");
    expect(byProfile([...cluster, policy], "shop/web => shop/db")).toEqual({
      upstream: all,
      calico: all,
      cilium: none,
      "np-guard": none,
    });
    const into = ingressOfDb("[{ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.1/32]}}]");
    expect(byProfile([...cluster, into], "shop/web => shop/db").upstream).toBe(none);
  });

  it("T29 let another block or rule allow what an except leaves out", () => {
    const holed = "{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.8/29]}}";
    const other = "{ipBlock: {cidr: 203.0.113.8/30}}";
    const sources = ["203.0.113.7", "203.0.113.8", "203.0.113.12", "203.0.113.16"];
    const pairs = sources.map((source) => `${source} => shop/db`);
    expect(reachesOf([...cluster, ingressOfDb(`[${holed}]`)], pairs)).toEqual([
      all,
      none,
      none,
      all,
    ]);
    const both = ingressOfDb(`[${holed}, ${other}]`);
    expect(reachesOf([...cluster, both], pairs)).toEqual([all, all, none, all]);
    const twoRules = policyText(
      "shop/db",
      `podSelector: {matchLabels: {app: db}}\ningress: [{from: [${holed}]}, {from: [${other}]}]`,
    );
    expect(reachesOf([...cluster, twoRules], pairs)).toEqual([all, all, none, all]);
  });

  it("T30 mask host bits", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 203.0.113.77/24}}]");
    expect(
      reachesOf([...cluster, policy], ["203.0.113.1 => shop/db", "203.0.114.1 => shop/db"]),
    ).toEqual([all, none]);
  });

  it("T30 take the prefix of an IPv4-mapped address for bits of IPv6", () => {
    const from = ["203.0.113.1 => shop/db", "204.0.113.1 => shop/db"];
    const reached = (cidr: string) =>
      reachesOf([...cluster, ingressOfDb(`[{ipBlock: {cidr: "${cidr}"}}]`)], from);
    expect(reached("::ffff:203.0.0.0/104")).toEqual([all, none]);
    expect(reached("::ffff:203.0.0.0/8")).toEqual([none, none]);
  });

  it("T45 of a ClusterNetworkPolicy hold pods as well, where the profile says so", () => {
    const policy = clusterPolicyText(
      "out",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\negress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]",
    );
    const manifests = [...cluster, policy];
    expect(byProfile(manifests, "shop/web => shop/db")).toEqual({
      upstream: none,
      calico: none,
      cilium: all,
      "np-guard": all,
    });
    expect(byProfile(manifests, "shop/web => 203.0.113.1")).toEqual({
      upstream: none,
      calico: none,
      cilium: none,
      "np-guard": none,
    });
  });
});

describe("translated addresses", () => {
  // Policies are judged on pods, after Services are translated: a ClusterIP is never anybody's address.
  it("T27 are no peers: a block of the ClusterIP does not hold the pods behind it", () => {
    const service = serviceText("shop/db", {
      clusterIP: "10.96.0.2",
      selector: { app: "db" },
      ports: [{ port: 80, targetPort: 8080 }],
    });
    const toService = egressOfWeb("[{ipBlock: {cidr: 10.96.0.2/32}}]");
    expect(reachOf([...cluster, service, toService], "shop/web => shop/db")).toBe(none);
    const toPort = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{ports: [{port: 8080}]}]",
    );
    expect(reachOf([...cluster, service, toPort], "shop/web => shop/db")).toBe("TCP 8080");
  });

  // "the source IP that the NetworkPolicy acts on may be the IP of a LoadBalancer or of the Pod's node".
  it("T38 are judged as they arrive: a client's block does not hold the node that stands for it", () => {
    const client = ingressOfDb("[{ipBlock: {cidr: 203.0.113.0/24}}]");
    const nodes = ingressOfDb("[{ipBlock: {cidr: 192.168.0.0/24}}]");
    const pairs = ["203.0.113.9 => shop/db", "node/n1 => shop/db"];
    expect(reachesOf([...cluster, client], pairs)).toEqual([all, none]);
    expect(reachesOf([...cluster, nodes], pairs)).toEqual([none, all]);
  });
});

describe("two families", () => {
  const six = pod("shop/six", "n1", ["fd00::6"]);
  const both = pod("shop/both", "n1", ["10.0.0.7", "fd00::7"]);
  const dbSix = pod("shop/db", "n2", ["10.0.0.2", "fd00::2"]);
  const dual = [node("n1", "192.168.0.1"), node("n2", "192.168.0.2"), six, both, dbSix];

  it("T31 does not take 0.0.0.0/0 for every address", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 0.0.0.0/0}}]");
    expect(
      reachesOf([...dual, policy], ["203.0.113.1 => shop/db", "2001:db8::1 => shop/db"]),
    ).toEqual([all, none]);
    expect(reachOf([...dual, policy], "shop/six => shop/db")).toBe(none);
    const any = ingressOfDb("[{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]");
    expect(reachOf([...dual, any], "2001:db8::1 => shop/db")).toBe(all);
    expect(reachOf([...dual, any], "shop/both => shop/db")).toBe(all);
  });

  it("T31 cuts IPv6 blocks exactly, with their holes", () => {
    const policy = ingressOfDb(
      "[{ipBlock: {cidr: '2001:db8::/126', except: ['2001:db8::2/128']}}]",
    );
    const sources = ["2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"];
    expect(
      reachesOf(
        [...dual, policy],
        sources.map((source) => `${source} => shop/db`),
      ),
    ).toEqual([all, all, none, all, none]);
  });

  it("T31 can't tell a pod with two addresses of which a block holds one", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 10.0.0.0/8}}]");
    expect(reachOf([...dual, policy], "shop/both => shop/db")).toContain(` ? ${all}`);
  });

  it("T31 names the rules of each family by themselves", () => {
    const policy = policyText(
      "shop/db",
      `podSelector: {matchLabels: {app: db}}
ingress:
  - {from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}
  - {from: [{ipBlock: {cidr: 'fd00::/8'}}], ports: [{port: 81}]}
  - {from: [{ipBlock: {cidr: 'fd00::/16'}}], ports: [{port: 82}]}`,
    );
    const { engine, model } = manifestWorld(documents(...dual, policy));
    const [source, destination] = ["both", "db"].map((name) => model.pod("shop", name));
    if (source === undefined || destination === undefined) throw new Error("a pod is missing");
    const { ingress } = engine.decide(
      { kind: "pod", pod: source },
      { kind: "pod", pod: destination },
    );
    const rules = ingress.parts.flatMap((part) =>
      "rule" in part ? [`${part.rule.index} ${connectionsText(part.connections)}`] : [],
    );
    expect(rules).toEqual(["0 TCP 80", "1 TCP 81", "2 TCP 82"]);
  });

  it("are one under np-guard's conventions", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: '::/0'}}]");
    expect(reachOf([...dual, policy], "2001:db8::1 => shop/db", { profile: "np-guard" })).toBe(
      none,
    );
  });
});

describe("nodes and the host network", () => {
  const agent = pod("kube-system/agent", "n1", ["192.168.0.1"], true);
  const manifests = [...cluster, agent];
  const closed = [
    policyText("shop/all", "podSelector: {}\npolicyTypes: [Ingress, Egress]"),
    policyText("kube-system/all", "podSelector: {}\npolicyTypes: [Ingress, Egress]"),
  ];

  it("T32 always lets a pod's own node in, and no other", () => {
    const pairs = ["node/n1 => shop/web", "node/n2 => shop/web", "kube-system/agent => shop/web"];
    for (const profile of ["upstream", "calico", "cilium"] as const) {
      expect(reachesOf([...manifests, ...closed], pairs, { profile }), profile).toEqual([
        all,
        none,
        all,
      ]);
    }
    expect(byProfile([...manifests, ...closed], "node/n1 => shop/web")["np-guard"]).toBe(none);
  });

  it("T32 lets a pod reach its own node as the profile says", () => {
    expect(byProfile([...manifests, ...closed], "shop/web => node/n1")).toEqual({
      upstream: all,
      calico: none,
      cilium: none,
      "np-guard": none,
    });
    expect(byProfile([...manifests, ...closed], "shop/web => node/n2").upstream).toBe(none);
  });

  it("T33 selects no pod on the host network, as subject or as peer", () => {
    expect(byProfile([...manifests, closed[1] ?? ""], "kube-system/agent => shop/db")).toEqual({
      upstream: all,
      calico: all,
      cilium: all,
      "np-guard": none,
    });
    const byLabel = ingressOfDb(
      "[{namespaceSelector: {}, podSelector: {matchLabels: {app: agent}}}]",
    );
    expect(byProfile([...manifests, byLabel], "kube-system/agent => shop/db")).toEqual({
      upstream: none,
      calico: none,
      cilium: none,
      "np-guard": all,
    });
  });

  it("T33 matches a pod on the host network by its node's address", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 192.168.0.1/32}}]");
    expect(byProfile([...manifests, policy], "kube-system/agent => shop/db")).toEqual({
      upstream: all,
      calico: all,
      cilium: none,
      "np-guard": none,
    });
    expect(reachOf([...manifests, policy], "node/n1 => shop/db")).toBe(all);
    expect(reachOf([...manifests, policy], "node/n2 => shop/web")).toBe(all);
  });

  it("T33 takes the node's address for that of a pod on its network that shows none", () => {
    const policy = ingressOfDb("[{ipBlock: {cidr: 192.168.0.1/32}}]");
    const unseen = (status: Readonly<Record<string, unknown>>) =>
      podText("kube-system/unseen", {
        spec: { nodeName: "n1", hostNetwork: true, containers: [{ name: "main", image: "main" }] },
        status,
      });
    for (const status of [{}, { hostIP: "192.168.0.1" }]) {
      const pair = "kube-system/unseen => shop/db";
      expect(reachOf([...cluster, unseen(status), policy], pair)).toBe(all);
    }
    const moved = [...cluster, unseen({ hostIP: "192.168.0.9" }), policy];
    expect(reachOf(moved, "kube-system/unseen => shop/db")).toBe(none);
  });

  it("T33 is no subject or peer of a ClusterNetworkPolicy either", () => {
    const policy = (direction: string) =>
      clusterPolicyText(
        "p",
        `tier: Admin\npriority: 1\nsubject: {namespaces: {}}\n${direction}: [{action: Deny, ${direction === "egress" ? "to" : "from"}: [{namespaces: {}}]}]`,
      );
    const pairs = ["kube-system/agent => shop/db", "shop/db => kube-system/agent"];
    expect(reachesOf([...manifests, policy("egress")], pairs)).toEqual([all, all]);
    expect(reachesOf([...manifests, policy("ingress")], pairs)).toEqual([all, all]);
  });

  it("T50 reaches nodes, and pods on their network, by a nodes peer", () => {
    const policy = clusterPolicyText(
      "p",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\negress: [{action: Deny, to: [{nodes: {matchLabels: {disk: ssd}}}]}]",
    );
    const pairs = [
      "shop/db => node/n1",
      "shop/db => kube-system/agent",
      "shop/web => node/n2",
      "shop/db => shop/web",
      "shop/db => 192.0.2.1",
    ];
    expect(reachesOf([...manifests, policy], pairs)).toEqual([none, none, all, all, all]);
  });
});

describe("a pod itself, and pods that have ended", () => {
  const closed = policyText("shop/all", "podSelector: {}\npolicyTypes: [Ingress, Egress]");

  it("T34 lets a pod reach its own address, and denies another pod with the same labels", () => {
    const twin = podText("shop/twin", { labels: { app: "web" } });
    const pairs = ["shop/web => shop/web", "shop/web => shop/twin"];
    expect(reachesOf([...cluster, twin, closed], pairs)).toEqual([all, none]);
  });

  it("T34 judges the way through its own Service by the profile", () => {
    const hairpin = (profile: ProfileName) =>
      reachOf([...cluster, closed], "shop/web => shop/web", { profile, viaService: true });
    expect(profiles.map(hairpin)).toEqual([`${none} ? ${all}`, none, all, none]);
    const open = (profile: ProfileName) =>
      reachOf(cluster, "shop/web => shop/web", { profile, viaService: true });
    expect(profiles.map(open)).toEqual([all, all, all, all]);
  });

  // Calico's IsFinished: the address of a pod that has ended may be another one's by now.
  it("T36 knows no pod that has ended, though another one has its address", () => {
    const ended = podText("shop/job", {
      labels: { app: "db" },
      status: { phase: "Succeeded", podIPs: [{ ip: "10.0.0.1" }] },
    });
    const { engine } = manifestWorld(documents(...cluster, ended, closed));
    const [policy] = engine.model.networkPolicies;
    const selected = policy === undefined ? [] : engine.podsSelectedBy(policy);
    expect(selected.map(({ name }) => name).sort()).toEqual(["db", "web"]);
    expect(engine.units().map(({ name }) => name)).toEqual(["shop/db[Pod]", "shop/web[Pod]"]);
    const fromWeb = ingressOfDb("[{podSelector: {matchLabels: {app: web}}}]");
    expect(reachOf([...cluster, ended, fromWeb], "shop/web => shop/db")).toBe(all);
  });

  it("T36 judges pods that are not ready like any other", () => {
    const starting = podText("shop/new", { status: { phase: "Pending" } });
    expect(
      reachOf([...cluster, starting, ingressOfDb("[{podSelector: {}}]")], "shop/new => shop/db"),
    ).toBe(all);
  });
});
