import { describe, expect, it } from "vitest";
import type { CauseView, DiagnosisAnswer } from "../../../../server/analyzer/answers.js";
import type { ClusterObject, PodObject } from "../../../../server/analyzer/model/objects.js";
import {
  configMapObject,
  networkPolicyObject,
  podObject,
} from "../../../support/cluster-objects.js";
import {
  cluster,
  clusterWithout,
  codesOf,
  corefileMap,
  diagnosed,
  dnsPod,
  dnsService,
  flannelPod,
  isolating,
  webPod,
} from "../../../support/diagnosis-cluster.js";
import { blockPeer, labelled } from "../../../support/policy-parts.js";

/** Goal: what is said of DNS names the right objects, and its commands run. Method: one fault of DNS each. */

const byName = { podB: "svc/shop/api" } as const;
const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
const crashing: Partial<PodObject> = {
  ...unready,
  containers: [{ name: "coredns", ready: false, restartCount: 9, waiting: "CrashLoopBackOff" }],
};

const ask = (objects: readonly ClusterObject[], question = {}, options = {}): DiagnosisAnswer =>
  diagnosed(objects, { ...byName, ...question }, options);

const causeOf = ({ causes, latent }: DiagnosisAnswer, code: string): CauseView | undefined =>
  [...causes, ...latent].find((each) => each.code === code);

const stepsOf = (answer: DiagnosisAnswer, code: string): readonly string[] =>
  causeOf(answer, code)?.remediation?.steps ?? [];

describe("policies that keep a pod from DNS", () => {
  const away = isolating("away", { podSelector: labelled("app", "web"), isolates: ["egress"] });
  const closed = networkPolicyObject("kube-system/closed", {
    podSelector: labelled("k8s-app", "kube-dns"),
  });

  it("are named at their own end where both ends' policies deny", () => {
    const answer = ask(cluster(away, closed));
    expect(causeOf(answer, "NETPOL_DNS_EGRESS_BLOCKED")?.component).toBe("NetworkPolicy shop/away");
    expect(causeOf(answer, "NETPOL_DNS_INGRESS_BLOCKED")?.component).toBe(
      "NetworkPolicy kube-system/closed",
    );
  });

  it("are said not to be in force once where the network plugin enforces none", () => {
    const flannel = cluster().filter(({ name }) => !name.startsWith("calico-node"));
    const objects = [...flannel, flannelPod("n1"), flannelPod("n2")];
    const toApi = isolating("to-api", {
      podSelector: labelled("app", "web"),
      isolates: ["egress"],
      egress: [{ peers: [{ kind: "pods", podSelector: labelled("app", "api") }] }],
    });
    for (const policy of [toApi, away, closed]) {
      const answer = ask([...objects, policy]);
      expect(answer).toMatchObject({ status: "disconnected", confidence: 0.35 });
      expect(codesOf(answer).filter((code) => code === "POLICY_NOT_ENFORCED")).toHaveLength(1);
    }
  });

  it("are not said to stop every look-up where one server still answers", () => {
    const one = networkPolicyObject("kube-system/one", { podSelector: labelled("only", "n1") });
    const marked = dnsPod("n1", { labels: { "k8s-app": "kube-dns", only: "n1" } });
    const answer = ask(cluster(one, marked));
    expect(answer.status).toBe("degraded");
    expect(answer.issues).toEqual([
      "NetworkPolicy kube-system/one of the DNS servers keeps shop/web out of 1 of 2 DNS servers: some look-ups fail",
    ]);
  });
});

describe("commands about DNS servers", () => {
  it("ask for logs by the selector of their Service, in its namespace", () => {
    const labels = { "app.kubernetes.io/name": "coredns" };
    const objects = [
      ...clusterWithout(
        "Service/kube-system/kube-dns",
        "Pod/kube-system/coredns-n1",
        "Pod/kube-system/coredns-n2",
      ),
      dnsService({ labels: { "k8s-app": "kube-dns" }, selector: labels }),
      dnsPod("n1", { ...crashing, labels }),
    ];
    const steps = stepsOf(ask(objects), "COREDNS_LOOP");
    expect(steps[0]).toBe(
      "kubectl -n kube-system logs -l app.kubernetes.io/name=coredns --tail 50 --previous --prefix",
    );
  });

  it("ask for no logs where the Service has no selector", () => {
    const { selector: _, ...bare } = dnsService();
    const answer = ask([...clusterWithout("Service/kube-system/kube-dns"), bare]);
    const texts = [...stepsOf(answer, "DNS_NO_ENDPOINTS"), ...answer.solutions];
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.filter((text) => /logs --tail|Run $/.test(text))).toEqual([]);
  });
});

describe("a cache of the node", () => {
  const kubelet = configMapObject("kube-system/kubelet-config", {
    kubelet: "clusterDNS:\n- 169.254.20.10\nclusterDomain: cluster.local\n",
  });
  const cache = (name: string, parts: Partial<PodObject> = {}): PodObject =>
    podObject(`kube-system/${name}`, {
      owner: { kind: "DaemonSet", name: "node-local-dns" },
      labels: { "k8s-app": "node-local-dns" },
      hostNetwork: true,
      ...parts,
    });

  it("is there where one that was evicted has a ready one beside it", () => {
    const evicted = cache("node-local-dns-a", { phase: "Failed", reason: "Evicted", ...unready });
    const answer = ask(cluster(kubelet, evicted, cache("node-local-dns-b")));
    expect(codesOf(answer)).not.toContain("NODELOCAL_DNS_DOWN");
  });

  it("is down where the only one is not ready", () => {
    const answer = ask(cluster(kubelet, cache("node-local-dns-a", unready)));
    expect(answer.status).toBe("disconnected");
  });
});

