import { describe, expect, it } from "vitest";
import type { PairAnswer } from "../../../../server/analyzer/answers.js";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  NetworkPolicyRule,
  PodObject,
} from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import { pathsMax, waysJudgedMax } from "../../../../server/analyzer/pair/limits.js";
import type { ProfileName } from "../../../../server/analyzer/policy/profile.js";
import {
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
  sliceObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

type Asked = {
  readonly port?: number;
  readonly protocol?: string;
  readonly profile?: ProfileName;
};

const ask = (
  objects: readonly ClusterObject[],
  source: string,
  destination: string,
  { profile, ...asked }: Asked = {},
): PairAnswer => {
  const world = objectWorld(objects, profile === undefined ? {} : { profile });
  return evaluatePair(world, { source, destination, explain: false, ...asked });
};

/** "allowed: TCP 80". */
const verdict = ({ verdict: word, connections }: PairAnswer): string =>
  `${word}: ${connections.text}`;

const pathNames = ({ paths }: PairAnswer): readonly string[] =>
  paths.map((path) => `${path.source.name} => ${path.destination.name}: ${path.verdict}`);

const app = (name: string) => labelled("app", name);

const pod = (name: string, parts: Partial<PodObject> = {}): PodObject => {
  const label = name.split("/")[1]?.replace(/-\d+$/, "") ?? "";
  return podObject(name, { labels: { app: label }, ...parts });
};

const ofWorkload = (name: string, parts: Partial<PodObject> = {}): PodObject =>
  pod(name, { owner: { kind: "Deployment", name: "web" }, ...parts });

const ingressOf = (name: string, ...ingress: readonly NetworkPolicyRule[]) =>
  networkPolicyObject(`shop/${name}-in`, { podSelector: app(name), ingress });

const dbOnly5432 = ingressOf("db", { ports: [tcpPort(5432)] });

describe("evaluatePair() of pods and workloads", () => {
  const web = [ofWorkload("shop/web-1"), ofWorkload("shop/web-2"), ofWorkload("shop/web-3")];

  it("answers for a port, for a protocol and for everything", () => {
    const objects = [...web, pod("shop/db-0"), dbOnly5432];
    const db = (asked: Asked) => verdict(ask(objects, "shop/web-1", "shop/db-0", asked));
    expect(db({ port: 5432 })).toBe("allowed: TCP 5432");
    expect(db({ port: 5433 })).toBe("denied: No Connections");
    expect(db({ port: 5432, protocol: "udp" })).toBe("denied: No Connections");
    expect(db({ protocol: "TCP" })).toBe("partial: TCP 5432");
    expect(db({ protocol: "SCTP" })).toBe("denied: No Connections");
    expect(db({})).toBe("partial: TCP 5432");
  });

  it("judges pods that no policy tells apart once, and shows the workload", () => {
    const answer = ask([...web, pod("shop/db-0"), dbOnly5432], "shop/web", "shop/db-0", {
      port: 5432,
    });
    expect(pathNames(answer)).toEqual(["shop/web[Deployment] => shop/db-0: allowed"]);
  });

  it("judges pods of a workload apart where policies tell them apart", () => {
    const odd = ofWorkload("shop/web-4", { labels: { app: "web", canary: "yes" } });
    const canaryOnly = ingressOf("db", {
      peers: [
        {
          kind: "pods",
          podSelector: labelSelectorOf([{ key: "canary", operator: "Exists", values: [] }]),
        },
      ],
    });
    const answer = ask([...web, odd, pod("shop/db-0"), canaryOnly], "shop/web", "shop/db-0", {
      port: 1,
    });
    expect(answer.verdict).toBe("partial");
    expect(pathNames(answer)).toEqual([
      "shop/web-1 => shop/db-0: denied",
      "shop/web-2 => shop/db-0: denied",
      "shop/web-3 => shop/db-0: denied",
      "shop/web-4 => shop/db-0: allowed",
    ]);
    expect(answer.walkthrough).toContain("of 4 ways otherwise)");
  });

  it("takes two pods for a workload that reaches itself, and one for a sole pod", () => {
    const sealed = ingressOf("web");
    expect(pathNames(ask([...web, sealed], "shop/web", "shop/web", { port: 80 }))).toEqual([
      "shop/web[Deployment] => shop/web[Deployment]: denied",
    ]);
    const alone = ask([ofWorkload("shop/web-1"), sealed], "shop/web", "shop/web", { port: 80 });
    expect(alone.verdict).toBe("allowed");
    expect(alone.walkthrough).toContain("own address");
  });

  it("can't tell where a side has no live pods, and says why", () => {
    const done = pod("shop/job-1", { phase: "Succeeded" });
    const answer = ask([...web, done], "shop/web", "shop/job-1", { port: 80 });
    expect(answer).toMatchObject({ verdict: "unknown", paths: [] });
    expect(answer.warnings.join()).toContain("Pod shop/job-1 has finished (Succeeded)");
  });

  it("refuses questions that stand for more than waysJudgedMax pairs", () => {
    const policies = Array.from({ length: waysJudgedMax / 100 + 1 }, (_, index) =>
      networkPolicyObject(`shop/p${index}`, {
        podSelector: app("db"),
        ingress: [
          {
            peers: [blockPeer(`0.0.${index >> 7}.${(index * 2) % 256}/32`)],
          },
        ],
      }),
    );
    const odd = Array.from({ length: 51 }, (_, index) =>
      ofWorkload(`shop/web-${index}`, { labels: { app: "db", [`l${index}`]: "" } }),
    );
    const split = odd.map((_, index) =>
      networkPolicyObject(`shop/s${index}`, {
        podSelector: labelSelectorOf([{ key: `l${index}`, operator: "Exists", values: [] }]),
      }),
    );
    expect(() => ask([...policies, ...odd, ...split], "0.0.0.0/0", "shop/web")).toThrow(
      `more than ${waysJudgedMax} pairs`,
    );
  });

  it("shows pathsMax ways at most, the denied ones first", () => {
    const pods = Array.from({ length: pathsMax + 5 }, (_, index) =>
      ofWorkload(`shop/web-${1000 + index}`, { labels: { app: "web", n: `${index}` } }),
    );
    const last = networkPolicyObject("shop/last", {
      podSelector: labelSelectorOf([{ key: "n", operator: "In", values: [`${pathsMax + 4}`] }]),
      isolates: ["egress"],
    });
    const answer = ask([...pods, pod("shop/db-0"), last], "shop/web", "shop/db-0", { port: 1 });
    expect(answer.paths).toHaveLength(pathsMax);
    expect(answer.paths[0]).toMatchObject({ verdict: "denied" });
    expect(answer.warnings.at(-1)).toContain(`shows ${pathsMax} of ${pathsMax + 5} ways`);
  });
});

describe("evaluatePair() of Services", () => {
  const ports = [{ port: 80, protocol: "TCP", targetPort: 5432 }] as const;
  const service = serviceObject("shop/db", {
    selector: { app: "db" },
    clusterIps: ["10.96.0.1"],
    ports,
  });
  const objects = [pod("shop/web"), pod("shop/db-0", { ips: ["10.0.0.5"] }), service, dbOnly5432];

  it("judges the target port, whichever way the Service is named", () => {
    for (const name of [
      "svc/shop/db",
      "10.96.0.1",
      "dns/db.shop.svc.cluster.local",
      "dns/db.shop",
    ]) {
      const answer = ask(objects, "shop/web", name, { port: 80 });
      expect([name, verdict(answer)]).toEqual([name, "allowed: TCP 80"]);
      expect(answer.paths).toMatchObject([
        { servicePort: 80, targetPort: 5432, connections: { text: "TCP 5432" }, ready: true },
      ]);
    }
  });

  it("judges every port of it when none is asked, in its own ports", () => {
    const two = serviceObject("shop/db", {
      selector: { app: "db" },
      ports: [...ports, { name: "metrics", port: 90, protocol: "TCP", targetPort: 9187 }],
    });
    const answer = ask(
      [pod("shop/web"), pod("shop/db-0"), two, dbOnly5432],
      "shop/web",
      "svc/shop/db",
    );
    expect(verdict(answer)).toBe("partial: TCP 80");
  });

  it("is denied where the port is not defined or nothing is behind it, and says so", () => {
    const missing = ask(objects, "shop/web", "svc/shop/db", { port: 5432 });
    expect(missing).toMatchObject({ verdict: "denied", paths: [] });
    expect(missing.warnings[0]).toContain("clients use 80");
    const empty = ask([pod("shop/web"), service], "shop/web", "svc/shop/db", { port: 80 });
    expect(empty.verdict).toBe("denied");
    expect(empty.warnings[0]).toContain("selects no pod of shop");
  });

  it("counts only endpoints that take connections", () => {
    const unready = pod("shop/db-1", { conditions: [{ type: "Ready", status: "False" }] });
    const sealed = networkPolicyObject("shop/seal", {
      podSelector: labelSelectorOf([{ key: "sealed", operator: "Exists", values: [] }]),
    });
    const hidden = { ...unready, labels: { app: "db", sealed: "" } };
    const answer = ask([...objects.slice(0, 3), hidden, sealed], "shop/web", "svc/shop/db", {
      port: 80,
    });
    expect(answer.verdict).toBe("allowed");
    expect(answer.paths.map(({ ready, verdict: word }) => [ready, word])).toEqual([
      [true, "allowed"],
      [false, "denied"],
    ]);
    const none = ask([pod("shop/web"), service, unready], "shop/web", "svc/shop/db", { port: 80 });
    expect(none.verdict).toBe("denied");
  });

  it("is partial where some endpoints lead nowhere", () => {
    const slice = sliceObject("shop/db-x", {
      service: "db",
      endpoints: ["10.0.0.5", "10.0.0.6"].map((ip, index) => ({
        addresses: [ip],
        ready: true,
        serving: true,
        terminating: false,
        pod: `shop/db-${index}`,
      })),
      ports: [{ port: 5432, protocol: "TCP" }],
    });
    const answer = ask([...objects, slice], "shop/web", "svc/shop/db", { port: 80 });
    expect(answer.verdict).toBe("partial");
    expect(answer.paths[1]).toMatchObject({ walkthrough: "nobody has the endpoint's address" });
  });

  it("asks a headless Service's pods on the port as it is", () => {
    const headless = { ...service, clusterIps: ["None"] };
    const all = [...objects.slice(0, 2), headless, dbOnly5432];
    expect(verdict(ask(all, "shop/web", "svc/shop/db", { port: 5432 }))).toBe("allowed: TCP 5432");
    expect(verdict(ask(all, "shop/web", "svc/shop/db", { port: 80 }))).toBe(
      "denied: No Connections",
    );
    expect(verdict(ask(all, "shop/web", "svc/shop/db"))).toBe("partial: TCP 5432");
  });

  it("takes a Service as source for the pods behind it", () => {
    const answer = ask([...objects, pod("shop/x")], "svc/shop/db", "shop/x", { port: 1 });
    expect(pathNames(answer)).toEqual(["shop/db-0 => shop/x: allowed"]);
  });

  it("follows an ExternalName to a Service of the model, and can't tell beyond", () => {
    const alias = serviceObject("shop/alias", {
      type: "ExternalName",
      externalName: "db.shop.svc.cluster.local",
      ports: [],
    });
    const answer = ask([...objects, alias], "shop/web", "svc/shop/alias", { port: 80 });
    expect(verdict(answer)).toBe("allowed: TCP 80");
    const outside = { ...alias, externalName: "db.example.com" };
    const egress = networkPolicyObject("shop/web-out", {
      podSelector: app("web"),
      isolates: ["egress"],
      egress: [
        {
          peers: [blockPeer("203.0.113.0/24")],
        },
      ],
    });
    const beyond = ask([...objects, outside, egress], "shop/web", "svc/shop/alias", { port: 80 });
    expect(beyond.verdict).toBe("unknown");
    expect(beyond.warnings.join()).toContain("db.example.com, a name outside the cluster");
  });

  it("judges a name outside for certain where policies judge every address alike", () => {
    const deny = networkPolicyObject("shop/web-out", {
      podSelector: app("web"),
      isolates: ["egress"],
    });
    expect(ask([pod("shop/web")], "shop/web", "dns/example.com", { port: 443 }).verdict).toBe(
      "allowed",
    );
    expect(ask([pod("shop/web"), deny], "shop/web", "dns/example.com", { port: 443 }).verdict).toBe(
      "denied",
    );
  });
});

describe("evaluatePair() of outside addresses of Services", () => {
  const lb = serviceObject("shop/db", {
    type: "LoadBalancer",
    selector: { app: "db" },
    ports: [{ port: 80, protocol: "TCP", targetPort: 5432, nodePort: 30080 }],
    loadBalancerIps: ["198.51.100.7"],
  });
  const node = nodeObject("n2", { ips: ["192.0.2.2"] });
  const clientOnly = ingressOf("db", {
    peers: [blockPeer("203.0.113.0/24")],
  });
  const objects = [pod("shop/db-0", { ips: ["10.0.0.5"] }), lb, node];

  it("reaches pods by load balancer, external and node address", () => {
    for (const [name, port] of [
      ["198.51.100.7", 80],
      ["svc/shop/db", 80],
      ["node/n2", 30080],
      ["192.0.2.2", 30080],
    ] as const) {
      const answer = ask(objects, "203.0.113.9", name, { port });
      expect([name, pathNames(answer), answer.paths[0]?.targetPort]).toEqual([
        name,
        ["203.0.113.9 => shop/db-0: allowed"],
        5432,
      ]);
    }
  });

  it("takes a node for itself on ports that are no node port", () => {
    expect(pathNames(ask(objects, "203.0.113.9", "node/n2", { port: 22 }))).toEqual([
      "203.0.113.9 => node/n2: allowed",
    ]);
  });

  it("can't tell where a rule goes by the client's address and a node's may stand in for it", () => {
    const answer = ask([...objects, clientOnly], "203.0.113.9", "198.51.100.7", { port: 80 });
    expect(answer.verdict).toBe("unknown");
    expect(answer.paths[0]?.doubts).toMatchObject([{ reason: "unknown-address" }]);
    const kept = { ...lb, externalTrafficPolicy: "Local" } as const;
    const local = ask(
      [objects[0] as PodObject, kept, node, clientOnly],
      "203.0.113.9",
      "svc/shop/db",
      {
        port: 80,
      },
    );
    expect(local.verdict).toBe("allowed");
  });

  it("tells pods of the asked node, which lets itself in, from those of others", () => {
    const replicas = ["n1", "n2"].map((nodeName, index) =>
      pod(`shop/db-${index}`, { nodeName, owner: { kind: "StatefulSet", name: "db" } }),
    );
    const both = [...replicas, lb, node, clientOnly];
    for (const order of [both, [...both].reverse()]) {
      const answer = ask(order, "203.0.113.9", "node/n2", { port: 30080 });
      expect(answer.verdict).toBe("unknown");
      expect([...pathNames(answer)].sort()).toEqual([
        "203.0.113.9 => shop/db-0: unknown",
        "203.0.113.9 => shop/db-1: allowed",
      ]);
    }
  });

  it("picks, of Services that share an address, the one with the port", () => {
    const other = serviceObject("shop/aaa", {
      type: "LoadBalancer",
      selector: { app: "none" },
      ports: [{ port: 81, protocol: "TCP", targetPort: 81 }],
      loadBalancerIps: ["198.51.100.7"],
    });
    expect(ask([...objects, other], "203.0.113.9", "198.51.100.7", { port: 80 }).verdict).toBe(
      "allowed",
    );
  });
});

describe("evaluatePair() of addresses and nodes", () => {
  it("cuts a range where policies do, and joins what they judge alike", () => {
    const policy = ingressOf(
      "db",
      { peers: [blockPeer("10.0.0.0/9")] },
      { peers: [blockPeer("10.128.0.0/9")] },
    );
    const answer = ask(
      [pod("shop/db-0", { ips: ["172.16.0.5"] }), policy],
      "10.0.0.0/7",
      "shop/db-0",
      {
        port: 80,
      },
    );
    expect(answer.verdict).toBe("partial");
    expect(pathNames(answer)).toEqual([
      "10.0.0.0-10.127.255.255 => shop/db-0: allowed",
      "10.128.0.0-10.255.255.255 => shop/db-0: allowed",
      "11.0.0.0-11.255.255.255 => shop/db-0: denied",
    ]);
  });

  it("judges a node, and lets it to its own pods", () => {
    const objects = [pod("shop/db-0"), ingressOf("db"), nodeObject("n1"), nodeObject("n2")];
    expect(ask(objects, "node/n1", "shop/db-0", { port: 80 }).verdict).toBe("allowed");
    expect(ask(objects, "node/n2", "shop/db-0", { port: 80 }).verdict).toBe("denied");
  });

  it("keeps to the family of an address that was asked for", () => {
    const policy = ingressOf("db", {
      peers: [blockPeer("10.0.0.0/8")],
    });
    const objects = [
      pod("shop/web", { ips: ["10.0.0.1", "fd00::1"] }),
      pod("shop/db-0", { ips: ["10.0.0.5", "fd00::5"] }),
      policy,
    ];
    expect(ask(objects, "shop/web", "10.0.0.5", { port: 80 }).verdict).toBe("allowed");
    expect(ask(objects, "shop/web", "fd00::5", { port: 80 }).verdict).toBe("denied");
    const both = ask(objects, "shop/web", "shop/db-0", { port: 80 });
    expect(both.verdict).toBe("unknown");
    expect(both.paths[0]?.doubts.map(({ text }) => text)).toEqual([
      "NetworkPolicy 'shop/db-in' Ingress rule #1 goes by address, and covers some of the addresses of shop/web only (10.0.0.1, fd00::1): which one is used can't be told",
    ]);
  });

  it("says that an address is not known where it is not", () => {
    const policy = ingressOf("db", {
      peers: [blockPeer("10.0.0.0/8")],
    });
    const answer = ask([pod("shop/web"), pod("shop/db-0"), policy], "shop/web", "shop/db-0", {
      port: 80,
    });
    expect(answer.paths[0]?.doubts[0]?.text).toBe(
      "NetworkPolicy 'shop/db-in' Ingress rule #1 goes by address, and the address of shop/web is not known",
    );
  });
});

describe("evaluatePair() refuses", () => {
  const objects = [pod("shop/web"), pod("shop/db-0")];

  it.each([
    [{ port: 70000 }, "port 70000 is not in 1-65535"],
    [{ port: 80, protocol: "http" }, "protocol HTTP is none of TCP, UDP, SCTP, ICMP"],
    [{ port: 80, protocol: "icmp" }, "ICMP has no ports"],
  ])("%o", (asked, message) => {
    expect(() => ask(objects, "shop/web", "shop/db-0", asked)).toThrow(message);
  });

  it("what the model lacks, naming near misses", () => {
    expect(() => ask(objects, "shop/wep", "shop/db-0")).toThrow("Did you mean shop/web?");
  });
});
