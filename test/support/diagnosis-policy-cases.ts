import { everything } from "../../server/analyzer/model/label-selector.js";
import type { NetworkPolicyPeer, PortRule } from "../../server/analyzer/model/objects.js";
import { namespaceObject, podObject } from "./cluster-objects.js";
import type { CodeCase } from "./diagnosis-cases.js";
import {
  apiPod,
  apiService,
  askedAtMs,
  bothNodes,
  calicoPod,
  cluster,
  clusterWithout,
  dnsPod,
  flannelPod,
  isolating,
  webPod,
} from "./diagnosis-cluster.js";
import { blockPeer, labelled, tcpPort } from "./policy-parts.js";

const api = { podSelector: labelled("app", "api") };
const web = { podSelector: labelled("app", "web") };
const egress = { ...web, isolates: ["egress"] } as const;
const apps = (value: string): NetworkPolicyPeer => ({
  kind: "pods",
  podSelector: labelled("app", value),
});
const udpPort = (port: number): PortRule => ({
  kind: "numbers",
  protocol: "UDP",
  first: port,
  last: port,
});
const dnsRule = { ports: [udpPort(53), tcpPort(53)] };
const dnsPeer: NetworkPolicyPeer = {
  kind: "pods",
  namespaceSelector: labelled("kubernetes.io/metadata.name", "kube-system"),
};

/** A pod of another namespace that asks. */
const visitor = podObject("visit/web", {
  ips: ["10.244.1.30"],
  labels: { app: "web" },
});

const onPort = { port: 8080 } as const;

