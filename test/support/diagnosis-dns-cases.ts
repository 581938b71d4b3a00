import type { PodObject } from "../../server/analyzer/model/objects.js";
import { configMapObject, podObject, serviceObject } from "./cluster-objects.js";
import type { CodeCase } from "./diagnosis-cases.js";
import {
  apiPod,
  cluster,
  clusterWithout,
  corefileMap,
  dnsPod,
  dnsService,
  webPod,
} from "./diagnosis-cluster.js";

const toService = { podB: "svc/shop/api" } as const;
const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
const own = (parts: Partial<PodObject>): PodObject => webPod({ dnsPolicy: "None", ...parts });
const fullSearch = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"];
const kubelet = (dns: string, domain = "cluster.local") =>
  configMapObject("kube-system/kubelet-config", {
    kubelet: `apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- ${dns}\nclusterDomain: ${domain}\n`,
  });
const nodeCache = (parts: Partial<PodObject> = {}): PodObject =>
  podObject("kube-system/node-local-dns-a", {
    labels: { "k8s-app": "node-local-dns" },
    hostNetwork: true,
    nodeName: "n1",
    ...parts,
  });
const crashing: Partial<PodObject> = {
  ...unready,
  containers: [{ name: "coredns", ready: false, restartCount: 9, waiting: "CrashLoopBackOff" }],
};

