import { describe, expect, it } from "vitest";
import { requirementText } from "../../../../server/analyzer/model/label-selector.js";
import { selectorTokensMax } from "../../../../server/kube/limits.js";
import {
  type LabelTest,
  parseCalicoSelector,
} from "../../../../server/kube/objects/calico-selector.js";
import { type Condition, coverOf } from "../../../../server/kube/objects/selector-cover.js";

const test: LabelTest = (key, { operator, ...rest }): Condition =>
  operator === "text"
    ? { kind: "unknown" }
    : {
        kind: "requirement",
        requirement: { scope: "pod", key, operator, values: "values" in rest ? rest.values : [] },
      };

/** The requirements that a selector comes down to; undefined when it is none. */
const cover = (text: string): string | undefined => {
  const condition = parseCalicoSelector(text, test);
  if (condition === undefined) return undefined;
  const requirements = coverOf(condition);
  return requirements === "nothing"
    ? "nothing"
    : requirements.map(requirementText).join(", ") || "everything";
};

describe("parseCalicoSelector()", () => {
  it.each([
    ["", "everything"],
    ["  ", "everything"],
    ["all()", "everything"],
    ["!all()", "nothing"],
    ["global()", "nothing"],
    ["a == 'b'", "a=b"],
    ['a == "b"', "a=b"],
    ["a=='b'", "a=b"],
    ["a == 'it is'", "a=it is"],
    ["a != 'b'", "a notin (b)"],
    ["a in {'b', \"c\"}", "a in (b,c)"],
    ["a in {}", "a in ()"],
    ["a not in {'b'}", "a notin (b)"],
    ["has(a)", "a"],
    ["!has(a)", "!a"],
    ["!!has(a)", "a"],
    ["!(a == 'b')", "a notin (b)"],
    ["a == 'b' && has(c)", "a=b, c"],
    ["(a == 'b') && (c == 'd' && has(e))", "a=b, c=d, e"],
    ["projectcalico.org/namespace == 'x'", "projectcalico.org/namespace=x"],
    ["in == 'b'", "in=b"],
  ])("reads %s", (text, expected) => {
    expect(cover(text)).toBe(expected);
  });

  it.each([
    ["alternatives of one key are the values of all", "a == 'b' || a in {'c'}", "a in (b,c)"],
    ["what both alternatives demand", "(a == 'b' && c == 'd') || (a == 'b' && has(e))", "a=b"],
    ["nothing of alternatives that differ", "a == 'b' || c == 'd'", "everything"],
    ["&& binds closer than ||", "a == 'b' || a == 'c' && has(d)", "a in (b,c)"],
    ["an alternative that nothing meets does not count", "a == 'b' || global()", "a=b"],
    ["a negation of both is both negations", "!(a == 'b' || has(c))", "a notin (b), !c"],
    [
      "of comparisons with a part of a value nothing",
      "a contains 'b' && c starts with 'd' && e ends with 'f'",
      "everything",
    ],
  ])("takes %s", (_, text, expected) => {
    expect(cover(text)).toBe(expected);
  });

  it.each([
    "a",
    "a ==",
    "a == b",
    "a == 'b",
    "a = 'b'",
    "a in ('b')",
    "a in {'b' 'c'}",
    "a in {'b',}",
    "a not 'b'",
    "has()",
    "has(a",
    "(a == 'b'",
    "a == 'b')",
    "a == 'b' &&",
    "&& a == 'b'",
    "a starts 'b'",
    "all",
    "every()",
    "a == 'b' ; drop",
    "!",
  ])("knows that %s is no selector", (text) => {
    expect(cover(text)).toBeUndefined();
  });

  it("reads no more tokens than selectorTokensMax", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}all()${")".repeat(depth)}`;
    expect(cover(nested(selectorTokensMax / 2 - 2))).toBe("everything");
    expect(cover(nested(selectorTokensMax / 2))).toBeUndefined();
  });
});
