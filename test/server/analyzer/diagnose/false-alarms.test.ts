import { describe, expect, it } from "vitest";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import {
  nodeObject,
  podObject,
  serviceObject,
  sliceObject,
  workloadObject,
} from "../../../support/cluster-objects.js";
import {
  apiPod,
  calicoPod,
  cluster,
  clusterWithout,
  codesOf,
  corefileMap,
  diagnosed,
  webPod,
} from "../../../support/diagnosis-cluster.js";

/** Goal: what real clusters have and what works is no fault. Method: each adds one such thing to the healthy cluster. */

const calm = (objects: readonly ClusterObject[], question = {}): void => {
  const { status, issues } = diagnosed(objects, question);
  expect({ status, issues }).toEqual({ status: "connected", issues: [] });
};

describe("a healthy cluster", () => {
  it.each([
    ["serves every name by its kubernetes plugin", ".:53 {\n kubernetes\n forward . 1.1.1.1\n}\n"],
    [
      "has its domain from a variable",
      ".:53 {\n kubernetes {$CLUSTER_DOMAIN} in-addr.arpa\n forward . 1.1.1.1\n}\n",
    ],
    ["imports a snippet", "(k8s) {\n kubernetes cluster.local\n}\n.:53 {\n import k8s\n}\n"],
    [
      "imports files between its blocks",
      ".:53 {\n kubernetes cluster.local\n import custom/*.override\n}\nimport custom/*.server\n",
    ],
    ["has a Corefile too large to be read", `# ${"x".repeat(1_100_000)}\n`],
  ])("is calm where CoreDNS %s", (_, corefile) => {
    calm(cluster(corefileMap(corefile)), { podB: "svc/shop/api" });
    calm(cluster(corefileMap(corefile)), { podB: "dns/example.com" });
  });

  it("is calm where a StatefulSet has a Service and a headless one, with target ports by name", () => {
    const port = { name: "http", port: 8080, protocol: "TCP" } as const;
    const ports = [{ ...port, targetPort: "http" }];
    const slice = (service: string) =>
      sliceObject(`shop/${service}-1`, {
        service,
        endpoints: [
          {
            addresses: ["10.244.2.20"],
            ready: true,
            serving: true,
            terminating: false,
            pod: "shop/api",
          },
        ],
        ports: [port],
      });
    const objects = [
      ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1", "Pod/shop/api"),
      apiPod({ hostname: "api", subdomain: "api-headless" }),
      serviceObject("shop/api", { selector: { app: "api" }, clusterIps: ["10.96.0.20"], ports }),
      serviceObject("shop/api-headless", {
        selector: { app: "api" },
        clusterIps: ["None"],
        ports,
      }),
      slice("api"),
      slice("api-headless"),
    ];
    for (const podB of ["shop/api", "svc/shop/api-headless", "dns/api.api-headless"]) {
      calm(objects, { podB });
    }
  });

  it("is calm where a Service of a workload without replicas comes within a slip of a pod", () => {
    const labels = { app: "api", track: "blue" };
    const spare = serviceObject("shop/blue", { selector: labels, clusterIps: ["10.96.0.21"] });
    const { template, ...rest } = workloadObject("shop/blue", { replicas: 0 });
    const idle = { ...rest, template: { ...template, labels } };
    const bare = [
      ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1", "Pod/shop/api"),
      apiPod({ labels: { app: "api", track: "green" } }),
      spare,
    ];
    calm([...bare, idle], { port: 8080 });
    const blue = { podB: "svc/shop/blue" };
    expect(codesOf(diagnosed([...bare, idle], blue))).toEqual(["SERVICE_NO_ENDPOINTS"]);
    expect(codesOf(diagnosed(bare, blue))).toEqual(["SERVICE_SELECTOR_MISMATCH"]);
  });

  it("is calm where a container was killed once and is up again", () => {
    const container = { name: "api", ready: true, restartCount: 1, exitCode: 137 };
    const answer = diagnosed(
      cluster(apiPod({ containers: [{ ...container, lastTerminated: "OOMKilled" }] })),
    );
    expect(answer).toMatchObject({ status: "connected", issues: [] });
    expect(answer.latent).toMatchObject([{ code: "POD_OOMKILLED", severity: "medium" }]);
  });
});