/** Codes of DNS. */
export const dnsCases: readonly CodeCase[] = [
  {
    code: "DNS_SERVICE_MISSING",
    status: "disconnected",
    shows: {
      when: "when no Service has the address that pods ask",
      objects: cluster(kubelet("10.96.0.99")),
      question: toService,
    },
    lookAlike: {
      when: "when the model has nothing of the system",
      objects: cluster().filter(({ namespace }) => namespace !== "kube-system"),
      question: toService,
    },
  },
  {
    code: "DNS_SERVICE_PORT_MISSING",
    status: "disconnected",
    shows: {
      when: "when the Service has port 53 for TCP only",
      objects: cluster(
        dnsService({
          ports: [{ name: "dns-tcp", port: 53, protocol: "TCP", targetPort: "dns-tcp" }],
        }),
      ),
      question: toService,
    },
    lookAlike: { when: "when it has both", objects: cluster(), question: toService },
  },
  {
    code: "DNS_NO_ENDPOINTS",
    status: "disconnected",
    shows: {
      when: "when there is no server",
      objects: clusterWithout("Pod/kube-system/coredns-n1", "Pod/kube-system/coredns-n2"),
      question: toService,
    },
    lookAlike: {
      when: "when the servers are not ready",
      objects: cluster(dnsPod("n1", unready), dnsPod("n2", unready)),
      question: toService,
    },
  },
  {
    code: "DNS_PODS_DOWN",
    status: "disconnected",
    shows: {
      when: "when no server is ready",
      objects: cluster(dnsPod("n1", unready), dnsPod("n2", unready)),
      question: toService,
    },
    lookAlike: {
      when: "when one still is",
      objects: cluster(dnsPod("n1", unready)),
      question: toService,
    },
  },
  {
    code: "DNS_REDUNDANCY_LOST",
    status: "connected",
    shows: {
      when: "when one server is left",
      objects: cluster(dnsPod("n1", unready)),
      question: toService,
    },
    lookAlike: { when: "when two are ready on two nodes", objects: cluster(), question: toService },
  },
  {
    code: "DNS_NXDOMAIN_SERVICE",
    status: "disconnected",
    shows: {
      when: "when the name's namespace does not exist",
      objects: cluster(),
      question: { podB: "dns/api.shopp.svc.cluster.local" },
    },
    lookAlike: {
      when: "when the name lies outside",
      objects: cluster(),
      question: { podB: "dns/api.example.com" },
    },
  },
  {
    code: "DNS_POD_RECORD_MISSING",
    status: "disconnected",
    shows: {
      when: "when the pod has no subdomain",
      objects: cluster(),
      question: { podB: "dns/web.api.shop.svc.cluster.local" },
    },
    lookAlike: {
      when: "when hostname, subdomain and a headless Service agree",
      objects: cluster(
        apiPod({ hostname: "db-0", subdomain: "db" }),
        serviceObject("shop/db", { clusterIps: ["None"], selector: { app: "api" } }),
      ),
      question: { podB: "dns/db-0.db.shop.svc.cluster.local" },
    },
  },
  {
    code: "RESOLV_NAMESERVER_WRONG",
    status: "disconnected",
    shows: {
      when: "when the pod's own name server is another",
      objects: cluster(own({ dnsNameservers: ["1.1.1.1"], dnsSearches: fullSearch })),
      question: toService,
    },
    lookAlike: {
      when: "when it is the cluster's",
      objects: cluster(own({ dnsNameservers: ["10.96.0.10"], dnsSearches: fullSearch })),
      question: toService,
    },
  },
  {
    code: "RESOLV_SEARCH_MISSING",
    status: "disconnected",
    shows: {
      when: "when a short name is asked with a search list of its own",
      objects: cluster(own({ dnsNameservers: ["10.96.0.10"], dnsSearches: ["example.com"] })),
      question: { podB: "dns/api" },
    },
    lookAlike: {
      when: "when the search list has the cluster's domains",
      objects: cluster(own({ dnsNameservers: ["10.96.0.10"], dnsSearches: fullSearch })),
      question: { podB: "dns/api" },
    },
  },
  {
    code: "RESOLV_NDOTS_LOW",
    status: "connected",
    shows: {
      when: "when ndots is 1",
      objects: cluster(webPod({ dnsNdots: 1 })),
      question: toService,
    },
    lookAlike: {
      when: "when it is 2",
      objects: cluster(webPod({ dnsNdots: 2 })),
      question: toService,
    },
  },
  {
    code: "RESOLV_NDOTS_AMPLIFICATION",
    status: "connected",
    shows: {
      when: "when an outside name has few dots",
      objects: cluster(),
      question: { podB: "dns/example.com", port: 443 },
    },
    lookAlike: {
      when: "when it ends with a dot",
      objects: cluster(),
      question: { podB: "dns/example.com.", port: 443 },
    },
  },
  {
    code: "RESOLV_LIMITS_EXCEEDED",
    status: "connected",
    shows: {
      when: "when the pod adds three name servers to the cluster's",
      objects: cluster(webPod({ dnsNameservers: ["192.0.2.1", "192.0.2.2", "192.0.2.3"] })),
      question: toService,
    },
    lookAlike: {
      when: "when it adds two",
      objects: cluster(webPod({ dnsNameservers: ["192.0.2.1", "192.0.2.2"] })),
      question: toService,
    },
  },
  {
    code: "DNS_POLICY_HOSTNET_CLUSTERFIRST",
    status: "disconnected",
    shows: {
      when: "when a pod on the host network has ClusterFirst",
      objects: cluster(webPod({ hostNetwork: true, ips: ["192.168.0.1"] })),
      question: toService,
    },
    lookAlike: {
      when: "when it has ClusterFirstWithHostNet",
      objects: cluster(
        webPod({ hostNetwork: true, ips: ["192.168.0.1"], dnsPolicy: "ClusterFirstWithHostNet" }),
      ),
      question: toService,
    },
  },
  {
    code: "DNS_POLICY_DEFAULT",
    status: "disconnected",
    shows: {
      when: "when the pod uses its node's resolver",
      objects: cluster(webPod({ dnsPolicy: "Default" })),
      question: toService,
    },
    lookAlike: {
      when: "when it adds the cluster's DNS to it",
      objects: cluster(webPod({ dnsPolicy: "Default", dnsNameservers: ["10.96.0.10"] })),
      question: toService,
    },
  },
  {
    code: "DNS_CONFIG_NONE_EMPTY",
    status: "disconnected",
    shows: {
      when: "when the pod has no name server at all",
      objects: cluster(own({})),
      question: toService,
    },
    lookAlike: {
      when: "when it has one",
      objects: cluster(own({ dnsNameservers: ["10.96.0.10"], dnsSearches: fullSearch })),
      question: toService,
    },
  },
  {
    code: "COREDNS_LOOP",
    status: "disconnected",
    shows: {
      when: "when servers crash that forward to their node's resolver",
      objects: cluster(dnsPod("n1", crashing), dnsPod("n2", crashing)),
      question: toService,
    },
    lookAlike: {
      when: "when they forward to a server of their own",
      objects: cluster(
        dnsPod("n1", crashing),
        dnsPod("n2", crashing),
        corefileMap(".:53 {\n  kubernetes cluster.local\n  forward . 192.0.2.53\n  loop\n}\n"),
      ),
      question: toService,
    },
  },
  {
    code: "COREFILE_SYNTAX",
    status: "disconnected",
    shows: {
      when: "when a brace is not closed and servers are down",
      objects: cluster(
        dnsPod("n1", crashing),
        dnsPod("n2", crashing),
        corefileMap(".:53 {\n  kubernetes cluster.local\n"),
      ),
      question: toService,
    },
    lookAlike: {
      when: "when a brace is in a comment",
      objects: cluster(
        corefileMap(".:53 {\n  # {\n  kubernetes cluster.local\n  forward . 192.0.2.53\n}\n"),
      ),
      question: toService,
    },
  },
  {
    code: "COREFILE_NO_KUBERNETES_ZONE",
    status: "disconnected",
    shows: {
      when: "when no block has the kubernetes plugin",
      objects: cluster(corefileMap(".:53 {\n  forward . 192.0.2.53\n}\n")),
      question: toService,
    },
    lookAlike: {
      when: "when a block of its own has it",
      objects: cluster(
        corefileMap("cluster.local:53 {\n  kubernetes\n}\n.:53 {\n  forward . 192.0.2.53\n}\n"),
      ),
      question: toService,
    },
  },
  {
    code: "COREFILE_FORWARD_MISSING",
    status: "disconnected",
    shows: {
      when: "when an outside name is asked and nothing is forwarded",
      objects: cluster(corefileMap(".:53 {\n  kubernetes cluster.local\n}\n")),
      question: { podB: "dns/example.com", port: 443 },
    },
    lookAlike: {
      when: "when a name of the cluster is asked",
      objects: cluster(corefileMap(".:53 {\n  kubernetes cluster.local\n}\n")),
      question: toService,
    },
  },
  {
    code: "COREFILE_DOMAIN_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when kubelets have another domain",
      objects: cluster(kubelet("10.96.0.10", "k8s.example")),
      question: toService,
    },
    lookAlike: {
      when: "when they have the same",
      objects: cluster(kubelet("10.96.0.10")),
      question: toService,
    },
  },
  {
    code: "NODELOCAL_DNS_DOWN",
    status: "disconnected",
    shows: {
      when: "when pods ask the node's cache and it is not ready",
      objects: cluster(kubelet("169.254.20.10"), nodeCache(unready)),
      question: toService,
    },
    lookAlike: {
      when: "when the cache of another node is not ready",
      objects: cluster(kubelet("169.254.20.10"), nodeCache({ ...unready, nodeName: "n2" })),
      question: toService,
    },
  },
];
