import { describe, expect, it } from "vitest";
import {
  clusterPolicyText,
  documents,
  findingsOf,
  linesOf,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";

/** Goal: the cases of rules about cluster-wide policies that their pages leave out. */

const cluster = [
  namespaceText("shop", { zone: "public" }),
  namespaceText("ops", { zone: "ops" }),
  podText("shop/web"),
  podText("ops/probe"),
];

type Parts = {
  readonly tier?: "Admin" | "Baseline";
  readonly priority?: number;
  readonly subject?: string;
};

const guard = (name: string, rules: readonly string[], parts: Parts = {}): string => {
  const { tier = "Admin", priority = 10, subject = "{namespaces: {}}" } = parts;
  return clusterPolicyText(
    name,
    `tier: ${tier}
priority: ${priority}
subject: ${subject}
ingress:
${rules.map((rule) => `  - {${rule}}`).join("\n")}`,
  );
};

const everyone = "from: [{namespaces: {}}]";
const ops = "from: [{namespaces: {matchLabels: {zone: ops}}}]";
const port = (number: number) => `protocols: [{tcp: {destinationPort: {number: ${number}}}}]`;

const found = (id: string, ...texts: readonly string[]): readonly string[] =>
  linesOf(findingsOf(id, documents(...cluster, ...texts)));

describe("CW037 ordered-rule-unreachable", () => {
  it("goes by priority across policies, not by name", () => {
    const deny = guard("z-deny", [`name: d, action: Deny, ${everyone}`], { priority: 1 });
    const accept = guard("a-accept", [`name: a, action: Accept, ${ops}`], { priority: 2 });
    expect(found("CW037", deny, accept)).toEqual([
      "high ClusterNetworkPolicy a-accept: The ingress rule a (#1) (accept) is never reached: rule d (#1) of ClusterNetworkPolicy z-deny comes first and denies all of its connections.",
    ]);
    expect(
      found(
        "CW037",
        guard("z-deny", [`name: d, action: Deny, ${everyone}`], { priority: 3 }),
        accept,
      ),
    ).toEqual([]);
  });

  it("is low for a rule that would do the same", () => {
    const rules = [`name: d, action: Deny, ${everyone}`, `name: e, action: Deny, ${ops}`];
    expect(found("CW037", guard("a", rules))[0]).toMatch(/^low /);
  });

  it("is quiet where the first rule leaves a port, a pod or a peer to the later one", () => {
    expect(
      found(
        "CW037",
        guard("a", [
          `name: d, action: Deny, ${everyone}, ${port(80)}`,
          `name: e, action: Accept, ${ops}`,
        ]),
      ),
    ).toEqual([]);
    expect(
      found(
        "CW037",
        guard("a", [`name: d, action: Deny, ${ops}`, `name: e, action: Accept, ${everyone}`]),
      ),
    ).toEqual([]);
    const narrow = guard("a", [`name: d, action: Deny, ${everyone}`], {
      priority: 1,
      subject: "{namespaces: {matchLabels: {zone: ops}}}",
    });
    expect(
      found("CW037", narrow, guard("b", [`name: e, action: Accept, ${ops}`], { priority: 2 })),
    ).toEqual([]);
  });

  it("knows that the Admin tier takes connections from the Baseline tier, unless it passes them", () => {
    const base = guard("base", [`name: b, action: Deny, ${everyone}`], {
      tier: "Baseline",
      priority: 1,
    });
    expect(found("CW037", guard("a", [`name: x, action: Accept, ${everyone}`]), base)).toHaveLength(
      1,
    );
    expect(found("CW037", guard("a", [`name: x, action: Pass, ${everyone}`]), base)).toEqual([]);
  });

  it("takes a pass rule as the end of its tier", () => {
    const rules = [`name: p, action: Pass, ${everyone}`, `name: d, action: Deny, ${ops}`];
    expect(found("CW037", guard("a", rules))[0]).toContain("passes on all of its connections");
  });
});

describe("CW038 overridden-by-admin-tier", () => {
  const web = policyText(
    "shop/web",
    `podSelector: {matchLabels: {app: web}}
policyTypes: [Ingress]
ingress:
  - from: [{namespaceSelector: {matchLabels: {zone: ops}}}]
    ports: [{port: 8080}]`,
  );

  it("is low where the Admin tier decides about all pods", () => {
    expect(found("CW038", guard("a", [`name: d, action: Deny, ${everyone}`]), web)).toEqual([
      "low NetworkPolicy shop/web: ClusterNetworkPolicy a decides every ingress connection with pods before this policy is asked (deny): it has no say about them.",
    ]);
  });

  it("is info for a rule that an Admin rule denies as a whole", () => {
    expect(found("CW038", guard("a", [`name: d, action: Deny, ${ops}`]), web)[0]).toMatch(
      /^info NetworkPolicy shop\/web: Ingress rule #1/,
    );
    expect(
      found("CW038", guard("a", [`name: d, action: Deny, ${ops}, ${port(9090)}`]), web),
    ).toEqual([]);
    expect(
      found(
        "CW038",
        guard("a", [`name: d, action: Deny, ${ops}`], {
          subject: "{namespaces: {matchLabels: {zone: ops}}}",
        }),
        web,
      ),
    ).toEqual([]);
  });

  it("is quiet after a rule that passes something on", () => {
    const rules = [`name: p, action: Pass, ${ops}`, `name: d, action: Deny, ${everyone}`];
    expect(found("CW038", guard("a", rules), web)).toEqual([]);
  });
});

describe("CW040 equal-priority-conflict", () => {
  const pair = (one: string, other: string, parts: Parts = {}) => [
    guard("one", [`name: a, action: Accept, ${one}`]),
    guard("two", [`name: d, action: Deny, ${other}`], parts),
  ];

  it("needs common subjects, peers and ports, and different actions", () => {
    expect(found("CW040", ...pair(everyone, ops))).toHaveLength(1);
    expect(found("CW040", ...pair(`${everyone}, ${port(80)}`, `${ops}, ${port(81)}`))).toEqual([]);
    expect(found("CW040", ...pair(everyone, ops, { priority: 11 }))).toEqual([]);
    expect(found("CW040", ...pair(everyone, ops, { tier: "Baseline" }))).toEqual([]);
    expect(
      found(
        "CW040",
        ...pair(everyone, ops, { subject: "{namespaces: {matchLabels: {zone: none}}}" }),
      ),
    ).toEqual([]);
    expect(
      found("CW040", ...pair("from: [{namespaces: {matchLabels: {zone: public}}}]", ops)),
    ).toEqual([]);
  });

  it("is told once for two policies, however many of their rules disagree", () => {
    const one = guard("one", [
      `name: a, action: Accept, ${everyone}`,
      `name: b, action: Accept, ${ops}`,
    ]);
    const two = guard("two", [
      `name: d, action: Deny, ${everyone}`,
      `name: e, action: Pass, ${ops}`,
    ]);
    expect(found("CW040", one, two)).toHaveLength(1);
  });
});

describe("other rules about cluster-wide policies", () => {
  it("CW039 lets Pass be in the Admin tier", () => {
    expect(found("CW039", guard("a", [`name: p, action: Pass, ${ops}`]))).toEqual([]);
  });

  it("CW041 is worse where everyone is denied or passed", () => {
    const unknown = (action: string) =>
      guard("a", [`name: u, action: ${action}, from: [{galaxy: {}}]`]);
    expect(found("CW041", unknown("Accept"))[0]).toMatch(
      /^medium .*the whole rule accepts nothing/,
    );
    expect(found("CW041", unknown("Deny"))[0]).toMatch(
      /^high .*denies the connections of everyone/,
    );
  });

  it("CW044 knows versions of NetworkPolicy that are not served any more", () => {
    const old = policyText("shop/a", "podSelector: {}").replace(
      "networking.k8s.io/v1",
      "extensions/v1beta1",
    );
    expect(found("CW044", old)[0]).toMatch(
      /^low NetworkPolicy shop\/a: This policy is of an old form/,
    );
  });

  it("CW009 looks up named ports of cluster-wide policies, which have no protocol", () => {
    const named = (name: string) =>
      guard("a", [
        `name: named, action: Deny, ${everyone}, protocols: [{destinationNamedPort: ${name}}]`,
      ]);
    const dns = podText("shop/dns", {
      ports: [{ name: "dns", containerPort: 53, protocol: "UDP" }],
    });
    expect(found("CW009", dns, named("dns"))).toEqual([]);
    expect(found("CW009", dns, named("nope"))).toHaveLength(1);
  });

  it("CW046 counts policies of one kind together, with the directions that become unknown", () => {
    const cilium = (name: string, section: string) =>
      `{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"${name}","namespace":"shop"},"spec":{"endpointSelector":{},"${section}":[{}]}}`;
    expect(found("CW046", cilium("a", "ingress"), cilium("b", "egress"))).toEqual([
      "info CiliumNetworkPolicy shop/a: 2 policies of kind CiliumNetworkPolicy are not evaluated (CiliumNetworkPolicy shop/a, CiliumNetworkPolicy shop/b): for the pods that they select, verdicts for ingress and egress are unknown.",
    ]);
  });
});