/** Codes of policies that deny. */
export const denialCases: readonly CodeCase[] = [
  {
    code: "NETPOL_INGRESS_DENIED",
    status: "disconnected",
    shows: { when: "when no rule allows anything", objects: cluster(isolating("deny-all")) },
    lookAlike: {
      when: "when a second policy allows the source",
      objects: cluster(
        isolating("deny-all"),
        isolating("allow", { ...api, ingress: [{ peers: [apps("web")] }] }),
      ),
    },
  },
  {
    code: "NETPOL_INGRESS_PORT_NOT_ALLOWED",
    status: "disconnected",
    shows: {
      when: "when the rule for the source names another port",
      objects: cluster(
        isolating("p", { ...api, ingress: [{ peers: [apps("web")], ports: [tcpPort(80)] }] }),
      ),
      question: onPort,
    },
    lookAlike: {
      when: "when the rule of that port is for another pod",
      objects: cluster(
        isolating("p", { ...api, ingress: [{ peers: [apps("job")], ports: [tcpPort(8080)] }] }),
      ),
      question: onPort,
    },
  },
  {
    code: "NETPOL_INGRESS_SRC_NOT_SELECTED",
    status: "disconnected",
    shows: {
      when: "when rules select other pods only",
      objects: cluster(isolating("p", { ...api, ingress: [{ peers: [apps("job")] }] })),
    },
    lookAlike: {
      when: "when there are no rules at all",
      objects: cluster(isolating("p", api)),
    },
  },
  {
    code: "NETPOL_EGRESS_DENIED",
    status: "disconnected",
    shows: {
      when: "when nothing but DNS is let out",
      objects: cluster(isolating("p", { ...egress, egress: [dnsRule] })),
    },
    lookAlike: {
      when: "when the rules let out to others",
      objects: cluster(isolating("p", { ...egress, egress: [dnsRule, { peers: [apps("job")] }] })),
    },
  },
  {
    code: "NETPOL_EGRESS_PEER_NOT_ALLOWED",
    status: "disconnected",
    shows: {
      when: "when the rules let out to others only",
      objects: cluster(isolating("p", { ...egress, egress: [{ peers: [apps("job")] }] })),
    },
    lookAlike: {
      when: "when the rules let out to it on another port",
      objects: cluster(
        isolating("p", { ...egress, egress: [{ peers: [apps("api")], ports: [tcpPort(80)] }] }),
      ),
      question: onPort,
    },
  },
  {
    code: "NETPOL_EGRESS_PORT_NOT_ALLOWED",
    status: "disconnected",
    shows: {
      when: "when the rules let out to it on the Service's port, which is not the pod's",
      objects: cluster(
        isolating("p", {
          ...egress,
          egress: [dnsRule, { peers: [apps("api")], ports: [tcpPort(80)] }],
        }),
      ),
      question: { podB: "svc/shop/api", port: 80 },
    },
    lookAlike: {
      when: "when they name the pod's port",
      objects: cluster(
        isolating("p", {
          ...egress,
          egress: [dnsRule, { peers: [apps("api")], ports: [tcpPort(8080)] }],
        }),
      ),
      question: { podB: "svc/shop/api", port: 80 },
    },
  },
  {
    code: "NETPOL_NS_SELECTOR_MISS",
    status: "disconnected",
    shows: {
      when: "when a podSelector alone means the policy's own namespace",
      objects: cluster(visitor, isolating("p", { ...api, ingress: [{ peers: [apps("web")] }] })),
      question: { podA: "visit/web" },
    },
    lookAlike: {
      when: "when the namespace fits and the pod's labels don't",
      objects: cluster(
        visitor,
        namespaceObject("visit", { team: "a" }),
        isolating("p", {
          ...api,
          ingress: [
            {
              peers: [
                {
                  kind: "pods",
                  namespaceSelector: labelled("team", "a"),
                  podSelector: labelled("app", "job"),
                },
              ],
            },
          ],
        }),
      ),
      question: { podA: "visit/web" },
    },
  },
  {
    code: "NETPOL_PROTOCOL_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when the rule names the port for UDP",
      objects: cluster(isolating("p", { ...api, ingress: [{ ports: [udpPort(8080)] }] })),
      question: onPort,
    },
    lookAlike: {
      when: "when it names another port for UDP",
      objects: cluster(isolating("p", { ...api, ingress: [{ ports: [udpPort(53)] }] })),
      question: onPort,
    },
  },
  {
    code: "NETPOL_NAMED_PORT_UNRESOLVED",
    status: "disconnected",
    shows: {
      when: "when the rule's port has a name that the pod does not have",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: [{ ports: [{ kind: "named", protocol: "TCP", name: "web" }] }],
        }),
      ),
      question: onPort,
    },
    lookAlike: {
      when: "when the pod has the name",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: [{ ports: [{ kind: "named", protocol: "TCP", name: "http" }] }],
        }),
      ),
      question: onPort,
    },
  },
  {
    code: "NETPOL_IPBLOCK_EXCEPT",
    status: "disconnected",
    shows: {
      when: "when the address lies in the except",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: [{ peers: [blockPeer("10.0.0.0/8", ["10.244.1.0/24"])] }],
        }),
      ),
    },
    lookAlike: {
      when: "when it lies in no block",
      objects: cluster(
        isolating("p", { ...api, ingress: [{ peers: [blockPeer("172.16.0.0/12")] }] }),
      ),
    },
  },
  {
    code: "NETPOL_IPBLOCK_PODS",
    status: "disconnected",
    shows: {
      when: "when the plugin matches no pods by blocks",
      objects: cluster(isolating("p", { ...api, ingress: [{ peers: [blockPeer("10.0.0.0/8")] }] })),
      options: { profile: "cilium" },
    },
    lookAlike: {
      when: "when it does",
      objects: cluster(isolating("p", { ...api, ingress: [{ peers: [blockPeer("10.0.0.0/8")] }] })),
      options: { profile: "calico" },
    },
  },
  {
    code: "NETPOL_DNS_EGRESS_BLOCKED",
    status: "disconnected",
    shows: {
      when: "when egress is let out to the pod only",
      objects: cluster(isolating("p", { ...egress, egress: [{ peers: [apps("api")] }] })),
      question: { podB: "svc/shop/api" },
    },
    lookAlike: {
      when: "when DNS is let out too",
      objects: cluster(
        isolating("p", { ...egress, egress: [{ peers: [apps("api")] }, { peers: [dnsPeer] }] }),
      ),
      question: { podB: "svc/shop/api" },
    },
  },
  {
    code: "NETPOL_DNS_TCP_ONLY_MISSING",
    status: "connected",
    shows: {
      when: "when DNS is let out over UDP only",
      objects: cluster(
        isolating("p", { ...egress, egress: [{ peers: [apps("api")] }, { ports: [udpPort(53)] }] }),
      ),
      question: { podB: "svc/shop/api" },
    },
    lookAlike: {
      when: "when it is let out over both",
      objects: cluster(isolating("p", { ...egress, egress: [{ peers: [apps("api")] }, dnsRule] })),
      question: { podB: "svc/shop/api" },
    },
  },
  {
    code: "NETPOL_DNS_INGRESS_BLOCKED",
    status: "disconnected",
    shows: {
      when: "when the DNS servers let nobody in",
      objects: cluster({ ...isolating("p"), namespace: "kube-system" }),
      question: { podB: "svc/shop/api" },
    },
    lookAlike: {
      when: "when they let everybody in on port 53",
      objects: cluster({ ...isolating("p", { ingress: [dnsRule] }), namespace: "kube-system" }),
      question: { podB: "svc/shop/api" },
    },
  },
];

