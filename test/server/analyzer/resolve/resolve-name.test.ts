import { describe, expect, it } from "vitest";
import {
  candidatesMax,
  nameCharsMax,
  nearMissesMax,
  nearNamesComparedMax,
} from "../../../../server/analyzer/limits.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { profiles } from "../../../../server/analyzer/policy/profile.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
import { resolveName } from "../../../../server/analyzer/resolve/resolve-name.js";
import { requireEndpoints } from "../../../../server/analyzer/resolve/resolved-name.js";
import {
  configMapObject,
  nodeObject,
  podObject,
  serviceObject,
  workloadObject,
} from "../../../support/cluster-objects.js";

const deployment = { owner: { kind: "Deployment", name: "web" } };

const objects: readonly ClusterObject[] = [
  workloadObject("shop/web"),
  podObject("shop/web-1", { ...deployment, ips: ["10.0.0.1", "fd00::1"] }),
  podObject("shop/web-2", {
    ...deployment,
    ips: ["10.0.0.2"],
    nodeName: "n2",
    hostIp: "192.0.2.2",
  }),
  podObject("shop/web-3", { ...deployment, phase: "Failed", ips: ["10.0.0.1"] }),
  podObject("nginx", { ips: ["10.0.0.9"] }),
  podObject("kube-system/proxy", { hostNetwork: true, ips: ["192.0.2.1"] }),
  podObject("shop/db-0", { hostname: "db-0", subdomain: "db", ips: ["10.0.0.5"] }),
  serviceObject("shop/web", { clusterIps: ["10.96.0.10"] }),
  serviceObject("shop/db", { clusterIps: ["None"] }),
  nodeObject("n1", { ips: ["192.0.2.1"] }),
];

const worldOf = (all: readonly ClusterObject[] = objects) => {
  const model = new ClusterModel(all);
  return { model, engine: new PolicyEngine(model, profiles.upstream) };
};

const resolve = (text: string, all?: readonly ClusterObject[]) => resolveName(worldOf(all), text);

const faultOf = (text: string, all?: readonly ClusterObject[]): string => {
  try {
    resolve(text, all);
  } catch (error) {
    if (error instanceof QuestionError) return `${error.fault}: ${error.message}`;
    throw error;
  }
  return "none";
};

const podsOf = (text: string): readonly string[] =>
  resolve(text).endpoints.map((endpoint) =>
    endpoint.kind === "pod" ? endpoint.pod.name : endpoint.kind,
  );

