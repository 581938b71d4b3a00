import { describe, expect, it } from "vitest";
import { faultsOf, objectOf } from "../../../support/raw-objects.js";

const serviceText = (spec: string, rest = ""): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: "10.0.0.0/8, 192.168.0.0/16"}}\nspec: {${spec}}\n${rest}`;
const serviceOf = (spec: string, rest = "") => objectOf("Service", serviceText(spec, rest));

describe("Services", () => {
  it("have the API server's defaults", () => {
    expect(serviceOf("ports: [{port: 80}]")).toMatchObject({
      type: "ClusterIP",
      clusterIps: [],
      externalIps: [],
      loadBalancerIps: [],
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      ipFamilies: [],
      internalTrafficPolicy: "Cluster",
      externalTrafficPolicy: "Cluster",
      sessionAffinity: "None",
      publishNotReadyAddresses: false,
    });
    expect(serviceOf("ports: [{port: 80}]")).not.toHaveProperty("selector");
  });

  it("have target ports by number and name; zero and nothing mean the port", () => {
    expect(
      serviceOf(
        "ports: [{name: a, port: 80, targetPort: 8080}, {name: b, port: 81, targetPort: http}, {name: c, port: 82, targetPort: 0}]",
      ).ports.map(({ targetPort }) => targetPort),
    ).toEqual([8080, "http", 82]);
  });

  it("have cluster addresses of both families, or none", () => {
    expect(
      serviceOf("clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'], ports: [{port: 80}]")
        .clusterIps,
    ).toEqual(["10.0.0.1", "fd00::1"]);
    expect(serviceOf("clusterIP: 10.0.0.1, ports: [{port: 80}]").clusterIps).toEqual(["10.0.0.1"]);
    expect(serviceOf("clusterIP: None").clusterIps).toEqual(["None"]);
  });

  it("have the addresses of their load balancer, and who may reach it", () => {
    const service = serviceOf(
      "type: LoadBalancer, loadBalancerIP: 203.0.113.1, ports: [{port: 80, nodePort: 30080}]",
    );
    expect(service.loadBalancerIps).toEqual(["203.0.113.1"]);
    expect(service.loadBalancerSourceRanges).toEqual(["10.0.0.0/8", "192.168.0.0/16"]);
    expect(service.ports[0]?.nodePort).toBe(30_080);
    expect(
      serviceOf(
        "type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [1.2.3.0/24]",
        "status: {loadBalancer: {ingress: [{ip: 203.0.113.2}, {hostname: lb.example.com}]}}",
      ),
    ).toMatchObject({ loadBalancerIps: ["203.0.113.2"], loadBalancerSourceRanges: ["1.2.3.0/24"] });
  });

  it("stand for a name as ExternalName", () => {
    expect(serviceOf("type: ExternalName, externalName: db.example.com.")).toMatchObject({
      externalName: "db.example.com.",
      ports: [],
    });
    expect(faultsOf(serviceText("type: ExternalName"))).toEqual([
      "error spec.externalName is required: an ExternalName Service stands for a DNS name",
    ]);
  });

  it("tell a selector of nothing from none", () => {
    expect(serviceOf("selector: {}, ports: [{port: 80}]").selector).toEqual({});
  });

  it.each([
    [
      "no ports",
      "type: ClusterIP",
      "spec.ports is required: only a headless or ExternalName Service has no ports",
    ],
    ["a port without a number", "ports: [{name: a}]", "spec.ports[0].port is required"],
    [
      "two ports without names",
      "ports: [{port: 80}, {name: b, port: 81}]",
      "spec.ports[0].name is required where a Service has more than one port",
    ],
    [
      "a name twice",
      "ports: [{name: a, port: 80}, {name: a, port: 81}]",
      'spec.ports[1].name "a" is the name of another port of this Service',
    ],
    [
      "a port twice",
      "ports: [{name: a, port: 80}, {name: b, port: 80}]",
      "spec.ports[1].port 80/TCP is there twice",
    ],
    [
      "an unknown type",
      "type: External, ports: [{port: 80}]",
      'spec.type "External" is not supported: use ClusterIP, NodePort, LoadBalancer or ExternalName',
    ],
    [
      "a target port that is no name",
      'ports: [{port: 80, targetPort: "8080"}]',
      'spec.ports[0].targetPort "8080" is a string: write the port number without quotes',
    ],
  ])("are refused with %s", (_, spec, message) => {
    expect(faultsOf(serviceText(spec))).toEqual([`error ${message}`]);
  });

  it("may have one port number for two protocols", () => {
    expect(
      faultsOf(serviceText("ports: [{name: a, port: 53, protocol: UDP}, {name: b, port: 53}]")),
    ).toEqual([]);
  });
});
