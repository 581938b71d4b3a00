import type { PolicyAnswers } from "../../cli/policy/policy-answers.js";
import type {
  CheckAnswer,
  ConnectionRowView,
  DiagnosisReport,
  DiffAnswer,
  ExposureAnswer,
  FixAnswer,
  GraphView,
  LintAnswer,
} from "../../server/analyzer/answers.js";
import { deniedPair, deniedPath, modelOf, podView, tcpView } from "./pair-answers.js";

// The other answers, built by hand as well.

/** The list: two pods, an address range, a doubt. */
export const rowViews: readonly ConnectionRowView[] = [
  {
    source: "0.0.0.0-255.255.255.255[External]",
    destination: "shop/web[Deployment]",
    connections: "TCP 443,8080-8090",
    undetermined: "",
    because: [],
  },
  {
    source: "shop/web[Deployment]",
    destination: "shop/cart[Deployment]",
    connections: "TCP 9090,UDP 53",
    undetermined: "",
    because: [],
  },
  {
    source: "shop/web[Deployment]",
    destination: "shop/pay[StatefulSet]",
    connections: "No Connections",
    undetermined: "All Connections",
    because: ["CiliumNetworkPolicy shop/pay-l7"],
  },
];

/** Two models that differ in three pairs. */
export const diffAnswer: DiffAnswer = {
  rows: [
    {
      change: "added",
      source: "shop/web[Deployment]",
      destination: "shop/new[Deployment]",
      before: "No Connections",
      after: "TCP 80",
      info: "workload shop/new[Deployment] added",
    },
    {
      change: "changed",
      source: "shop/web[Deployment]",
      destination: "shop/cart[Deployment]",
      before: "All Connections",
      after: "TCP 9090",
      info: "",
    },
    {
      change: "removed",
      source: "0.0.0.0-255.255.255.255[External]",
      destination: "shop/web[Deployment]",
      before: "All Connections",
      after: "No Connections",
      info: "",
    },
  ],
  added: 1,
  removed: 1,
  changed: 1,
  unchanged: 7,
  profile: "upstream",
  before: modelOf(),
  after: modelOf({ pods: 6, problems: [] }),
};

