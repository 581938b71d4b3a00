import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { askFix, type FixAsked, verdictWith } from "../../../support/ask-fix.js";
import {
  clusterPolicyText,
  namespaceText,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";

const web = podText("shop/web");
const db = podText("shop/db");
const far = podText("front/web");
const denyAll = policyText("shop/deny-all", "podSelector: {}\npolicyTypes: [Ingress, Egress]");
const denyIn = policyText("shop/deny-in", "podSelector: {}");
const pair = "shop/web => shop/db";

/** What is done to a document without a part of it. */
type Json = { [key: string]: Json } | Json[] | string | number;

/** All ways to leave one rule, peer or port out of a manifest. */
const leftOut = (manifest: string): readonly string[] => {
  const documents = parseAllDocuments(manifest).map((document) => document.toJS() as Json);
  const variants: string[] = [];
  const visit = (node: Json): void => {
    if (typeof node !== "object") return;
    if (Array.isArray(node)) {
      node.forEach((_, index) => {
        const [removed] = node.splice(index, 1);
        variants.push(documents.map((each) => JSON.stringify(each)).join("\n---\n"));
        node.splice(index, 0, removed as Json);
      });
      node.forEach(visit);
      return;
    }
    for (const [key, value] of Object.entries(node)) if (key !== "policyTypes") visit(value);
  };
  for (const document of documents) visit(document);
  documents.forEach((_, index) => {
    const others = documents.filter((__, other) => other !== index);
    variants.push(others.map((each) => JSON.stringify(each)).join("\n---\n"));
  });
  return variants;
};

/** Whether each part is needed: an empty list of peers or ports means all of them, so that only a last one may go. */
const expectMinimal = (manifests: readonly string[], pairText: string, asked: FixAsked): void => {
  const { manifest, outcome } = askFix(manifests, pairText, asked);
  expect(outcome).toBe("manifest");
  expect(verdictWith([...manifests, manifest], pairText, asked)).toBe("allowed");
  for (const variant of leftOut(manifest)) {
    if (/"(from|to|ports)":\[\]/.test(variant)) continue;
    const all = variant === "" ? manifests : [...manifests, variant];
    expect([variant, verdictWith(all, pairText, asked)]).not.toEqual([variant, "allowed"]);
  }
};

describe("suggestFix()", () => {
  it("needs nothing where it is permitted", () => {
    expect(askFix([web, db], pair, { port: 80 })).toMatchObject({
      outcome: "none-needed",
      manifest: "",
      steps: [],
    });
  });

  it("adds one policy for each direction that denies, and proves them", async () => {
    const answer = askFix([web, db, denyAll], pair, { port: 5432 });
    expect(answer.outcome).toBe("manifest");
    expect(answer.after?.verdict).toBe("allowed");
    expect(answer.blastRadius).toEqual([]);
    await expect(answer.manifest).toMatchFileSnapshot("../../../golden/fix/both-directions.yaml");
    expect(verdictWith([web, db, denyAll, answer.manifest], pair, { port: 5432 })).toBe("allowed");
  });

  it("gives the commands to apply, verify and roll back", () => {
    const { steps, rollback } = askFix([web, db, denyAll], pair, { port: 5432, protocol: "TCP" });
    expect(steps).toEqual([
      "causeway policy fix shop/web shop/db --port 5432 --protocol TCP -o yaml > causeway-fix.yaml",
      "kubectl apply -f causeway-fix.yaml",
      "causeway policy eval shop/web shop/db --port 5432 --protocol TCP",
    ]);
    expect(rollback).toBe(
      "kubectl delete networkpolicy -n shop allow-web-to-db-5432 && kubectl delete networkpolicy -n shop allow-db-from-web-5432",
    );
  });

  it("adds none for a direction that allows", () => {
    const { manifest } = askFix([web, db, denyIn], pair, { port: 80 });
    expect(manifest.match(/policyTypes:\n {4}- (.*)/g)).toEqual(["policyTypes:\n    - Ingress"]);
  });

  it("names another namespace by the label that every one has", async () => {
    const { manifest } = askFix([far, db, denyIn], "front/web => shop/db", { port: 80 });
    await expect(manifest).toMatchFileSnapshot("../../../golden/fix/other-namespace.yaml");
  });

  it("opens the target port of the pods behind a Service, not the Service's", async () => {
    const service = serviceText("shop/db", {
      selector: { app: "db" },
      ports: [{ port: 80, targetPort: "pg" }],
    });
    const server = podText("shop/db", { ports: [{ name: "pg", containerPort: 5432 }] });
    const { manifest } = askFix([web, server, service, denyIn], "shop/web => svc/shop/db", {
      port: 80,
    });
    await expect(manifest).toMatchFileSnapshot("../../../golden/fix/service.yaml");
  });

  it("lets a name be looked up, over UDP and TCP on the port of the DNS pods", async () => {
    const dns = podText("kube-system/coredns", { labels: { "k8s-app": "kube-dns" } });
    const dnsService = serviceText("kube-system/kube-dns", {
      selector: { "k8s-app": "kube-dns" },
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 5353 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 5353 },
      ],
    });
    const service = serviceText("shop/db", { selector: { app: "db" }, ports: [{ port: 80 }] });
    const all = [web, db, service, dns, dnsService];
    const byName = askFix([...all, denyAll], "shop/web => svc/shop/db", { port: 80 });
    await expect(byName.manifest).toMatchFileSnapshot("../../../golden/fix/dns.yaml");
    expect(byName.after?.warnings.join()).not.toContain("look up names");
    const byPod = askFix([...all, denyAll], "shop/web => shop/db", { port: 80 });
    expect(byPod.manifest).not.toContain("5353");
    const onlyDb = policyText(
      "shop/out",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {}}]}]",
    );
    const onlyNames = askFix([...all, onlyDb], "shop/web => svc/shop/db", { port: 80 });
    expect(onlyNames.outcome).toBe("manifest");
    expect(onlyNames.manifest).toContain("port: 5353");
  });

  it("names addresses outside by the fewest blocks", () => {
    const egress = policyText("shop/out", "podSelector: {}\npolicyTypes: [Egress]");
    const cidrs = (to: string) =>
      [
        ...askFix([web, egress], `shop/web => ${to}`, { port: 443 }).manifest.matchAll(
          /cidr: (.*)/g,
        ),
      ].map(([, cidr]) => cidr);
    expect(cidrs("203.0.113.9")).toEqual(["203.0.113.9/32"]);
    expect(cidrs("203.0.113.0/24")).toEqual(["203.0.113.0/24"]);
    expect(cidrs("2001:db8::1")).toEqual(["2001:db8::1/128"]);
  });

  it("names a range that policies cut as it was asked", () => {
    const cut = policyText(
      "shop/cut",
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 203.0.113.16/28}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 203.0.113.64/26}}]}]",
    );
    const { manifest } = askFix([web, cut], "shop/web => 203.0.113.0/24", { port: 80 });
    expect(manifest.match(/cidr: .*/g)).toEqual(["cidr: 203.0.113.0/24"]);
    expect(manifest).toContain("name: allow-web-to-203-0-113-0-24-80\n");
  });

  it("lets a pod out to one on the host network by the address of its node", () => {
    const host = podText("shop/agent", {
      spec: { hostNetwork: true, nodeName: "n2", containers: [{ name: "m", image: "m" }] },
      status: { phase: "Running", hostIP: "192.0.2.2" },
    });
    const egress = policyText("shop/out", "podSelector: {}\npolicyTypes: [Egress]");
    const all = [web, host, egress];
    expect(askFix(all, "shop/web => shop/agent", { port: 9100 }).manifest).toContain(
      "cidr: 192.0.2.2/32",
    );
    expect(
      askFix(all, "shop/web => shop/agent", { port: 9100, profile: "cilium" }).reason,
    ).toContain("under profile cilium no rule of a NetworkPolicy holds nodes");
  });

  it("opens a protocol or everything where that is asked, and says so", () => {
    const udp = askFix([web, db, denyIn], pair, { protocol: "UDP" });
    expect(udp.manifest).toContain("- protocol: UDP\n");
    const all = askFix([web, db, denyIn], pair);
    expect(all.manifest).not.toContain("ports:");
    expect(all.reason).toBe("it opens every port: ask with --port to open one");
  });

  it("takes the labels of a workload that last", () => {
    const labels = { app: "web", "pod-template-hash": "5d4f", "controller-revision-hash": "x" };
    const { manifest } = askFix([podText("shop/web", { labels }), db, denyIn], pair, { port: 80 });
    expect(manifest).toContain("app: web");
    expect(manifest).not.toContain("hash");
  });

  it("gives policies names that are free", () => {
    const taken = ["allow-db-from-web-80", "allow-db-from-web-80-2"].map((name) =>
      policyText(`shop/${name}`, "podSelector: {matchLabels: {app: x}}"),
    );
    const { manifest } = askFix([web, db, denyIn, ...taken], pair, { port: 80 });
    expect(manifest).toContain("name: allow-db-from-web-80-3\n");
  });

  it("shows what else it changes", () => {
    const twin = podText("shop/web-twin", { labels: { app: "web" } });
    const { blastRadius } = askFix([web, twin, db, denyIn], pair, { port: 80 });
    expect(blastRadius).toEqual([
      {
        change: "added",
        source: "shop/web-twin[Pod]",
        destination: "shop/db[Pod]",
        before: "No Connections",
        after: "TCP 80",
        info: "",
      },
    ]);
  });
});

