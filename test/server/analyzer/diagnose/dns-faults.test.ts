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
  isolating,
} from "../../../support/diagnosis-cluster.js";
import { labelled } from "../../../support/policy-parts.js";

/** Goal: what is said of DNS names the right objects, and its commands run. Method: one fault of DNS each. */

const byName = { podB: "svc/shop/api" } as const;
const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
const crashing: Partial<PodObject> = {
  ...unready,
  containers: [{ name: "coredns", ready: false, restartCount: 9, waiting: "CrashLoopBackOff" }],
};

const ask = (objects: readonly ClusterObject[], question = {}): DiagnosisAnswer =>
  diagnosed(objects, { ...byName, ...question });

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

describe("an unreadable Corefile", () => {
  it("does not hide that no server is there", () => {
    const answer = ask(
      cluster(dnsPod("n1", crashing), dnsPod("n2", crashing), corefileMap(".:53 {\n")),
    );
    expect(codesOf(answer)).toEqual(expect.arrayContaining(["COREFILE_SYNTAX", "DNS_PODS_DOWN"]));
  });
});
