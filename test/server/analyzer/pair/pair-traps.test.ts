import { describe, expect, it } from "vitest";
import { askPair, missKinds, verdictOf } from "../../../support/ask-pair.js";
import {
  clusterPolicyText,
  namespaceText,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";

// Goal: the places where implementations go wrong, as far as they show in answers about pairs. Method: manifests as people
// write them, and the sentence of the documentation that decides.

const running = (ip: string, node = "n1") => ({
  spec: { nodeName: node, containers: [{ name: "main", image: "main" }] },
  status: { phase: "Running", podIP: ip, podIPs: [{ ip }], hostIP: "192.0.2.1" },
});

const named = (name: string, containerPort: number, protocol = "TCP") => ({
  ports: [{ name, containerPort, protocol }],
});

const web = podText("shop/web");
const db = podText("shop/db");

describe("ports", () => {
  const byName = policyText(
    "shop/db",
    "podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: http}]}]",
  );

  it("T18 resolves a named port on the destination, by name and protocol, for each pod", () => {
    const at = (parts: object, port: number) =>
      verdictOf(
        [podText("shop/web", named("http", 1)), podText("shop/db", parts), byName],
        "shop/web => shop/db",
        { port },
      );
    expect(at(named("http", 8080), 8080)).toBe("allowed");
    expect(at(named("http", 8080), 1)).toBe("denied");
    expect(at(named("http", 9090), 9090)).toBe("allowed");
    expect(at(named("http", 8080, "UDP"), 8080)).toBe("denied");
  });

  it("T19 lets egress by named port without `to` reach every pod that has it, and no address outside", () => {
    const out = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{ports: [{port: http}]}]",
    );
    const far = podText("far/api", { ...named("http", 8080), labels: { app: "api" } });
    expect(verdictOf([web, far, out], "shop/web => far/api", { port: 8080 })).toBe("allowed");
    const outside = askPair([web, far, out], "shop/web => 203.0.113.9", { port: 8080 });
    expect(outside.verdict).toBe("denied");
    expect(missKinds(outside)).toEqual(["named-port-unresolved"]);
  });

  it("T20 takes a name that the pod does not have for no port, and warns", () => {
    const answer = askPair([web, db, byName], "shop/web => shop/db", { port: 80 });
    expect(answer.verdict).toBe("denied");
    expect(answer.warnings.join()).toContain("shop/db has no port called http");
    expect(missKinds(answer)).toEqual(["named-port-unresolved"]);
  });

  it("T21 considers every container's port of a name", () => {
    const two = podText("shop/db", {
      ports: [
        { name: "http", containerPort: 80, protocol: "TCP" },
        { name: "other", containerPort: 81, protocol: "TCP" },
      ],
      spec: {
        containers: [
          { name: "a", image: "a", ports: [{ name: "http", containerPort: 80 }] },
          { name: "b", image: "b", ports: [{ name: "http", containerPort: 8080 }] },
        ],
      },
    });
    const answer = askPair([web, two, byName], "shop/web => shop/db");
    expect(answer.connections.text).toBe("TCP 80,8080");
  });

  it("T22 needs no containerPort for an allowed number", () => {
    const number = policyText("shop/db", "podSelector: {}\ningress: [{ports: [{port: 7000}]}]");
    expect(verdictOf([web, db, number], "shop/web => shop/db", { port: 7000 })).toBe("allowed");
  });

  it("T23 isolates TCP by a rule for SCTP, and does not take SCTP for TCP", () => {
    const sctp = policyText(
      "shop/db",
      "podSelector: {}\ningress: [{ports: [{port: 80, protocol: SCTP}]}]",
    );
    const answer = askPair([web, db, sctp], "shop/web => shop/db", { port: 80 });
    expect(answer.verdict).toBe("denied");
    expect(missKinds(answer)).toEqual(["protocol-mismatch"]);
    expect(verdictOf([web, db, sctp], "shop/web => shop/db", { port: 80, protocol: "SCTP" })).toBe(
      "allowed",
    );
  });

  it("T24 can't tell ICMP where policies have a say, and allows it where none has", () => {
    const any = policyText("shop/db", "podSelector: {}\ningress: [{}]");
    const answer = askPair([web, db, any], "shop/web => shop/db", { protocol: "ICMP" });
    expect(answer.verdict).toBe("unknown");
    expect(answer.paths[0]?.doubts).toMatchObject([
      {
        reason: "undefined-by-api",
        text: "the API does not define what NetworkPolicy 'shop/db' means for ingress of ICMP",
      },
    ]);
    expect(verdictOf([web, db], "shop/web => shop/db", { protocol: "ICMP" })).toBe("allowed");
    const service = serviceText("shop/db", { selector: { app: "db" }, ports: [{ port: 80 }] });
    expect(verdictOf([web, db, service], "shop/web => svc/shop/db", { protocol: "ICMP" })).toBe(
      "unknown",
    );
  });

  it("T25 calls a pair without a common port of egress and ingress denied", () => {
    const out = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{ports: [{port: 80}]}]",
    );
    const into = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: 443}]}]",
    );
    const answer = askPair([web, db, out, into], "shop/web => shop/db");
    expect(answer.verdict).toBe("denied");
    expect(answer.warnings).toContain(
      "egress and ingress each allow some ports, and none in common",
    );
  });
});

