import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { severities } from "../../../../server/analyzer/lint/finding.js";
import { lint, lintRuleInfos } from "../../../../server/analyzer/lint/lint.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  IpBlock,
  NetworkPolicyRule,
  PortRule,
  TieredPolicyObject,
  TieredRule,
} from "../../../../server/analyzer/model/objects.js";
import { profileNames } from "../../../../server/analyzer/policy/profile.js";
import { parseCidr } from "../../../../server/analyzer/sets/ip.js";
import {
  namespaceObject,
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
  workloadObject,
} from "../../../support/cluster-objects.js";

/** Goal: whatever a model holds, lint answers, and says the same in whatever order it came. */

const word = fc.constantFrom("a", "b", "web", "__proto__", "constructor", "kube-system", "");
const portName = fc.constantFrom("http", "dns", "__proto__", "constructor");
const namespace = fc.constantFrom("shop", "ops", "kube-system", "constructor");
const labels = fc
  .array(fc.tuple(fc.constantFrom("app", "k8s-app", "__proto__", "pod-template-hash"), word), {
    maxLength: 2,
  })
  .map((entries) => Object.fromEntries(entries));
const selector = fc
  .array(
    fc.record({
      key: fc.constantFrom("app", "__proto__", "k8s-app", "kubernetes.io/metadata.name"),
      operator: fc.constantFrom(
        "In" as const,
        "NotIn" as const,
        "Exists" as const,
        "DoesNotExist" as const,
      ),
      values: fc.array(fc.oneof(word, namespace), { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 2 },
  )
  .map((requirements) => labelSelectorOf(requirements));
const protocol = fc.constantFrom("TCP" as const, "UDP" as const, "SCTP" as const);
const number = fc.constantFrom(1, 53, 80, 8080, 65_535);
const port: fc.Arbitrary<PortRule> = fc.oneof(
  fc.record({ kind: fc.constant("named" as const), protocol, name: portName }),
  fc.tuple(protocol, number, number).map(
    ([p, one, other]): PortRule => ({
      kind: "numbers",
      protocol: p,
      first: Math.min(one, other),
      last: Math.max(one, other),
    }),
  ),
);
const cidr = fc.constantFrom("0.0.0.0/0", "::/0", "10.1.2.3/8", "10.96.0.10/32", "fd00::/64");
const block: fc.Arbitrary<IpBlock> = fc
  .tuple(cidr, fc.array(cidr, { maxLength: 2 }))
  .map(([text, exceptTexts]) => {
    const rangeOf = (each: string) => parseCidr(each) as NonNullable<ReturnType<typeof parseCidr>>;
    return { text, range: rangeOf(text), except: exceptTexts.map(rangeOf), exceptTexts };
  });
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: 2 });
const rule: fc.Arbitrary<NetworkPolicyRule> = fc.record(
  {
    peers: some(
      fc.oneof(
        fc.record({ kind: fc.constant("ipBlock" as const), block }),
        fc.record(
          {
            kind: fc.constant("pods" as const),
            namespaceSelector: selector,
            podSelector: selector,
          },
          { requiredKeys: ["kind"] },
        ),
      ),
    ),
    ports: some(port),
  },
  { requiredKeys: [] },
);
const tieredRule: fc.Arbitrary<TieredRule> = fc.record(
  {
    name: word,
    action: fc.constantFrom("accept" as const, "deny" as const, "pass" as const),
    peers: some(
      fc.oneof(
        selector.map((each) => ({ kind: "namespaces" as const, selector: each })),
        selector.map((each) => ({
          kind: "pods" as const,
          namespaceSelector: each,
          podSelector: each,
        })),
        fc.record({ kind: fc.constant("networks" as const), blocks: some(block) }),
        selector.map((each) => ({ kind: "nodes" as const, selector: each })),
        fc.constant({ kind: "domainNames" as const, names: ["*.example.com"] }),
        fc.constant({ kind: "unknown" as const, fields: ["galaxy"] }),
      ),
    ),
    ports: some(port),
  },
  { requiredKeys: ["name", "action", "peers"] },
);
const directions = fc.constantFrom(
  ["ingress"] as const,
  ["egress"] as const,
  ["ingress", "egress"] as const,
);

const object = (index: number): fc.Arbitrary<ClusterObject> =>
  fc.oneof(
    fc
      .record({
        namespace,
        labels,
        hostNetwork: fc.boolean(),
        phase: fc.constantFrom("Running", "Succeeded", ""),
        dnsPolicy: fc.constantFrom("ClusterFirst", "None"),
        ips: fc.array(fc.constantFrom("10.1.0.5", "fd00::5", "no address"), { maxLength: 2 }),
        ports: fc.array(fc.record({ name: portName, port: number, protocol, container: word }), {
          maxLength: 2,
        }),
      })
      .map((parts) => podObject(`x/pod${index}`, parts)),
    fc
      .record({ namespace, labels, replicas: fc.constantFrom(0, 2) })
      .map((parts) => workloadObject(`x/work${index}`, parts)),
    fc
      .record({
        namespace,
        selector: labels,
        type: fc.constantFrom(
          "ClusterIP" as const,
          "LoadBalancer" as const,
          "NodePort" as const,
          "ExternalName" as const,
        ),
        clusterIps: fc.constantFrom(["10.96.0.10"], ["None"], []),
        ports: fc.array(fc.record({ port: number, protocol, targetPort: fc.oneof(number, word) }), {
          maxLength: 2,
        }),
      })
      .map((parts) =>
        serviceObject(`x/${index % 2 === 0 ? "kube-dns" : `service${index}`}`, parts),
      ),
    fc
      .record({
        namespace,
        podSelector: selector,
        isolates: directions,
        ingress: fc.array(rule, { maxLength: 2 }),
        egress: fc.array(rule, { maxLength: 2 }),
      })
      .map((parts) => networkPolicyObject(`x/policy${index}`, parts)),
    fc
      .record({
        tier: fc.constantFrom("admin" as const, "baseline" as const),
        kind: fc.constantFrom("ClusterNetworkPolicy" as const, "AdminNetworkPolicy" as const),
        priority: fc.constantFrom(1, 2),
        subject: selector.map((each) => ({
          kind: "pods" as const,
          namespaceSelector: labelSelectorOf([]),
          podSelector: each,
        })),
        ingress: fc.array(tieredRule, { maxLength: 2 }),
        egress: fc.array(tieredRule, { maxLength: 2 }),
      })
      .map(
        (parts): TieredPolicyObject => ({
          namespace: "",
          name: `tier${index}`,
          labels: {},
          annotations: {},
          ...parts,
        }),
      ),
    fc
      .record({ namespace, selectorUnderstood: fc.boolean(), podSelector: selector, directions })
      .map(
        (parts): ClusterObject => ({
          kind: "UnmodelledPolicy",
          name: `other${index}`,
          labels: {},
          annotations: {},
          apiVersion: "cilium.io/v2",
          policyKind: "CiliumNetworkPolicy",
          ...parts,
        }),
      ),
    fc
      .record({ podCidrs: fc.constantFrom(["10.1.0.0/16"], ["junk"], []) })
      .map((parts) => nodeObject(`n${index}`, parts)),
    labels.map((each) => namespaceObject(index % 2 === 0 ? "shop" : "ops", each)),
  );

const objects = fc.tuple(...Array.from({ length: 14 }, (_, index) => object(index)));

describe("lint() of any model", () => {
  it("answers with complete findings, the same in any order", () => {
    const ids = new Set(lintRuleInfos.map(({ id }) => id));
    const seen = new Set<string>();
    const property = fc.property(objects, fc.constantFrom(...profileNames), (all, profile) => {
      // Of two objects with one name the last counts: one of each, so that the order does not.
      const unique = [
        ...new Map(
          all.map((each) => [`${each.kind} ${each.namespace} ${each.name}`, each]),
        ).values(),
      ];
      const answer = (order: readonly ClusterObject[]) =>
        lint(createWorld({ model: new ClusterModel(order), profile })).findings;
      const findings = answer(unique);
      expect(answer([...unique].reverse())).toEqual(findings);
      for (const { rule: id, severity, message, fix } of findings) {
        seen.add(id);
        expect(ids.has(id) && (severities as readonly string[]).includes(severity)).toBe(true);
        expect(`${message} ${fix}`).not.toMatch(/undefined|\[object|NaN| {2}/);
        expect(message.endsWith(".") || message.endsWith("?")).toBe(true);
      }
    });
    fc.assert(property, { numRuns: Number(process.env["LINT_FUZZ_RUNS"] ?? 250), seed: 5 });
    expect(seen.size).toBeGreaterThan(25);
  });
});
