import { describe, expect, it } from "vitest";
import {
  clusterPolicyText,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { reachesOf, reachOf } from "../../../support/reach-of.js";

// Goal: the order of tiers, of policies in a tier and of rules in a policy, and what Accept, Deny and Pass leave to whom.
// Method: two pods, ordered policies of both versions of the API, exact sets.

const all = "All Connections";
const none = "No Connections";

const pods = [
  namespaceText("shop", { team: "a" }),
  namespaceText("far", { team: "b" }),
  podText("shop/web", { ports: [{ name: "http", containerPort: 1111 }] }),
  podText("shop/db", {
    spec: {
      containers: [
        { name: "a", image: "a", ports: [{ name: "http", containerPort: 8080 }] },
        { name: "b", image: "b", ports: [{ name: "http", containerPort: 53, protocol: "UDP" }] },
      ],
    },
  }),
  podText("far/db"),
];
const pair = "shop/web => shop/db";

const everyPod = "{namespaces: {}}";
type Spec = { readonly tier?: "Admin" | "Baseline"; readonly priority?: number };

/** A ClusterNetworkPolicy for shop/db. */
const policy = (name: string, rules: string, { tier = "Admin", priority = 10 }: Spec = {}) =>
  clusterPolicyText(
    name,
    `tier: ${tier}\npriority: ${priority}\nsubject: {pods: {namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: db}}}}\n${rules}`,
  );

const ingress = (action: string, protocols = ""): string =>
  `{action: ${action}, from: [${everyPod}]${protocols === "" ? "" : `, protocols: [${protocols}]`}}`;
const tcp = (port: number): string => `{tcp: {destinationPort: {number: ${port}}}}`;
const deny = (options: Spec = {}, protocols = "") =>
  policy("deny", `ingress: [${ingress("Deny", protocols)}]`, options);

/** A NetworkPolicy for shop/db. */
const networkPolicy = (spec: string): string =>
  policyText("shop/db", `podSelector: {matchLabels: {app: db}}\n${spec}`);
const denyAll = networkPolicy("policyTypes: [Ingress]");

describe("tiers", () => {
  it("T39 asks the admin tier first: its Deny stands against NetworkPolicies that allow", () => {
    const open = networkPolicy("ingress: [{}]");
    expect(reachOf([...pods, deny(), open], pair)).toBe(none);
  });

  it("T39 lets an admin Accept stand against NetworkPolicies that deny", () => {
    const accept = policy("accept", `ingress: [${ingress("Accept", tcp(80))}]`);
    expect(reachOf([...pods, accept, denyAll], pair)).toBe("TCP 80");
  });

  it("T39 does not let an Accept of one direction bypass the other", () => {
    const out = clusterPolicyText(
      "out",
      `tier: Admin\npriority: 1\nsubject: {namespaces: {}}\negress: [{action: Accept, to: [${everyPod}]}]`,
    );
    expect(reachOf([...pods, out, denyAll], pair)).toBe(none);
    expect(reachOf([...pods, out, deny()], pair)).toBe(none);
  });

  it("T39 asks the baseline tier where no NetworkPolicy isolates, and allows what it leaves", () => {
    const base = deny({ tier: "Baseline" }, tcp(80));
    expect(reachOf([...pods, base], pair)).toBe("SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535");
  });

  it("T40 does not isolate: what no rule matches goes on to the next tier", () => {
    const accept = policy("accept", `ingress: [${ingress("Accept", tcp(80))}]`);
    expect(reachOf([...pods, accept], pair)).toBe(all);
    const elsewhere = policy(
      "else",
      "ingress: [{action: Accept, from: [{namespaces: {matchLabels: {team: z}}}]}]",
    );
    expect(reachOf([...pods, elsewhere], pair)).toBe(all);
    expect(reachOf([...pods, policy("nothing", "ingress: []")], pair)).toBe(all);
  });

  it("T44 gives NetworkPolicies that isolate the last word over the baseline tier", () => {
    const base = deny({ tier: "Baseline" });
    const some = networkPolicy("ingress: [{ports: [{port: 80}]}]");
    expect(reachOf([...pods, base, some], pair)).toBe("TCP 80");
    const accepting = policy("accept", `ingress: [${ingress("Accept")}]`, { tier: "Baseline" });
    expect(reachOf([...pods, accepting, denyAll], pair)).toBe(none);
  });

  it("T44 asks the baseline tier where NetworkPolicies isolate the other direction only", () => {
    const base = deny({ tier: "Baseline" });
    const other = networkPolicy("policyTypes: [Egress]\negress: [{}]");
    expect(reachOf([...pods, base, other], pair)).toBe(none);
  });
});

describe("order within a tier", () => {
  it("T41 lets the lower priority go first, whatever the names", () => {
    const accept = (priority: number) =>
      policy("accept", `ingress: [${ingress("Accept", tcp(80))}]`, { priority });
    expect(reachOf([...pods, accept(5), deny({ priority: 6 })], pair)).toBe("TCP 80");
    expect(reachOf([...pods, accept(7), deny({ priority: 6 })], pair)).toBe(none);
    expect(reachOf([...pods, accept(1000), deny({ priority: 999 })], pair)).toBe(none);
    expect(reachOf([...pods, accept(9), deny({ priority: 10 })], pair)).toBe("TCP 80");
  });

  it("T41 lets the first rule that matches decide, for each direction by itself", () => {
    const ordered = policy(
      "p",
      `ingress: [${ingress("Deny", tcp(80))}, ${ingress("Accept", `${tcp(80)}, ${tcp(81)}`)}, ${ingress("Deny")}]`,
    );
    expect(reachesOf([...pods, ordered], [pair, "shop/db => shop/web"])).toEqual(["TCP 81", all]);
  });

  it("T41 can't tell what two policies of equal priority decide differently", () => {
    const accept = policy("accept", `ingress: [${ingress("Accept", `${tcp(80)}, ${tcp(81)}`)}]`);
    const manifests = [...pods, accept, deny({}, `${tcp(80)}, ${tcp(82)}`)];
    expect(reachOf(manifests, pair).split(" ? ")[1]).toBe("TCP 80");
    expect(reachOf([...pods, accept, deny({ tier: "Baseline" })], pair)).toBe("TCP 80-81");
    const first = policy("first", `ingress: [${ingress("Deny", tcp(99))}]`, { priority: 1 });
    expect(reachOf([...manifests, first], pair).split(" ? ")[1]).toBe("TCP 80");
    const same = [...pods, deny({}, tcp(80)), policy("same", `ingress: [${ingress("Deny")}]`)];
    expect(reachOf(same, pair)).toBe(none);
  });

  it("T41 can't tell equal priorities of the baseline tier either, of what reaches it", () => {
    const base = { tier: "Baseline" } as const;
    const pass = policy("pass", `ingress: [${ingress("Pass", `${tcp(80)}, ${tcp(81)}`)}]`, base);
    const manifests = [...pods, pass, deny(base, `${tcp(80)}, ${tcp(82)}`)];
    expect(reachOf(manifests, pair).split(" ? ")[1]).toBe("TCP 80");
    const isolated = networkPolicy("ingress: [{ports: [{port: 80}]}]");
    expect(reachOf([...manifests, isolated], pair)).toBe("TCP 80");
  });

  it("T42 lets Pass leave the tier, past all of its later rules and policies", () => {
    const pass = policy("pass", `ingress: [${ingress("Pass", tcp(80))}, ${ingress("Deny")}]`, {
      priority: 1,
    });
    expect(reachOf([...pods, pass, deny({ priority: 2 })], pair)).toBe("TCP 80");
    expect(reachOf([...pods, pass, denyAll], pair)).toBe(none);
    expect(reachOf([...pods, pass, deny({ tier: "Baseline" })], pair)).toBe(none);
    expect(
      reachOf([...pods, pass, networkPolicy("ingress: [{ports: [{port: 80}, {port: 81}]}]")], pair),
    ).toBe("TCP 80");
  });

  it("T42 lets a baseline Pass leave the connection to the default, past later Denies", () => {
    const pass = policy("pass", `ingress: [${ingress("Pass", tcp(80))}, ${ingress("Deny")}]`, {
      tier: "Baseline",
    });
    expect(reachOf([...pods, pass], pair)).toBe("TCP 80");
    expect(reachOf([...pods, pass, denyAll], pair)).toBe(none);
  });

  it("T43 takes from later rules and tiers no more than the ports that a rule names", () => {
    const partial = policy(
      "p",
      `ingress: [${ingress("Deny", "{tcp: {destinationPort: {range: {start: 80, end: 90}}}}")}]`,
      { priority: 1 },
    );
    const accept = policy(
      "q",
      `ingress: [${ingress("Accept", "{tcp: {destinationPort: {range: {start: 85, end: 95}}}}")}]`,
      { priority: 2 },
    );
    const some = networkPolicy("ingress: [{ports: [{port: 80}, {port: 100}]}]");
    expect(reachOf([...pods, partial, accept, some], pair)).toBe("TCP 91-95,100");
  });
});

describe("peers and ports of ClusterNetworkPolicies", () => {
  it("selects subjects and peers by namespaces, and by both selectors", () => {
    const closed = (subject: string, from: string) =>
      clusterPolicyText(
        "p",
        `tier: Admin\npriority: 1\nsubject: ${subject}\ningress: [{action: Deny, from: [${from}]}]`,
      );
    const pairs = [pair, "shop/web => far/db", "far/db => shop/db", "far/db => shop/web"];
    const ofTeamA = "{namespaces: {matchLabels: {team: a}}}";
    expect(reachesOf([...pods, closed(ofTeamA, ofTeamA)], pairs)).toEqual([none, all, all, all]);
    const dbOfAny = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}";
    expect(reachesOf([...pods, closed(dbOfAny, ofTeamA)], pairs)).toEqual([none, none, all, all]);
    expect(reachesOf([...pods, closed(ofTeamA, dbOfAny)], pairs)).toEqual([all, all, none, none]);
  });

  it("T45 lets no ingress rule match addresses outside or nodes", () => {
    const node = JSON.stringify({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n9" },
      status: { addresses: [{ type: "InternalIP", address: "192.168.0.9" }] },
    });
    const manifests = [...pods, deny(), node];
    expect(reachesOf(manifests, ["203.0.113.1 => shop/db", "node/n9 => shop/db", pair])).toEqual([
      all,
      all,
      none,
    ]);
  });

  it("T48 resolves a named port on the destination, with whatever protocol it has there", () => {
    const accept = policy(
      "p",
      `ingress: [${ingress("Accept", "{destinationNamedPort: http}")}, ${ingress("Deny")}]`,
    );
    expect(reachOf([...pods, accept], pair)).toBe("TCP 8080,UDP 53");
  });

  it("T43 includes both ends of a range", () => {
    const accept = policy(
      "p",
      `ingress: [${ingress("Accept", "{udp: {destinationPort: {range: {start: 80, end: 90}}}}, {sctp: {destinationPort: {number: 7}}}")}, ${ingress("Deny")}]`,
    );
    expect(reachOf([...pods, accept], pair)).toBe("SCTP 7,UDP 80-90");
  });

  it("T46 lets a rule with a peer of a newer version fail closed", () => {
    const rule = (action: string) =>
      policy(
        "p",
        `ingress: [{action: ${action}, from: [{galaxies: {}}, ${everyPod}], protocols: [${tcp(80)}]}]`,
      );
    expect(reachOf([...pods, rule("Accept"), denyAll], pair)).toBe(none);
    expect(reachOf([...pods, rule("Deny")], pair)).toBe(none);
    expect(reachOf([...pods, rule("Pass")], pair)).toBe(none);
    expect(reachOf([...pods, rule("Accept")], pair)).toBe(all);
  });
});

