import { describe, expect, it } from "vitest";
import {
  clusterPolicyText,
  documents,
  findingsOf,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";

/** Goal: the cases of rules about addresses, open doors and policy types that their pages leave out. */

const web = podText("shop/web", { ports: [{ name: "http", containerPort: 8080 }] });
const db = podText("shop/db", { ports: [{ name: "sql", containerPort: 5432 }] });

const rule = (
  direction: "ingress" | "egress",
  text: string,
  selector = "matchLabels: {app: web}",
): string =>
  policyText(
    "shop/a",
    `podSelector: {${selector}}
policyTypes: [${direction === "ingress" ? "Ingress" : "Egress"}]
${direction}:
  - ${text}`,
  );

const severitiesOf = (id: string, ...texts: readonly string[]): readonly string[] =>
  findingsOf(id, documents(...texts)).map(({ severity }) => severity);

describe("CW017 ingress-from-everywhere", () => {
  it("is graded by what is open, and to whom", () => {
    expect(severitiesOf("CW017", web, rule("ingress", "ports: [{port: 8080}]"))).toEqual(["low"]);
    expect(severitiesOf("CW017", web, rule("ingress", "{}"))).toEqual(["medium"]);
    expect(severitiesOf("CW017", web, rule("ingress", "{}", ""))).toEqual(["high"]);
    const allTcp = documents(web, rule("ingress", "ports: [{protocol: TCP}]"));
    expect(findingsOf("CW017", allTcp)).toMatchObject([
      { severity: "medium", message: expect.stringContaining("on all TCP ports: no other policy") },
    ]);
    expect(
      severitiesOf("CW017", db, rule("ingress", "ports: [{port: sql}]", "matchLabels: {app: db}")),
    ).toEqual(["high"]);
    const load = serviceText("shop/db", {
      type: "LoadBalancer",
      selector: { app: "db" },
      ports: [{ port: 5432 }],
    });
    expect(
      severitiesOf(
        "CW017",
        db,
        load,
        rule("ingress", "ports: [{port: 5432}]", "matchLabels: {app: db}"),
      ),
    ).toEqual(["critical"]);
  });

  it("knows both families of every address, and names what is left out", () => {
    const from = (cidr: string) =>
      rule("ingress", `{from: [{ipBlock: {${cidr}}}], ports: [{port: 8080}]}`);
    expect(severitiesOf("CW017", web, from('cidr: "::/0"'))).toEqual(["low"]);
    const [finding] = findingsOf(
      "CW017",
      documents(web, from("cidr: 0.0.0.0/0, except: [10.0.0.0/8]")),
    );
    expect(finding?.message).toContain("0.0.0.0/0 except 10.0.0.0/8");
    expect(severitiesOf("CW017", web, from("cidr: 10.0.0.0/8"))).toEqual([]);
  });

  it("takes no rule for DNS as an open door", () => {
    const dns = rule("ingress", "ports: [{protocol: UDP, port: 53}, {port: 53}]", "");
    expect(severitiesOf("CW017", web, dns)).toEqual([]);
  });
});

describe("CW018 egress-to-everywhere", () => {
  it("finds the empty rule, and every address that holds the metadata service on its port", () => {
    expect(severitiesOf("CW018", web, rule("egress", "{}"))).toEqual(["low"]);
    const to = (block: string, ports = "") =>
      rule("egress", `{to: [{ipBlock: {${block}}}]${ports}}`);
    expect(severitiesOf("CW018", web, to("cidr: 0.0.0.0/0"))).toEqual(["low"]);
    expect(severitiesOf("CW018", web, to("cidr: 0.0.0.0/0, except: [169.254.0.0/16]"))).toEqual([]);
    expect(severitiesOf("CW018", web, to("cidr: 0.0.0.0/0", ", ports: [{port: 443}]"))).toEqual([]);
    expect(severitiesOf("CW018", web, rule("egress", "ports: [{port: 443}]"))).toEqual([]);
  });
});

describe("CW019 all-namespaces-peer", () => {
  it("is graded by ports, labels and direction", () => {
    const peer = (more = "") => `[{namespaceSelector: {}${more}}]`;
    const pods = ", podSelector: {matchLabels: {app: x}}";
    expect(severitiesOf("CW019", web, rule("ingress", `from: ${peer()}`))).toEqual(["medium"]);
    expect(
      severitiesOf("CW019", web, rule("ingress", `{from: ${peer()}, ports: [{port: 8080}]}`)),
    ).toEqual(["low"]);
    expect(severitiesOf("CW019", web, rule("ingress", `from: ${peer(pods)}`))).toEqual(["info"]);
    expect(severitiesOf("CW019", web, rule("egress", `to: ${peer()}`))).toEqual(["low"]);
    expect(severitiesOf("CW019", web, rule("egress", `to: ${peer(pods)}`))).toEqual([]);
    expect(
      severitiesOf(
        "CW019",
        web,
        rule("ingress", `{from: ${peer()}, ports: [{protocol: UDP, port: 53}]}`),
      ),
    ).toEqual([]);
  });

  it("is high for an accept rule of the Admin tier, not for one of the Baseline tier", () => {
    const accept = (tier: string) =>
      clusterPolicyText(
        "open",
        `tier: ${tier}
priority: 1
subject: {namespaces: {}}
ingress: [{name: a, action: Accept, from: [{namespaces: {}}]}]`,
      );
    expect(severitiesOf("CW019", web, accept("Admin"))).toEqual(["high"]);
    expect(severitiesOf("CW019", web, accept("Baseline"))).toEqual([]);
  });
});

describe("CW020 ip-block-holds-pods", () => {
  const placed = podText("shop/web", { status: { podIPs: [{ ip: "10.244.1.7" }] } });
  const from = (cidr: string) => rule("ingress", `from: [{ipBlock: {cidr: ${cidr}}}]`);

  it("says what the profile makes of it", () => {
    const text = documents(placed, from("10.244.0.0/16"));
    expect(findingsOf("CW020", text, { profile: "calico" })).toMatchObject([{ severity: "low" }]);
    expect(findingsOf("CW020", text, { profile: "cilium" })).toMatchObject([
      {
        severity: "medium",
        message: expect.stringContaining("cilium does not match pods by address"),
      },
    ]);
  });

  it("knows the ranges of nodes where pods have no addresses yet, and is quiet about every address", () => {
    const node = `apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDRs: [10.244.1.0/24]}`;
    expect(severitiesOf("CW020", web, node, from("10.244.0.0/16"))).toEqual(["low"]);
    expect(severitiesOf("CW020", placed, from("0.0.0.0/0"))).toEqual([]);
    expect(severitiesOf("CW020", placed, from("10.243.0.0/16"))).toEqual([]);
  });

  it("does not count what the block leaves out", () => {
    const text = rule("ingress", "from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.244.0.0/16]}}]");
    expect(severitiesOf("CW020", placed, text)).toEqual([]);
  });
});

describe("CW021 ip-block-holds-service", () => {
  const service = serviceText("shop/db", {
    clusterIP: "10.96.0.20",
    selector: { app: "db" },
    ports: [{ port: 5432 }],
  });
  const to = (cidr: string) => rule("egress", `to: [{ipBlock: {cidr: ${cidr}}}]`);

  it("is medium for a range of ClusterIPs, and quiet about one that also holds pods", () => {
    expect(severitiesOf("CW021", web, service, to("10.96.0.0/12"))).toEqual(["medium"]);
    const placed = podText("shop/web", { status: { podIPs: [{ ip: "10.97.1.7" }] } });
    expect(severitiesOf("CW021", placed, service, to("10.96.0.0/12"))).toEqual([]);
  });

  it("looks at networks of cluster-wide policies too", () => {
    const guard = clusterPolicyText(
      "guard",
      `tier: Admin
priority: 1
subject: {namespaces: {}}
egress: [{name: a, action: Accept, to: [{networks: [10.96.0.20/32]}]}]`,
    );
    expect(severitiesOf("CW021", web, service, guard)).toEqual(["high"]);
  });
});

describe("CW022 except-without-effect", () => {
  const holed = (extra: string) =>
    rule(
      "egress",
      `{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}], ports: [{port: 443}]}${extra}`,
    );

  it("finds another rule, or a policy for at least the same pods, that fills the hole", () => {
    expect(severitiesOf("CW022", web, holed("\n  - to: [{ipBlock: {cidr: 10.0.0.0/8}}]"))).toEqual([
      "medium",
    ]);
    const wide = policyText("shop/z", "podSelector: {}\npolicyTypes: [Egress]\negress: [{}]");
    expect(findingsOf("CW022", documents(web, holed(""), wide))[0]?.message).toContain(
      "egress rule #1 of NetworkPolicy shop/z allows the same addresses",
    );
  });

  it("is quiet where the other rule has other ports, other pods or another direction", () => {
    expect(
      severitiesOf(
        "CW022",
        web,
        holed("\n  - {to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}"),
      ),
    ).toEqual([]);
    const others = policyText(
      "shop/z",
      "podSelector: {matchLabels: {app: x}}\npolicyTypes: [Egress]\negress: [{}]",
    );
    expect(severitiesOf("CW022", web, holed(""), others)).toEqual([]);
    const inbound = policyText("shop/z", "podSelector: {}\npolicyTypes: [Ingress]\ningress: [{}]");
    expect(severitiesOf("CW022", web, holed(""), inbound)).toEqual([]);
  });
});

describe("rules about the form of addresses", () => {
  it("CW023 knows IPv6", () => {
    const [finding] = findingsOf(
      "CW023",
      documents(web, rule("egress", 'to: [{ipBlock: {cidr: "fd00::5/64"}}]')),
    );
    expect(finding?.fix).toBe("Write fd00::/64, or fd00::5/128 if only that address is meant.");
  });

  it("CW023 takes the place of the loader's warning about the same line", () => {
    const text = documents(web, rule("egress", "to: [{ipBlock: {cidr: 10.1.2.3/8}}]"));
    expect(findingsOf("CW023", text)).toHaveLength(1);
    expect(findingsOf("CW049", text)).toEqual([]);
  });

  it("CW024 knows a dual-stack cluster by its Services and nodes, and is quiet in any other", () => {
    const open = rule("egress", '{to: [{ipBlock: {cidr: "::/0"}}], ports: [{port: 443}]}');
    const dual = serviceText("shop/web", {
      ipFamilies: ["IPv4", "IPv6"],
      selector: { app: "web" },
      ports: [{ port: 80 }],
    });
    const node = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"spec":{"podCIDRs":["10.244.0.0/24","fd00::/64"]}}`;
    expect(severitiesOf("CW024", web, dual, open)).toEqual(["medium"]);
    expect(severitiesOf("CW024", web, node, open)).toEqual(["medium"]);
    expect(severitiesOf("CW024", web, open)).toEqual([]);
  });

  it("CW025 is quiet where the rule lets the nodes in", () => {
    const load = serviceText("shop/web", {
      type: "LoadBalancer",
      selector: { app: "web" },
      ports: [{ port: 80 }],
    });
    const node = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.9"}]}}`;
    const from = rule("ingress", "from: [{ipBlock: {cidr: 192.0.2.0/24}}]");
    expect(severitiesOf("CW025", web, load, from)).toEqual(["low"]);
    expect(severitiesOf("CW025", web, load, node, from)).toEqual([]);
  });
});

