import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { PolicyFigures, PolicyObserver } from "../policy/policy-observer.js";

/** Figures of questions about policies and of the live model. */
export type PolicyMetrics = {
  /** Where questions and loads are counted. */
  readonly observer: PolicyObserver;
  /** Shows what is so now. */
  readonly show: (figures: PolicyFigures) => void;
};

const secondsBuckets = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Makes them; series of the live model are there while there is one. */
export const createPolicyMetrics = (registry: Registry): PolicyMetrics => {
  const registers = [registry];
  const questions = new Counter({
    name: "causeway_policy_questions_total",
    help: "Questions about policies and diagnoses, by kind and code.",
    labelNames: ["kind", "code"],
    registers,
  });
  const questionSeconds = new Histogram({
    name: "causeway_policy_question_seconds",
    help: "How long questions took, the wait for their turn included.",
    labelNames: ["kind"],
    buckets: secondsBuckets,
    registers,
  });
  const loads = new Counter({
    name: "causeway_policy_loads_total",
    help: "Loads of the live model after a change, and looks at its files that failed, by result.",
    labelNames: ["result"],
    registers,
  });
  const loadSeconds = new Histogram({
    name: "causeway_policy_load_seconds",
    help: "How long it took to read the manifests of the live model.",
    buckets: secondsBuckets,
    registers,
  });
  return {
    observer: {
      asked: ({ kind, code, seconds }) => {
        questions.inc({ kind, code });
        questionSeconds.observe({ kind }, seconds);
      },
      loaded: ({ result, seconds }) => {
        loads.inc({ result });
        if (result !== "unreadable") loadSeconds.observe(seconds);
      },
    },
    show: createGauges(registers),
  };
};

const createGauges = (registers: Registry[]): PolicyMetrics["show"] => {
  const waiting = new Gauge({
    name: "causeway_policy_questions_waiting",
    help: "Questions that wait for a process, by whose manifests they are about.",
    labelNames: ["model"],
    registers,
  });
  const objects = new Gauge({
    name: "causeway_policy_model_objects",
    help: "Objects of the live model, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const problems = new Gauge({
    name: "causeway_policy_model_problems",
    help: "What could not be used as it stands in the manifests of the live model, by severity.",
    labelNames: ["severity"],
    registers,
  });
  const age = new Gauge({
    name: "causeway_policy_model_age_seconds",
    help: "Time since the live model was known to be what its files say.",
    labelNames: ["source"],
    registers,
  });
  return ({ waiting: { live, own }, model, ageS }) => {
    waiting.set({ model: "live" }, live);
    waiting.set({ model: "own" }, own);
    for (const gauge of [objects, problems, age]) gauge.reset();
    if (model === undefined || ageS === undefined) return;
    age.set({ source: "manifests" }, ageS);
    for (const kind of ["namespaces", "pods", "policies", "services"] as const) {
      objects.set({ kind }, model[kind]);
    }
    for (const severity of ["error", "warning", "info"]) {
      const count = model.problems.filter((problem) => problem.severity === severity).length;
      problems.set({ severity }, count);
    }
  };
};
