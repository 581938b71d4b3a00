import { describe, expect, it } from "vitest";
import { suppressionsCharsMax, suppressionsMax } from "../../../../server/analyzer/lint/limits.js";

import { parseSuppressions } from "../../../../server/analyzer/lint/suppressions.js";
import { findingsOf, lintText } from "../../../support/lint-manifests.js";

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
`;

const policy = (annotations = "", selector = "app: gone"): string => `${pod}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec:
  podSelector: {matchLabels: {${selector}}}
  policyTypes: [Ingress]
`;

const ignore = (text: string): string => `causeway.io/lint-ignore: "${text}"`;

describe("parseSuppressions()", () => {
  const faultsOf = (text: string): readonly string[] =>
    parseSuppressions(text, "s.yaml").faults.map(
      ({ message, location }) => `${location.line}: ${message}`,
    );

  it("reads a list, or a map with the list", () => {
    const list =
      "- {rule: CW001, object: NetworkPolicy shop/web, reason: meant}\n- rule: cw002\n  reason: 7";
    const read = parseSuppressions(list, "s.yaml");
    expect(read.faults).toEqual([]);
    expect(read.suppressions).toMatchObject([
      { rule: "CW001", object: "NetworkPolicy shop/web", reason: "meant", location: { line: 1 } },
      { rule: "cw002", reason: "7", location: { file: "s.yaml", line: 2 }, from: "file" },
    ]);
    const inMap = `suppressions:\n${list.replace(/^/gm, "  ")}`;
    expect(parseSuppressions(inMap, "s.yaml").suppressions).toHaveLength(2);
    expect(parseSuppressions("", "s.yaml")).toEqual({ suppressions: [], faults: [] });
  });

  it("says what can't be used, with its line, and keeps the rest", () => {
    expect(faultsOf("- {rule: CW001, reason: x}\n- {rule: CW001, because: x}")).toEqual([
      "2: unknown key because: known are rule, object, reason",
    ]);
    expect(faultsOf("- {rule: CW001, reasn: x}")).toEqual([
      "1: unknown key reasn: did you mean reason?",
    ]);
    expect(faultsOf("- {reason: x}\n- 3\n- {rule: [CW001], reason: x}")).toEqual([
      "1: rule is missing",
      "2: expected {rule, object, reason}",
      "3: rule must be a text",
    ]);
    expect(faultsOf("- {rule: &r CW001, reason: x}\n- {rule: *r, reason: x}")).toEqual([
      "2: rule must be a text",
    ]);
    expect(faultsOf("- {__proto__: x, rule: CW001}")).toEqual([
      "1: unknown key __proto__: known are rule, object, reason",
    ]);
    expect(faultsOf("suppressions: 5")).toEqual(["1: expected a list of {rule, object, reason}"]);
    expect(faultsOf("- a\n b: [")[0]).toMatch(/^\d: not YAML: /);
  });

  it("refuses a file that is too long, too deep or has too many entries", () => {
    const long = `# ${"x".repeat(suppressionsCharsMax)}`;
    expect(faultsOf(long)[0]).toMatch(/^1: more than 262144 characters/);
    expect(faultsOf("[".repeat(5_000))[0]).toMatch(/^1: not YAML/);
    const many = "- {rule: CW001, reason: x}\n".repeat(suppressionsMax + 1);
    expect(faultsOf(many)).toEqual([`1: more than ${suppressionsMax} suppressions`]);
  });
});

describe("a suppression", () => {
  it("on the object suppresses its findings of the rule and says why", () => {
    const text = policy(ignore("CW001: the pods come later; CW031: so it is"));
    expect(findingsOf("CW001", text)).toEqual([]);
    expect(lintText(text).suppressed).toBe(1);
    const [shown] = findingsOf("CW001", text, { showSuppressed: true });
    expect(shown?.suppressed).toBe("the pods come later (annotation, in.yaml:10)");
  });

  it("in a file is for one object, or for all", () => {
    const file = (entry: string) => parseSuppressions(`[${entry}]`, "s.yaml");
    const ruled = (entry: string) =>
      findingsOf("CW001", policy(), { suppressions: file(entry) }).length;
    expect(ruled("{rule: CW001, object: NetworkPolicy shop/web, reason: x}")).toBe(0);
    expect(ruled("{rule: cw001, reason: x}")).toBe(0);
    expect(ruled("{rule: CW001, object: NetworkPolicy shop/other, reason: x}")).toBe(1);
    const suppressions = file("{rule: CW001, reason: x}");
    const [shown] = findingsOf("CW001", policy(), { suppressions, showSuppressed: true });
    expect(shown?.suppressed).toBe("x (file, s.yaml:1)");
  });

  it("without a reason does not suppress and is a finding", () => {
    const text = policy(ignore("CW001; CW002:"));
    expect(findingsOf("CW001", text)).toHaveLength(1);
    expect(findingsOf("CW050", text)).toMatchObject([
      {
        message: "CW001 is suppressed without a reason, so it is not suppressed.",
        severity: "medium",
      },
      { message: "CW002 is suppressed without a reason, so it is not suppressed." },
    ]);
  });

  it("of a rule that does not exist is a finding with the rule that was meant", () => {
    expect(findingsOf("CW050", policy(ignore("CW01: x")))).toMatchObject([
      {
        message: "There is no rule CW01 to suppress. Did you mean CW001?",
        object: "NetworkPolicy shop/web",
      },
    ]);
    expect(findingsOf("CW050", policy(ignore("CW050: x")))[0]?.message).toMatch(
      /^There is no rule CW050/,
    );
  });

  it("that is of no use is a finding, unless its rule was not asked for", () => {
    const text = policy(ignore("CW001: x"), "app: web");
    expect(findingsOf("CW051", text)).toMatchObject([
      {
        message: "The suppression of CW001 suppresses nothing.",
        object: "NetworkPolicy shop/web",
        severity: "low",
      },
    ]);
    expect(findingsOf("CW051", text, { rules: ["CW002", "CW051"] })).toEqual([]);
  });

  it("that can't be read is a finding with its line", () => {
    const suppressions = parseSuppressions("\n- {rule: CW001, why: x}", "s.yaml");
    expect(findingsOf("CW050", policy(), { suppressions })).toMatchObject([
      {
        message: "This suppression can't be used: unknown key why: known are rule, object, reason.",
        location: { file: "s.yaml", line: 2 },
      },
    ]);
  });
});