describe("policies of v1alpha1", () => {
  const admin = (rules: string, priority = 10) => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: admin-${priority}}
spec:
  priority: ${priority}
  subject: {namespaces: {matchLabels: {team: a}}}
  ingress: [${rules}]`;
  const baseline = (rules: string) => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: [${rules}]`;
  const rule = (action: string, ports = ""): string =>
    `{action: ${action}, from: [${everyPod}]${ports === "" ? "" : `, ports: [${ports}]`}}`;
  const denyRest = rule("Deny");

  it("T15 takes a portNumber without a protocol for TCP", () => {
    const manifests = [...pods, admin(`${rule("Allow", "{portNumber: {port: 80}}")}, ${denyRest}`)];
    expect(reachOf(manifests, pair)).toBe("TCP 80");
  });

  it("T47 reads ranges with both ends, protocols and names", () => {
    const ports =
      "{portRange: {protocol: UDP, start: 80, end: 90}}, {portRange: {start: 7, end: 8}}, {namedPort: http}";
    const manifests = [...pods, admin(`${rule("Allow", ports)}, ${denyRest}`)];
    expect(reachOf(manifests, pair)).toBe("TCP 7-8,8080,UDP 53,80-90");
  });

  it("T47 reads the namespaces that peers had before 0.1.7, and closes what can't be told", () => {
    const from = (action: string, peer: string) =>
      reachOf([...pods, admin(`{action: ${action}, from: [${peer}]}`)], pair);
    const nested = "{namespaces: {namespaceSelector: {matchLabels: {team: a}}}}";
    expect(from("Deny", nested)).toBe(none);
    expect(from("Deny", nested.replace("team: a", "team: b"))).toBe(all);
    const relative = "{namespaces: {sameLabels: [team]}}";
    expect(from("Deny", relative)).toBe(none);
    expect(from("Allow", relative)).toBe(all);
  });

  it("T41 lets the lower priority and the first rule go first", () => {
    const manifests = [
      ...pods,
      admin(denyRest, 20),
      admin(
        `${rule("Allow", "{portNumber: {port: 80}}")}, ${rule("Deny", "{portNumber: {port: 80}}")}`,
        3,
      ),
    ];
    expect(reachOf(manifests, pair)).toBe("TCP 80");
  });

  it("T39 keeps the order of tiers, T42 leaves what is passed to the baseline", () => {
    const pass = admin(
      `${rule("Pass", "{portNumber: {port: 80}}")}, ${rule("Allow", "{portNumber: {port: 81}}")}`,
    );
    const manifests = [...pods, pass, baseline(denyRest)];
    expect(reachOf(manifests, pair)).toBe("TCP 81");
    expect(reachOf([...manifests, networkPolicy("ingress: [{ports: [{port: 80}]}]")], pair)).toBe(
      "TCP 80-81",
    );
    expect(
      reachOf([...manifests, networkPolicy("policyTypes: [Egress]\negress: [{}]")], pair),
    ).toBe("TCP 81");
  });
});