describe("addresses and Services", () => {
  const service = serviceText("shop/db", {
    selector: { app: "db" },
    clusterIP: "10.96.0.10",
    ports: [{ port: 80, targetPort: 5432 }],
  });
  const onPort = (port: number) =>
    policyText(
      "shop/db",
      `podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: ${port}}]}]`,
    );

  it("T27 judges the target port of the pod behind a Service, never the Service's own", () => {
    const ask = (port: number) =>
      verdictOf([web, db, service, onPort(port)], "shop/web => svc/shop/db", { port: 80 });
    expect(ask(5432)).toBe("allowed");
    expect(ask(80)).toBe("denied");
  });

  it("T27 takes no ClusterIP for a peer of egress", () => {
    const out = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.96.0.10/32}}]}]",
    );
    const pod = podText("shop/db", running("10.0.0.5"));
    const answer = askPair([web, pod, service, out], "shop/web => 10.96.0.10", { port: 80 });
    expect(answer.verdict).toBe("denied");
  });

  it("T28 says where it decides whether address blocks hold pods", () => {
    const pods = [
      podText("shop/web", running("10.0.0.4")),
      podText("shop/db", running("10.0.0.5")),
    ];
    const byBlock = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]",
    );
    const upstream = askPair([...pods, byBlock], "shop/web => shop/db", { port: 80 });
    expect(upstream.verdict).toBe("allowed");
    expect(upstream.warnings.join()).toContain(
      "hold the addresses of pods under profile upstream; under cilium and np-guard it is the other way round and the verdict would be denied",
    );
    const cilium = askPair([...pods, byBlock], "shop/web => shop/db", {
      port: 80,
      profile: "cilium",
    });
    expect(cilium.verdict).toBe("denied");
    expect(cilium.warnings.join()).toContain(
      "do not hold the addresses of pods under profile cilium",
    );
    expect(cilium.paths[0]?.ingress.misses[0]?.hint).toContain("podSelector");
    const both = policyText("shop/too", "podSelector: {}\ningress: [{from: [{podSelector: {}}]}]");
    const clear = askPair([...pods, byBlock, both], "shop/web => shop/db", { port: 80 });
    expect(clear.warnings.join()).not.toContain("the other way round");
  });

  it("T29 lets another block allow what an except leaves out", () => {
    const policy = policyText(
      "shop/db",
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: 10.1.2.0/24}}]}]",
    );
    const from = (ip: string) => verdictOf([db, policy], `${ip} => shop/db`, { port: 80 });
    expect([from("10.2.0.1"), from("10.1.0.1"), from("10.1.2.1")]).toEqual([
      "allowed",
      "denied",
      "allowed",
    ]);
  });

  it("T30 masks the host bits of a block", () => {
    const policy = policyText(
      "shop/db",
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]",
    );
    expect(verdictOf([db, policy], "10.200.0.1 => shop/db", { port: 80 })).toBe("allowed");
  });

  it("T31 does not take 0.0.0.0/0 for IPv6", () => {
    const policy = policyText(
      "shop/db",
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]",
    );
    expect(verdictOf([db, policy], "203.0.113.9 => shop/db", { port: 80 })).toBe("allowed");
    expect(verdictOf([db, policy], "2001:db8::9 => shop/db", { port: 80 })).toBe("denied");
  });
});

