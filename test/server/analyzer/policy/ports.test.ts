import { describe, expect, it } from "vitest";
import { policyText } from "../../../support/lint-manifests.js";
import { nineFromThree, policyCluster, runningPod } from "../../../support/policy-cluster.js";

// Goal: which connections the ports of a NetworkPolicy rule stand for. Method: manifests, asked of the engine; each rule is that
// of networking/v1 NetworkPolicyPort.

const none = "No Connections";

/** What rules with these ports let into p/a. */
const letIn = (ports: string): string =>
  policyCluster([
    ...nineFromThree,
    policyText("p/policy", `podSelector: {matchLabels: {pod: a}}\ningress: [{ports: ${ports}}]`),
  ]).between("q/a", "p/a");

describe("a port", () => {
  it.each([
    // "If this field is not specified, this field defaults to TCP."
    ["T15 without a protocol is TCP and nothing else", "[{port: 80}]", "TCP 80"],
    // "If this field is not provided, this matches all port names and numbers": of its protocol.
    ["T16 of a protocol alone is every port of it", "[{protocol: UDP}]", "UDP 1-65535"],
    ["T16 that is empty is every port of TCP", "[{}]", "TCP 1-65535"],
    // endPort: "indicates that the range of ports from port to endPort if set, inclusive, should be allowed".
    [
      "T17 with an endPort is a range with both ends",
      "[{port: 32000, endPort: 32768}]",
      "TCP 32000-32768",
    ],
    ["T17 with itself as endPort is one port", "[{port: 80, endPort: 80}]", "TCP 80"],
    [
      "T17 with an endPort keeps its protocol",
      "[{protocol: UDP, port: 1, endPort: 10}]",
      "UDP 1-10",
    ],
    [
      "adds up with others",
      "[{port: 80}, {port: 81, endPort: 90}, {protocol: UDP, port: 53}]",
      "TCP 80-90,UDP 53",
    ],
    ["T22 counts whether or not a container declares it", "[{port: 12345}]", "TCP 12345"],
    ["T23 of SCTP is not TCP", "[{protocol: SCTP, port: 80}]", "SCTP 80"],
  ])("%s", (_, ports, text) => {
    expect(letIn(ports)).toBe(text);
  });

  it("T22 is any port when a rule names none", () => {
    const cluster = policyCluster([
      ...nineFromThree,
      policyText("p/policy", "ingress: [{from: [{podSelector: {}}]}]"),
    ]);
    expect(cluster.between("p/b", "p/a")).toBe("All Connections");
  });

  it("T23 of SCTP isolates TCP and UDP too", () => {
    const cluster = policyCluster([
      ...nineFromThree,
      policyText("p/policy", "egress: [{ports: [{protocol: SCTP}]}]\npolicyTypes: [Egress]"),
    ]);
    expect(cluster.between("p/a", "q/a")).toBe("SCTP 1-65535");
  });

  it("T25 has to be common to the egress and the ingress of a pair", () => {
    const out = (port: number) =>
      policyText(
        "p/out",
        `podSelector: {matchLabels: {pod: a}}
policyTypes: [Egress]
egress: [{ports: [{port: ${port}}]}]`,
      );
    const into = policyText("q/in", "ingress: [{ports: [{port: 8080}]}]");
    const between = (port: number): string =>
      policyCluster([...nineFromThree, out(port), into]).between("p/a", "q/a");
    expect(between(8080)).toBe("TCP 8080");
    expect(between(80)).toBe(none);
  });

  // DNS goes over UDP and TCP, to the port on which the server's pods listen.
  it("T26 of DNS over UDP is not DNS over TCP, nor the port of the Service", () => {
    const dns = runningPod("kube-system/dns", ["10.0.9.1"], {
      labels: { app: "dns" },
      ports: [{ name: "dns", containerPort: 5353, protocol: "UDP" }],
    });
    const toDns = (ports: string) =>
      policyText(
        "p/out",
        `policyTypes: [Egress]
egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}], ports: ${ports}}]`,
      );
    const between = (ports: string): string =>
      policyCluster([...nineFromThree, dns, toDns(ports)]).between("p/a", "kube-system/dns");
    expect(between("[{protocol: UDP, port: 53}]")).toBe("UDP 53");
    expect(between("[{protocol: UDP, port: dns}]")).toBe("UDP 5353");
    expect(between("[{protocol: UDP, port: 5353}, {protocol: TCP, port: 5353}]")).toBe(
      "TCP 5353,UDP 5353",
    );
  });
});