describe("suggestFix() is minimal", () => {
  const service = serviceText("shop/db", {
    selector: { app: "db" },
    ports: [
      { name: "pg", port: 80, targetPort: 5432 },
      { name: "metrics", port: 90, targetPort: 9187 },
    ],
  });
  const replicas = [
    podText("shop/db-a", { labels: { app: "db", zone: "a" } }),
    podText("shop/db-b", { labels: { app: "db", zone: "b" } }),
  ];
  const zones = ["a", "b"].map((zone) =>
    policyText(`shop/zone-${zone}`, `podSelector: {matchLabels: {zone: ${zone}}}`),
  );

  it.each([
    ["one pair", [web, db, denyAll], pair, { port: 80 }],
    ["another namespace", [far, db, denyIn], "front/web => shop/db", { port: 80 }],
    ["a Service's ports", [web, db, service, denyAll], "shop/web => svc/shop/db", {}],
    [
      "several endpoints",
      [web, ...replicas, service, denyAll, ...zones],
      "shop/web => svc/shop/db",
      { port: 80 },
    ],
    ["an address", [web, denyAll], "shop/web => 203.0.113.0/24", { port: 443 }],
    ["a client outside", [db, denyIn], "203.0.113.9 => shop/db", { port: 443 }],
  ] as const)(
    "for %s: without any rule, peer or port it is not allowed",
    (_, manifests, text, asked) => {
      expectMinimal(manifests, text, asked);
    },
  );
});