describe("rules about policy types and lists", () => {
  it("CW014 looks at both directions", () => {
    const policy = policyText("shop/a", "podSelector: {}\npolicyTypes: [Egress]\ningress: [{}]");
    expect(findingsOf("CW014", documents(web, policy))[0]?.message).toContain("1 ingress rule");
  });

  it("CW015 is quiet where another policy isolates the same pods on purpose", () => {
    const policy = policyText("shop/a", "podSelector: {matchLabels: {app: web}}\negress: [{}]");
    const deny = policyText("shop/deny", "podSelector: {}\npolicyTypes: [Ingress]");
    expect(severitiesOf("CW015", web, policy)).toEqual(["medium"]);
    expect(severitiesOf("CW015", web, policy, deny)).toEqual([]);
  });

  it("CW016 tells each list by what it does", () => {
    const said = (spec: string) =>
      findingsOf("CW016", documents(web, policyText("shop/a", `podSelector: {}\n${spec}`))).map(
        ({ severity, message }) => `${severity} ${message}`,
      );
    expect(said("policyTypes: [Ingress]\ningress: [{from: []}]")).toEqual([
      'high "from: []" means everyone, inside and outside the cluster, on every port; to match nobody, leave out the rule.',
    ]);
    expect(
      said("policyTypes: [Ingress]\ningress: [{from: [{podSelector: {}}], ports: []}]"),
    ).toEqual([
      'medium "ports: []" means every port of every protocol, as if it were not written.',
    ]);
    expect(said("egress: []")).toEqual([
      'medium "egress: []" has no effect: without policyTypes only ingress is isolated, so all egress stays allowed.',
    ]);
    expect(said("policyTypes: [Ingress, Egress]\ningress: []\negress: []")).toEqual([]);
    expect(said("policyTypes: [Ingress]\negress: [{to: []}]")).toEqual([]);
  });

  it("CW042 is quiet where anything lets the pods out", () => {
    const sealed = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Ingress, Egress]\ningress: [{from: [{podSelector: {}}]}]",
    );
    const out = policyText(
      "shop/b",
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{port: 443}]}]",
    );
    expect(severitiesOf("CW042", web, sealed)).toEqual(["info"]);
    expect(severitiesOf("CW042", web, sealed, out)).toEqual([]);
  });

  it("CW043 asks every pod of the Service on its own port", () => {
    const service = serviceText("shop/web", {
      type: "NodePort",
      selector: { app: "web" },
      ports: [{ port: 80, targetPort: "http" }],
    });
    const inside = rule("ingress", "from: [{podSelector: {}}]");
    const wrong = rule(
      "ingress",
      "{from: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 80}]}",
    );
    const right = rule(
      "ingress",
      "{from: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: http}]}",
    );
    expect(severitiesOf("CW043", web, service, inside)).toEqual(["medium"]);
    expect(severitiesOf("CW043", web, service, wrong)).toEqual(["medium"]);
    expect(severitiesOf("CW043", web, service, right)).toEqual([]);
    expect(severitiesOf("CW043", web, service)).toEqual([]);
  });
});
