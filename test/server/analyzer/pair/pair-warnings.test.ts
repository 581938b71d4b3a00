import { describe, expect, it } from "vitest";
import type { ClusterObject, PodObject } from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import {
  conventionChecksMax,
  natNodesMax,
  warningsMax,
} from "../../../../server/analyzer/pair/limits.js";
import { issueNamesMax } from "../../../../server/analyzer/service/limits.js";
import { askPair } from "../../../support/ask-pair.js";
import {
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
} from "../../../support/cluster-objects.js";
import { podText, policyText, serviceText } from "../../../support/lint-manifests.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled } from "../../../support/policy-parts.js";

const ask = (objects: readonly ClusterObject[], source: string, destination: string, port = 80) =>
  evaluatePair(objectWorld(objects), { source, destination, port, explain: false });

describe("warnings", () => {
  it("say first what of the input the answer does not rest on", () => {
    const broken = policyText("shop/allow", "podSelector: [app]");
    const { warnings } = askPair(
      [podText("shop/web"), podText("shop/db"), broken],
      "shop/web => shop/db",
      { port: 80 },
    );
    expect(warnings[0]).toMatch(
      /^1 document or object of the input can't be used \(NetworkPolicy shop\/allow, in.yaml:\d+\): if it is a policy, it may allow what is denied here, or deny what is allowed$/,
    );
  });

  it("say where endpoints are known from", () => {
    const service = serviceText("shop/db", { selector: { app: "db" }, ports: [{ port: 80 }] });
    const answer = askPair(
      [podText("shop/web"), podText("shop/db"), service],
      "shop/web => svc/shop/db",
      { port: 80 },
    );
    expect(answer.warnings).toContain(
      "Service shop/db: its endpoints are the pods that its selector selects, the model has no EndpointSlices of it",
    );
  });

  it("name pods that are not running, terminating or not ready, issueNamesMax at most", () => {
    const states: readonly Partial<PodObject>[] = [
      { phase: "Pending" },
      { phase: "Unknown" },
      { terminating: true },
      { conditions: [{ type: "Ready", status: "False" }] },
    ];
    const texts = states.map((parts) =>
      ask(
        [podObject("shop/web"), podObject("shop/db", parts)],
        "shop/web",
        "shop/db",
      ).warnings.join(),
    );
    expect(texts).toEqual([
      "shop/db is not running (Pending): policies are judged as if it were",
      "shop/db is on a node that does not answer (phase Unknown)",
      "shop/db is being deleted: connections that are open may still work, new ones need not",
      "shop/db is not ready: policies let connections through that the pod may not take",
    ]);
    const many = Array.from({ length: issueNamesMax + 2 }, (_, index) =>
      podObject(`shop/db-${index}`, {
        phase: "Pending",
        owner: { kind: "StatefulSet", name: "db" },
      }),
    );
    expect(ask([podObject("shop/web"), ...many], "shop/web", "shop/db").warnings.at(-1)).toContain(
      "and 2 more is not running",
    );
  });

  it("say that a name can't be looked up where egress to DNS is denied", () => {
    const dns = podText("kube-system/coredns", { labels: { "k8s-app": "kube-dns" } });
    const dnsService = serviceText("kube-system/kube-dns", {
      selector: { "k8s-app": "kube-dns" },
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 5353 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 5353 },
      ],
    });
    const service = serviceText("shop/db", {
      selector: { app: "db" },
      clusterIP: "10.96.0.9",
      ports: [{ port: 80 }],
    });
    const out = policyText(
      "shop/out",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {}}]}]",
    );
    const all = [podText("shop/web"), podText("shop/db"), dns, dnsService, service, out];
    const text =
      "shop/web can't look up names over UDP and TCP: policies deny it port 5353 of the pods of Service kube-system/kube-dns";
    expect(askPair(all, "shop/web => svc/shop/db", { port: 80 }).warnings).toContain(text);
    expect(askPair(all, "shop/web => dns/db.shop.svc", { port: 80 }).warnings).toContain(text);
    expect(askPair(all, "shop/web => 10.96.0.9", { port: 80 }).warnings).not.toContain(text);
    expect(askPair(all, "shop/web => shop/db", { port: 80 }).warnings).not.toContain(text);
  });

  it("name the YAML dash that makes two selectors alternatives", () => {
    const policy = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}}, {podSelector: {matchLabels: {app: web}}}]}]",
    );
    const warnings = (pair: string) =>
      askPair([podText("front/x"), podText("shop/web"), podText("shop/db"), policy], pair, {
        port: 80,
      }).warnings.join();
    expect(warnings("front/x => shop/db")).toContain("by its namespaceSelector alone: a dash");
    expect(warnings("shop/web => shop/db")).toContain("by its podSelector alone: a dash");
  });

  it("are warningsMax at most", () => {
    const services = Array.from({ length: warningsMax + 10 }, (_, index) =>
      podObject(`shop/web-${index}`, {
        nodeName: `n${index}`,
        owner: { kind: "Deployment", name: "web" },
      }),
    );
    const local = serviceObject("shop/db", {
      selector: { app: "db" },
      internalTrafficPolicy: "Local",
    });
    const far = podObject("shop/db-0", { labels: { app: "db" }, nodeName: "far" });
    expect(ask([...services, local, far], "shop/web", "svc/shop/db").warnings).toHaveLength(
      warningsMax,
    );
  });
});

