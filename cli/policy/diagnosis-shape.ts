import { modelShape, type Shape } from "./answer-shapes.js";

const end: Shape = {
  namespace: "value",
  name: "value",
  uid: "value",
  ip: "value",
  node: "value",
  hostNetwork: "value",
  ready: "value",
};

const cause: Shape = {
  code: "value",
  layer: "value",
  origin: "value",
  severity: "value",
  probability: "value",
  proof: "value",
  blocks: "value",
  component: "value",
  equivalentTo: "value",
  explains: "value",
  evidence: "value",
  remediation: {
    summary: "value",
    why: "value",
    steps: "value",
    patch: "value",
    verify: "value",
    risk: "value",
    rollback: "value",
    prevention: "value",
  },
};

/** Diagnosis; the first six fields are those that the first clients knew. */
export const diagnosisShape: Shape = {
  podA: "value",
  podB: "value",
  status: "value",
  confidence: "value",
  issues: "value",
  solutions: "value",
  schemaVersion: "value",
  analysisId: "value",
  startedAt: "value",
  durationMs: "value",
  request: {
    protocol: "value",
    port: "value",
    accessModes: "value",
    direction: "value",
    compat: "value",
  },
  endpoints: {
    a: end,
    b: end,
    sameNode: "value",
    cni: { name: "value", mode: "value", enforcesPolicy: "value" },
  },
  verdicts: [
    {
      mode: "value",
      static: { verdict: "value", by: "value", rule: "value", why: "value" },
      live: { verdict: "value", why: "value" },
      agreement: "value",
      status: "value",
      confidence: "value",
    },
  ],
  policy: {
    aEgressIsolated: "value",
    bIngressIsolated: "value",
    policiesSelecting: [{ ref: "value", direction: "value", allows: "value", created: "value" }],
    walkthrough: "value",
  },
  causes: [cause],
  latent: [cause],
  ruledOut: [{ code: "value", because: "value" }],
  unexplainedProbes: "value",
  path: [{ hop: "value", at: "value", check: "value", result: "value", evidence: "value" }],
  probes: [{ id: "value", from: "value", to: "value", kind: "value", outcome: "value" }],
  evidence: [{ id: "value", kind: "value", host: "value", data: "value", at: "value" }],
  limits: [{ what: "value", why: "value", effect: "value" }],
  nextActions: [{ action: "value", why: "value" }],
  profile: "value",
  model: modelShape,
};
