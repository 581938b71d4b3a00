import { describe, expect, it } from "vitest";
import type { PlanEntry } from "../../../common/agent-stream.js";
import { explanationBytesMax, planEntriesMax } from "../../../common/limits.js";
import {
  AgentRig,
  type agentConfig,
  entryOf,
  outputsOf,
  planOf,
  sentOf,
} from "../../support/agent-rig.js";

const connected = (config: Parameters<typeof agentConfig>[0] = {}): AgentRig => {
  const rig = new AgentRig({ config });
  rig.connect();
  return rig;
};

const entries = (count: number): PlanEntry[] => {
  const one = entryOf(1, "tcp|node/n2");
  return Array.from({ length: count }, (_, i) => ({ ...one, id: i + 1 }));
};

describe("AgentCore, plans", () => {
  it("hands a plan to the prober before it acknowledges it", () => {
    const rig = connected();
    const outputs = rig.plan(planOf(1, [entryOf(1, "tcp|node/n2")]));
    const kinds = outputs.filter((output) => output.kind !== "log").map((output) => output.kind);
    expect(kinds).toEqual(["apply_plan", "send"]);
    expect(sentOf(outputs, "plan_ack")).toEqual([{ kind: "plan_ack", nonce: 1, revision: 1 }]);
  });

  it("takes a plan of planEntriesMax entries and no larger one, in one push or by differences", () => {
    const rig = connected();
    expect(sentOf(rig.plan(planOf(1, entries(planEntriesMax))), "plan_ack")).toHaveLength(1);
    const [larger] = sentOf(rig.plan(planOf(2, entries(planEntriesMax + 1))), "plan_nack");
    expect(larger).toMatchObject({ reason: "invalid", runningRevision: 1 });
    const oneMore = { ...planOf(3, [entryOf(planEntriesMax + 1, "tcp|node/n2")]), baseRevision: 1 };
    expect(sentOf(rig.plan(oneMore), "plan_nack")).toMatchObject([{ reason: "invalid" }]);
    expect(rig.status.planEntries).toBe(planEntriesMax);
  });

  it("clips the reason to explanationBytesMax", () => {
    const rig = connected({ validate: () => "€".repeat(5000) });
    const [nack] = sentOf(rig.plan(planOf(1, [entryOf(1, "tcp|node/n2")])), "plan_nack");
    const bytes = new TextEncoder().encode(nack?.error ?? "").length;
    expect(bytes).toBeGreaterThan(explanationBytesMax - 3);
    expect(bytes).toBeLessThanOrEqual(explanationBytesMax);
  });

  it("refuses an entry hash that is not 8 bytes of hex", () => {
    const rig = connected();
    for (const hash of ["", "0123", "0123456789abcdeg", "0123456789ABCDEF"]) {
      const plan = planOf(1, [entryOf(1, "tcp|node/n2", { hash })]);
      expect(sentOf(rig.plan(plan), "plan_nack")).toMatchObject([{ reason: "invalid" }]);
    }
  });

  it("keeps the plan running over streams and tells it in the Hello", () => {
    const rig = connected();
    const plan = planOf(4, [entryOf(1, "tcp|node/n2"), entryOf(2, "tcp|node/n1")]);
    rig.plan(plan);
    rig.closed("unavailable");
    const [hello] = sentOf(rig.wait(5000), "hello");
    expect(hello?.hello.applied).toEqual({ serverEpoch: "e1", revision: 4, hash: plan.hash });
    expect(rig.status).toMatchObject({ revision: 4, planEntries: 2 });
  });

  it("leaves out what is itself, by agent id and by node", () => {
    const rig = connected();
    const plan = planOf(1, [
      entryOf(1, "udp|n1.pod"),
      entryOf(2, "tcp|node/n1"),
      entryOf(3, "udp|n1.host"),
      entryOf(4, "tcp|dns/api", { agentId: "", node: "" }),
    ]);
    const [applied] = outputsOf(rig.plan(plan), "apply_plan");
    expect(applied?.entries.map((entry) => entry.id)).toEqual([3, 4]);
  });
});
