import { describe, expect, it } from "vitest";
import type { EvaluatedPolicy } from "../../../../server/analyzer/policy/decision.js";
import {
  clusterPolicyText,
  documents,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";
import { reachesOf } from "../../../support/reach-of.js";

// Goal: whom selectors select, as apimachinery and the NetworkPolicy API define it. Method: pods that differ in one label or
// namespace, and what each may reach of a pod whose policy names peers in one way.

const all = "All Connections";
const none = "No Connections";

const target = podText("shop/db");
const peers = [
  podText("shop/red", { labels: { color: "red", size: "s" } }),
  podText("shop/blue", { labels: { color: "blue", size: "s" } }),
  podText("shop/plain", { labels: { size: "l" } }),
  podText("far/red", { labels: { color: "red", size: "s" } }),
  podText("far/plain", { labels: { size: "l" } }),
  podText("dev/red", { labels: { color: "red", size: "s" } }),
];
const namespaces = [namespaceText("shop", { team: "a" }), namespaceText("far", { team: "b" })];
const names = ["shop/red", "shop/blue", "shop/plain", "far/red", "far/plain", "dev/red"];

/** The pods that a list of peers, in YAML, lets in. */
const letIn = (from: string): readonly string[] => {
  const policy = policyText(
    "shop/db",
    `podSelector: {matchLabels: {app: db}}\ningress: [{from: ${from}}]`,
  );
  const verdicts = reachesOf(
    [target, ...peers, ...namespaces, policy],
    names.map((name) => `${name} => shop/db`),
  );
  expect(verdicts.every((verdict) => verdict === all || verdict === none)).toBe(true);
  return names.filter((_, index) => verdicts[index] === all);
};

const expression = (key: string, operator: string, values = ""): string =>
  `{key: ${key}, operator: ${operator}${values === "" ? "" : `, values: [${values}]`}}`;

describe("selectors of peers", () => {
  it("T9 combines both selectors of one entry by AND, and entries by OR", () => {
    const namespace = "namespaceSelector: {matchLabels: {team: b}}";
    const pod = "podSelector: {matchLabels: {color: red}}";
    expect(letIn(`[{${namespace}, ${pod}}]`)).toEqual(["far/red"]);
    expect(letIn(`[{${namespace}}, {${pod}}]`)).toEqual(["shop/red", "far/red", "far/plain"]);
  });

  it("T10 means the own namespace by a podSelector alone", () => {
    expect(letIn("[{podSelector: {matchLabels: {color: red}}}]")).toEqual(["shop/red"]);
  });

  it("T10 means every pod of the namespaces by a namespaceSelector alone", () => {
    expect(letIn("[{namespaceSelector: {matchLabels: {team: b}}}]")).toEqual([
      "far/red",
      "far/plain",
    ]);
  });

  it("T10 means every namespace by an empty namespaceSelector", () => {
    expect(letIn("[{namespaceSelector: {}}]")).toEqual(names);
    expect(letIn("[{namespaceSelector: {}, podSelector: {matchLabels: {size: l}}}]")).toEqual([
      "shop/plain",
      "far/plain",
    ]);
  });

  it("requires every label of matchLabels", () => {
    expect(letIn("[{podSelector: {matchLabels: {color: red, size: l}}}]")).toEqual([]);
    expect(letIn("[{podSelector: {matchLabels: {color: blue, size: s}}}]")).toEqual(["shop/blue"]);
  });

  it.each([
    ["In", "red, green", ["shop/red"]],
    ["NotIn", "red", ["shop/blue", "shop/plain"]],
    ["Exists", "", ["shop/red", "shop/blue"]],
    ["DoesNotExist", "", ["shop/plain"]],
  ])("T11 matches by %s, NotIn and DoesNotExist also where the key is absent", (...row) => {
    const [operator, values, expected] = row;
    expect(
      letIn(`[{podSelector: {matchExpressions: [${expression("color", operator, values)}]}}]`),
    ).toEqual(expected);
  });

  it("T11 requires every expression, and the labels with them", () => {
    const both = [expression("color", "Exists"), expression("color", "NotIn", "red")];
    expect(letIn(`[{podSelector: {matchExpressions: [${both.join()}]}}]`)).toEqual(["shop/blue"]);
    const mixed = `matchLabels: {size: s}, matchExpressions: [${expression("color", "NotIn", "blue")}]`;
    expect(letIn(`[{podSelector: {${mixed}}}]`)).toEqual(["shop/red"]);
  });

  it("T11 has the same operators for namespaces, one without labels included", () => {
    const by = (operator: string, values = "") =>
      letIn(
        `[{namespaceSelector: {matchExpressions: [${expression("team", operator, values)}]}, podSelector: {matchLabels: {color: red}}}]`,
      );
    expect(by("In", "a, b")).toEqual(["shop/red", "far/red"]);
    expect(by("NotIn", "a")).toEqual(["far/red", "dev/red"]);
    expect(by("Exists")).toEqual(["shop/red", "far/red"]);
    expect(by("DoesNotExist")).toEqual(["dev/red"]);
  });

  it("T12 knows every namespace by its name, with and without an object of its own", () => {
    const named = (name: string) =>
      letIn(`[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${name}}}}]`);
    expect(named("far")).toEqual(["far/red", "far/plain"]);
    expect(named("dev")).toEqual(["dev/red"]);
    expect(
      letIn(
        `[{namespaceSelector: {matchExpressions: [${expression("kubernetes.io/metadata.name", "NotIn", "shop, far")}]}}]`,
      ),
    ).toEqual(["dev/red"]);
  });

  it("T12 knows a namespace by its name where its own labels claim another", () => {
    const named = policyText(
      "shop/db",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: far}}}]}]",
    );
    const liar = namespaceText("far", { "kubernetes.io/metadata.name": "dev" });
    const pairs = ["far/red => shop/db", "dev/red => shop/db"];
    expect(reachesOf([target, ...peers, liar, named], pairs)).toEqual([all, none]);
  });

  it("T14 matches the labels of a workload's pods, never the workload's own", () => {
    const deployment = JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop", labels: { app: "outer" } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "inner" } },
        template: {
          metadata: { labels: { app: "inner" } },
          spec: { containers: [{ name: "main", image: "main" }] },
        },
      },
    });
    const policyFor = (label: string) =>
      policyText("shop/web", `podSelector: {matchLabels: {app: ${label}}}\npolicyTypes: [Egress]`);
    const pods = [deployment, target];
    const pair = ["shop/web-1 => shop/db"];
    expect(reachesOf([...pods, policyFor("outer")], pair)).toEqual([all]);
    expect(reachesOf([...pods, policyFor("inner")], pair)).toEqual([none]);
  });

  it("takes keys that every object inherits for labels like any other", () => {
    expect(
      letIn(`[{podSelector: {matchExpressions: [${expression("constructor", "Exists")}]}}]`),
    ).toEqual([]);
    expect(
      letIn(`[{podSelector: {matchExpressions: [${expression("toString", "DoesNotExist")}]}}]`),
    ).toEqual(["shop/red", "shop/blue", "shop/plain"]);
  });
});