describe("nodes and oneself", () => {
  const sealed = policyText("shop/seal", "podSelector: {}\npolicyTypes: [Ingress, Egress]");
  const placed = podText("shop/db", running("10.0.0.5", "n1"));
  const node = JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1" },
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] },
  });

  it("T32 always lets a node in to its own pods", () => {
    const answer = askPair([placed, node, sealed], "node/n1 => shop/db", { port: 80 });
    expect(answer.verdict).toBe("allowed");
    expect(answer.walkthrough).toContain("ingress: [own node] allowed");
  });

  it("T33 sees a pod on the host network as its node, and says so", () => {
    const host = podText("shop/agent", {
      spec: { hostNetwork: true, nodeName: "n2", containers: [{ name: "a", image: "a" }] },
    });
    const answer = askPair([placed, host, sealed], "shop/agent => shop/db", { port: 80 });
    expect(answer.verdict).toBe("denied");
    expect(answer.walkthrough).toContain("egress: [host network] allowed");
    expect(answer.warnings.join()).toContain("shop/agent is on the host network");
    const byLabel = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {}}]}]",
    );
    const missed = askPair([placed, host, byLabel], "shop/agent => shop/db", { port: 80 });
    expect(missed.paths[0]?.ingress.misses).toMatchObject([
      { kind: "peer-mismatch", unmet: ["a pod with an address of its own (not the host network)"] },
    ]);
  });

  it("T34 lets a pod reach itself by its own address", () => {
    expect(verdictOf([db, sealed], "shop/db => shop/db", { port: 80 })).toBe("allowed");
  });

  it("T34 can't tell a pod's way to itself through its Service where policies deny it", () => {
    const service = serviceText("shop/db", { selector: { app: "db" }, ports: [{ port: 80 }] });
    const ask = (profile: "upstream" | "calico" | "cilium") =>
      askPair([db, service, sealed], "shop/db => svc/shop/db", { port: 80, profile });
    expect(ask("upstream").verdict).toBe("unknown");
    expect(ask("upstream").paths[0]?.doubts[0]?.text).toContain("through its own Service");
    expect(ask("calico").verdict).toBe("denied");
    expect(ask("cilium").verdict).toBe("allowed");
    expect(verdictOf([db, service], "shop/db => svc/shop/db", { port: 80 })).toBe("allowed");
  });

  it("T34 judges another replica as any other pod", () => {
    const more = podText("shop/db-2", { labels: { app: "db" } });
    expect(verdictOf([db, more, sealed], "shop/db => shop/db-2", { port: 80 })).toBe("denied");
  });

  it("T35 asks no policy about replies", () => {
    const out = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\npolicyTypes: [Egress]",
    );
    expect(verdictOf([web, db, out], "shop/web => shop/db", { port: 80 })).toBe("allowed");
  });

  it("T36 takes a finished pod for no end, and an unready one for one", () => {
    const done = podText("shop/db", { status: { phase: "Succeeded", podIP: "10.0.0.5" } });
    const gone = askPair([web, done], "shop/web => shop/db", { port: 80 });
    expect(gone.verdict).toBe("unknown");
    expect(gone.warnings.join()).toContain("has finished (Succeeded)");
    const unready = podText("shop/db", {
      status: {
        phase: "Running",
        podIP: "10.0.0.5",
        conditions: [{ type: "Ready", status: "False" }],
      },
    });
    const answer = askPair([web, unready], "shop/web => shop/db", { port: 80 });
    expect(answer.verdict).toBe("allowed");
    expect(answer.warnings.join()).toContain("shop/db is not ready");
  });

  it("T36 gives a finished pod's address to the pod that has it now", () => {
    const done = podText("shop/old", { status: { phase: "Failed", podIP: "10.0.0.5" } });
    const answer = askPair(
      [web, done, podText("shop/db", running("10.0.0.5"))],
      "shop/web => 10.0.0.5",
      { port: 80 },
    );
    expect(answer.destination.name).toBe("shop/db");
  });

  it("T38 warns that an address from outside may be translated before a rule sees it", () => {
    const policy = policyText(
      "shop/db",
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]",
    );
    const answer = askPair([db, policy], "203.0.113.9 => shop/db", { port: 80 });
    expect(answer.verdict).toBe("allowed");
    expect(answer.warnings.join()).toContain("the rule sees the translated one");
  });

  it("T66 warns of policies that the network plugin does not enforce", () => {
    const flannel = JSON.stringify({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "kube-flannel-ds", namespace: "kube-flannel" },
      spec: {
        selector: { matchLabels: { app: "flannel" } },
        template: { metadata: { labels: { app: "flannel" } }, spec: { containers: [] } },
      },
    });
    const answer = askPair([web, db, sealed, flannel], "shop/web => shop/db", { port: 80 });
    expect(answer.verdict).toBe("denied");
    expect(answer.warnings.join()).toContain("which does not enforce policies");
    expect(askPair([web, db, flannel], "shop/web => shop/db").warnings.join()).not.toContain(
      "enforce",
    );
  });
});

describe("tiers", () => {
  it("T39 shows each tier that has a say in the walkthrough, in order", () => {
    const policies = [
      clusterPolicyText(
        "pass",
        "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\ningress: [{name: p, action: Pass, from: [{namespaces: {}}]}]",
      ),
      policyText("default/deny-all", "podSelector: {}"),
    ];
    const pods = [podText("default/web"), podText("default/db")];
    const answer = askPair([...pods, namespaceText("default"), ...policies], "web => db", {
      port: 80,
    });
    expect(answer.paths[0]?.ingress.walkthrough).toBe(
      "[CNP admin] Pass (pass) -> [NP] denied (default/deny-all)",
    );
  });
});
