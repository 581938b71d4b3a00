import { describe, expect, it } from "vitest";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { allConnections } from "../../../../server/analyzer/sets/connections.js";
import { podObject } from "../../../support/cluster-objects.js";
import {
  clusterPolicyText,
  documents,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";
import { reachesOf, reachOf } from "../../../support/reach-of.js";

// Goal: what the objects do not say is neither allowed nor denied, and concerns no other pair. Method: policies of kinds that
// are not evaluated, DNS names, pods without an address.

const all = "All Connections";
const none = "No Connections";
const open = (best: string, doubt = all): string => `${best} ? ${doubt}`;

const pods = [podText("shop/web"), podText("shop/db"), podText("far/db")];
const pairs = [
  "shop/web => shop/db",
  "shop/web => far/db",
  "far/db => shop/db",
  "shop/db => far/db",
];

const foreign = (apiVersion: string, kind: string, namespace: string, spec: unknown): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name: "other", namespace }, spec });

describe("policies of kinds that are not evaluated", () => {
  const cilium = foreign("cilium.io/v2", "CiliumNetworkPolicy", "shop", {
    endpointSelector: { matchLabels: { app: "db" } },
    ingress: [{ fromEndpoints: [{}] }],
  });

  it("leave open what goes to the pods that they select, in their direction", () => {
    expect(reachesOf([...pods, cilium], pairs)).toEqual([open(all), all, open(all), all]);
  });

  it("leave nothing open that the other direction denies", () => {
    const closed = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{ports: [{port: 80}]}]",
    );
    expect(reachesOf([...pods, cilium, closed], pairs)).toEqual([
      open("TCP 80", "TCP 80"),
      "TCP 80",
      open(all),
      all,
    ]);
  });

  it("leave open what NetworkPolicies deny, too", () => {
    const closed = policyText("shop/db", "podSelector: {matchLabels: {app: db}}");
    expect(reachOf([...pods, cilium, closed], "shop/web => shop/db")).toBe(open(none));
  });

  it("leave open their whole scope where the selector is not understood", () => {
    const calico = foreign("projectcalico.org/v3", "NetworkPolicy", "shop", {
      selector: "projectcalico.org/orchestrator == 'k8s' && what is this",
      types: ["Egress"],
      egress: [{ action: "Allow" }],
    });
    expect(reachesOf([...pods, calico], pairs)).toEqual([open(all), open(all), all, open(all)]);
  });

  it("are named with what they leave open, in the direction that they concern", () => {
    const { engine, model } = manifestWorld(documents(...pods, cilium));
    const end = (namespace: string, name: string): PolicyEndpoint => ({
      kind: "pod",
      pod: model.pod(namespace, name) ?? podObject("none/none"),
    });
    const { egress, ingress } = engine.decide(end("shop", "web"), end("shop", "db"));
    expect(egress.doubts).toEqual([]);
    expect(ingress.doubts).toMatchObject([
      {
        reason: "unmodelled-policy",
        policy: { policyKind: "CiliumNetworkPolicy", namespace: "shop", name: "other" },
        connections: allConnections,
      },
    ]);
    const untouched = engine.decide(end("shop", "web"), end("far", "db"));
    expect([...untouched.egress.doubts, ...untouched.ingress.doubts]).toEqual([]);
  });

  it("concern no pod of another namespace", () => {
    const elsewhere = foreign("cilium.io/v2", "CiliumNetworkPolicy", "dev", {
      endpointSelector: {},
      ingress: [{}],
      egress: [{}],
    });
    expect(reachesOf([...pods, elsewhere], pairs)).toEqual([all, all, all, all]);
  });
});

describe("rules by DNS name", () => {
  const policy = clusterPolicyText(
    "names",
    `tier: Admin
priority: 1
subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
egress:
  - {action: Accept, to: [{domainNames: ["*.example.com"]}], protocols: [{tcp: {destinationPort: {number: 443}}}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}`,
  );

  it("T49 leave open what they may accept, and nothing else", () => {
    expect(reachOf([...pods, policy], "shop/web => 203.0.113.1")).toBe(open(none, "TCP 443"));
    expect(reachOf([...pods, policy], "far/db => 203.0.113.1")).toBe(all);
  });

  it("T49 are no peer of pods", () => {
    expect(reachOf([...pods, policy], "shop/web => shop/db", { profile: "cilium" })).toBe(all);
  });
});

describe("addresses that are not known", () => {
  const node = JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1" },
    spec: { podCIDRs: ["10.244.0.0/16"] },
    status: { addresses: [{ type: "InternalIP", address: "192.168.0.1" }] },
  });
  const from = (cidr: string) =>
    policyText(
      "shop/db",
      `podSelector: {matchLabels: {app: db}}\ningress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]`,
    );

  it("T36 leave open what a block may hold of the pods' own range", () => {
    const pair = "shop/web => shop/db";
    expect(reachOf([...pods, node, from("10.244.0.0/24")], pair)).toBe(open(none));
    expect(reachOf([...pods, node, from("10.0.0.0/8")], pair)).toBe(all);
    expect(reachOf([...pods, node, from("10.245.0.0/16")], pair)).toBe(none);
    expect(reachOf([...pods, from("203.0.113.0/24")], pair)).toBe(none);
  });

  it("leave open what a policy of either tier may deny, and nothing that another has the last word on", () => {
    const deny = (tier: string) =>
      clusterPolicyText(
        "net",
        `tier: ${tier}
priority: 1
subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}
egress: [{action: Deny, to: [{networks: [10.244.0.0/24]}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]`,
      );
    const pair = "shop/web => shop/db";
    const isolated = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\negress: [{ports: [{port: 80}, {port: 81}]}]",
    );
    for (const tier of ["Admin", "Baseline"]) {
      expect(reachOf([...pods, node, deny(tier)], pair), tier).toBe(open(all, "TCP 80"));
    }
    expect(reachOf([...pods, node, deny("Admin"), isolated], pair)).toBe(
      open("TCP 80-81", "TCP 80"),
    );
    expect(reachOf([...pods, node, deny("Baseline"), isolated], pair)).toBe("TCP 80-81");
  });

  it("matter to no rule that goes by labels, and under no profile whose blocks hold no pods", () => {
    const byLabel = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {}}]}]",
    );
    expect(reachesOf([...pods, byLabel], pairs)).toEqual([all, all, none, all]);
    const pair = "shop/web => shop/db";
    expect(reachOf([...pods, from("10.244.0.0/24")], pair, { profile: "cilium" })).toBe(none);
  });
});
