import { describe, expect, it } from "vitest";
import { selectorText } from "../../../../server/analyzer/model/label-selector.js";
import type { TieredPolicyObject } from "../../../../server/analyzer/model/objects.js";
import { faultsOf, objectOf } from "../../../support/raw-objects.js";

const texts = {
  ClusterNetworkPolicy: (rest: string) =>
    `apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec:\n  tier: Admin\n  priority: 10\n  subject: {namespaces: {}}\n${rest}`,
  AdminNetworkPolicy: (rest: string) =>
    `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec:\n  priority: 10\n  subject: {namespaces: {}}\n${rest}`,
  BaselineAdminNetworkPolicy: (rest: string) =>
    `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {name: default}\nspec:\n  subject: {namespaces: {}}\n${rest}`,
};
type Kind = keyof typeof texts;
const policyOf = (kind: Kind, rest = ""): TieredPolicyObject => objectOf(kind, texts[kind](rest));
const faults = (kind: Kind, rest: string): readonly string[] => faultsOf(texts[kind](rest));

describe("ClusterNetworkPolicy", () => {
  it("reads tier, priority, actions, peers and ports", () => {
    const policy = policyOf(
      "ClusterNetworkPolicy",
      `  ingress:
  - name: monitoring
    action: Accept
    from:
    - pods: {namespaceSelector: {matchLabels: {a: b}}, podSelector: {matchLabels: {c: d}}}
    protocols:
    - tcp: {destinationPort: {number: 80}}
    - udp: {destinationPort: {range: {start: 53, end: 60}}}
    - destinationNamedPort: web
  egress:
  - {action: Deny, to: [{nodes: {}}]}
  - {action: Pass, to: [{networks: [10.0.0.0/8, "fd00::/8"]}]}
  - {action: Accept, to: [{domainNames: ["*.example.com"]}]}`,
    );
    expect(policy).toMatchObject({ tier: "admin", priority: 10, namespace: "" });
    expect(policy.ingress).toMatchObject([
      {
        name: "monitoring",
        action: "accept",
        peers: [{ kind: "pods", namespaceSelector: { key: "a=b" }, podSelector: { key: "c=d" } }],
        ports: [
          { kind: "numbers", protocol: "TCP", first: 80, last: 80 },
          { kind: "numbers", protocol: "UDP", first: 53, last: 60 },
          { kind: "named", name: "web" },
        ],
      },
    ]);
    expect(policy.egress.map(({ action, peers }) => [action, peers[0]?.kind])).toEqual([
      ["deny", "nodes"],
      ["pass", "networks"],
      ["accept", "domainNames"],
    ]);
  });

  it("T48 leaves the protocol of a named port to the container", () => {
    const { ingress } = policyOf(
      "ClusterNetworkPolicy",
      "  ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{destinationNamedPort: web}]}]",
    );
    expect(ingress[0]?.ports).toEqual([{ kind: "named", name: "web" }]);
  });

  it.each(["", "80", "Web"])("warns of the name %j, which no port can have", (name) => {
    expect(
      faults(
        "ClusterNetworkPolicy",
        `  ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{destinationNamedPort: "${name}"}]}]`,
      ),
    ).toEqual([
      `warning spec.ingress[0].protocols[0].destinationNamedPort no container port can have the name "${name}"`,
    ]);
  });

  it("reads v1beta1, which has the same shape", () => {
    const text = texts.ClusterNetworkPolicy("").replace("v1alpha2", "v1beta1");
    expect(objectOf("ClusterNetworkPolicy", text).tier).toBe("admin");
  });

  it.each([
    ["no tier", "tier: Admin", "", "error spec.tier is required: Admin or Baseline"],
    [
      "no priority",
      "priority: 10",
      "",
      "error spec.priority is required: 0 to 1000, the lowest goes first",
    ],
    [
      "a priority above 1000",
      "priority: 10",
      "priority: 1001",
      "error spec.priority 1001 must be between 0 and 1000",
    ],
    [
      "a negative priority",
      "priority: 10",
      "priority: -1",
      "error spec.priority -1 must be between 0 and 1000",
    ],
    [
      "no subject",
      "subject: {namespaces: {}}",
      "",
      "error spec.subject is required: name namespaces or pods",
    ],
    [
      "an empty subject",
      "subject: {namespaces: {}}",
      "subject: {}",
      "error spec.subject must have exactly one of namespaces and pods",
    ],
    [
      "two subjects",
      "subject: {namespaces: {}}",
      "subject: {namespaces: {}, pods: {podSelector: {}}}",
      "error spec.subject must have exactly one of namespaces and pods",
    ],
  ])("refuses %s", (_, written, instead, message) => {
    expect(faultsOf(texts.ClusterNetworkPolicy("").replace(written, instead))).toEqual([message]);
  });

  const rule = (parts: string): string =>
    `  egress: [{action: Accept, to: [{namespaces: {}}], ${parts}}]`;

  it.each([
    [
      "T48 a range from its end",
      rule("protocols: [{tcp: {destinationPort: {range: {start: 80, end: 80}}}}]"),
      "egress[0].protocols[0].tcp.destinationPort.range start 80 must be less than end 80: for one port write its number",
    ],
    [
      "T48 a protocol without a port",
      rule("protocols: [{tcp: {}}]"),
      "egress[0].protocols[0].tcp must have destinationPort; for all ports write range: {start: 1, end: 65535}",
    ],
    [
      "two protocols in one entry",
      rule(
        "protocols: [{tcp: {destinationPort: {number: 1}}, udp: {destinationPort: {number: 1}}}]",
      ),
      "egress[0].protocols[0] must have exactly one of tcp, udp, sctp, destinationNamedPort",
    ],
    [
      "an empty list of protocols",
      rule("protocols: []"),
      "egress[0].protocols must have at least one entry; leave it out for all protocols and ports",
    ],
    [
      "T48 a named port and addresses",
      "  egress: [{action: Accept, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: web}]}]",
      "egress[0] must not name a port by name together with networks, which have none",
    ],
    [
      "T49 domain names in a rule that denies",
      "  egress: [{action: Deny, to: [{domainNames: [example.com]}]}]",
      "egress[0].to[0] domainNames may only be in a rule that accepts",
    ],
    [
      "T49 a wildcard inside a name",
      '  egress: [{action: Accept, to: [{domainNames: ["a.*.com"]}]}]',
      'egress[0].to[0].domainNames[0] "a.*.com" is no domain name such as example.com or *.example.com',
    ],
    [
      "no peers",
      "  egress: [{action: Accept, to: []}]",
      "egress[0].to must have at least one peer; for every pod write namespaces: {}",
    ],
    [
      "no list of peers",
      "  egress: [{action: Accept}]",
      "egress[0].to must have at least one peer; for every pod write namespaces: {}",
    ],
    [
      "an empty peer",
      "  egress: [{action: Accept, to: [{}]}]",
      "egress[0].to[0] must have one of namespaces, pods, nodes, networks or domainNames; for every pod write namespaces: {}",
    ],
    [
      "two peers in one entry",
      "  egress: [{action: Accept, to: [{namespaces: {}, nodes: {}}]}]",
      "egress[0].to[0] must have exactly one of namespaces, pods, nodes, networks or domainNames: make them entries of their own",
    ],
    [
      "the action of v1alpha1",
      "  egress: [{action: Allow, to: [{namespaces: {}}]}]",
      'egress[0].action "Allow" is not supported: use Accept, Deny or Pass',
    ],
    [
      "a long name",
      `  egress: [{name: ${"x".repeat(101)}, action: Deny, to: [{namespaces: {}}]}]`,
      "egress[0].name must be at most 100 characters",
    ],
    [
      "26 rules",
      `  egress: [${"{action: Deny, to: [{namespaces: {}}]},".repeat(26)}]`,
      "egress must not have more than 25 rules: split the policy",
    ],
    [
      "26 peers",
      `  egress: [{action: Deny, to: [${"{namespaces: {}},".repeat(26)}]}]`,
      "egress[0].to must not have more than 25 peers: split the rule",
    ],
    [
      "26 networks",
      `  egress: [{action: Deny, to: [{networks: [${"10.0.0.0/8,".repeat(26)}]}]}]`,
      "egress[0].to[0].networks must not have more than 25 entries",
    ],
    [
      "an IPv4 address within an IPv6 address",
      '  egress: [{action: Deny, to: [{networks: ["::ffff:10.0.0.0/104"]}]}]',
      'egress[0].to[0].networks[0] "::ffff:10.0.0.0/104" has an IPv4 address within an IPv6 address: write one or the other',
    ],
  ])("refuses %s", (_, rest, message) => {
    expect(faults("ClusterNetworkPolicy", rest)).toEqual([`error spec.${message}`]);
  });

  it.each(["networks: [10.0.0.0/8]", "nodes: {}", "domainNames: [example.com]"])(
    "T45 knows no addresses as sources: %s",
    (peer) => {
      expect(
        faults("ClusterNetworkPolicy", `  ingress: [{action: Deny, from: [{${peer}}]}]`),
      ).toEqual([
        `error spec.ingress[0].from[0] must have one of namespaces or pods: ${peer.split(":")[0]} is for egress rules only`,
      ]);
    },
  );

  it("T46 keeps a peer of a newer version as unknown, so that the rule fails closed", () => {
    const { egress } = policyOf(
      "ClusterNetworkPolicy",
      "  egress: [{action: Deny, to: [{clouds: {}}]}]",
    );
    expect(egress[0]?.peers).toEqual([{ kind: "unknown", fields: ["clouds"] }]);
  });
});