describe("selectors of subjects", () => {
  it("name the living pods of the policy's namespace, or of all that it selects", () => {
    const host = podText("shop/agent", {
      labels: { color: "red" },
      spec: { hostNetwork: true, containers: [{ name: "main", image: "main" }] },
    });
    const ended = podText("shop/job", { labels: { color: "red" }, status: { phase: "Failed" } });
    const red = "{matchLabels: {color: red}}";
    const world = manifestWorld(
      documents(
        ...[target, ...peers, ...namespaces, host, ended],
        policyText("shop/red", `podSelector: ${red}`),
        clusterPolicyText(
          "red",
          `tier: Admin\npriority: 1\nsubject: {pods: {namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}, podSelector: ${red}}}`,
        ),
      ),
    );
    const { engine, model } = world;
    const subjectsOf = (policy: EvaluatedPolicy): readonly string[] =>
      engine.podsSelectedBy(policy).map(({ namespace, name }) => `${namespace}/${name}`);
    const [namespaced] = model.networkPolicies;
    const [ordered] = model.tieredPolicies;
    if (namespaced === undefined || ordered === undefined) throw new Error("a policy is missing");
    expect(subjectsOf(namespaced)).toEqual(["shop/red"]);
    expect([...subjectsOf(ordered)].sort()).toEqual(["far/red", "shop/red"]);
    expect(subjectsOf({ ...namespaced, name: "unknown" })).toEqual([]);
  });

  it("T11 select by every operator", () => {
    const isolated = (operator: string, values = ""): readonly string[] => {
      const policy = policyText(
        "shop/some",
        `podSelector: {matchExpressions: [${expression("color", operator, values)}]}\npolicyTypes: [Egress]`,
      );
      const own = names.slice(0, 3);
      const verdicts = reachesOf(
        [target, ...peers, ...namespaces, policy],
        own.map((name) => `${name} => shop/db`),
      );
      return own.filter((_, index) => verdicts[index] === none);
    };
    expect(isolated("In", "red")).toEqual(["shop/red"]);
    expect(isolated("NotIn", "red")).toEqual(["shop/blue", "shop/plain"]);
    expect(isolated("Exists")).toEqual(["shop/red", "shop/blue"]);
    expect(isolated("DoesNotExist")).toEqual(["shop/plain"]);
  });
});
