import { describe, expect, it } from "vitest";
import { clusterDnsOf, isClusterDnsAddress } from "../../../../server/analyzer/dns/cluster-dns.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { configMapObject, podObject, serviceObject } from "../../../support/cluster-objects.js";
import { dnsPod, dnsService } from "../../../support/diagnosis-cluster.js";
import { manifestWorld, objectWorld } from "../../../support/manifest-world.js";

/** Goal: the cluster's DNS is found by what pods ask, then by marks, and by its name last. */

const dns = (...objects: readonly ClusterObject[]) => clusterDnsOf(objectWorld(objects));

const kubelet = (address: string): ClusterObject =>
  configMapObject("kube-system/kubelet-config", { kubelet: `clusterDNS:\n- ${address}\n` });

describe("clusterDnsOf()", () => {
  it("goes by the address that kubelets give to pods, whatever the Service is called", () => {
    const odd = serviceObject("dns/resolver", { clusterIps: ["10.96.0.53"] });
    const found = dns(odd, dnsService(), kubelet("10.96.0.53"));
    expect([found.foundBy, found.service?.name]).toEqual(["name server", "resolver"]);
  });

  it("reads that address from what kubeadm leaves in a cluster", () => {
    const world = manifestWorld(`
apiVersion: v1
kind: ConfigMap
metadata: {name: kubelet-config, namespace: kube-system}
data:
  kubelet: |
    apiVersion: kubelet.config.k8s.io/v1beta1
    clusterDNS:
    - 10.96.0.53
    clusterDomain: cluster.local
---
apiVersion: v1
kind: Service
metadata: {name: resolver, namespace: dns}
spec: {clusterIP: 10.96.0.53, ports: [{port: 53, protocol: UDP}]}
`);
    expect(clusterDnsOf(world)).toMatchObject({
      foundBy: "name server",
      service: { name: "resolver" },
    });
  });

  it("finds nothing where no Service has that address, though one is called kube-dns", () => {
    expect(dns(dnsService(), kubelet("10.96.0.99"))).toMatchObject({
      service: undefined,
      nameServers: ["10.96.0.99"],
    });
  });

  it("goes by marks before names, and not by a Service for metrics", () => {
    const metrics = serviceObject("kube-system/a-coredns-metrics", {
      labels: { "k8s-app": "kube-dns" },
      ports: [{ name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 }],
    });
    const found = dns(metrics, dnsService({ name: "zz-dns" }), dnsService({ labels: {} }));
    expect([found.foundBy, found.service?.name]).toEqual(["labels", "zz-dns"]);
    expect(dns(dnsService({ labels: {} })).foundBy).toBe("name");
  });

  it("knows whether it would see one", () => {
    expect(dns(podObject("shop/web")).isSystemKnown).toBe(false);
    const proxy = podObject("kube-system/kube-proxy");
    const [first, other] = [serviceObject("default/kubernetes"), serviceObject("shop/api")];
    expect(dns(proxy, first, other).isSystemKnown).toBe(true);
    // A dump of some namespaces.
    expect(dns(proxy, first).isSystemKnown).toBe(false);
    expect(dns(proxy, other).isSystemKnown).toBe(false);
    expect(clusterDnsOf(objectWorld([], { source: "cluster" })).isSystemKnown).toBe(true);
  });

  it("keeps the Service where pods ask a cache of their node", () => {
    const found = dns(dnsService(), kubelet("169.254.20.10"));
    expect(found.service?.name).toBe("kube-dns");
    expect(found.nameServers).toEqual(["169.254.20.10", "10.96.0.10"]);
  });
});

describe("isClusterDnsAddress()", () => {
  it("takes the Service's address, its pods' and node caches'", () => {
    const world = objectWorld([dnsService(), dnsPod("n1")]);
    const found = clusterDnsOf(world);
    const is = (address: string) => isClusterDnsAddress(world.model, found, address);
    expect(["10.96.0.10", "10.244.1.2", "169.254.20.10"].map(is)).toEqual([true, true, true]);
    expect(["1.1.1.1", "", "10.244.1.9"].map(is)).toEqual([false, false, false]);
  });
});
