import { describe, expect, it } from "vitest";
import type { FindingView } from "../../../../server/analyzer/answers.js";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { severities } from "../../../../server/analyzer/lint/finding.js";
import { lint } from "../../../../server/analyzer/lint/lint.js";
import { parseSuppressions } from "../../../../server/analyzer/lint/suppressions.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { profileNames } from "../../../../server/analyzer/policy/profile.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";
import {
  documents,
  findingsOf,
  lintText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { readSource } from "../../../support/source-files.js";

const golden = (name: string): string => `../../../golden/lint/${name}`;
const shop = readSource("test/golden/lint/shop.yaml");
const messy = readSource("test/golden/lint/messy.yaml");

/** A finding as people read it. */
const textOf = (finding: FindingView): string => {
  const { severity, rule, title, object, location, message, fix, suppressed } = finding;
  const lines = [
    `${severity} ${rule} ${title}`,
    `  ${object} (${location.file}:${location.line})`,
    `  ${message}`,
    `  Fix: ${fix}`,
    ...(suppressed === "" ? [] : [`  Suppressed: ${suppressed}`]),
  ];
  return `${lines.join("\n")}\n`;
};

describe("lint()", () => {
  it("says everything about a cluster in which much is wrong", async () => {
    const suppressions = parseSuppressions(
      readSource("test/golden/lint/messy-suppressions.yaml"),
      "suppressions.yaml",
    );
    const { findings, suppressed } = lintText(messy, { suppressions, showSuppressed: true });
    const text = `${findings.map(textOf).join("\n")}\n${findings.length} findings, ${suppressed} suppressed\n`;
    await expect(text).toMatchFileSnapshot(golden("messy.txt"));
  });

  it.each(profileNames)(
    "finds nothing bad in a shop with right policies (profile %s)",
    (profile) => {
      const { findings, profile: told } = lintText(shop, { profile });
      expect(told).toBe(profile);
      expect(findings.filter(({ severity }) => severity !== "low" && severity !== "info")).toEqual(
        [],
      );
      expect(findings).toHaveLength(1);
    },
  );

  it("gives the same answer in whatever order objects come", () => {
    for (const text of [shop, messy]) {
      const { objects, problems, locate } = parseManifests([{ file: "in.yaml", text }]);
      const answer = (order: typeof objects) =>
        lint(createWorld({ model: new ClusterModel(order), problems, locate })).findings;
      const straight = answer(objects);
      expect(answer([...objects].reverse())).toEqual(straight);
      expect(answer([...objects.slice(9), ...objects.slice(0, 9)])).toEqual(straight);
    }
  });

  it("orders findings by severity, then file, line and rule", () => {
    const { findings } = lintText(messy);
    const ranks = findings.map(({ severity }) =>
      (severities as readonly string[]).indexOf(severity),
    );
    expect(ranks).toEqual([...ranks].sort((one, other) => one - other));
    const high = findings.filter(({ severity }) => severity === "high");
    const lines = high.map(({ location }) => location.line);
    expect(lines).toEqual([...lines].sort((one, other) => one - other));
  });

  it("runs only the rules that are asked for", () => {
    const { findings } = lintText(messy, { rules: ["CW014", "CW030"] });
    expect(findings.map(({ rule }) => rule)).toEqual(["CW014", "CW030"]);
    expect(lintText(messy, { rules: [] }).findings).toEqual([]);
  });

  it("finds nothing in an empty model", () => {
    expect(lintText("").findings).toEqual([]);
  });

  it("takes names of object properties as labels, namespaces and names", () => {
    const hostile = documents(
      podText("constructor/tostring", { labels: { constructor: "x", toString: "y" } }),
      policyText(
        "constructor/valueof",
        `podSelector: {matchLabels: {hasOwnProperty: x}}
ingress:
  - from:
      - podSelector: {matchLabels: {constructor: x}}`,
      ),
      policyText("prototype/proto", 'podSelector: {matchLabels: {"__proto__": x}}'),
    );
    const { findings, model } = lintText(hostile);
    expect(model.problems.filter(({ severity }) => severity === "error")).toHaveLength(1);
    expect(findings.map(({ rule }) => rule)).toContain("CW001");
  });
});

describe("what other tools get wrong", () => {
  const defaultDeny = policyText(
    "shop/default-deny",
    "podSelector: {}\npolicyTypes: [Ingress, Egress]",
  );

  it("never takes a default deny for allowing all (k8sgpt reads an empty podSelector so)", () => {
    expect(lintText(documents(podText("shop/web"), defaultDeny)).findings).toEqual([]);
  });

  it("does not take pods of other namespaces for those of a policy (k8sgpt#1746)", () => {
    const text = documents(
      podText("other/web"),
      podText("shop/api"),
      policyText("shop/web", "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Ingress]"),
    );
    expect(findingsOf("CW001", text)).toMatchObject([
      { severity: "medium", message: expect.stringContaining("Such pods are in namespace other.") },
    ]);
  });

  it("wants all labels of a selector on one pod, not any one of them (popeye#311)", () => {
    const text = documents(
      podText("shop/web", { labels: { app: "web", tier: "back" } }),
      podText("shop/api", { labels: { app: "api", tier: "front" } }),
      policyText(
        "shop/web",
        "podSelector: {matchLabels: {app: web, tier: front}}\npolicyTypes: [Ingress]",
      ),
    );
    expect(findingsOf("CW001", text)).toHaveLength(1);
  });

  it("says that policies of other kinds are not evaluated (popeye#342, kube-score#644)", () => {
    const text = documents(
      podText("shop/web"),
      `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: guard}
spec: {selector: "app == 'web'", types: [Ingress]}`,
    );
    expect(findingsOf("CW046", text)).toMatchObject([
      { severity: "info", object: "GlobalNetworkPolicy guard" },
    ]);
    expect(findingsOf("CW030", text)).toEqual([]);
  });
});