describe("a pod that searches in domains of other clusters", () => {
  const further = ["shop.svc.clusterset.local", "svc.clusterset.local"];

  it("is calm where these come after the cluster's own", () => {
    expect(ask(cluster(webPod({ dnsSearches: further })))).toMatchObject({
      status: "connected",
      issues: [],
    });
    const own = ["shop.svc.cluster.local", "svc.cluster.local", ...further];
    const parts = { dnsPolicy: "None", dnsNameservers: ["10.96.0.10"], dnsSearches: own };
    expect(ask(cluster(webPod(parts))).status).toBe("connected");
  });

  it("is told of where it has no others", () => {
    const parts = { dnsPolicy: "None", dnsNameservers: ["10.96.0.10"], dnsSearches: further };
    expect(codesOf(ask(cluster(webPod(parts))))).toContain("COREFILE_DOMAIN_MISMATCH");
  });
});

describe("an unreadable Corefile", () => {
  it("does not hide that no server is there", () => {
    const answer = ask(
      cluster(dnsPod("n1", crashing), dnsPod("n2", crashing), corefileMap(".:53 {\n")),
    );
    expect(codesOf(answer)).toEqual(expect.arrayContaining(["COREFILE_SYNTAX", "DNS_PODS_DOWN"]));
  });
});

describe("a pod with name servers of its own", () => {
  const own = webPod({ dnsPolicy: "None", dnsNameservers: ["192.0.2.53"] });
  const outside = { podB: "dns/example.com", port: 443 };
  const away = isolating("away", {
    podSelector: labelled("app", "web"),
    isolates: ["egress"],
    egress: [{ peers: [blockPeer("0.0.0.0/1"), blockPeer("128.0.0.0/1")] }],
  });
  const closed = networkPolicyObject("kube-system/closed", {
    podSelector: labelled("k8s-app", "kube-dns"),
  });

  it("is not kept from names outside by faults of the cluster's DNS", () => {
    for (const objects of [
      cluster(own, dnsPod("n1", unready), dnsPod("n2", unready)),
      cluster(own, away, closed),
      cluster(own, corefileMap(".:53 {\n  kubernetes cluster.local\n}\n")),
    ]) {
      expect(diagnosed(objects, outside).status).toBe("connected");
    }
  });

  it("is kept from them where these are the cluster's", () => {
    const asks = webPod({ dnsPolicy: "None", dnsNameservers: ["10.96.0.10"] });
    const objects = cluster(asks, dnsPod("n1", unready), dnsPod("n2", unready));
    expect(diagnosed(objects, outside).status).toBe("disconnected");
  });

  it("is not told of where no name is looked up", () => {
    const objects = [
      ...clusterWithout("Pod/shop/web", "Service/shop/api", "EndpointSlice/shop/api-1"),
      own,
    ];
    expect(diagnosed(objects, { port: 8080 })).toMatchObject({ status: "connected", issues: [] });
  });
});

describe("pods that ask the cache of their node", () => {
  const kubelet = configMapObject("kube-system/kubelet-config", {
    kubelet: "clusterDNS:\n- 169.254.20.10\nclusterDomain: cluster.local\n",
  });
  const cache = podObject("kube-system/node-local-dns-a", {
    labels: { "k8s-app": "node-local-dns" },
    hostNetwork: true,
  });
  const closed = networkPolicyObject("kube-system/closed", {
    podSelector: labelled("k8s-app", "kube-dns"),
  });
  const onlyTo = (cidr: string) =>
    isolating("egress", {
      podSelector: labelled("app", "web"),
      isolates: ["egress"],
      egress: [{ peers: [blockPeer(cidr), { kind: "pods", podSelector: labelled("app", "api") }] }],
    });

  it("need no way to the servers behind it", () => {
    const objects = cluster(kubelet, cache, closed, onlyTo("169.254.20.10/32"));
    expect(ask(objects).status).toBe("connected");
  });

  it("need one to the cache, where policies don't let pods to their own node", () => {
    const answer = ask(cluster(kubelet, cache, onlyTo("192.0.2.0/24")), {}, { profile: "calico" });
    expect(answer.status).toBe("disconnected");
    expect(answer.issues).toEqual([
      "NetworkPolicy shop/egress keeps shop/web from the cluster's DNS: no name resolves",
    ]);
    expect(causeOf(answer, "NETPOL_DNS_EGRESS_BLOCKED")?.remediation?.summary).toBe(
      "Allow egress from shop/web to the DNS cache of its node, 169.254.20.10, on port 53 over UDP and TCP",
    );
    expect(ask(cluster(kubelet, cache, onlyTo("192.0.2.0/24"))).status).toBe("connected");
  });
});
