import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { lint } from "../../../../server/analyzer/lint/lint.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import {
  type LabelSelector,
  labelSelectorOf,
  selects,
} from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PortRule,
} from "../../../../server/analyzer/model/objects.js";
import { impliesSelector } from "../../../../server/analyzer/model/selector-cover.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { profiles } from "../../../../server/analyzer/policy/profile.js";
import { connectionsText } from "../../../../server/analyzer/sets/connections.js";
import { ipRangeText, parseCidr } from "../../../../server/analyzer/sets/ip.js";
import {
  namespaceObject,
  networkPolicyObject,
  podObject,
} from "../../../support/cluster-objects.js";
import {
  documents,
  findingsOf,
  linesOf,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";

/**
 * Goal: what lint calls needless is needless. Method: random clusters; what a finding names is removed, and the engine must
 * give the same connections as before.
 */

const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom("app", "tier"),
    operator: fc.constantFrom("In" as const, "NotIn" as const),
    values: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    key: fc.constantFrom("app", "tier"),
    operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const),
    values: fc.constant([] as string[]),
  }),
);
const selector: fc.Arbitrary<LabelSelector> = fc
  .array(requirement, { maxLength: 2 })
  .map((requirements) => labelSelectorOf(requirements));
const labels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("a", "b", "c"), {
  noNullPrototype: true,
});

const block = (text: string): NetworkPolicyPeer => ({
  kind: "ipBlock",
  block: {
    text,
    range: parseCidr(text) as NonNullable<ReturnType<typeof parseCidr>>,
    except: [],
    exceptTexts: [],
  },
});
const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  selector.map((podSelector) => ({ kind: "pods" as const, podSelector })),
  fc.record({
    kind: fc.constant("pods" as const),
    namespaceSelector: selector,
    podSelector: selector,
  }),
  fc.constantFrom("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0").map(block),
);
const port: fc.Arbitrary<PortRule> = fc
  .tuple(
    fc.constantFrom("TCP" as const, "UDP" as const),
    fc.constantFrom(80, 81),
    fc.constantFrom(0, 1, 10),
  )
  .map(([protocol, first, more]) => ({ kind: "numbers", protocol, first, last: first + more }));
