import { describe, expect, it } from "vitest";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  PodObject,
  ServiceObject,
} from "../../../../server/analyzer/model/objects.js";
import { dnsLookupsOf } from "../../../../server/analyzer/service/dns-lookup.js";
import {
  configMapObject,
  networkPolicyObject,
  podObject,
  serviceObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";

const dns: readonly ClusterObject[] = [
  podObject("kube-system/coredns", { labels: { "k8s-app": "kube-dns" } }),
  serviceObject("kube-system/kube-dns", {
    selector: { "k8s-app": "kube-dns" },
    ports: [
      { name: "dns", port: 53, protocol: "UDP", targetPort: 5353 },
      { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 5353 },
    ],
  }),
];

const lookups = (objects: readonly ClusterObject[], parts: Partial<PodObject> = {}) => {
  const pod = podObject("shop/web", parts);
  return dnsLookupsOf(objectWorld([...objects, pod]), { kind: "pod", pod }).map(
    ({ protocol, open, blocked }) =>
      `${protocol} open ${open.map(({ port }) => port)} blocked ${blocked.map(({ port }) => port)}`,
  );
};

const egressOf = (port: number) =>
  networkPolicyObject("shop/egress", {
    podSelector: labelSelectorOf([]),
    isolates: ["egress"],
    egress: [{ ports: [{ kind: "numbers", protocol: "UDP", first: port, last: port }] }],
  });

describe("dnsLookupsOf()", () => {
  it("asks the policies about the port that the pods of DNS answer on, over UDP and TCP", () => {
    expect(lookups(dns)).toEqual(["UDP open 5353 blocked ", "TCP open 5353 blocked "]);
    expect(lookups([...dns, egressOf(5353)])).toEqual([
      "UDP open 5353 blocked ",
      "TCP open  blocked 5353",
    ]);
    expect(lookups([...dns, egressOf(53)])[0]).toBe("UDP open  blocked 5353");
  });

  it("says nothing of pods with other name servers, and where the model has no DNS", () => {
    expect(lookups(dns, { dnsPolicy: "Default" })).toEqual([]);
    expect(lookups(dns, { hostNetwork: true })).toEqual([]);
    expect(lookups([])).toEqual([]);
  });

  it("finds the DNS that pods ask, whatever its Service is called", () => {
    const [server, service] = dns as readonly [ClusterObject, ServiceObject];
    const own = { ...service, name: "names", clusterIps: ["10.96.0.53"] };
    const kubelet = configMapObject("kube-system/kubelet-config", {
      kubelet: "clusterDNS:\n- 10.96.0.53\n",
    });
    const marked = { ...own, labels: { "k8s-app": "kube-dns" } };
    const decoy = serviceObject("kube-system/kube-dns", { clusterIps: ["10.96.0.10"] });
    const both = ["UDP open 5353 blocked ", "TCP open 5353 blocked "];
    expect(lookups([server, own, decoy, kubelet])).toEqual(both);
    expect(lookups([server, marked])).toEqual(both);
    expect(lookups([server, own])).toEqual([]);
  });
});
