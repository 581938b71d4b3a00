import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createPolicyMetrics } from "../../../server/http/policy-metrics.js";

const waiting = { live: 2, own: 1 };
const model = {
  namespaces: 3,
  pods: 20,
  policies: 7,
  services: 4,
  problems: ["error", "warning", "warning", "info"].map((severity) => ({
    severity,
    code: "invalid",
    message: "",
    file: "",
    line: 0,
    column: 0,
    object: "",
  })),
};

describe("createPolicyMetrics()", () => {
  it("counts questions and loads", async () => {
    const registry = new Registry();
    const { observer } = createPolicyMetrics(registry);
    observer.asked({ kind: "evaluate", code: "ok", seconds: 0.02 });
    observer.asked({ kind: "evaluate", code: "not_found", seconds: 0.02 });
    observer.loaded({ result: "ok", seconds: 0.4 });
    observer.loaded({ result: "unreadable", seconds: 0 });
    const text = await registry.metrics();
    for (const line of [
      'causeway_policy_questions_total{kind="evaluate",code="ok"} 1',
      'causeway_policy_questions_total{kind="evaluate",code="not_found"} 1',
      'causeway_policy_question_seconds_count{kind="evaluate"} 2',
      'causeway_policy_loads_total{result="ok"} 1',
      'causeway_policy_loads_total{result="unreadable"} 1',
      "causeway_policy_load_seconds_count 1",
      'causeway_policy_load_seconds_bucket{le="0.5"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it("shows the live model while there is one, and what waits in any case", async () => {
    const registry = new Registry();
    const { show } = createPolicyMetrics(registry);
    show({ waiting, model, ageS: 7.5 });
    const text = await registry.metrics();
    for (const line of [
      'causeway_policy_questions_waiting{model="live"} 2',
      'causeway_policy_questions_waiting{model="own"} 1',
      'causeway_policy_model_objects{kind="pods"} 20',
      'causeway_policy_model_objects{kind="policies"} 7',
      'causeway_policy_model_problems{severity="warning"} 2',
      'causeway_policy_model_problems{severity="info"} 1',
      'causeway_policy_model_age_seconds{source="manifests"} 7.5',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    show({ waiting: { live: 0, own: 0 }, model: undefined, ageS: undefined });
    const later = await registry.metrics();
    expect(later).not.toMatch(/^causeway_policy_model_/m);
    expect(later).toContain('causeway_policy_questions_waiting{model="live"} 0');
  });
});