const rule: fc.Arbitrary<NetworkPolicyRule> = fc.record(
  {
    peers: fc.array(peer, { minLength: 1, maxLength: 2 }),
    ports: fc.array(port, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const policy = (index: number): fc.Arbitrary<NetworkPolicyObject> =>
  fc
    .record({
      podSelector: selector,
      isolates: fc.constantFrom(
        ["ingress"] as const,
        ["egress"] as const,
        ["ingress", "egress"] as const,
      ),
      ingress: fc.array(rule, { maxLength: 2 }),
      egress: fc.array(rule, { maxLength: 2 }),
    })
    .map((parts) => networkPolicyObject(`n1/p${index}`, parts));

const cluster = fc
  .tuple(
    fc.array(labels, { minLength: 2, maxLength: 4 }),
    fc.tuple(policy(0), policy(1), policy(2)),
    labels,
  )
  .map(
    ([pods, policies, namespaceLabels]): {
      readonly rest: readonly ClusterObject[];
      readonly policies: readonly NetworkPolicyObject[];
    } => ({
      rest: [
        namespaceObject("n1", namespaceLabels),
        namespaceObject("n2", { app: "a" }),
        ...pods.map((own, index) =>
          podObject(`${index === 0 ? "n2" : "n1"}/pod${index}`, { labels: own }),
        ),
      ],
      policies,
    }),
  );

/** All connections; ranges outside are asked for where the whole cluster cuts them. */
const connectionsOf = (
  objects: readonly ClusterObject[],
  cuts: PolicyEngine,
): readonly string[] => {
  const model = new ClusterModel(objects);
  const engine = new PolicyEngine(model, profiles["np-guard"]);
  const pods = [...model.pods].map((pod) => ({ kind: "pod" as const, pod }));
  const outside = cuts.externalRanges().map((range) => ({ kind: "addresses" as const, range }));
  const ends = [...pods, ...outside];
  const nameOf = (end: (typeof ends)[number]): string =>
    end.kind === "pod" ? end.pod.name : ipRangeText(end.range);
  return pods.flatMap((own) =>
    ends.flatMap((other) => [
      `${nameOf(own)} > ${nameOf(other)}: ${connectionsText(engine.reach(own, other).allowed)}`,
      `${nameOf(other)} > ${nameOf(own)}: ${connectionsText(engine.reach(other, own).allowed)}`,
    ]),
  );
};

const objectsWithout = (policies: readonly NetworkPolicyObject[], object: string) =>
  policies.filter(({ namespace, name }) => `NetworkPolicy ${namespace}/${name}` !== object);

describe("needless policies", () => {
  it("change nothing when they are removed, one after the other", () => {
    let removed = 0;
    const property = fc.property(cluster, ({ rest, policies }) => {
      const cuts = new PolicyEngine(new ClusterModel([...rest, ...policies]), profiles["np-guard"]);
      const before = connectionsOf([...rest, ...policies], cuts);
      const world = createWorld({
        model: new ClusterModel([...rest, ...policies]),
        profile: "np-guard",
      });
      let left = policies;
      for (const { object } of lint(world, { rules: ["CW033", "CW036"] }).findings) {
        left = objectsWithout(left, object);
        removed++;
        expect(connectionsOf([...rest, ...left], cuts)).toEqual(before);
      }
    });
    fc.assert(property, { numRuns: 300, seed: 7 });
    expect(removed).toBeGreaterThan(20);
  });
});

describe("needless rules", () => {
  it("change nothing when one is removed", () => {
    let removed = 0;
    const property = fc.property(cluster, ({ rest, policies }) => {
      const cuts = new PolicyEngine(new ClusterModel([...rest, ...policies]), profiles["np-guard"]);
      const before = connectionsOf([...rest, ...policies], cuts);
      const world = createWorld({
        model: new ClusterModel([...rest, ...policies]),
        profile: "np-guard",
      });
      for (const { object, message } of lint(world, { rules: ["CW034"] }).findings) {
        const [, direction = "", number = ""] = /^(Ingress|Egress) rule #(\d+)/.exec(message) ?? [];
        const key = direction.toLowerCase() as "ingress" | "egress";
        const left = policies.map((each) =>
          `NetworkPolicy ${each.namespace}/${each.name}` === object
            ? { ...each, [key]: each[key].filter((_, index) => index !== Number(number) - 1) }
            : each,
        );
        removed++;
        expect(connectionsOf([...rest, ...left], cuts)).toEqual(before);
      }
    });
    fc.assert(property, { numRuns: 300, seed: 11 });
    expect(removed).toBeGreaterThan(20);
  });
});

describe("impliesSelector()", () => {
  it("never says yes where a pod is selected by the strict selector only", () => {
    let implied = 0;
    const property = fc.property(selector, selector, labels, (strict, loose, own) => {
      if (!impliesSelector(strict, loose)) return;
      implied++;
      if (selects(strict, own)) expect(selects(loose, own)).toBe(true);
    });
    fc.assert(property, { numRuns: 3_000, seed: 3 });
    expect(implied).toBeGreaterThan(300);
  });

  it("takes a label for what it is, also __proto__", () => {
    const proto = labelSelectorOf([{ key: "__proto__", operator: "In", values: ["x"] }]);
    const present = labelSelectorOf([{ key: "__proto__", operator: "Exists", values: [] }]);
    expect(impliesSelector(proto, present)).toBe(true);
    expect(impliesSelector(present, proto)).toBe(false);
  });
});

const allow = (path: string, selectorText: string, from = "podSelector: {}"): string =>
  policyText(
    path,
    `podSelector: {${selectorText}}\npolicyTypes: [Ingress]\ningress: [{from: [{${from}}]}]`,
  );
const deny = (path: string): string => policyText(path, "podSelector: {}\npolicyTypes: [Ingress]");

describe("CW033, CW034 and CW036", () => {
  const web = podText("shop/web");

  it("name one of two equal policies, the later by name, and only as a duplicate", () => {
    const text = documents(
      web,
      allow("shop/b", "matchLabels: {app: web}"),
      allow("shop/a", "matchLabels: {app: web}"),
    );
    expect(linesOf(findingsOf("CW033", text))).toEqual([
      "low NetworkPolicy shop/b: The policy says the same as NetworkPolicy shop/a.",
    ]);
    expect([...findingsOf("CW034", text), ...findingsOf("CW036", text)]).toEqual([]);
  });

  it("never call a default deny redundant, nor a policy that it backs", () => {
    const text = documents(web, deny("shop/deny"), allow("shop/a", ""));
    expect(findingsOf("CW036", text)).toEqual([]);
  });

  it("do not compare policies of different namespaces or directions", () => {
    const out = policyText("shop/b", "podSelector: {}\npolicyTypes: [Egress]\negress: [{}]");
    expect(
      findingsOf(
        "CW036",
        documents(web, allow("shop/a", ""), allow("lab/a", "matchLabels: {app: web}"), out),
      ),
    ).toEqual([]);
  });
});

describe("CW045 one-sided-permission", () => {
  const ends = [podText("shop/web"), podText("shop/api")];
  const out = (ports: string) =>
    policyText(
      "shop/out",
      `podSelector: {matchLabels: {app: web}}
policyTypes: [Egress]
egress: [{to: [{podSelector: {matchLabels: {app: api}}}], ports: [${ports}]}]`,
    );

  it("finds an ingress rule whose sources may not go out", () => {
    const sealed = policyText(
      "shop/seal",
      "podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]",
    );
    expect(
      findingsOf(
        "CW045",
        documents(
          ...ends,
          sealed,
          allow("shop/a", "matchLabels: {app: web}", "podSelector: {matchLabels: {app: api}}"),
        ),
      ),
    ).toMatchObject([{ message: expect.stringContaining("the other end lets none of it out") }]);
  });

  it("finds ends that have no port in common (kubescape#3903)", () => {
    const into = policyText(
      "shop/in",
      "podSelector: {matchLabels: {app: api}}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: 81}]}]",
    );
    expect(findingsOf("CW045", documents(...ends, out("{port: 80}"), into))).toHaveLength(1);
    expect(findingsOf("CW045", documents(...ends, out("{port: 80}, {port: 81}"), into))).toEqual(
      [],
    );
  });

  it("does not take a pod for its own peer (kubescape#3904), nor speak of rules for everyone", () => {
    const self = policyText(
      "shop/self",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Ingress, Egress]\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]",
    );
    expect(findingsOf("CW045", documents(podText("shop/web"), self))).toEqual([]);
    const wide = policyText(
      "shop/w",
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}}]}]",
    );
    expect(
      findingsOf(
        "CW045",
        documents(...ends, podText("lab/x"), deny("lab/deny"), deny("shop/deny"), wide),
      ),
    ).toEqual([]);
  });

  it("is quiet where some pod of the peer can use the rule", () => {
    const text = documents(
      ...ends,
      podText("lab/api"),
      deny("lab/deny"),
      policyText(
        "shop/out",
        "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]}]",
      ),
    );
    expect(findingsOf("CW045", text)).toEqual([]);
  });
});