const ready = { type: "Ready", status: "True" } as const;
const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
const withoutNetwork = (name: string) =>
  nodeObject(name, {
    podCidrs: [`10.244.${name.slice(1)}.0/24`],
    conditions: [ready, { type: "NetworkUnavailable", status: "True" }],
  });
const neighbour = apiPod({ nodeName: "n1", ips: ["10.244.1.20"] });
const withoutSlice = (...changed: readonly ClusterObject[]): readonly ClusterObject[] =>
  cluster(...changed).filter(({ kind }) => kind !== "EndpointSlice");
const hostPod = (nodeName: string) =>
  apiPod({ nodeName, hostNetwork: true, ips: [`192.168.0.${nodeName.slice(1)}`] });
const hostSource = webPod({
  hostNetwork: true,
  ips: ["192.168.0.1"],
  dnsPolicy: "ClusterFirstWithHostNet",
});

describe("faults of the pod network", () => {
  it.each([
    ["between pods of one node", [withoutNetwork("n1"), neighbour]],
    ["from a pod on the host network", [withoutNetwork("n1"), hostSource]],
    ["to a pod on the host network", [withoutNetwork("n2"), hostPod("n2")]],
  ])("do not concern connections %s", (_, changed) => {
    calm(withoutSlice(...changed), { port: 8080 });
  });

  it("concern a pod whose peer on another node is on the host network", () => {
    const answer = diagnosed(withoutSlice(withoutNetwork("n1"), hostPod("n2")), { port: 8080 });
    expect(answer.status).toBe("disconnected");
  });

  it.each([
    ["between pods of one node", [neighbour]],
    ["between pods on the host network", [hostSource, hostPod("n2")]],
  ])("do not concern connections %s where ranges overlap", (_, changed) => {
    const twin = nodeObject("n3", { podCidrs: ["10.244.0.0/16"] });
    calm(withoutSlice(twin, ...changed), { port: 8080 });
  });

  it("are told once where the ranges of both ends' nodes overlap", () => {
    const answer = diagnosed(cluster(nodeObject("n2", { podCidrs: ["10.244.0.0/16"] })));
    const codes = codesOf(answer).filter((code) => code === "PODCIDR_OVERLAP_NODES");
    expect(codes).toHaveLength(1);
    expect(answer.issues).toEqual(["Nodes n1 and n2 have pod ranges that overlap"]);
  });

  it("are told of the destination's node where the source is on the host network", () => {
    const twin = nodeObject("n2", { podCidrs: ["10.244.0.0/16"] });
    expect(codesOf(diagnosed(cluster(twin, hostSource)))).toContain("PODCIDR_OVERLAP_NODES");
  });
});

describe("an agent that is not ready", () => {
  const proxyPod = (name: string, parts = {}) =>
    podObject(`kube-system/${name}`, {
      owner: { kind: "DaemonSet", name: "kube-proxy" },
      labels: { "k8s-app": "kube-proxy" },
      nodeName: "n1",
      ...parts,
    });
  const evicted = { phase: "Failed", reason: "Evicted", ...unready };

  it.each([
    ["before", "a"],
    ["after", "z"],
  ])("is no fault where its DaemonSet has a ready one on the node, %s it by name", (_, name) => {
    const agent = calicoPod("n1", evicted);
    const proxies = [proxyPod("kube-proxy-m"), proxyPod(`kube-proxy-${name}`, evicted)];
    const objects = cluster({ ...agent, name: `calico-node-${name}` }, ...proxies);
    calm(objects);
    calm(objects, { podB: "svc/shop/api" });
  });

  it("is a fault where only another DaemonSet's pod on the node is ready", () => {
    const other = calicoPod("n1", { owner: { kind: "DaemonSet", name: "rke2-canal" } });
    const objects = cluster(calicoPod("n1", unready), { ...other, name: "rke2-canal-x" });
    expect(codesOf(diagnosed(objects))).toContain("CNI_AGENT_DOWN");
  });

  it("does not concern pods on the host network", () => {
    calm(withoutSlice(calicoPod("n1", unready), hostSource, hostPod("n2")), { port: 8080 });
  });
});
