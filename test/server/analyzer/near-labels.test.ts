import { describe, expect, it } from "vitest";
import {
  labelSelectorOf,
  type Requirement,
} from "../../../server/analyzer/model/label-selector.js";
import { nearestLabels } from "../../../server/analyzer/near-labels.js";

const is = (key: string, value: string): Requirement => ({ key, operator: "In", values: [value] });

const near = (
  requirements: readonly Requirement[],
  ...candidates: readonly Readonly<Record<string, string>>[]
) => nearestLabels(labelSelectorOf(requirements), candidates);

describe("nearestLabels()", () => {
  it("takes another spelling of a key or value for a slip", () => {
    expect(near([is("app", "frontned")], { app: "frontend" })).toEqual({
      text: "app=frontend",
      unmet: ["app=frontned"],
      slip: true,
    });
    expect(near([is("aap", "web")], { app: "web" })?.text).toBe("app=web");
    expect(near([is("app", "Web")], { app: "web" })?.slip).toBe(true);
  });

  it.each([
    ["webb", "web"],
    ["wbe", "web"],
    ["gatway", "gateway"],
  ])("takes %s for %s: a letter too many, in the wrong place or missing", (wanted, value) => {
    expect(near([is("app", wanted)], { app: value })?.slip).toBe(true);
  });

  it("takes one name under another key of names for a slip", () => {
    expect(near([is("app", "web")], { "app.kubernetes.io/name": "web" })).toMatchObject({
      text: "app.kubernetes.io/name=web",
      slip: true,
    });
    const namespace = { team: "front", "kubernetes.io/metadata.name": "front" };
    expect(near([is("name", "front")], namespace)?.text).toBe("kubernetes.io/metadata.name=front");
  });

  it.each([
    ["a", "b"],
    ["dev", "def"],
    ["web-1", "web-2"],
    ["v1beta1", "v1beta2"],
    ["frontend", "backend"],
  ])("takes %s and %s for two things", (wanted, value) => {
    expect(near([is("app", wanted)], { app: value })?.slip ?? false).toBe(false);
  });

  it("offers another value of one label where all others are met", () => {
    const found = near([is("app", "web"), is("tier", "front")], { app: "web", tier: "back" });
    expect(found).toEqual({ text: "tier=back", unmet: ["tier=front"], slip: false });
    expect(near([is("tier", "front")], { tier: "back" })).toBeUndefined();
  });

  it("takes the candidate that comes nearest, a slip before another value", () => {
    const candidates = [
      { app: "web", tier: "back" },
      { app: "web", tier: "fronnt" },
    ];
    expect(near([is("app", "web"), is("tier", "front")], ...candidates)?.text).toBe("tier=fronnt");
  });

  it("offers nothing for labels that are selected, or must not be there", () => {
    expect(near([is("app", "web")], { app: "web" })).toBeUndefined();
    const absent = { key: "app", operator: "DoesNotExist", values: [] } as const;
    expect(near([absent], { app: "web" })).toBeUndefined();
  });
});
