import { describe, expect, it } from "vitest";
import { podText, policyText } from "../../../support/lint-manifests.js";
import { reachesOf, reachOf } from "../../../support/reach-of.js";

// Goal: which connections the ports of a NetworkPolicy rule stand for. Method: manifests, asked of the engine; each rule is that
// of networking/v1 NetworkPolicyPort.

const none = "No Connections";
const pods = [podText("shop/web"), podText("shop/db"), podText("far/db")];
const pair = "shop/web => shop/db";

/** A policy for shop/db that lets these ports in. */
const intoDb = (ports: string): string =>
  policyText("shop/db", `podSelector: {matchLabels: {app: db}}\ningress: [{ports: ${ports}}]`);

/** A policy for shop/web with one rule of egress. */
const outOfWeb = (rule: string): string =>
  policyText(
    "shop/web",
    `podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [${rule}]`,
  );

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
      "[{port: 3200, endPort: 3276}]",
      "TCP 3200-3276",
    ],
    ["T17 with itself as endPort is one port", "[{port: 80, endPort: 80}]", "TCP 80"],
    ["T17 with an endPort keeps its protocol", "[{protocol: UDP, port: 1, endPort: 9}]", "UDP 1-9"],
    [
      "adds up with others",
      "[{port: 80}, {port: 81, endPort: 90}, {protocol: UDP, port: 53}]",
      "TCP 80-90,UDP 53",
    ],
    ["T22 counts whether or not a container declares it", "[{port: 12345}]", "TCP 12345"],
    ["T23 of SCTP is not TCP", "[{protocol: SCTP, port: 80}]", "SCTP 80"],
  ])("%s", (_, ports, text) => {
    expect(reachOf([...pods, intoDb(ports)], pair)).toBe(text);
    expect(reachOf([...pods, outOfWeb(`{ports: ${ports}}`)], pair)).toBe(text);
  });

  it("T22 is any port, declared or not, when a rule names none", () => {
    const declared = podText("shop/db", { ports: [{ containerPort: 5432 }] });
    const manifests = [podText("shop/web"), declared, outOfWeb("{to: [{podSelector: {}}]}")];
    expect(reachOf(manifests, pair)).toBe("All Connections");
  });

  // "properly isolate pods that are selected by a policy allowing SCTP, even if the plugin doesn't support SCTP".
  it("T23 of SCTP isolates TCP and UDP too", () => {
    expect(reachOf([...pods, intoDb("[{protocol: SCTP}]")], pair)).toBe("SCTP 1-65535");
  });

  it("T25 has to be common to the egress and the ingress of a pair", () => {
    const into = intoDb("[{port: 8080, endPort: 8090}]");
    const reached = (port: string) =>
      reachOf([...pods, into, outOfWeb(`{ports: [{port: ${port}}]}`)], pair);
    expect(reached("8085, endPort: 9000")).toBe("TCP 8085-8090");
    expect(reached("80")).toBe(none);
    expect(reached("8080, protocol: UDP")).toBe(none);
  });

  // DNS goes over UDP and TCP, to the port on which the server's pods listen.
  it("T26 of DNS over UDP is not that over TCP, nor is the Service's that of the pod", () => {
    const dns = podText("kube-system/dns", {
      labels: { app: "dns" },
      ports: [{ name: "dns", containerPort: 5353, protocol: "UDP" }],
    });
    const reached = (ports: string) => {
      const toDns = "{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}";
      const out = outOfWeb(`{to: [${toDns}], ports: ${ports}}`);
      return reachOf([...pods, dns, out], "shop/web => kube-system/dns");
    };
    expect(reached("[{protocol: UDP, port: 53}]")).toBe("UDP 53");
    expect(reached("[{protocol: UDP, port: dns}]")).toBe("UDP 5353");
    expect(reached("[{protocol: UDP, port: 5353}, {port: 5353}]")).toBe("TCP 5353,UDP 5353");
  });
});

