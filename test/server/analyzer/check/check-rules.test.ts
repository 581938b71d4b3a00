import { describe, expect, it } from "vitest";
import type { CheckResultView } from "../../../../server/analyzer/answers.js";
import { checkRules } from "../../../../server/analyzer/check/check-rules.js";
import { namedPairsMax, violationsMax } from "../../../../server/analyzer/check/limits.js";
import { parseRules } from "../../../../server/analyzer/check/parse-rules.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import {
  namespaceObject as namespace,
  nodeObject as node,
  podObject as pod,
  networkPolicyObject as policy,
  serviceObject as service,
  unmodelledPolicyObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

const web = pod("shop/web", { labels: { app: "web" }, ips: ["10.0.0.1"] });
const api = pod("shop/api", {
  labels: { app: "api" },
  ips: ["10.0.0.2"],
  ports: [{ name: "http", port: 8080, protocol: "TCP", container: "main" }],
});
const ci = pod("tools/ci", { labels: { app: "ci" }, ips: ["10.0.0.3"] });

const apiPolicy = policy("shop/api", {
  podSelector: labelled("app", "api"),
  ingress: [
    { peers: [{ kind: "pods", podSelector: labelled("app", "web") }], ports: [tcpPort(8080)] },
    { peers: [blockPeer("203.0.113.0/24")], ports: [tcpPort(443)] },
  ],
});

const apiService = service("shop/api", {
  selector: { app: "api" },
  clusterIps: ["10.96.0.1"],
  ports: [
    { port: 80, protocol: "TCP", targetPort: "http" },
    { port: 9090, protocol: "TCP", targetPort: 9090 },
  ],
});

const shop = (...more: readonly ClusterObject[]): PolicyWorld =>
  objectWorld([
    namespace("shop", { env: "prod" }),
    namespace("tools", { env: "dev" }),
    web,
    api,
    ci,
    apiPolicy,
    apiService,
    node("n1", { ips: ["192.0.2.1"] }),
    ...more,
  ]);

const check = (text: string, world = shop()) => checkRules(world, parseRules(text, "rules.yaml"));

const only = (text: string, world?: PolicyWorld): CheckResultView => {
  const [result, ...more] = check(text, world).results;
  expect(more).toEqual([]);
  if (result === undefined) throw new Error("no result");
  return result;
};

const cilium = unmodelledPolicyObject("tools/l7");