/** Codes of policies that stop nothing by themselves, and of those that can't be told. */
export const hintCases: readonly CodeCase[] = [
  {
    code: "NETPOL_AND_OR_CONFUSION",
    status: "connected",
    shows: {
      when: "when both selectors are items of their own",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: [
            { peers: [{ kind: "pods", namespaceSelector: labelled("team", "a") }, apps("web")] },
          ],
        }),
      ),
    },
    lookAlike: {
      when: "when two namespaces are named",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: [
            {
              peers: [
                { kind: "pods", namespaceSelector: labelled("team", "a") },
                { kind: "pods", namespaceSelector: everything },
              ],
            },
          ],
        }),
      ),
    },
  },
  {
    code: "NETPOL_SELECTOR_TYPO",
    status: "disconnected",
    shows: {
      when: "when the policy that would allow selects by a label with a slip",
      objects: cluster(
        apiPod({ labels: { app: "backend" } }),
        apiService({ selector: { app: "backend" } }),
        isolating("deny-all"),
        isolating("allow", { podSelector: labelled("app", "bakcend"), ingress: [{}] }),
      ),
    },
    lookAlike: {
      when: "when it selects another pod that exists",
      objects: cluster(isolating("deny-all"), isolating("allow", { ...web, ingress: [{}] })),
    },
  },
  {
    code: "NETPOL_SELECTS_NOTHING",
    status: "disconnected",
    shows: {
      when: "when a policy of the namespace selects nobody",
      objects: cluster(
        isolating("deny-all"),
        isolating("allow", { podSelector: labelled("component", "gone"), ingress: [{}] }),
      ),
    },
    lookAlike: {
      when: "when nothing is denied",
      objects: cluster(
        isolating("allow", { podSelector: labelled("component", "gone"), ingress: [{}] }),
      ),
    },
  },
  {
    code: "NETPOL_CONNTRACK_GRACE",
    status: "disconnected",
    shows: {
      when: "when the policy is a few minutes old",
      objects: cluster(isolating("deny-all", { createdAtMs: askedAtMs - 120_000 })),
    },
    lookAlike: {
      when: "when it is a day old",
      objects: cluster(isolating("deny-all", { createdAtMs: askedAtMs - 86_400_000 })),
    },
  },
  {
    code: "NETPOL_OVERBROAD",
    status: "connected",
    shows: {
      when: "when the rule is for everyone and every port",
      objects: cluster(isolating("p", { ...api, ingress: [{}] })),
    },
    lookAlike: {
      when: "when it names a port",
      objects: cluster(isolating("p", { ...api, ingress: [{ ports: [tcpPort(8080)] }] })),
    },
  },
  {
    code: "NETPOL_COMPLEXITY",
    status: "connected",
    shows: {
      when: "when more than 100 rules apply",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: Array.from({ length: 101 }, () => ({ peers: [apps("web")] })),
        }),
      ),
    },
    lookAlike: {
      when: "when 100 do",
      objects: cluster(
        isolating("p", {
          ...api,
          ingress: Array.from({ length: 100 }, () => ({ peers: [apps("web")] })),
        }),
      ),
    },
  },
  {
    code: "POLICY_NOT_ENFORCED",
    status: "disconnected",
    shows: {
      when: "when the plugin is flannel and nothing else enforces",
      objects: [
        ...clusterWithout("Pod/kube-system/calico-node-n1", "Pod/kube-system/calico-node-n2"),
        flannelPod("n1"),
        flannelPod("n2"),
        isolating("deny-all"),
      ],
    },
    lookAlike: {
      when: "when an engine that enforces is beside it",
      objects: [...cluster(flannelPod("n1"), flannelPod("n2")), isolating("deny-all")],
    },
  },
  {
    code: "POLICY_CRD_UNMODELLED",
    status: "unknown",
    shows: {
      when: "when a policy that is not evaluated selects the destination",
      objects: cluster({
        kind: "UnmodelledPolicy",
        apiVersion: "projectcalico.org/v3",
        policyKind: "GlobalNetworkPolicy",
        namespace: "",
        name: "deny",
        labels: {},
        annotations: {},
        selectorUnderstood: false,
        directions: ["ingress"],
      }),
    },
    lookAlike: {
      when: "when it selects another pod",
      objects: cluster(dnsPod("n1"), calicoPod("n1"), ...bothNodes(), {
        kind: "UnmodelledPolicy",
        apiVersion: "cilium.io/v2",
        policyKind: "CiliumNetworkPolicy",
        namespace: "other",
        name: "deny",
        labels: {},
        annotations: {},
        selectorUnderstood: true,
        podSelector: labelled("app", "api"),
        directions: ["ingress"],
      }),
    },
  },
  {
    code: "POLICY_UNDETERMINED",
    status: "unknown",
    shows: {
      when: "when a rule goes by an address that is not known",
      objects: cluster(
        webPod({ phase: "", ips: [], conditions: [] }),
        isolating("p", { ...api, ingress: [{ peers: [blockPeer("10.244.1.0/24")] }] }),
      ),
    },
    lookAlike: {
      when: "when the address is known",
      objects: cluster(
        isolating("p", { ...api, ingress: [{ peers: [blockPeer("10.244.1.0/24")] }] }),
      ),
    },
  },
];