describe("a named port", () => {
  const http = (containerPort: number, protocol = "TCP") => ({
    ports: [{ name: "http", containerPort, protocol }],
  });
  const servers = [
    podText("shop/client", http(1111)),
    podText("shop/one", http(8080)),
    podText("shop/two", http(9090)),
    podText("shop/udp", http(7070, "UDP")),
    podText("shop/none"),
    podText("far/one", http(8888)),
  ];
  const into = (ports: string) => policyText("shop/all", `ingress: [{ports: ${ports}}]`);
  const out = (rule: string) => policyText("shop/all", `policyTypes: [Egress]\negress: [${rule}]`);
  const fromClient = (...names: readonly string[]) => names.map((to) => `shop/client => ${to}`);

  // "This can either be a numerical or named port on a pod": on the pod that is connected to, by name and protocol.
  it("T18 of an ingress rule is that of the pod which the policy selects", () => {
    const pairs = fromClient("shop/one", "shop/two");
    expect(reachesOf([...servers, into("[{port: http}]")], pairs)).toEqual([
      "TCP 8080",
      "TCP 9090",
    ]);
  });

  it("T18 of an egress rule is that of each pod which is connected to", () => {
    const rule = out("{to: [{podSelector: {}}], ports: [{port: http}]}");
    const pairs = fromClient("shop/one", "shop/two", "far/one");
    expect(reachesOf([...servers, rule], pairs)).toEqual(["TCP 8080", "TCP 9090", none]);
  });

  it("T18 is looked up by its protocol too", () => {
    const pairs = fromClient("shop/one", "shop/udp");
    expect(reachesOf([...servers, into("[{port: http}]")], pairs)).toEqual(["TCP 8080", none]);
    const udp = into("[{protocol: UDP, port: http}]");
    expect(reachesOf([...servers, udp], pairs)).toEqual([none, "UDP 7070"]);
  });

  it("T19 of an egress rule without `to` is that of every pod that has it, and of no address", () => {
    const pairs = fromClient("shop/one", "far/one", "203.0.113.1");
    expect(reachesOf([...servers, out("{ports: [{port: http}]}")], pairs)).toEqual([
      "TCP 8080",
      "TCP 8888",
      none,
    ]);
  });

  it("T20 that the pod does not have is no port, beside others that count", () => {
    const pairs = fromClient("shop/none", "shop/one");
    expect(reachesOf([...servers, into("[{port: http}]")], pairs)).toEqual([none, "TCP 8080"]);
    const withNumber = into("[{port: http}, {port: 443}]");
    expect(reachesOf([...servers, withNumber], pairs)).toEqual(["TCP 443", "TCP 443,8080"]);
  });

  /** A pod whose containers have ports called http. */
  const many = (spec: Readonly<Record<string, unknown>>) => podText("shop/many", { spec });
  const container = (name: string, ...ports: readonly object[]) => ({ name, image: name, ports });
  const toMany = (pod: string) =>
    reachOf([...servers, pod, into("[{port: http}]")], "shop/client => shop/many");

  it("T21 is every port of that name and protocol, in any container", () => {
    const containers = [
      container("one", { name: "http", containerPort: 8080 }, { name: "admin", containerPort: 1 }),
      container("two", { name: "http", containerPort: 8081 }),
      container("three", { name: "http", containerPort: 8082, protocol: "UDP" }),
    ];
    expect(toMany(many({ containers }))).toBe("TCP 8080-8081");
  });

  // "NetworkPolicies apply equally to init containers, sidecar containers, and regular containers."
  it("T37 is also that of a sidecar, which runs with the pod, and not of an init container, which ends before", () => {
    const sidecar = container("proxy", { name: "http", containerPort: 15001 });
    const initContainers = [
      { ...sidecar, restartPolicy: "Always" },
      container("setup", { name: "http", containerPort: 9999 }),
    ];
    expect(toMany(many({ initContainers, containers: [container("main")] }))).toBe("TCP 15001");
  });
});
