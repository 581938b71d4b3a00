import { describe, expect, it } from "vitest";
import type { FindingView } from "../../../../server/analyzer/answers.js";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import {
  coverageStepsMax,
  dnsStepsMax,
  equalPriorityPairsMax,
  findingsPerRuleMax,
  namesInMessageMax,
  nearLabelSetsMax,
  nearSearchesMax,
  oneSidedPairsPerPeerMax,
  oneSidedStepsMax,
  orderedPairsMax,
  rulesPerPodMax,
} from "../../../../server/analyzer/lint/limits.js";
import { lint } from "../../../../server/analyzer/lint/lint.js";
import { type LintBounds, lintBounds } from "../../../../server/analyzer/lint/lint-bounds.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  TieredAction,
  TieredPolicyObject,
} from "../../../../server/analyzer/model/objects.js";
import { networkPolicyObject, podObject } from "../../../support/cluster-objects.js";

/** Goal: every search ends, and says so when it ends early. */

const by = (app: string) => labelSelectorOf([{ key: "app", operator: "In", values: [app] }]);
const pod = (path: string, app: string) => podObject(path, { labels: { app } });
const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

const findingsOf = (
  rule: string,
  objects: readonly ClusterObject[],
  bounds: Partial<LintBounds> = {},
): readonly FindingView[] =>
  lint(createWorld({ model: new ClusterModel(objects) }), {
    rules: [rule],
    bounds: { ...lintBounds, ...bounds },
  }).findings;

const messagesOf = (...args: Parameters<typeof findingsOf>): readonly string[] =>
  findingsOf(...args).map(({ message }) => message);

const stopped = (what: string, steps: number): string =>
  `The search for ${what} stopped after ${steps} comparisons: there may be more.`;

const tiered = (name: string, actions: readonly TieredAction[]): TieredPolicyObject => ({
  kind: "ClusterNetworkPolicy",
  namespace: "",
  name,
  labels: {},
  annotations: {},
  tier: "admin",
  priority: 1,
  subject: { kind: "namespaces", selector: labelSelectorOf([]) },
  ingress: actions.map((action, index) => ({
    name: `r${index}`,
    action,
    peers: [{ kind: "namespaces", selector: labelSelectorOf([]) }],
  })),
  egress: [],
});

