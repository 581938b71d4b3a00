import { describe, expect, it } from "vitest";
import type { DiagnosisAnswer } from "../../../../server/analyzer/answers.js";
import type {
  ClusterObject,
  NetworkPolicyRule,
} from "../../../../server/analyzer/model/objects.js";
import { configMapObject, podObject } from "../../../support/cluster-objects.js";
import {
  cluster,
  codesOf,
  diagnosed,
  dnsService,
  isolating,
  kubernetesService,
  modesOf,
  webPod,
} from "../../../support/diagnosis-cluster.js";
import { labelled } from "../../../support/policy-parts.js";

/** Goal: what was not read is named, and nothing is claimed of it. Method: dumps of some kinds or namespaces only. */

const only = (fits: (object: ClusterObject) => boolean): readonly ClusterObject[] =>
  cluster().filter(fits);
const ofKinds = (...kinds: readonly ClusterObject["kind"][]) =>
  only(({ kind }) => kinds.includes(kind));
const shopOnly = () => only(({ namespace }) => namespace === "shop");
const limitsOf = ({ limits }: DiagnosisAnswer): readonly string[] => limits.map(({ what }) => what);
const toService = { podB: "svc/shop/api" } as const;
const kubelet = configMapObject("kube-system/kubelet-config", {
  kubelet: "clusterDNS: [10.96.0.10]\n",
});

describe("a dump without the cluster's DNS", () => {
  it.each([
    ["one namespace", shopOnly()],
    ["one namespace and the kubelets' configuration", [...shopOnly(), kubelet]],
    ["all pods, Services of two namespaces", [...ofKinds("Pod"), ...shopOnly(), kubelet]],
    ["the default namespace too", [...shopOnly(), kubernetesService(), kubelet]],
    [
      "Services and slices, pods of one namespace",
      [...ofKinds("Service", "EndpointSlice"), ...shopOnly()],
    ],
    [
      "no pods of the system",
      only(({ kind, namespace }) => kind !== "Pod" || namespace === "shop"),
    ],
  ])("takes names to resolve, and says so: %s", (_, objects) => {
    const answer = diagnosed(objects, toService);
    expect(answer).toMatchObject({ status: "connected", issues: [] });
    expect(limitsOf(answer)).toContain("the cluster's DNS");
  });

  it("is told from a cluster whose DNS Service is gone", () => {
    const gone = cluster(kubelet).filter(({ name }) => name !== dnsService().name);
    expect(codesOf(diagnosed(gone, toService))).toContain("DNS_SERVICE_MISSING");
  });
});

describe("a dump without the pods behind a Service", () => {
  const bare = [...ofKinds("Service", "EndpointSlice"), webPod({ namespace: "visit" })];
  const question = { podA: "visit/web", ...toService };

  it("can't tell whether they take the connection, with slices and without", () => {
    for (const objects of [bare, bare.filter(({ kind }) => kind !== "EndpointSlice")]) {
      const answer = diagnosed(objects, question);
      expect(answer).toMatchObject({ status: "unknown", confidence: 0 });
      expect(codesOf(answer)).toEqual(["SELF_DATA_MISSING"]);
      expect(answer.issues[0]).toContain("no pods of namespace shop");
      expect(answer.solutions[0]).toContain("kubectl -n shop get pods");
    }
  });

  it("is told from a slice that lists what is gone", () => {
    const answer = diagnosed(
      [...bare, podObject("shop/other", { ips: ["10.244.1.70"] })],
      question,
    );
    expect(answer.status).toBe("disconnected");
  });
});

describe("a dump without Services", () => {
  const pods = ofKinds("Pod");

  it("does not say that a name means none", () => {
    for (const podB of ["dns/api", "dns/api.shop", "dns/api.shop.svc.cluster.local"]) {
      const answer = diagnosed(pods, { podB });
      expect(answer).toMatchObject({ status: "unknown", confidence: 0 });
      expect(codesOf(answer)).toEqual(["SELF_DATA_MISSING"]);
    }
  });

  it("names what it lacks, and says nothing of Services that lead to the pod", () => {
    const answer = diagnosed(pods);
    expect(answer.status).toBe("connected");
    expect(codesOf(answer)).toEqual([]);
    expect(limitsOf(answer)).toEqual(
      expect.arrayContaining(["Services of namespace shop", "policies", "the state of nodes"]),
    );
  });
});

describe("a dump of some namespaces", () => {
  it("is less sure that a short name means a Service of another one", () => {
    const client = webPod({ namespace: "visit" });
    const question = { podA: "visit/web", podB: "dns/api" };
    const [some, whole] = [[...shopOnly(), client], cluster(client)].map((objects) =>
      diagnosed(objects, question),
    );
    expect([some?.status, some?.confidence]).toEqual(["disconnected", 0.6]);
    expect([whole?.status, whole?.confidence]).toEqual(["disconnected", 0.85]);
  });

  it("does not say that another one does not exist", () => {
    const answer = diagnosed(shopOnly(), { podB: "dns/db.data.svc.cluster.local" });
    expect(answer).toMatchObject({ status: "unknown", confidence: 0 });
    expect(codesOf(answer)).toEqual(["SELF_DATA_MISSING"]);
  });

  it("takes a name that may be a namespace's for one outside, and says so", () => {
    const answer = diagnosed(shopOnly(), { podB: "dns/db.data", port: 5432 });
    expect(limitsOf(answer)).toContain("whether data is a namespace");
    expect(limitsOf(diagnosed(cluster(), { podB: "dns/db.data" }))).not.toContain(
      "whether data is a namespace",
    );
  });
});

describe("a dump without Namespaces", () => {
  const fromNamespaces = (key: string, value: string): NetworkPolicyRule => ({
    peers: [{ kind: "pods", namespaceSelector: labelled(key, value) }],
  });
  const byTeam = isolating("by-team", { ingress: [fromNamespaces("team", "a")] });

  it("can't tell what a rule by their labels lets in", () => {
    const unnamed = cluster(byTeam).filter(({ kind }) => kind !== "Namespace");
    const answer = diagnosed(unnamed, { port: 8080 });
    expect(modesOf(answer)[0]).toBe("podIP unknown");
    expect(answer.issues[0]).toContain("no Namespace shop");
    expect(limitsOf(answer)).toContain("labels of namespace shop");
  });

  it("is told from one that has the Namespace, and from rules by its name", () => {
    const known = diagnosed(cluster(byTeam), { port: 8080 });
    expect(codesOf(known)).toContain("NETPOL_NS_SELECTOR_MISS");
    const rule = fromNamespaces("kubernetes.io/metadata.name", "visit");
    const unnamed = cluster(isolating("by-name", { ingress: [rule] })).filter(
      ({ kind }) => kind !== "Namespace",
    );
    const byName = diagnosed(unnamed, { port: 8080 });
    expect(byName.status).toBe("disconnected");
    expect(limitsOf(byName)).not.toContain("labels of namespace shop");
  });
});

describe("a dump without policies", () => {
  it("takes them to be none, and says so; one of the cluster knows", () => {
    expect(limitsOf(diagnosed(cluster()))).toContain("policies");
    expect(limitsOf(diagnosed(cluster(isolating("x", { namespace: "y" }))))).not.toContain(
      "policies",
    );
    expect(limitsOf(diagnosed(cluster(), {}, { source: "cluster" }))).not.toContain("policies");
  });
});