describe("a named port", () => {
  const http = (containerPort: number, protocol = "TCP") => [
    { name: "http", containerPort, protocol },
  ];
  const client = runningPod("p/client", ["10.0.1.9"], { ports: http(1111) });
  const servers = [
    runningPod("p/one", ["10.0.1.1"], { ports: http(8080) }),
    runningPod("p/two", ["10.0.1.2"], { ports: http(9090) }),
    runningPod("p/udp", ["10.0.1.3"], { ports: http(7070, "UDP") }),
    runningPod("p/none", ["10.0.1.4"]),
    runningPod("q/far", ["10.0.2.1"], { ports: http(8888) }),
  ];
  const byName = policyText("p/policy", "ingress: [{ports: [{port: http}]}]");

  // "This can either be a numerical or named port on a pod": on the pod that is connected to, by name and protocol.
  it("T18 of an ingress rule is that of the pod which the policy selects", () => {
    const { between } = policyCluster([client, ...servers, byName]);
    expect(between("p/client", "p/one")).toBe("TCP 8080");
    expect(between("p/client", "p/two")).toBe("TCP 9090");
  });

  it("T18 of an egress rule is that of each pod which is connected to", () => {
    const { between } = policyCluster([
      client,
      ...servers,
      policyText(
        "p/out",
        "policyTypes: [Egress]\negress: [{to: [{podSelector: {}}], ports: [{port: http}]}]",
      ),
    ]);
    expect(between("p/client", "p/one")).toBe("TCP 8080");
    expect(between("p/client", "p/two")).toBe("TCP 9090");
    expect(between("p/client", "q/far")).toBe(none);
  });

  it("T18 is looked up by its protocol too", () => {
    const { between } = policyCluster([client, ...servers, byName]);
    expect(between("p/client", "p/udp")).toBe(none);
    const ofUdp = policyText("p/policy", "ingress: [{ports: [{protocol: UDP, port: http}]}]");
    const udp = policyCluster([client, ...servers, ofUdp]);
    expect(udp.between("p/client", "p/udp")).toBe("UDP 7070");
    expect(udp.between("p/client", "p/one")).toBe(none);
  });

  it("T19 of an egress rule without `to` is that of every pod that has it, and of no address", () => {
    const { between } = policyCluster([
      client,
      ...servers,
      policyText("p/out", "policyTypes: [Egress]\negress: [{ports: [{port: http}]}]"),
    ]);
    expect(between("p/client", "p/one")).toBe("TCP 8080");
    expect(between("p/client", "q/far")).toBe("TCP 8888");
    expect(between("p/client", "192.0.2.1")).toBe(none);
  });

  it("T20 that the pod does not have is no port, beside others that count", () => {
    const { between } = policyCluster([client, ...servers, byName]);
    expect(between("p/client", "p/none")).toBe(none);
    const withNumber = policyText("p/policy", "ingress: [{ports: [{port: http}, {port: 443}]}]");
    expect(policyCluster([client, ...servers, withNumber]).between("p/client", "p/none")).toBe(
      "TCP 443",
    );
  });

  it("T21 is every port of that name and protocol, in any container", () => {
    const container = (name: string, ports: readonly object[]) => ({ name, image: "main", ports });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "many", namespace: "p" },
      spec: {
        containers: [
          container("one", [
            { name: "http", containerPort: 8080 },
            { name: "admin", containerPort: 1 },
          ]),
          container("two", [{ name: "http", containerPort: 8081 }]),
          container("three", [{ name: "http", containerPort: 8082, protocol: "UDP" }]),
        ],
      },
      status: { phase: "Running", podIP: "10.0.1.5" },
    };
    const { between } = policyCluster([client, JSON.stringify(pod), byName]);
    expect(between("p/client", "p/many")).toBe("TCP 8080-8081");
  });

  // "NetworkPolicies apply equally to init containers, sidecar containers, and regular containers."
  it("T37 is also that of a sidecar, which runs with the pod, and not of an init container, which ends before", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "meshed", namespace: "p" },
      spec: {
        initContainers: [
          {
            name: "proxy",
            image: "main",
            restartPolicy: "Always",
            ports: [{ name: "http", containerPort: 15001 }],
          },
          { name: "setup", image: "main", ports: [{ name: "http", containerPort: 9999 }] },
        ],
        containers: [{ name: "main", image: "main" }],
      },
      status: { phase: "Running", podIP: "10.0.1.6" },
    };
    const { between } = policyCluster([client, JSON.stringify(pod), byName]);
    expect(between("p/client", "p/meshed")).toBe("TCP 15001");
  });
});