describe("AdminNetworkPolicy", () => {
  it("T47 reads Allow, portNumber, portRange and namedPort", () => {
    const { ingress } = policyOf(
      "AdminNetworkPolicy",
      "  ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}, {portNumber: {protocol: SCTP, port: 7}}, {portRange: {start: 1, end: 9}}, {namedPort: web}]}]",
    );
    expect(ingress[0]).toMatchObject({
      action: "accept",
      ports: [
        { protocol: "TCP", first: 80 },
        { protocol: "SCTP", first: 7 },
        { protocol: "TCP", first: 1, last: 9 },
        { kind: "named", name: "web" },
      ],
    });
  });

  it("reads an empty list of ports as all ports", () => {
    const { ingress } = policyOf(
      "AdminNetworkPolicy",
      "  ingress: [{action: Deny, from: [{namespaces: {}}], ports: []}]",
    );
    expect(ingress[0]).not.toHaveProperty("ports");
  });

  it("allows 100 rules and no more", () => {
    const rules = (count: number) =>
      `  egress: [${"{action: Deny, to: [{namespaces: {}}]},".repeat(count)}]`;
    expect(faults("AdminNetworkPolicy", rules(100))).toEqual([]);
    expect(faults("AdminNetworkPolicy", rules(101))).toHaveLength(1);
  });

  it("T47 reads the namespaceSelector that namespaces had before 0.1.7, and warns", () => {
    const old =
      "  ingress: [{action: Deny, from: [{namespaces: {namespaceSelector: {matchLabels: {a: b}}}}]}]";
    const [peer] = policyOf("AdminNetworkPolicy", old).ingress[0]?.peers ?? [];
    expect(peer?.kind === "namespaces" && selectorText(peer.selector)).toBe("a=b");
    expect(faults("AdminNetworkPolicy", old)[0]).toMatch(
      /^warning .*namespaces namespaceSelector below namespaces was removed/,
    );
  });

  it("T47 reads the namespaces that pods had before 0.1.7", () => {
    const old =
      "  ingress: [{action: Deny, from: [{pods: {namespaces: {namespaceSelector: {matchLabels: {a: b}}}, podSelector: {matchLabels: {c: d}}}}]}]";
    expect(policyOf("AdminNetworkPolicy", old).ingress[0]?.peers).toMatchObject([
      { kind: "pods", namespaceSelector: { key: "a=b" }, podSelector: { key: "c=d" } },
    ]);
  });

  it.each(["sameLabels", "notSameLabels"])("T47 can't tell what %s selects, and warns", (field) => {
    const old = `  ingress: [{action: Deny, from: [{namespaces: {${field}: [team]}}]}]`;
    expect(policyOf("AdminNetworkPolicy", old).ingress[0]?.peers).toEqual([
      { kind: "unknown", fields: [field] },
    ]);
    expect(faults("AdminNetworkPolicy", old)[0]).toMatch(
      new RegExp(`^warning .* ${field} was removed`),
    );
  });

  it("reads a missing podSelector as all pods, and says that the API server would not", () => {
    const rest = "  ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}}}]}]";
    expect(policyOf("AdminNetworkPolicy", rest).ingress).toHaveLength(1);
    expect(faults("AdminNetworkPolicy", rest)).toEqual([
      "warning spec.ingress[0].from[0].pods.podSelector is missing and read as {}, all pods; the API server would refuse this",
    ]);
  });
});

describe("BaselineAdminNetworkPolicy", () => {
  it("is the last tier, without a priority", () => {
    expect(policyOf("BaselineAdminNetworkPolicy")).toMatchObject({ tier: "baseline", priority: 0 });
  });

  it("has no Pass and no domain names", () => {
    expect(
      faults("BaselineAdminNetworkPolicy", "  egress: [{action: Pass, to: [{namespaces: {}}]}]"),
    ).toEqual(['error spec.egress[0].action "Pass" is not supported: use Allow or Deny']);
    expect(
      faults(
        "BaselineAdminNetworkPolicy",
        "  egress: [{action: Allow, to: [{domainNames: [a.com]}]}]",
      )[0],
    ).toMatch(/no peer that this version knows/);
  });

  it("must be named default", () => {
    const text = texts.BaselineAdminNetworkPolicy("").replace("name: default", "name: other");
    expect(faultsOf(text)).toEqual([
      "error metadata.name must be default: there is one such policy",
    ]);
  });
});
