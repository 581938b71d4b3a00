import { describe, expect, it } from "vitest";
import type { PodObject } from "../../../../server/analyzer/model/objects.js";
import { faultsOf, objectOf } from "../../../support/raw-objects.js";

const podText = (rest: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-1\n${rest}`;
const podOf = (rest: string): PodObject => objectOf("Pod", podText(rest));

describe("pods", () => {
  it("have the API server's defaults", () => {
    expect(podOf("spec: {containers: [{name: c}]}")).toEqual({
      kind: "Pod",
      namespace: "default",
      name: "web-1",
      labels: {},
      annotations: {},
      hostNetwork: false,
      serviceAccount: "default",
      ports: [],
      dnsPolicy: "ClusterFirst",
      dnsNameservers: [],
      dnsSearches: [],
      readinessGates: [],
      expanded: false,
      ips: [],
      phase: "",
      terminating: false,
      conditions: [],
      containers: [],
    });
  });

  it("have ports of containers and of sidecars, not of init containers that end", () => {
    const pod = podOf(`spec:
  containers:
  - {name: c, ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP, hostPort: 5353}]}
  initContainers:
  - {name: mesh, restartPolicy: Always, ports: [{containerPort: 15000}]}
  - {name: setup, ports: [{containerPort: 9}]}`);
    expect(pod.ports).toEqual([
      { name: "http", port: 80, protocol: "TCP", container: "c" },
      { port: 53, protocol: "UDP", hostPort: 5353, container: "c" },
      { port: 15_000, protocol: "TCP", container: "mesh" },
    ]);
  });

  it("have every port on the host when they are on the host network", () => {
    const pod = podOf(
      "spec: {hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80}]}]}",
    );
    expect(pod).toMatchObject({ hostNetwork: true, ports: [{ port: 80, hostPort: 80 }] });
  });

  it("have addresses of both families, and of an old status one", () => {
    expect(
      podOf("status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}").ips,
    ).toEqual(["10.0.0.1", "fd00::1"]);
    expect(podOf("status: {podIP: 10.0.0.1}").ips).toEqual(["10.0.0.1"]);
  });

  it("have no address that is none", () => {
    expect(podOf("status: {podIP: none}").ips).toEqual([]);
    expect(faultsOf(podText("status: {podIP: none}"))).toEqual([
      'warning status.podIP "none" is no IP address and is not read',
    ]);
  });

  it("have the state that the kubelet reports", () => {
    const pod = podOf(`  deletionTimestamp: "2026-01-01T00:00:00Z"
