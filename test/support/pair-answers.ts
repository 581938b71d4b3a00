import type {
  ConnectionsView,
  DirectionView,
  EndpointView,
  ModelView,
  PairAnswer,
  PathView,
  PolicyView,
} from "../../server/analyzer/answers.js";

// Answers about pairs as the analyzer gives them, built by hand: what is printed of them must not depend on how they came
// about.

/** All connections. */
export const allView: ConnectionsView = {
  text: "All Connections",
  all: true,
  protocols: ["TCP", "UDP", "SCTP"].map((protocol) => ({
    protocol,
    ports: [{ first: 1, last: 65_535 }],
  })),
};

/** No connection. */
export const noneView: ConnectionsView = { text: "No Connections", all: false, protocols: [] };

/** One TCP port. */
export const tcpView = (port: number): ConnectionsView => ({
  text: `TCP ${port}`,
  all: false,
  protocols: [{ protocol: "TCP", ports: [{ first: port, last: port }] }],
});

/** A pod as an end. */
export const podView = (name: string): EndpointView => {
  const [namespace = "", pod = ""] = name.split("/");
  return {
    name,
    kind: "pod",
    namespace,
    workload: `${namespace}/${pod.replace(/-\d+$/, "")}[Deployment]`,
    node: "n1",
    ips: ["10.0.0.7"],
    hostNetwork: false,
  };
};

/** A model of manifests with one thing wrong in it. */
export const modelOf = (parts: Partial<ModelView> = {}): ModelView => ({
  source: "manifests",
  namespaces: 2,
  pods: 5,
  policies: 3,
  services: 1,
  problems: [
    {
      severity: "warning",
      code: "deprecated",
      message:
        "extensions/v1beta1 is served by no API server any more; read as networking.k8s.io/v1",
      file: "old.yaml",
      line: 3,
      column: 1,
      object: "NetworkPolicy shop/old",
    },
  ],
  ageS: 0,
  ...parts,
});

const policyOf = (name: string, line: number): PolicyView => ({
  kind: "NetworkPolicy",
  namespace: "shop",
  name,
  tier: "networkpolicy",
  location: { file: "policies.yaml", line },
});

const cart = policyOf("cart", 12);
const denyAll = policyOf("deny-all", 1);

const egress: DirectionView = {
  direction: "egress",
  isolated: false,
  policies: [],
  allowed: allView,
  undetermined: noneView,
  parts: [{ by: "default", action: "accept", connections: allView, policies: [], reason: "" }],
  misses: [],
  walkthrough: "[default] allowed",
};

const cartRule = {
  policy: cart,
  direction: "ingress",
  number: 1,
  name: "",
  location: { file: "policies.yaml", line: 19 },
};

const ingress = (explained: boolean): DirectionView => ({
  direction: "ingress",
  isolated: true,
  policies: [cart, denyAll],
  allowed: tcpView(9090),
  undetermined: noneView,
  parts: [
    {
      by: "networkpolicy",
      action: "accept",
      connections: tcpView(9090),
      rule: cartRule,
      policies: [],
      reason: "",
    },
    {
      by: "networkpolicy",
      action: "deny",
      connections: {
        ...allView,
        text: "SCTP 1-65535,TCP 1-9089,9091-65535,UDP 1-65535",
        all: false,
      },
      policies: [cart, denyAll],
      reason: "",
    },
  ],
  misses: explained
    ? [
        {
          kind: "port-mismatch",
          policy: cart,
          rule: cartRule,
          unmet: [],
          text: "NetworkPolicy 'shop/cart' selects shop/cart-1, and Ingress rule #1 selects shop/web-1, but the protocols and ports do not match",
          hint: "the rule permits TCP 9090",
        },
        {
          kind: "peer-mismatch",
          policy: cart,
          rule: { ...cartRule, number: 2 },
          unmet: ["app=webb"],
          text: "NetworkPolicy 'shop/cart' selects shop/cart-1, but Ingress rule #2 does not select shop/web-1",
          hint: "did you mean app=web?",
        },
        {
          kind: "no-rules",
          policy: denyAll,
          unmet: [],
          text: "NetworkPolicy 'shop/deny-all' selects shop/cart-1, but shop/web-1 is not allowed by any Ingress rule (no rules defined)",
          hint: "",
        },
      ]
    : [],
  walkthrough: "[NP] denied (shop/cart, shop/deny-all)",
});

/** A denied way between two pods, with parts replaced. */
export const deniedPath = (explained: boolean, parts: Partial<PathView> = {}): PathView => ({
  source: podView("shop/web-1"),
  destination: podView("shop/cart-1"),
  verdict: "denied",
  connections: noneView,
  undetermined: noneView,
  egress,
  ingress: ingress(explained),
  doubts: [],
  servicePort: 0,
  targetPort: 0,
  protocol: "TCP",
  ready: true,
  walkthrough: "egress: [default] allowed; ingress: [NP] denied (shop/cart, shop/deny-all)",
  ...parts,
});

/** A denied pair of pods, TCP 8080. */
export const deniedPair = (explained: boolean): PairAnswer => ({
  source: podView("shop/web-1"),
  destination: podView("shop/cart-1"),
  port: 8080,
  protocol: "TCP",
  verdict: "denied",
  connections: noneView,
  undetermined: noneView,
  walkthrough: "egress: [default] allowed; ingress: [NP] denied (shop/cart, shop/deny-all)",
  paths: [deniedPath(explained)],
  warnings: [],
  profile: "upstream",
  model: modelOf(),
});

/** A Service with two endpoints, of which one can't be told. */
export const servicePair: PairAnswer = {
  ...deniedPair(true),
  destination: {
    ...podView("shop/cart"),
    name: "svc/shop/cart",
    kind: "service",
    workload: "",
    node: "",
    ips: ["10.96.0.10"],
  },
  port: 80,
  verdict: "partial",
  connections: noneView,
  undetermined: tcpView(9090),
  walkthrough: "1 of 2 endpoints permitted, 1 can't be told",
  paths: [
    deniedPath(true, {
      verdict: "allowed",
      connections: tcpView(9090),
      servicePort: 80,
      targetPort: 9090,
    }),
    deniedPath(true, {
      destination: podView("shop/cart-2"),
      verdict: "unknown",
      undetermined: tcpView(9090),
      servicePort: 80,
      targetPort: 9090,
      ready: false,
      doubts: [
        {
          reason: "unmodelled-policy",
          text: "CiliumNetworkPolicy 'shop/cart-l7' selects this end and is of a kind that is not evaluated",
          connections: allView,
        },
      ],
    }),
  ],
  warnings: ["shop/cart-2 is not ready: the Service sends nothing there now"],
};