describe("suggestFix() at the baseline", () => {
  const baseline = (ingress: string) => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: ${ingress}`;
  const closed = baseline("[{name: closed, action: Deny, from: [{namespaces: {}}]}]");
  const shop = namespaceText("shop");

  it("adds an ordered policy where a NetworkPolicy would isolate what is open today", async () => {
    const answer = askFix([web, db, shop, closed], pair, { port: 80 });
    expect(answer.outcome).toBe("manifest");
    expect(answer.blastRadius).toEqual([]);
    expect(answer.reason).toContain("isolates nothing");
    await expect(answer.manifest).toMatchFileSnapshot("../../../golden/fix/baseline.yaml");
    expect(verdictWith([web, db, shop, closed, answer.manifest], pair, { port: 80 })).toBe(
      "allowed",
    );
    expect(answer.rollback).toBe("kubectl delete adminnetworkpolicy allow-db-from-web-80");
  });

  it("comes before the rule that denies in the same tier, where that has room", async () => {
    const deny = clusterPolicyText(
      "closed",
      "tier: Baseline\npriority: 10\nsubject: {namespaces: {}}\negress: [{name: closed, action: Deny, to: [{networks: [203.0.113.0/24]}, {namespaces: {}}]}]",
    );
    const other = clusterPolicyText(
      "other",
      "tier: Baseline\npriority: 9\nsubject: {namespaces: {matchLabels: {a: b}}}\negress: [{name: x, action: Deny, to: [{namespaces: {}}]}]",
    );
    const answer = askFix([web, db, shop, deny, other], "shop/web => 203.0.113.9", { port: 443 });
    await expect(answer.manifest).toMatchFileSnapshot("../../../golden/fix/baseline-tier.yaml");
    const first = deny.replace("priority: 10", "priority: 0");
    const admin = askFix([web, db, shop, first], pair, { port: 443 });
    expect(admin.manifest).toContain("tier: Admin");
  });

  it("takes a NetworkPolicy where nothing is lost, and says that it isolates", () => {
    const all = clusterPolicyText(
      "closed",
      "tier: Baseline\npriority: 10\nsubject: {namespaces: {}}\negress: [{name: closed, action: Deny, to: [{networks: [0.0.0.0/0]}, {namespaces: {}}]}]",
    );
    const answer = askFix([web, db, shop, all], pair, { port: 80 });
    expect(answer.manifest).toContain("kind: NetworkPolicy");
    expect(answer.reason).toContain("shop/web becomes isolated for egress");
  });

  it("passes an admin rule that hands on what is asked", () => {
    const pass = `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: pass}
spec:
  priority: 40
  subject: {namespaces: {}}
  ingress: [{name: pass, action: Pass, from: [{namespaces: {}}]}]`;
    const answer = askFix([web, db, shop, closed, pass], pair, { port: 80 });
    expect(answer.outcome).toBe("manifest");
    expect(answer.manifest).toContain("priority: 39");
  });
});

describe("suggestFix() refuses", () => {
  const reason = (manifests: readonly string[], text: string, asked: FixAsked = { port: 80 }) => {
    const answer = askFix(manifests, text, asked);
    expect(answer).toMatchObject({ outcome: "refused", manifest: "", steps: [], blastRadius: [] });
    return answer.reason;
  };

  it("what the Admin tier denies", () => {
    const deny = clusterPolicyText(
      "seal",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\ningress: [{name: seal, action: Deny, from: [{namespaces: {}}]}]",
    );
    expect(reason([web, db, namespaceText("shop"), deny], pair)).toBe(
      "ClusterNetworkPolicy 'seal' Ingress rule seal denies it, and the Admin tier comes before every NetworkPolicy: only who owns that policy can let it through",
    );
  });

  it("what a policy of another kind may deny", () => {
    const cilium = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: l7, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEndpoints: [{}]}]`;
    expect(reason([web, db, cilium, denyIn], pair)).toContain(
      "CiliumNetworkPolicy shop/l7 is of a kind",
    );
  });

  it("clients on the host network", () => {
    const host = podText("shop/web", {
      spec: { hostNetwork: true, nodeName: "n1", containers: [{ name: "m", image: "m" }] },
    });
    expect(reason([host, db, denyIn], pair)).toContain("shop/web is on the host network");
  });

  it("Services that lead nowhere, saying why", () => {
    const service = serviceText("shop/db", {
      selector: { app: "x" },
      ports: [{ port: 80, targetPort: "pg" }],
    });
    expect(reason([web, db, service, denyIn], "shop/web => svc/shop/db")).toContain(
      "selects no pod of shop: no policy changes that",
    );
    const named = serviceText("shop/db", {
      selector: { app: "db" },
      ports: [{ port: 80, targetPort: "pg" }],
    });
    expect(reason([web, db, named, denyIn], "shop/web => svc/shop/db")).toContain(
      'shop/db has no TCP port called "pg"',
    );
    expect(reason([web, db, named, denyIn], "shop/web => svc/shop/db", { port: 81 })).toContain(
      "has no port 81",
    );
  });

  it("ICMP, names outside, and ends without pods", () => {
    expect(reason([web, db, denyIn], pair, { protocol: "ICMP" })).toContain("can't name ICMP");
    expect(reason([web, denyAll], "shop/web => dns/example.com", { port: 443 })).toContain(
      "ask with an address or a CIDR",
    );
    const done = podText("shop/db", { status: { phase: "Succeeded" } });
    expect(reason([web, done], pair)).toContain("has finished");
  });

  it("pods without labels of their own", () => {
    const bare = podText("shop/web", { labels: { "pod-template-hash": "1" } });
    expect(reason([bare, db, denyIn], pair)).toContain("shop/web has no labels that last");
  });

  it("a policy that would isolate pods that are open today", () => {
    const apart = podText("shop/db", { labels: { app: "db", sealed: "yes" } });
    const open = podText("shop/db-open", { labels: { app: "db", sealed: "yes", open: "yes" } });
    const seal = policyText(
      "shop/seal",
      "podSelector: {matchLabels: {app: db}, matchExpressions: [{key: open, operator: DoesNotExist}]}",
    );
    expect(reason([web, apart, open, seal], pair)).toContain(
      "would isolate pods that are open today",
    );
  });

  it("clients whose address a node may stand in for", () => {
    const lb = serviceText("shop/db", {
      type: "LoadBalancer",
      selector: { app: "db" },
      ports: [{ port: 80 }],
    });
    const byBlock = policyText(
      "shop/in",
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]",
    );
    expect(reason([db, lb, byBlock], "203.0.113.9 => svc/shop/db")).toContain(
      "a node's address may stand in for the client's",
    );
  });
});
