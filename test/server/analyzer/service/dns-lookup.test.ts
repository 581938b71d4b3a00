import { describe, expect, it } from "vitest";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type { ClusterObject, PodObject } from "../../../../server/analyzer/model/objects.js";
import { dnsLookupsOf } from "../../../../server/analyzer/service/dns-lookup.js";
import { networkPolicyObject, podObject, serviceObject } from "../../../support/cluster-objects.js";
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
});