describe("resolveName()", () => {
  it("finds a pod by namespace and name, by a bare name, and by name.namespace", () => {
    expect(podsOf("shop/web-1")).toEqual(["web-1"]);
    expect(podsOf("nginx")).toEqual(["nginx"]);
    expect(podsOf("web-1.shop")).toEqual(["web-1"]);
    expect(resolve("shop/web-1").view).toEqual({
      name: "shop/web-1",
      kind: "pod",
      namespace: "shop",
      workload: "shop/web[Deployment]",
      node: "n1",
      ips: ["10.0.0.1", "fd00::1"],
      hostNetwork: false,
    });
  });

  it("refuses name.namespace that is also the name of a pod with a dot", () => {
    const both = [...objects, podObject("web-1.shop")];
    expect(faultOf("web-1.shop", both)).toContain("invalid: web-1.shop is ambiguous");
  });

  it("takes the live pods of a workload, in any case of its kind", () => {
    expect(podsOf("shop/web[Deployment]")).toEqual(["web-1", "web-2"]);
    expect(podsOf("shop/web[deployment]")).toEqual(["web-1", "web-2"]);
    expect(podsOf("nginx[Pod]")).toEqual(["nginx"]);
  });

  it("takes a bare name as a workload when one kind has it, and says so", () => {
    const name = resolve("shop/web");
    expect(name.kind).toBe("workload");
    expect(name.warnings).toEqual(["no pod is called shop/web: taken as shop/web[Deployment]"]);
  });

  it("finds a workload that an operator made by its own name, also without pods", () => {
    const owner = { kind: "ClusterServiceVersion", name: "operator.v1" };
    const all = [
      workloadObject("shop/one", { owner }),
      workloadObject("shop/none", { owner, replicas: 0 }),
      podObject("shop/one-1", { owner: { kind: "Deployment", name: "one" } }),
    ];
    expect(resolve("shop/one", all).view.name).toBe("shop/one[Deployment]");
    expect(resolve("shop/none", all).view.name).toBe("shop/none[Deployment]");
    expect(faultOf("shop/operator.v1", all)).toMatch(/^not-found: no pod or workload/);
  });

  it("refuses a bare name that two kinds have, listing both", () => {
    const two = [...objects, workloadObject("shop/web", { kind: "StatefulSet" })];
    expect(faultOf("shop/web", two)).toBe(
      "invalid: shop/web is ambiguous: shop/web[Deployment], shop/web[StatefulSet]; name one of them",
    );
  });

  it("lists no more meanings than candidatesMax", () => {
    const pods = Array.from({ length: candidatesMax + 2 }, (_, index) =>
      podObject(`p${index}`, { ips: ["10.9.9.9"] }),
    );
    expect(faultOf("10.9.9.9", pods)).toContain("default/p7 and 2 more");
  });

  it("gives a workload without pods and a finished pod no endpoints, and says why", () => {
    const name = resolve("shop/idle[Deployment]", [workloadObject("shop/idle", { replicas: 0 })]);
    expect(() => requireEndpoints(name)).toThrow("shop/idle[Deployment] has no live pods");
    expect(resolve("shop/web-3")).toMatchObject({ endpoints: [], pod: { phase: "Failed" } });
    expect(() => requireEndpoints(resolve("shop/web-3"))).toThrow(
      "Pod shop/web-3 has finished (Failed)",
    );
  });

  it("finds a Service by name, by DNS name and by ClusterIP", () => {
    for (const text of [
      "svc/shop/web",
      "dns/web.shop.svc.cluster.local",
      "dns/web.shop.svc",
      "dns/web.shop.svc.cluster.local.",
      "dns/web.shop",
      "10.96.0.10",
    ]) {
      expect(resolve(text).view, text).toMatchObject({ name: "svc/shop/web", kind: "service" });
    }
    expect(resolve("svc/shop/web").byName).toBe(true);
    expect(resolve("10.96.0.10").byName).toBe(false);
  });

  it("reads pod names of DNS", () => {
    expect(podsOf("dns/10-0-0-2.shop.pod.cluster.local")).toEqual(["web-2"]);
    expect(podsOf("dns/db-0.db.shop.svc.cluster.local")).toEqual(["db-0"]);
    expect(faultOf("dns/db-1.db.shop.svc.cluster.local")).toContain("not-found");
    expect(faultOf("dns/wed.shop.svc.cluster.local")).toContain("Did you mean");
  });

  it("leaves a name outside the cluster undecided", () => {
    const name = resolve("dns/example.com");
    expect(name).toMatchObject({ kind: "dns", endpoints: [] });
    expect(name.reason).toContain("objects don't say which addresses it has");
  });

  it("takes an address for the live pod, the node or the outside that has it", () => {
    expect(podsOf("10.0.0.1")).toEqual(["web-1"]);
    expect(podsOf("fd00:0::1")).toEqual(["web-1"]);
    expect(resolve("192.0.2.1").view.name).toBe("node/n1");
    expect(resolve("192.0.2.2").view).toMatchObject({ name: "192.0.2.2", kind: "addresses" });
    expect(resolve("198.51.100.7").endpoints).toHaveLength(1);
  });

  it("finds a node by its object, and one that only pods name", () => {
    expect(resolve("node/n1").view.ips).toEqual(["192.0.2.1"]);
    expect(resolve("node/n2").view.ips).toEqual(["192.0.2.2"]);
    expect(faultOf("node/n3")).toContain("Did you mean node/n1");
  });

  it("names near misses: the same name elsewhere, a slip, another kind", () => {
    expect(faultOf("default/web-1")).toBe(
      "not-found: no pod or workload default/web-1. Did you mean shop/web-1?",
    );
    expect(faultOf("shop/wbe")).toContain("Did you mean shop/web[Deployment]");
    expect(faultOf("shop/db")).toContain("Did you mean svc/shop/db or shop/db-0?");
    expect(faultOf("shpo/web-1")).toContain("shop/web-1");
  });

  it("offers no more than nearMissesMax names", () => {
    const pods = Array.from({ length: 9 }, (_, index) => podObject(`n${index}/cache`));
    const named = faultOf("default/cache", pods).match(/n\d\/cache/g);
    expect(named).toHaveLength(nearMissesMax);
  });

  it("refuses what is no name", () => {
    for (const text of ["", "a/b/c", "svc/a/b/c", "a b", "x[Pod", "10.0.0.0/33", "a\u001b[2J"]) {
      expect(faultOf(text), text).toMatch(/^invalid: /);
    }
    expect(faultOf("a".repeat(nameCharsMax + 1))).toContain(`${nameCharsMax} are allowed`);
  });

  it("takes the cluster's domain from the Corefile", () => {
    const corefile = configMapObject("kube-system/coredns", {
      Corefile: ".:53 {\n    kubernetes corp.example in-addr.arpa ip6.arpa\n}\n",
    });
    const name = resolve("dns/web.shop.svc.corp.example", [...objects, corefile]);
    expect(name.view.name).toBe("svc/shop/web");
  });

  it("compares a missing name with nearNamesComparedMax names, in their order", () => {
    const others = Array.from({ length: nearNamesComparedMax }, (_, index) =>
      podObject(`shop/a-${String(index).padStart(6, "0")}`),
    );
    const near = podObject("shop/zebra");
    expect(faultOf("shop/zebr", [near, ...others])).toBe(
      "not-found: no pod or workload shop/zebr.",
    );
    expect(faultOf("shop/zebr", [near, ...others.slice(1)])).toContain("Did you mean shop/zebra");
  });

  it("keeps the address that was named, and every Service that shares it", () => {
    const shared = { externalIps: ["198.51.100.7"] };
    const both = [serviceObject("shop/b", shared), serviceObject("shop/a", shared)];
    const name = resolve("198.51.100.7", both);
    expect(name.address).toEqual({ family: 4, value: 0xc6336407n });
    expect(name.sharedBy).toHaveLength(2);
    expect(name.service?.name).toBe("a");
    expect(resolve("198.51.100.7", both.toReversed()).service?.name).toBe("a");
    expect(name.warnings).toEqual(["198.51.100.7 is Service shop/a and shop/b"]);
    expect(resolve("10.0.0.5").address).toEqual({ family: 4, value: 0x0a000005n });
    expect(resolve("shop/db-0").address).toBeUndefined();
  });
});