describe("bounds of lint", () => {
  it("are those of a large cluster in a few seconds", () => {
    expect(lintBounds).toEqual({
      findingsPerRuleMax,
      nearLabelSetsMax,
      nearSearchesMax,
      oneSidedStepsMax,
      oneSidedPairsPerPeerMax,
      coverageStepsMax,
      equalPriorityPairsMax,
      rulesPerPodMax,
      dnsStepsMax,
      orderedPairsMax,
    });
  });

  it("list at most findingsPerRuleMax findings of a rule, the worst first, and count the rest", () => {
    const policies = numbers(findingsPerRuleMax + 5).map((index) =>
      networkPolicyObject(`shop/p${index}`, { podSelector: by(`gone${index}`) }),
    );
    const slip = networkPolicyObject("shop/z", { podSelector: by("frontned") });
    const found = findingsOf("CW001", [pod("shop/web", "frontend"), ...policies, slip]);
    expect(found).toHaveLength(findingsPerRuleMax + 1);
    expect(found[0]?.object).toBe("NetworkPolicy shop/z");
    expect(found.at(-1)).toMatchObject({
      message: "6 more findings of this rule are not listed.",
      object: "",
    });
  });

  it("name at most namesInMessageMax names", () => {
    const pods = numbers(namesInMessageMax + 2).map((index) => pod(`shop/p${index}`, "a"));
    const [message] = messagesOf("CW031", [
      ...pods,
      networkPolicyObject("shop/p", { podSelector: by("none") }),
    ]);
    expect(message).toMatch(/shop\/p0\[Pod\], .*shop\/p4\[Pod\] and 2 more\.$/);
  });

  it("compare a selector with nearLabelSetsMax sets of labels, and nearSearchesMax selectors", () => {
    const pods = [pod("shop/a", "aaa"), pod("shop/b", "frontend")];
    const wrong = ["frontned", "frontedn"].map((app) =>
      networkPolicyObject(`shop/${app}`, { podSelector: by(app) }),
    );
    const severities = (bounds: Partial<LintBounds>) =>
      findingsOf("CW001", [...pods, ...wrong], bounds).map(({ severity }) => severity);
    expect(severities({})).toEqual(["high", "high"]);
    expect(severities({ nearLabelSetsMax: 1 })).toEqual(["medium", "medium"]);
    expect(severities({ nearSearchesMax: 1 })).toEqual(["high", "medium"]);
  });

  it("decide at most oneSidedPairsPerPeerMax pairs of a peer, and oneSidedStepsMax policies in all", () => {
    const peer = (app: string) => ({ peers: [{ kind: "pods" as const, podSelector: by(app) }] });
    const objects = [
      pod("shop/a", "a"),
      pod("shop/b", "b"),
      networkPolicyObject("shop/deny"),
      ...["one", "two"].map((name) =>
        networkPolicyObject(`shop/${name}`, {
          podSelector: by("a"),
          isolates: ["egress"],
          egress: [peer("b")],
        }),
      ),
    ];
    expect(messagesOf("CW045", objects)).toHaveLength(2);
    expect(messagesOf("CW045", objects, { oneSidedPairsPerPeerMax: 0 })).toEqual([]);
    expect(messagesOf("CW045", objects, { oneSidedStepsMax: 1 })).toEqual([
      expect.stringContaining("no such connection passes"),
      stopped("permissions of one side", 1),
    ]);
  });

  it("stop the search for redundant rules after coverageStepsMax comparisons", () => {
    const policies = ["a", "b", "c"].map((app) =>
      networkPolicyObject(`shop/${app}`, { podSelector: by(app), ingress: [{}] }),
    );
    const objects = [networkPolicyObject("shop/all", { ingress: [{}] }), ...policies];
    expect(findingsOf("CW036", objects)).toHaveLength(3);
    expect(messagesOf("CW034", objects)).toEqual([]);
    expect(messagesOf("CW034", objects, { coverageStepsMax: 3 })).toContain(
      stopped("redundant rules", 3),
    );
  });

  it("stop the search for pods without DNS after dnsStepsMax policies", () => {
    const out = networkPolicyObject("shop/out", {
      isolates: ["egress"],
      egress: [{ peers: [{ kind: "pods", podSelector: by("x") }] }],
    });
    const objects = [pod("shop/a", "a"), pod("shop/b", "b"), out];
    expect(messagesOf("CW005", objects)).toHaveLength(1);
    expect(messagesOf("CW005", objects, { dnsStepsMax: 1 })).toContain(
      stopped("pods without DNS", 1),
    );
  });

  it("stop comparing rules of cluster-wide policies after orderedPairsMax and equalPriorityPairsMax pairs", () => {
    const hidden = [pod("shop/a", "a"), tiered("one", ["deny", "accept", "pass"])];
    expect(messagesOf("CW037", hidden)).toHaveLength(2);
    expect(messagesOf("CW037", hidden, { orderedPairsMax: 1 })).toContain(
      stopped("unreachable rules", 1),
    );
    const rivals = [
      pod("shop/a", "a"),
      tiered("one", ["deny"]),
      tiered("two", ["accept"]),
      tiered("zwei", ["pass"]),
    ];
    expect(messagesOf("CW040", rivals)).toHaveLength(3);
    expect(messagesOf("CW040", rivals, { equalPriorityPairsMax: 1 })).toEqual([
      expect.stringContaining("the API does not say"),
      stopped("conflicts of priority", 1),
    ]);
  });

  it("look over a namespace with thousands of policies in seconds", () => {
    const apps = numbers(300).map((index) => `app${index}`);
    const objects = [
      ...apps.map((app) => pod(`big/${app}`, app)),
      ...apps.flatMap((app, index) => [
        networkPolicyObject(`big/in-${app}`, {
          podSelector: by(app),
          ingress: [{ peers: [{ kind: "pods", podSelector: by(`app${(index * 7) % 300}`) }] }],
        }),
        networkPolicyObject(`big/out-${app}`, {
          podSelector: by(app),
          isolates: ["egress"],
          egress: [{ peers: [{ kind: "pods", podSelector: by(`app${(index * 11) % 300}`) }] }],
        }),
        networkPolicyObject(`big/all-${app}`, { isolates: ["egress"] }),
      ]),
    ];
    const world = createWorld({ model: new ClusterModel(objects) });
    const rules = new Set(lint(world).findings.map(({ rule }) => rule));
    expect([...rules].sort()).toEqual(["CW005", "CW033", "CW045"]);
  });
});
