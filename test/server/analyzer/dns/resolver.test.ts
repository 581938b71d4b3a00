import { describe, expect, it } from "vitest";
import { clusterNetworkOf } from "../../../../server/analyzer/dns/cluster-network.js";
import { resolverOf } from "../../../../server/analyzer/dns/resolver.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import type { PodObject } from "../../../../server/analyzer/model/objects.js";
import { configMapObject, podObject } from "../../../support/cluster-objects.js";

/** Goal: a pod's resolver is what its dnsPolicy and dnsConfig make of it. */

const empty = new ClusterModel([]);
const resolver = (parts: Partial<PodObject>, model = empty) =>
  resolverOf(model, podObject("shop/web", parts));

describe("resolverOf()", () => {
  it("is the cluster's for ClusterFirst, with its search list and ndots 5", () => {
    expect(resolver({})).toEqual({
      from: "cluster",
      nameServers: [],
      searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      ndots: 5,
      isNdotsGiven: false,
    });
  });

  it.each([
    [{ hostNetwork: true }, "node"],
    [{ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }, "cluster"],
    [{ dnsPolicy: "Default" }, "node"],
    [{ dnsPolicy: "None" }, "own"],
  ])("goes by policy and host network: %j", (parts, from) => {
    expect(resolver(parts).from).toBe(from);
  });

  it("adds what dnsConfig adds", () => {
    expect(
      resolver({ dnsSearches: ["example.com"], dnsNdots: 2, dnsNameservers: ["1.1.1.1"] }),
    ).toMatchObject({
      nameServers: ["1.1.1.1"],
      searches: [expect.anything(), expect.anything(), expect.anything(), "example.com"],
      ndots: 2,
      isNdotsGiven: true,
    });
  });

  it("searches in the domain that the kubelets were given", () => {
    const model = new ClusterModel([
      configMapObject("kube-system/kubelet-config", { kubelet: "clusterDomain: k8s.example\n" }),
    ]);
    expect(resolver({}, model).searches[0]).toBe("shop.svc.k8s.example");
  });
});

describe("clusterNetworkOf()", () => {
  const network = (data: Readonly<Record<string, string>>, name = "kubelet-config") =>
    clusterNetworkOf(new ClusterModel([configMapObject(`kube-system/${name}`, data)]));

  it("reads the kubelets' name servers as a list or inline", () => {
    expect(
      network({ kubelet: "clusterDNS:\n- 10.96.0.10\n- 'fd00::a'\nother: x\n" }).nameServers,
    ).toEqual(["10.96.0.10", "fd00::a"]);
    expect(network({ kubelet: "clusterDNS: [10.96.0.10, fd00::a]\n" }).nameServers).toEqual([
      "10.96.0.10",
      "fd00::a",
    ]);
  });

  it("reads ranges and domain of kubeadm's configuration", () => {
    const text =
      "networking:\n  dnsDomain: k8s.example\n  serviceSubnet: 10.96.0.0/12,fd00::/108\n";
    expect(network({ ClusterConfiguration: text }, "kubeadm-config")).toEqual({
      serviceSubnets: ["10.96.0.0/12", "fd00::/108"],
      domain: "k8s.example",
      nameServers: [],
      by: ["ConfigMap kube-system/kubeadm-config"],
    });
  });

  it("knows nothing where nothing is said", () => {
    expect(network({ kubelet: "clusterDNS: {\n" })).toMatchObject({
      nameServers: [],
      serviceSubnets: [],
    });
    expect(clusterNetworkOf(empty)).toEqual({
      serviceSubnets: [],
      domain: undefined,
      nameServers: [],
      by: [],
    });
  });
});