describe("checkRules()", () => {
  it("keeps a permit when every pair allows all of the ports", () => {
    expect(only("permit: [{from: shop/web, to: shop/api, ports: [TCP/8080]}]")).toEqual({
      kind: "permit",
      number: 1,
      from: "shop/web",
      to: "shop/api",
      ports: ["TCP/8080"],
      outcome: "passed",
      message: "1 pair allows TCP/8080",
      violations: [],
      line: 1,
    });
  });

  it("fails a permit when a pair lacks one of the ports, and shows what it has", () => {
    const result = only("permit: [{from: shop/web, to: shop/api, ports: [TCP/8080, TCP/8081]}]");
    expect(result.outcome).toBe("failed");
    expect(result.message).toBe("1 of 1 pair does not allow all of TCP/8080, TCP/8081");
    expect(result.violations).toEqual([
      {
        source: "shop/web[Pod]",
        destination: "shop/api[Pod]",
        connections: "TCP 8080",
        undetermined: "",
        because: [],
      },
    ]);
  });

  it("keeps a forbid when no pair allows any of the ports, fails it when one does", () => {
    const forbid = (ports: string) => only(`forbid: [{from: {}, to: shop/api, ports: [${ports}]}]`);
    expect(forbid("TCP/22, UDP/1-100")).toMatchObject({
      outcome: "passed",
      message: "2 pairs allow none of TCP/22, UDP/1-100",
    });
    expect(forbid("TCP/8000-8100")).toMatchObject({
      outcome: "failed",
      message: "1 of 2 pairs allows some of TCP/8000-8100",
    });
  });

  it("means every connection without ports", () => {
    expect(only("permit: [{from: shop/api, to: shop/web}]").message).toBe(
      "1 pair allows all connections",
    );
    expect(only("forbid: [{from: tools/ci, to: shop/api}]").message).toBe(
      "1 pair allows no connection",
    );
  });

  it("takes selectors of namespaces and pods", () => {
    const result = only(
      "forbid:\n  - from: {namespace: {env: dev}}\n    to: {namespace: {env: prod}, pod: {app: web}}",
    );
    expect(result).toMatchObject({
      outcome: "failed",
      from: "all pods in namespaces with env=dev",
      to: "pods with app=web in namespaces with env=prod",
      line: 2,
    });
    expect(result.violations.map(({ source, destination }) => [source, destination])).toEqual([
      ["tools/ci[Pod]", "shop/web[Pod]"],
    ]);
  });

  it("takes addresses and ranges, and shows the asked part of a range", () => {
    const from = (addresses: string) =>
      only(`permit: [{from: ${addresses}, to: shop/api, ports: [TCP/443]}]`);
    expect(from("203.0.113.7").outcome).toBe("passed");
    expect(from("203.0.113.0/25").outcome).toBe("passed");
    const wider = from("203.0.112.0/23");
    expect(wider.outcome).toBe("failed");
    expect(wider.violations.map(({ source }) => source)).toEqual([
      "203.0.112.0-203.0.112.255[External]",
    ]);
    expect(only("permit: [{from: shop/web, to: 0.0.0.0/0}]").outcome).toBe("passed");
  });

  it("judges pods of one workload among themselves", () => {
    const replica = (index: number) =>
      pod(`a/db-${index}`, { labels: { app: "db" }, owner: { kind: "StatefulSet", name: "db" } });
    const world = objectWorld([replica(0), replica(1), policy("a/deny")]);
    const result = only("permit: [{from: a/db, to: a/db}]", world);
    expect(result).toMatchObject({
      outcome: "failed",
      message: "1 of 1 pair does not allow all connections",
    });
    expect(result.violations[0]).toMatchObject({
      source: "a/db-0[Pod]",
      destination: "a/db-1[Pod]",
    });
  });

  it("is unknown where something can't be told, and names why", () => {
    const result = only("permit: [{from: shop/web, to: tools/ci, ports: [TCP/22]}]", shop(cilium));
    expect(result).toMatchObject({
      outcome: "unknown",
      message: "whether 1 of 1 pair allows TCP/22 can't be told",
    });
    expect(result.violations[0]?.because).toEqual(["CiliumNetworkPolicy 'tools/l7'"]);
  });

  it("fails where one pair breaks it though another can't be told", () => {
    const rules = "permit: [{from: shop/web, to: {}, ports: [TCP/22]}]";
    const result = only(rules, shop(cilium));
    expect(result.outcome).toBe("failed");
    expect(result.violations.map(({ destination }) => destination)).toEqual(["shop/api[Pod]"]);
  });

  it("is vacuous, and counts as failed, where a selector matches nothing", () => {
    const answer = check("forbid: [{from: {namespace: {env: test}}, to: shop/api}]");
    expect(answer.results[0]).toMatchObject({
      outcome: "vacuous",
      message: "there are no live pods in namespaces with env=test",
    });
    expect(answer).toMatchObject({ passed: 0, failed: 1, unknown: 0 });
  });

  it("is vacuous where the ends are one pod, or addresses on both sides", () => {
    expect(only("forbid: [{from: shop/web, to: shop/web}]").outcome).toBe("vacuous");
    expect(only("forbid: [{from: 10.9.0.0/16, to: 192.0.2.0/24}]").outcome).toBe("vacuous");
  });

  it("is vacuous for a workload without live pods", () => {
    const done = pod("shop/job", { phase: "Succeeded" });
    expect(only("permit: [{from: shop/job, to: shop/api}]", shop(done)).outcome).toBe("vacuous");
  });

  it("counts outcomes", () => {
    const answer = check(
      `permit:
  - {from: shop/web, to: shop/api, ports: [TCP/8080]}
  - {from: tools/ci, to: shop/api, ports: [TCP/8080]}
  - {from: shop/web, to: tools/ci}
forbid:
  - {from: {pod: {app: none}}, to: shop/api}
`,
      shop(cilium),
    );
    expect(answer).toMatchObject({ passed: 1, failed: 2, unknown: 1, profile: "upstream" });
    expect(answer.results.map(({ outcome }) => outcome)).toEqual([
      "passed",
      "failed",
      "unknown",
      "vacuous",
    ]);
  });

  it("shows violationsMax pairs and counts all", () => {
    const pods = Array.from({ length: violationsMax + 5 }, (_, at) => pod(`many/p${at}`));
    const result = only("permit: [{from: {}, to: shop/api, ports: [TCP/1]}]", shop(...pods));
    expect(result.violations).toHaveLength(violationsMax);
    expect(result.message).toBe(
      `${violationsMax + 7} of ${violationsMax + 7} pairs do not allow TCP/1`,
    );
  });
});