/** A manifest that lets the denied pair through. */
export const fixAnswer: FixAnswer = {
  source: podView("shop/web-1"),
  destination: podView("shop/cart-1"),
  port: 8080,
  protocol: "TCP",
  outcome: "manifest",
  reason: "",
  manifest: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-web-to-cart
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: cart
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 8080
`,
  steps: [
    "kubectl apply -f allow-web-to-cart.yaml",
    "causeway policy eval shop/web-1 shop/cart-1 --port 8080 allow-web-to-cart.yaml",
  ],
  rollback: "kubectl delete networkpolicy -n shop allow-web-to-cart",
  after: {
    ...deniedPair(false),
    verdict: "allowed",
    connections: tcpView(8080),
    walkthrough: "egress: [default] allowed; ingress: [NP] allowed (shop/allow-web-to-cart rule 1)",
    paths: [deniedPath(false, { verdict: "allowed", connections: tcpView(8080) })],
  },
  blastRadius: [
    {
      change: "changed",
      source: "shop/web-2[Deployment]",
      destination: "shop/cart[Deployment]",
      before: "TCP 9090",
      after: "TCP 8080,9090",
      info: "",
    },
  ],
  profile: "upstream",
  model: modelOf(),
};

/** A fix that is refused. */
export const refusedFix: FixAnswer = {
  source: fixAnswer.source,
  destination: fixAnswer.destination,
  port: 8080,
  protocol: "TCP",
  outcome: "refused",
  reason: "AdminNetworkPolicy lockdown denies it in a tier that no NetworkPolicy can overrule",
  manifest: "",
  steps: [],
  rollback: "",
  blastRadius: [],
  profile: "upstream",
  model: modelOf({ problems: [] }),
};

/** Three findings, one of them suppressed. */
export const lintAnswer: LintAnswer = {
  findings: [
    {
      rule: "CW001",
      title: "policy-selects-nothing",
      severity: "high",
      message: "NetworkPolicy shop/old selects no pod: none has app=webb.",
      fix: "Did you mean app=web? Correct the selector, or remove the policy.",
      object: "NetworkPolicy shop/old",
      location: { file: "old.yaml", line: 8 },
      suppressed: "",
    },
    {
      rule: "CW003",
      title: "peer-or-and",
      severity: "medium",
      message: "Two peers are joined by OR where AND is likely meant.",
      fix: "Remove the dash before podSelector.",
      object: "NetworkPolicy shop/cart",
      location: { file: "policies.yaml", line: 21 },
      suppressed: "both are meant (annotation of NetworkPolicy shop/cart, policies.yaml:15)",
    },
    {
      rule: "CW035",
      title: "namespace-without-default-deny",
      severity: "info",
      message: "Namespace shop has no default-deny policy.",
      fix: "Add one.",
      object: "Namespace shop",
      location: { file: "", line: 0 },
      suppressed: "",
    },
  ],
  suppressed: 1,
  profile: "upstream",
  model: modelOf(),
};

/** What workloads are open to. */
export const exposureAnswer: ExposureAnswer = {
  rows: [
    {
      workload: "shop/web[Deployment]",
      direction: "egress",
      peer: "entire-cluster",
      connections: "All Connections",
    },
    {
      workload: "shop/cart[Deployment]",
      direction: "ingress",
      peer: "shop/[pod with {app=admin}]",
      connections: "TCP 9090",
    },
  ],
  unprotected: [{ workload: "shop/web[Deployment]", direction: "egress" }],
  profile: "upstream",
  model: modelOf(),
};

/** Assertions: one that holds, one that does not, one that can't be told. */
export const checkAnswer: CheckAnswer = {
  results: [
    {
      kind: "permit",
      number: 1,
      from: "shop/web",
      to: "shop/cart",
      ports: ["TCP/9090"],
      outcome: "passed",
      message: "permitted for 1 pair",
      violations: [],
      line: 2,
    },
    {
      kind: "forbid",
      number: 1,
      from: "{namespace: {team: a}}",
      to: "shop/pay",
      ports: [],
      outcome: "failed",
      message: "1 of 3 pairs is permitted",
      violations: [
        {
          source: "shop/web[Deployment]",
          destination: "shop/pay[StatefulSet]",
          connections: "TCP 5432",
          undetermined: "",
          because: [],
        },
      ],
      line: 5,
    },
    {
      kind: "forbid",
      number: 2,
      from: "shop/web",
      to: "dns/example.org",
      ports: ["TCP/443"],
      outcome: "unknown",
      message: "which addresses example.org has can't be told from objects",
      violations: [],
      line: 7,
    },
  ],
  passed: 1,
  failed: 1,
  unknown: 1,
  profile: "upstream",
  model: modelOf(),
};

/** A graph with a box, an edge both ways and an end outside. */
export const graphView: GraphView = {
  clusters: [{ id: "shop", label: "shop" }],
  nodes: [
    {
      id: "n1",
      label: "web\n2 workloads",
      cluster: "shop",
      members: ["shop/web[Deployment]", "shop/web-b[Deployment]"],
      kind: "workloads",
    },
    {
      id: "n2",
      label: "cart",
      cluster: "shop",
      members: ["shop/cart[Deployment]"],
      kind: "workloads",
    },
    { id: "x1", label: "0.0.0.0/0", cluster: "", members: [], kind: "external" },
    { id: "hub 1", label: "UDP 53", cluster: "", members: [], kind: "hub" },
  ],
  edges: [
    { source: "n1", target: "n2", label: "TCP 9090", both: true },
    { source: "x1", target: "n1", label: "TCP 443", both: false },
    { source: "n1", target: "hub 1", label: "", both: true },
    { source: "hub 1", target: "n2", label: "", both: false },
  ],
};

/** A diagnosis of a denied pair. */
export const diagnosisAnswer: DiagnosisReport = {
  podA: "shop/web-1",
  podB: "shop/cart-1",
  status: "disconnected",
  confidence: 0.85,
  issues: ["NetworkPolicy shop/deny-all blocks ingress to shop/cart-1 on TCP/8080"],
  solutions: ["Allow ingress from shop/web-1 to shop/cart-1 TCP/8080 (patch attached)"],
  schemaVersion: "1.0",
  analysisId: "00000000-0000-4000-8000-000000000000",
  startedAt: "2026-01-02T00:00:00.000Z",
  durationMs: 12,
  request: { protocol: "TCP", port: 8080, accessModes: ["podIP"], direction: "a_to_b" },
  endpoints: {
    a: {
      namespace: "shop",
      name: "web-1",
      uid: "",
      ip: "10.0.0.7",
      node: "n1",
      hostNetwork: false,
      ready: true,
    },
    sameNode: true,
    cni: { name: "calico", mode: "", enforcesPolicy: true },
  },
  verdicts: [
    {
      mode: "podIP",
      static: {
        verdict: "deny",
        by: "shop/deny-all",
        rule: "ingress: none",
        why: "no rule permits it",
      },
      live: { verdict: "not_run", why: "no probes in a static run" },
      agreement: "static-only",
      status: "disconnected",
      confidence: 0.85,
    },
  ],
  policy: {
    aEgressIsolated: false,
    bIngressIsolated: true,
    policiesSelecting: [{ ref: "shop/deny-all", direction: "ingress", allows: false }],
    walkthrough: "egress: [default] allowed; ingress: [NP] denied (shop/deny-all)",
  },
  causes: [
    {
      code: "NETPOL_INGRESS_DENIED",
      layer: "policy",
      origin: "destination",
      severity: "critical",
      probability: 0.93,
      proof: "direct",
      blocks: true,
      component: "NetworkPolicy shop/deny-all",
      equivalentTo: [],
      explains: [],
      evidence: ["e1"],
      remediation: {
        summary: "Add a NetworkPolicy that permits it.",
        why: "Policies add up: one that permits is enough.",
        steps: ["kubectl apply -f allow-web-to-cart.yaml"],
        patch: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n",
        verify: "causeway policy eval shop/web-1 shop/cart-1 --port 8080",
        risk: "low",
        rollback: "kubectl delete networkpolicy -n shop allow-web-to-cart",
        prevention: "Check policies with a rules file in CI.",
      },
    },
    {
      code: "UNKNOWN_CAUSE",
      layer: "unknown",
      origin: "",
      severity: "info",
      probability: 0.07,
      proof: "inferred",
      blocks: false,
      component: "",
      equivalentTo: [],
      explains: [],
      evidence: [],
    },
  ],
  latent: [],
  ruledOut: [{ code: "POD_NOT_RUNNING", because: "both pods are running" }],
  unexplainedProbes: [],
  path: [{ hop: 1, at: "pod a", check: "egress policies", result: "ok", evidence: "" }],
  probes: [],
  evidence: [{ id: "e1", kind: "object", host: "", data: { name: "shop/deny-all" }, at: "" }],
  limits: [
    { what: "live probes", why: "this run asks objects only", effect: "confidence is capped" },
  ],
  nextActions: [{ action: "causeway probe", why: "tells whether the CNI enforces it" }],
  profile: "upstream",
  model: modelOf(),
};

/** Who answers with the answers above. */
export const cannedAnswers: PolicyAnswers = {
  list: async () => ({ rows: () => rowViews, profile: "upstream", model: modelOf() }),
  evaluate: async (_pair, depth) => deniedPair(depth === "explanation"),
  fix: async () => fixAnswer,
  exposure: async () => exposureAnswer,
  lint: async () => lintAnswer,
  graph: async () => ({ answer: graphView, problems: modelOf().problems }),
  diff: async () => diffAnswer,
  whatIf: async () => diffAnswer,
  check: async () => checkAnswer,
  diagnose: async () => diagnosisAnswer,
  close: () => undefined,
};
