/**
 * The shape of each answer as JSON: its fields in the order and with the names (in camel case) of the messages in
 * proto/causeway/v1. It stands here once more so that a run without a server prints the same documents without loading
 * the messages.
 */
export type Shape = { readonly [field: string]: FieldShape };

/** A plain value or a list of plain values, a message, or a list of messages. */
export type FieldShape = "value" | Shape | readonly [Shape];

const location: Shape = { file: "value", line: "value" };

const portRange: Shape = { first: "value", last: "value" };

const connections: Shape = {
  text: "value",
  all: "value",
  protocols: [{ protocol: "value", ports: [portRange] }],
};

const end: Shape = {
  name: "value",
  kind: "value",
  namespace: "value",
  workload: "value",
  node: "value",
  ips: "value",
  hostNetwork: "value",
};

const policy: Shape = { kind: "value", namespace: "value", name: "value", tier: "value", location };

const rule: Shape = { policy, direction: "value", number: "value", name: "value", location };

const direction: Shape = {
  direction: "value",
  isolated: "value",
  policies: [policy],
  allowed: connections,
  undetermined: connections,
  parts: [{ by: "value", action: "value", connections, rule, policies: [policy], reason: "value" }],
  misses: [{ kind: "value", policy, rule, unmet: "value", text: "value", hint: "value" }],
  walkthrough: "value",
};

/** ModelSummary. */
export const modelShape: Shape = {
  source: "value",
  namespaces: "value",
  pods: "value",
  policies: "value",
  services: "value",
  problems: [
    {
      severity: "value",
      code: "value",
      message: "value",
      file: "value",
      line: "value",
      column: "value",
      object: "value",
    },
  ],
  ageS: "value",
};

const path: Shape = {
  source: end,
  destination: end,
  verdict: "value",
  connections,
  undetermined: connections,
  egress: direction,
  ingress: direction,
  doubts: [{ reason: "value", text: "value", connections }],
  servicePort: "value",
  targetPort: "value",
  protocol: "value",
  ready: "value",
  walkthrough: "value",
};

/** PairVerdict. */
export const pairShape: Shape = {
  source: end,
  destination: end,
  port: "value",
  protocol: "value",
  verdict: "value",
  connections,
  undetermined: connections,
  walkthrough: "value",
  paths: [path],
  warnings: "value",
  profile: "value",
  model: modelShape,
};

const row: Shape = {
  source: "value",
  destination: "value",
  connections: "value",
  undetermined: "value",
  because: "value",
};

/** ListConnectionsResponse, all pages in one. */
export const listShape: Shape = {
  rows: [row],
  nextPageToken: "value",
  totalSize: "value",
  profile: "value",
  model: modelShape,
};

const diffRow: Shape = {
  change: "value",
  source: "value",
  destination: "value",
  before: "value",
  after: "value",
  info: "value",
};

/** ConnectionDiff, all pages in one. */
export const diffShape: Shape = {
  rows: [diffRow],
  added: "value",
  removed: "value",
  changed: "value",
  unchanged: "value",
  profile: "value",
  before: modelShape,
  after: modelShape,
  nextPageToken: "value",
};

/** LintReport, all pages in one. */
export const lintShape: Shape = {
  findings: [
    {
      rule: "value",
      title: "value",
      severity: "value",
      message: "value",
      fix: "value",
      object: "value",
      location,
      suppressed: "value",
    },
  ],
  suppressed: "value",
  profile: "value",
  model: modelShape,
  nextPageToken: "value",
  totalSize: "value",
};

/** PolicyFix. */
export const fixShape: Shape = {
  source: end,
  destination: end,
  port: "value",
  protocol: "value",
  outcome: "value",
  reason: "value",
  manifest: "value",
  steps: "value",
  after: pairShape,
  blastRadius: [diffRow],
  profile: "value",
  model: modelShape,
  rollback: "value",
};

/** ExposureReport, all pages in one. */
export const exposureShape: Shape = {
  rows: [{ workload: "value", direction: "value", peer: "value", connections: "value" }],
  unprotected: [{ workload: "value", direction: "value" }],
  profile: "value",
  model: modelShape,
  nextPageToken: "value",
  totalSize: "value",
};

/** CheckReport. */
export const checkShape: Shape = {
  results: [
    {
      kind: "value",
      number: "value",
      from: "value",
      to: "value",
      ports: "value",
      outcome: "value",
      message: "value",
      violations: [row],
      line: "value",
    },
  ],
  passed: "value",
  failed: "value",
  unknown: "value",
  profile: "value",
  model: modelShape,
};

/** A graph of connections, which only the command line draws. */
export const graphShape: Shape = {
  clusters: [{ id: "value", label: "value" }],
  nodes: [{ id: "value", label: "value", cluster: "value", members: "value", kind: "value" }],
  edges: [{ source: "value", target: "value", label: "value", both: "value" }],
};