describe("bounds of doubts", () => {
  const client = networkPolicyObject("shop/db-in", {
    podSelector: labelled("app", "db"),
    ingress: [{ peers: [blockPeer("203.0.113.0/24")] }, { peers: [blockPeer("192.0.2.0/24")] }],
  });
  const lb = serviceObject("shop/db", {
    type: "LoadBalancer",
    selector: { app: "db" },
    loadBalancerIps: ["198.51.100.7"],
  });
  const db = podObject("shop/db-0", { labels: { app: "db" }, ips: ["10.0.0.5"] });

  it("try natNodesMax nodes in the place of a client", () => {
    const alike = Array.from({ length: natNodesMax }, (_, index) =>
      nodeObject(`n${String(index).padStart(4, "0")}`, { ips: ["192.0.2.2"] }),
    );
    const odd = nodeObject("z", { ips: ["10.1.0.1"] });
    const verdict = (nodes: readonly ClusterObject[]) =>
      ask([client, lb, db, ...nodes], "203.0.113.9", "svc/shop/db").verdict;
    expect(verdict(alike)).toBe("allowed");
    expect(verdict([...alike.slice(1), odd])).toBe("unknown");
    expect(verdict([...alike, odd])).toBe("allowed");
  });

  it("judge conventionChecksMax ways under the other convention", () => {
    const byBlock = networkPolicyObject("shop/in", {
      podSelector: labelled("app", "db"),
      ingress: [{ peers: [blockPeer("10.9.0.0/16")] }],
    });
    const sources = (count: number) => [
      ...Array.from({ length: count }, (_, index) =>
        podObject(`shop/web-${String(index).padStart(3, "0")}`, {
          labels: { n: `${index}` },
          ips: [`10.0.0.${index + 1}`],
          owner: { kind: "Deployment", name: "web" },
        }),
      ),
      podObject("shop/web-999", {
        labels: { n: "odd" },
        ips: ["10.9.0.1"],
        owner: { kind: "Deployment", name: "web" },
      }),
    ];
    const warns = (count: number) =>
      ask([byBlock, db, ...splitBy(count), ...sources(count)], "shop/web", "shop/db-0")
        .warnings.join()
        .includes("the other way round");
    expect(warns(conventionChecksMax - 1)).toBe(true);
    expect(warns(conventionChecksMax)).toBe(false);
  });

  /** Policies that tell the pods of the workload apart. */
  const splitBy = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      networkPolicyObject(`shop/s${index}`, { podSelector: labelled("n", `${index}`) }),
    );
});
