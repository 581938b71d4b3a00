import { describe, expect, it } from "vitest";
import { type Asked, askPair } from "../../../support/ask-pair.js";
import {
  clusterPolicyText,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";

const pods = [podText("shop/web"), podText("shop/db"), namespaceText("shop")];

const everyone = "from: [{namespaces: {}}]";

const admin = (name: string, rules: string, priority = 1) =>
  clusterPolicyText(
    name,
    `tier: Admin\npriority: ${priority}\nsubject: {namespaces: {}}\ningress: [${rules}]`,
  );

const baseline = (name: string, rules: string) =>
  clusterPolicyText(
    name,
    `tier: Baseline\npriority: 1\nsubject: {namespaces: {}}\ningress: [${rules}]`,
  );

const old = (
  kind: string,
  name: string,
  spec: string,
) => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: ${kind}
metadata: {name: ${name}}
spec:
  subject: {namespaces: {}}
${spec.replace(/^/gm, "  ")}`;

const ingress = (policies: readonly string[], asked: Asked = { port: 80 }): string | undefined =>
  askPair([...pods, ...policies], "shop/web => shop/db", asked).paths[0]?.ingress.walkthrough;

const denyAll = policyText("shop/deny-all", "podSelector: {}");

describe("a walkthrough", () => {
  it("names each kind of ordered policy as people do, and Allow where the API has it", () => {
    expect(ingress([admin("a", `{name: r, action: Accept, ${everyone}}`)])).toBe(
      "[CNP admin] Accept (a)",
    );
    const anp = old(
      "AdminNetworkPolicy",
      "a",
      `priority: 1\ningress: [{name: r, action: Allow, ${everyone}}]`,
    );
    expect(ingress([anp])).toBe("[ANP] Allow (a)");
    const banp = old(
      "BaselineAdminNetworkPolicy",
      "default",
      `ingress: [{name: r, action: Deny, ${everyone}}]`,
    );
    expect(ingress([banp])).toBe("[BANP] Deny (default)");
    expect(ingress([baseline("b", `{name: r, action: Deny, ${everyone}}`)])).toBe(
      "[CNP baseline] Deny (b)",
    );
  });

  it("goes through the tiers in order", () => {
    const pass = admin("a", `{name: r, action: Pass, ${everyone}}`);
    expect(ingress([pass, denyAll])).toBe("[CNP admin] Pass (a) -> [NP] denied (shop/deny-all)");
    expect(ingress([pass])).toBe("[CNP admin] Pass (a) -> [default] allowed");
    const deny = baseline("b", `{name: r, action: Deny, ${everyone}}`);
    expect(ingress([pass, deny])).toBe("[CNP admin] Pass (a) -> [CNP baseline] Deny (b)");
  });

  it("says No-Op of a tier that has a say and no rule that matches", () => {
    const other = admin(
      "a",
      "{name: r, action: Deny, from: [{namespaces: {matchLabels: {a: b}}}]}",
    );
    expect(ingress([other, denyAll])).toBe("[CNP admin] No-Op -> [NP] denied (shop/deny-all)");
    const idle = baseline(
      "b",
      "{name: r, action: Deny, from: [{namespaces: {matchLabels: {a: b}}}]}",
    );
    expect(ingress([idle])).toBe("[CNP baseline] No-Op -> [default] allowed");
    expect(ingress([idle, denyAll])).toBe("[NP] denied (shop/deny-all)");
  });

  it("shows which part each stage decides", () => {
    const some = admin(
      "a",
      `{name: r, action: Deny, ${everyone}, protocols: [{tcp: {destinationPort: {number: 22}}}]}`,
    );
    const open = policyText("shop/web", "podSelector: {}\ningress: [{ports: [{port: 80}]}]");
    expect(ingress([some, open], { protocol: "TCP" })).toBe(
      "[CNP admin] Deny TCP 22 (a) -> [NP] allowed TCP 80 (shop/web rule 1), denied the rest (shop/web)",
    );
  });

  it("names the policies that make the rest unknown", () => {
    const cilium = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: l7, namespace: shop}
spec:
  endpointSelector: {}
  ingress: [{fromEndpoints: [{}]}]`;
    expect(ingress([cilium])).toBe(
      "[default] allowed -> [not certain] unknown (CiliumNetworkPolicy shop/l7)",
    );
  });
});

describe("doubts", () => {
  const texts = (policies: readonly string[], pair: string, asked: Asked = { port: 80 }) =>
    askPair([...pods, ...policies], pair, asked).paths.flatMap(({ doubts }) =>
      doubts.map(({ reason, text }) => `${reason}: ${text}`),
    );

  it("name two rules of one priority that disagree", () => {
    const both = [
      admin("a", `{name: r, action: Deny, ${everyone}}`),
      admin("b", `{name: r, action: Accept, ${everyone}}`),
    ];
    expect(texts(both, "shop/web => shop/db")).toEqual([
      "equal-priority: ClusterNetworkPolicy 'a' Ingress rule r and ClusterNetworkPolicy 'b' Ingress rule r have equal priority and disagree: the API leaves their order undefined",
    ]);
  });

  it("name a rule by DNS name", () => {
    const byName = clusterPolicyText(
      "names",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\negress: [{name: by-name, action: Accept, to: [{domainNames: [example.com]}]}]",
    );
    const deny = policyText("shop/out", "podSelector: {}\npolicyTypes: [Egress]");
    expect(texts([byName, deny], "shop/web => 203.0.113.9")).toEqual([
      "domain-name: ClusterNetworkPolicy 'names' Egress rule by-name goes by DNS name: which addresses it covers can't be told from objects",
    ]);
  });

  it("are left out where the other direction denies for certain", () => {
    const both = [
      admin("a", `{name: r, action: Deny, ${everyone}}`),
      admin("b", `{name: r, action: Accept, ${everyone}}`),
      policyText("shop/out", "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]"),
    ];
    const answer = askPair([...pods, ...both], "shop/web => shop/db", { port: 80 });
    expect([answer.verdict, answer.paths[0]?.doubts]).toEqual(["denied", []]);
  });

  it("say that egress to an outside address of a Service may be judged before or after translation", () => {
    const lb = JSON.stringify({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "db", namespace: "shop" },
      spec: {
        type: "LoadBalancer",
        selector: { app: "db" },
        externalTrafficPolicy: "Local",
        ports: [{ port: 80, targetPort: 5432 }],
      },
      status: { loadBalancer: { ingress: [{ ip: "198.51.100.7" }] } },
    });
    const toPods = policyText(
      "shop/out",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {}}]}]",
    );
    expect(texts([lb, toPods], "shop/web => 198.51.100.7")).toEqual([
      "undefined-by-api: the API does not define whether egress policies see the address 198.51.100.7 or the endpoint behind it, and they take the two differently",
    ]);
    const both = policyText(
      "shop/lb",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 198.51.100.7/32}}]}]",
    );
    expect(
      askPair([...pods, lb, toPods, both], "shop/web => 198.51.100.7", { port: 80 }).verdict,
    ).toBe("allowed");
  });
});
