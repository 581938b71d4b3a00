import { describe, expect, it } from "vitest";
import { lookUp } from "../../../../server/analyzer/dns/look-up.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { configMapObject, podObject, serviceObject } from "../../../support/cluster-objects.js";

/** Goal: a name means what a pod's look-up finds (Kubernetes DNS specification 1.1, resolv.conf(5) search and ndots). */

const model = new ClusterModel([
  serviceObject("shop/api"),
  serviceObject("shop/db", { clusterIps: ["None"] }),
  podObject("shop/db-0", { hostname: "db-0", subdomain: "db", ips: ["10.244.1.7"] }),
  serviceObject("visit/web"),
]);

const answer = (name: string, namespace = "shop"): string => {
  const found = lookUp(model, namespace, name);
  switch (found.kind) {
    case "service":
      return `${found.service.namespace}/${found.service.name}`;
    case "pod":
      return `pod ${found.pod.name}`;
    case "missing":
      return `${found.why} ${found.namespace}`;
    case "outside":
      return "outside";
  }
};

describe("lookUp()", () => {
  it.each([
    ["api", "shop/api"],
    ["API", "shop/api"],
    ["web.visit", "visit/web"],
    ["api.shop.svc", "shop/api"],
    ["api.shop.svc.cluster.local", "shop/api"],
    ["api.shop.svc.cluster.local.", "shop/api"],
    ["db-0.db", "pod db-0"],
    ["db-0.db.shop.svc.cluster.local", "pod db-0"],
    ["10-244-1-7.shop.pod.cluster.local", "pod db-0"],
  ])("finds %s", (name, found) => {
    expect(answer(name)).toBe(found);
  });

  it.each([
    ["web", "no-service shop"],
    ["apii.shop", "no-service shop"],
    ["api.shop.svc.cluster.local.", "no-service shop"],
  ])("does not find %s", (name, missing) => {
    const gone = new ClusterModel([serviceObject("shop/other"), serviceObject("visit/web")]);
    const found = lookUp(gone, "shop", name);
    expect(found.kind === "missing" ? `${found.why} ${found.namespace}` : found.kind).toBe(missing);
  });

  it.each([
    ["a namespace that does not exist", "api.nowhere.svc.cluster.local", "no-name nowhere"],
    ["a zone's name in the wrong shape", "api.shop.cluster.local", "no-name api"],
    ["a pod's record that is not there", "x.db.shop.svc.cluster.local", "no-pod-record shop"],
    ["an address that no pod has", "10-9-9-9.shop.pod.cluster.local", "no-pod-record shop"],
    ["a name outside", "www.example.com", "outside"],
    ["a name with a dot whose end is no namespace", "example.com", "outside"],
    ["a dot at the end of a short name", "api.", "no-service shop"],
  ])("tells %s", (_, name, expected) => {
    expect(answer(name)).toBe(expected);
  });

  it("says where else a Service of the name is", () => {
    const found = lookUp(model, "shop", "web");
    expect(found.kind === "missing" && found.elsewhere.map(({ namespace }) => namespace)).toEqual([
      "visit",
    ]);
  });

  it("uses the domain that the cluster serves", () => {
    const other = new ClusterModel([
      serviceObject("shop/api"),
      configMapObject("kube-system/coredns", { Corefile: ".:53 {\n kubernetes k8s.example\n}\n" }),
    ]);
    expect(lookUp(other, "shop", "api.shop.svc.k8s.example").kind).toBe("service");
    expect(lookUp(other, "shop", "api.shop.svc.cluster.local").kind).toBe("outside");
  });
});