spec: {nodeName: n1}
status:
  phase: Running
  reason: Evicted
  hostIP: 192.168.0.1
  conditions:
  - {type: Ready, status: "False", reason: ContainersNotReady, message: none of them}
  - {type: Odd, status: maybe}
  containerStatuses:
  - name: c
    ready: false
    restartCount: 7
    state: {waiting: {reason: CrashLoopBackOff, message: back-off}}
    lastState: {terminated: {reason: OOMKilled, exitCode: 137}}
  initContainerStatuses:
  - {name: i, ready: true, restartCount: 0, state: {terminated: {reason: Completed, exitCode: 0}}}`);
    expect(pod).toMatchObject({
      nodeName: "n1",
      phase: "Running",
      reason: "Evicted",
      hostIp: "192.168.0.1",
      terminating: true,
      conditions: [
        { type: "Ready", status: "False", reason: "ContainersNotReady", message: "none of them" },
        { type: "Odd", status: "Unknown" },
      ],
      containers: [
        { name: "i", ready: true, terminated: "Completed", exitCode: 0 },
        {
          name: "c",
          ready: false,
          restartCount: 7,
          waiting: "CrashLoopBackOff",
          waitingMessage: "back-off",
          lastTerminated: "OOMKilled",
          exitCode: 137,
        },
      ],
    });
  });

  it("belong to the owner that controls them", () => {
    const owners = (list: string) => podOf(`  ownerReferences: [${list}]`).owner;
    expect(owners("{kind: A, name: a}, {kind: ReplicaSet, name: web, controller: true}")).toEqual({
      kind: "ReplicaSet",
      name: "web",
    });
    expect(owners("{kind: A, name: a}")).toEqual({ kind: "A", name: "a" });
    expect(owners("")).toBeUndefined();
  });

  it("belong to no workload when they are static: their owner is the node", () => {
    expect(
      podOf("  ownerReferences: [{kind: Node, name: n1, controller: true}]").owner,
    ).toBeUndefined();
  });

  it("have DNS settings", () => {
    expect(
      podOf(`spec:
  dnsPolicy: None
  dnsConfig: {nameservers: [10.0.0.10], searches: [a.example], options: [{name: edns0}, {name: ndots, value: "2"}]}
  hostname: h
  subdomain: s
  readinessGates: [{conditionType: example.com/lb}]`),
    ).toMatchObject({
      dnsPolicy: "None",
      dnsNameservers: ["10.0.0.10"],
      dnsSearches: ["a.example"],
      dnsNdots: 2,
      hostname: "h",
      subdomain: "s",
      readinessGates: ["example.com/lb"],
    });
  });

  it.each([
    [
      "a port out of range",
      "containerPort: 70000",
      "error spec.containers[0].ports[0].containerPort port 70000 must be between 1 and 65535",
    ],
    [
      "a protocol that is none",
      "containerPort: 80, protocol: HTTP",
      'error spec.containers[0].ports[0].protocol "HTTP" is not supported: use TCP, UDP or SCTP',
    ],
    [
      "a port name with letters that are not allowed",
      "containerPort: 80, name: HTTP",
      'error spec.containers[0].ports[0].name port name "HTTP" must be at most 15 lower-case letters, digits and single "-", with at least one letter, starting and ending with a letter or digit',
    ],
  ])("are refused with %s", (_, port, message) => {
    expect(faultsOf(podText(`spec: {containers: [{name: c, ports: [{${port}}]}]}`))).toEqual([
      message,
    ]);
  });

  it("are refused when one container has a port name twice; two containers may have it", () => {
    const ports = "[{containerPort: 80, name: http}]";
    expect(
      faultsOf(
        podText(`spec: {containers: [{name: a, ports: ${ports}}, {name: b, ports: ${ports}}]}`),
      ),
    ).toEqual([]);
    expect(
      faultsOf(
        podText(
          "spec: {containers: [{name: a, ports: [{containerPort: 80, name: http}, {containerPort: 81, name: http}]}]}",
        ),
      ),
    ).toEqual([
      'error spec.containers[0].ports[1].name "http" is the name of another port of this container',
    ]);
  });

  it("are used without a port that has no number, which the API server would refuse", () => {
    const text = podText(
      "spec: {containers: [{name: c, ports: [{name: http}, {containerPort: 80}]}]}",
    );
    expect(objectOf("Pod", text).ports).toHaveLength(1);
    expect(faultsOf(text)).toEqual([
      "warning spec.containers[0].ports[0].containerPort is missing: the port is not read; the API server would refuse this",
    ]);
  });
});

describe("metadata", () => {
  const faultsOfMeta = (metadata: string): readonly string[] =>
    faultsOf(`apiVersion: v1\nkind: Pod\nmetadata: ${metadata}`);

  it.each([
    ["no name", "{}", "error metadata.name is required: give the object a name"],
    [
      "a number for a name",
      "{name: 12}",
      "error metadata.name must be a string, not the number 12: quote it",
    ],
    [
      "capitals in a name",
      "{name: Web}",
      'error metadata.name "Web" must be at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
    ],
    [
      "a namespace with a dot",
      "{name: a, namespace: b.c}",
      'error metadata.namespace "b.c" must be at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit',
    ],
    [
      "a boolean for a label",
      "{name: a, labels: {canary: yes}}",
      "error metadata.labels.canary must be a string, not the boolean true: quote it",
    ],
    [
      "a label value with a space",
      "{name: a, labels: {a: b c}}",
      'error metadata.labels.a label value "b c" must be empty or at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit',
    ],
    [
      "a list of labels",
      "{name: a, labels: [b]}",
      "error metadata.labels must be a map, not a list",
    ],
    [
      "a number for an annotation",
      "{name: a, annotations: {port: 80}}",
      "error metadata.annotations.port must be a string, not the number 80: quote it",
    ],
  ])("is refused with %s", (_, metadata, message) => {
    expect(faultsOfMeta(metadata)).toEqual([message]);
  });

  it("keeps annotations, but for the copy of the object that kubectl puts there", () => {
    const annotations = "{a: b, kubectl.kubernetes.io/last-applied-configuration: '{}'}";
    expect(
      objectOf("Pod", `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: ${annotations}}`)
        .annotations,
    ).toEqual({ a: "b" });
  });

  it("is read with uid, creation time and a name of a generateName", () => {
    expect(
      objectOf(
        "Pod",
        "apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-, uid: u1, creationTimestamp: 2026-01-01T00:00:00Z, labels: {a: null}}",
      ),
    ).toMatchObject({
      name: "web",
      uid: "u1",
      createdAtMs: Date.UTC(2026, 0, 1),
      labels: { a: "" },
    });
  });
});
