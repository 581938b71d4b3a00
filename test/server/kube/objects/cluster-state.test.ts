import { describe, expect, it } from "vitest";
import type { EndpointSliceObject } from "../../../../server/analyzer/model/objects.js";
import { decodeYaml, faultsOf, objectOf } from "../../../support/raw-objects.js";

describe("EndpointSlices", () => {
  const sliceText = (rest: string): string =>
    `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web, endpointslice.kubernetes.io/managed-by: me}}\naddressType: IPv4\n${rest}`;

  it("count endpoints as ready and serving unless they say otherwise", () => {
    const slice = objectOf(
      "EndpointSlice",
      sliceText(`ports: [{name: http, port: 80}, {}]
endpoints:
- {addresses: [10.0.0.1], nodeName: n1, targetRef: {kind: Pod, name: a, namespace: shop}}
- {addresses: [10.0.0.2], conditions: {ready: false, serving: true, terminating: true}, targetRef: {kind: Pod, name: b}}
- {addresses: [10.0.0.3], targetRef: {kind: Node, name: n1}}`),
    );
    expect(slice).toMatchObject({
      service: "web",
      addressType: "IPv4",
      managedBy: "me",
      ports: [{ name: "http", port: 80, protocol: "TCP" }, { protocol: "TCP" }],
    });
    expect(slice.endpoints).toEqual([
      {
        addresses: ["10.0.0.1"],
        ready: true,
        serving: true,
        terminating: false,
        nodeName: "n1",
        pod: "shop/a",
      },
      { addresses: ["10.0.0.2"], ready: false, serving: true, terminating: true, pod: "shop/b" },
      { addresses: ["10.0.0.3"], ready: true, serving: true, terminating: false },
    ]);
  });

  it.each([
    [
      "an address of the other family",
      "endpoints: [{addresses: ['fd00::1']}]",
      'endpoints[0].addresses[0] "fd00::1" is no IPv4 address, as addressType says',
    ],
    [
      "no address",
      "endpoints: [{addresses: []}]",
      "endpoints[0].addresses must have at least one address",
    ],
  ])("are refused with %s", (_, rest, message) => {
    expect(faultsOf(sliceText(rest))).toEqual([`error ${message}`]);
  });
});

describe("Endpoints", () => {
  it("are read as slices, one a subset and family", () => {
    const decoded = decodeYaml(`apiVersion: v1
kind: Endpoints
metadata: {name: web, namespace: shop}
subsets:
- addresses: [{ip: 10.0.0.1, nodeName: n1, targetRef: {kind: Pod, name: a, namespace: shop}}, {ip: "fd00::1"}]
  notReadyAddresses: [{ip: 10.0.0.2}]
  ports: [{name: http, port: 80}]
- addresses: [{ip: 10.0.0.3}]
  ports: [{name: alt, port: 81}]`);
    const slices = (
      decoded.kind === "objects" ? decoded.objects : []
    ) as readonly EndpointSliceObject[];
    expect(
      slices.map(({ name, service, addressType, endpoints, ports }) => [
        name,
        service,
        addressType,
        endpoints.map(({ addresses, ready }) => `${addresses[0]} ${ready}`),
        ports[0]?.port,
      ]),
    ).toEqual([
      ["web", "web", "IPv4", ["10.0.0.1 true", "10.0.0.2 false"], 80],
      ["web-2", "web", "IPv6", ["fd00::1 true"], 80],
      ["web-3", "web", "IPv4", ["10.0.0.3 true"], 81],
    ]);
    expect(slices[0]?.endpoints[0]?.pod).toBe("shop/a");
  });

  it("without subsets are no slice", () => {
    expect(decodeYaml("apiVersion: v1\nkind: Endpoints\nmetadata: {name: lock}")).toMatchObject({
      kind: "objects",
      objects: [],
    });
  });
});

describe("Nodes", () => {
  it("have addresses, pod blocks, taints and conditions", () => {
    expect(
      objectOf(
        "Node",
        `apiVersion: v1
kind: Node
metadata: {name: n1.example, namespace: ignored}
spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24, "fd01::/64"], unschedulable: true, taints: [{key: a, value: b, effect: NoSchedule}]}
status:
  addresses: [{type: InternalIP, address: 192.168.0.1}, {type: Hostname, address: n1}, {type: ExternalIP, address: 203.0.113.1}]
  conditions: [{type: Ready, status: Unknown, reason: NodeStatusUnknown}]`,
      ),
    ).toMatchObject({
      namespace: "",
      ips: ["192.168.0.1", "203.0.113.1"],
      podCidrs: ["10.1.0.0/24", "fd01::/64"],
      unschedulable: true,
      taints: [{ key: "a", value: "b", effect: "NoSchedule" }],
      conditions: [{ type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" }],
    });
  });
});

describe("ConfigMaps", () => {
  it.each(["coredns", "kube-proxy", "kube-flannel-cfg", "calico-config", "cilium-config"])(
    "are kept when they say how the network works: %s",
    (name) => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: kube-system}\ndata: {a: b}`;
      expect(objectOf("ConfigMap", text).data).toEqual({ a: "b" });
    },
  );

  it("are not kept otherwise", () => {
    expect(
      decodeYaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: b}"),
    ).toMatchObject({ kind: "objects", objects: [] });
  });
});

describe("Events", () => {
  it("are kept when they are about networking, in both versions of the API", () => {
    const core = `apiVersion: v1\nkind: Event\nmetadata: {name: web.17a, namespace: shop}\nreason: FailedCreatePodSandBox\nmessage: no address\ncount: 3\ninvolvedObject: {kind: Pod, namespace: shop, name: web, uid: u}`;
    const events = `apiVersion: events.k8s.io/v1\nkind: Event\nmetadata: {name: web.17b, namespace: shop}\nreason: NetworkNotReady\nnote: not ready\nseries: {count: 2}\nregarding: {kind: Pod, namespace: shop, name: web}`;
    expect(objectOf("Event", core)).toMatchObject({
      reason: "FailedCreatePodSandBox",
      message: "no address",
      count: 3,
      regarding: { kind: "Pod", namespace: "shop", name: "web", uid: "u" },
    });
    expect(objectOf("Event", events)).toMatchObject({
      message: "not ready",
      count: 2,
      regarding: { name: "web" },
    });
  });

  it("are not kept otherwise", () => {
    expect(
      decodeYaml("apiVersion: v1\nkind: Event\nmetadata: {name: a}\nreason: Pulled"),
    ).toMatchObject({ objects: [] });
  });
});
