import { describe, expect, it } from "vitest";
import { nameCandidatesMax, nearNamesMax } from "../../../server/limits.js";
import { resolveAgent, resolveTarget, unresolvedText } from "../../../server/mesh/names.js";
import { agentView } from "../../support/mesh-fixtures.js";

const agents = [
  agentView({ agentId: "n1.pod", pod: "agent-abc", namespace: "causeway-system" }),
  agentView({ agentId: "n2.pod", pod: "agent-def", namespace: "default" }),
  agentView({ agentId: "n3.pod", pod: "agent-x", namespace: "causeway-system" }),
  agentView({ agentId: "n3.host", pod: "agent-y", plane: "host", namespace: "causeway-system" }),
];
const targets = new Set(["n1.pod", "node/n1", "dns/web.default"]);
const known = { agents, targets };

const agentId = (name: string) => {
  const resolved = resolveAgent(name, agents);
  return resolved.kind === "found" ? resolved.value.agentId : resolved;
};

describe("resolveAgent()", () => {
  it.each([
    ["n1.pod", "n1.pod"],
    ["n1", "n1.pod"],
    ["node/n1", "n1.pod"],
    ["causeway-system/agent-abc", "n1.pod"],
    ["default/agent-def", "n2.pod"],
    ["agent-def", "n2.pod"],
    ["n3.host", "n3.host"],
  ])("takes %s for %s", (name, expected) => {
    expect(agentId(name)).toBe(expected);
  });

  it("names the candidates of an ambiguous name", () => {
    const resolved = resolveAgent("n3", agents);
    expect(resolved).toEqual({ kind: "ambiguous", candidates: ["n3.pod", "n3.host"] });
    if (resolved.kind === "found") throw new Error("unexpected");
    expect(unresolvedText("source", "n3", resolved)).toBe(
      'source "n3" is ambiguous: it may be n3.pod, n3.host',
    );
  });

  it("names at most nameCandidatesMax candidates, and compares with nearNamesMax names", () => {
    const many = Array.from({ length: nearNamesMax }, (_, index) =>
      agentView({ agentId: `a${index}.pod`, node: "same", pod: "" }),
    );
    const resolved = resolveAgent("same", many);
    expect(resolved.kind === "ambiguous" && resolved.candidates).toHaveLength(nameCandidatesMax);
    const late = [...many, agentView({ agentId: "zebra.pod", node: "zebra" })];
    expect(resolveAgent("zebra.pdo", late)).toEqual({ kind: "unknown", near: undefined });
    expect(resolveAgent("zebra.pdo", late.slice(-2))).toEqual({
      kind: "unknown",
      near: "zebra.pod",
    });
  });

  it("offers a near miss for an unknown name", () => {
    expect(agentId("n1.pdo")).toEqual({ kind: "unknown", near: "n1.pod" });
    expect(agentId("agent-abc")).toMatchObject({ kind: "unknown" });
    expect(unresolvedText("source", "n1.pdo", { kind: "unknown", near: "n1.pod" })).toBe(
      'source "n1.pdo" is not known; did you mean "n1.pod"?',
    );
    expect(unresolvedText("source", "zz", { kind: "unknown", near: undefined })).toBe(
      'source "zz" is not known',
    );
  });
});

describe("resolveTarget()", () => {
  it.each([
    ["n1.pod", "n1.pod"],
    ["n1", "n1.pod"],
    ["node/n1", "node/n1"],
    ["node/n3", "node/n3"],
    ["dns/web.default", "dns/web.default"],
    ["default/agent-def", "n2.pod"],
  ])("takes %s for %s", (name, expected) => {
    expect(resolveTarget(name, known)).toEqual({ kind: "found", value: expected });
  });

  it.each([
    ["node/n9", "node/n1"],
    ["dns/web.defualt", "dns/web.default"],
  ])("does not know %s, and offers %s", (name, near) => {
    expect(resolveTarget(name, known)).toEqual({ kind: "unknown", near });
  });
});