describe("checkRules() through Services, nodes and DNS names", () => {
  it("judges a Service on the ports of its endpoints", () => {
    const rules = (ports: string) =>
      only(`permit: [{from: shop/web, to: svc/shop/api, ports: [${ports}]}]`);
    expect(rules("TCP/80").outcome).toBe("passed");
    expect(rules("TCP/9090")).toMatchObject({ outcome: "failed" });
    expect(rules("TCP/9090").violations).toEqual([
      {
        source: "shop/web",
        destination: "svc/shop/api (shop/api)",
        connections: "No Connections",
        undetermined: "",
        because: [],
      },
    ]);
  });

  it("takes of a range of ports those that the Service has", () => {
    const range = only("forbid: [{from: shop/web, to: svc/shop/api, ports: [TCP/1-1000]}]");
    expect(range.outcome).toBe("failed");
    const none = only("forbid: [{from: shop/web, to: svc/shop/api, ports: [TCP/1000-2000]}]");
    expect(none).toMatchObject({
      outcome: "vacuous",
      message: "nothing takes connections to svc/shop/api",
    });
  });

  it("takes all ports of a Service without ports", () => {
    expect(only("permit: [{from: shop/web, to: svc/shop/api}]").outcome).toBe("failed");
    expect(only("forbid: [{from: tools/ci, to: svc/shop/api}]").outcome).toBe("passed");
  });

  it("asks for every pod of a selector", () => {
    const result = only("permit: [{from: {}, to: svc/shop/api, ports: [TCP/80]}]");
    expect(result.outcome).toBe("failed");
    expect(result.violations.map(({ source }) => source)).toContain("tools/ci");
    expect(result.violations.map(({ source }) => source)).not.toContain("shop/web");
  });

  it("understands the address and the DNS name of a Service", () => {
    for (const to of ["10.96.0.1", "dns/api.shop.svc.cluster.local"]) {
      expect(only(`permit: [{from: shop/web, to: ${to}, ports: [TCP/80]}]`).outcome).toBe("passed");
    }
  });

  it("is vacuous where a Service has no endpoint", () => {
    const idle = service("shop/idle", { selector: { app: "none" } });
    for (const kind of ["permit", "forbid"]) {
      const result = only(`${kind}: [{from: shop/web, to: svc/shop/idle}]`, shop(idle));
      expect(result.outcome).toBe("vacuous");
    }
  });

  it("takes nodes as ends", () => {
    expect(only("permit: [{from: node/n1, to: shop/api, ports: [TCP/8080]}]").outcome).toBe(
      "passed",
    );
    expect(only("permit: [{from: shop/web, to: node/n1, ports: [TCP/10250]}]").outcome).toBe(
      "passed",
    );
  });

  it("can't tell of a DNS name outside what addresses are judged by differently", () => {
    const rule = (ports: string) =>
      only(`forbid: [{from: dns/example.com, to: shop/api, ports: [${ports}]}]`);
    expect(rule("TCP/443")).toMatchObject({
      outcome: "unknown",
      message: "whether 1 of 1 pair allows TCP/443 can't be told",
    });
    expect(rule("TCP/22").outcome).toBe("passed");
    expect(only("forbid: [{from: shop/web, to: dns/example.com}]").outcome).toBe("failed");
  });

  it("refuses more than namedPairsMax questions", () => {
    const pods = Array.from({ length: namedPairsMax / 100 }, (_, at) => pod(`many/p${at}`));
    const ports = Array.from({ length: 100 }, (_, at) => `TCP/${at + 1}`).join();
    expect(() =>
      check(`permit: [{from: {}, to: svc/shop/api, ports: [${ports}]}]`, shop(...pods)),
    ).toThrow(
      `rules.yaml:1: the rule stands for more than ${namedPairsMax} questions about Services, nodes or DNS names`,
    );
  });
});

describe("checkRules() refuses", () => {
  it.each([
    ["shop/wbe", "rules.yaml:2: no pod or workload shop/wbe. Did you mean shop/web?"],
    ["svc/shop/apo", "rules.yaml:2: no Service shop/apo. Did you mean shop/api or svc/shop/api?"],
    ["node/n2", "rules.yaml:2: no node n2. Did you mean node/n1?"],
  ])("%s, which the model lacks, with file, line and near misses", (to, message) => {
    expect(() => check(`permit:\n  - {from: shop/web, to: ${to}}\n`)).toThrow(message);
  });
});
