import { describe, expect, it } from "vitest";
import {
  clusterPolicyText,
  documents,
  findingsOf,
  linesOf,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";

/** Goal: the cases of rules about ports and DNS that their pages leave out. */

const web = podText("shop/web", { ports: [{ name: "http", containerPort: 8080 }] });
const api = podText("shop/api", { ports: [{ name: "grpc", containerPort: 9000 }] });

const coredns = (ports = 53): string =>
  podText("kube-system/coredns", {
    labels: { "k8s-app": "kube-dns" },
    ports: [
      { name: "dns", containerPort: ports, protocol: "UDP" },
      { name: "dns-tcp", containerPort: ports },
    ],
  });

const ingress = (rule: string, labels = "app: web"): string =>
  policyText(
    "shop/a",
    `podSelector: {matchLabels: {${labels}}}
policyTypes: [Ingress]
ingress:
  - ${rule}`,
  );

const egress = (...rules: readonly string[]): string =>
  policyText(
    "shop/a",
    `podSelector: {matchLabels: {app: web}}
policyTypes: [Egress]
egress:
${rules.map((rule) => `  - ${rule}`).join("\n")}`,
  );

const toApi = "to: [{podSelector: {matchLabels: {app: api}}}]";
const toDns = (ports: string): string =>
  `{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [${ports}]}`;

describe("CW005 dns-egress-forgotten", () => {
  it("is found also where the model has no DNS pods and no rule could be meant for them", () => {
    expect(findingsOf("CW005", documents(web, api, egress(toApi)))).toMatchObject([
      { severity: "high" },
    ]);
    const guess = documents(web, api, egress(toApi, toDns("{protocol: UDP, port: 53}")));
    expect(findingsOf("CW005", guess)).toEqual([]);
    expect(findingsOf("CW006", guess)).toHaveLength(1);
  });

  it("is medium for pods that go to addresses only", () => {
    const text = documents(web, coredns(), egress("to: [{ipBlock: {cidr: 192.0.2.0/24}}]"));
    expect(findingsOf("CW005", text)).toMatchObject([{ severity: "medium" }]);
  });

  it("is not found for pods that may reach nothing, that use other name servers, or are not isolated", () => {
    const sealed = policyText("shop/a", "podSelector: {}\npolicyTypes: [Egress]");
    expect(findingsOf("CW005", documents(web, coredns(), sealed))).toEqual([]);
    const own = podText("shop/web", { spec: { dnsPolicy: "None" } });
    expect(findingsOf("CW005", documents(own, api, coredns(), egress(toApi)))).toEqual([]);
    expect(findingsOf("CW005", documents(web, coredns(), ingress("{}")))).toEqual([]);
  });

  it("asks about every policy of the pod, not about one alone", () => {
    const dns = policyText(
      "shop/dns",
      `podSelector: {}
policyTypes: [Egress]
egress:
  - ${toDns("{protocol: UDP, port: 53}, {protocol: TCP, port: 53}")}`,
    );
    expect(findingsOf("CW005", documents(web, api, coredns(), egress(toApi), dns))).toEqual([]);
  });

  it("takes an accept rule of the Admin tier into account", () => {
    const admin = clusterPolicyText(
      "dns",
      `tier: Admin
priority: 1
subject: {namespaces: {}}
egress:
  - name: dns
    action: Accept
    to: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {number: 53}}}]`,
    );
    const text = documents(web, api, coredns(), egress(toApi), admin);
    expect([...findingsOf("CW005", text), ...findingsOf("CW006", text)]).toEqual([]);
  });

  it("is one finding a policy, with the workloads that it cuts off", () => {
    const all = policyText(
      "shop/a",
      `podSelector: {}
policyTypes: [Egress]
egress: [{to: [{podSelector: {}}]}]`,
    );
    const found = findingsOf("CW005", documents(web, api, coredns(), all));
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(/^shop\/api\[Pod\], shop\/web\[Pod\] may open connections/);
  });
});

describe("CW007 dns-port-wrong", () => {
  it("finds the pods' port through the Service that stands before them", () => {
    const service = serviceText("kube-system/kube-dns", {
      selector: { "k8s-app": "kube-dns" },
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: "dns" },
        { name: "dns-tcp", port: 53, targetPort: "dns-tcp" },
      ],
    });
    const rule = toDns("{protocol: UDP, port: 53}, {protocol: TCP, port: 53}");
    const text = documents(web, coredns(1053), service, egress(rule));
    expect(findingsOf("CW007", text)[0]?.message).toContain("they listen on 1053");
    expect(findingsOf("CW005", text)).toEqual([]);
  });

  it("misses the cache on the node where the profile judges traffic to the own node", () => {
    const cache = podText("kube-system/node-local-dns", {
      labels: { "k8s-app": "node-local-dns" },
      spec: { hostNetwork: true },
    });
    const rule = toDns("{protocol: UDP, port: 53}, {protocol: TCP, port: 53}");
    const text = documents(web, coredns(), cache, egress(rule));
    expect(findingsOf("CW007", text, { profile: "upstream" })).toEqual([]);
    expect(findingsOf("CW007", text, { profile: "calico" })[0]?.message).toContain("169.254.20.10");
    const open = documents(
      web,
      coredns(),
      cache,
      egress(
        rule,
        "{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{protocol: UDP, port: 53}]}",
      ),
    );
    expect(findingsOf("CW007", open, { profile: "calico" })).toEqual([]);
  });
});

describe("CW008 dns-pods-isolated", () => {
  const allow = (from: string): string =>
    policyText(
      "kube-system/dns",
      `podSelector: {matchLabels: {k8s-app: kube-dns}}
policyTypes: [Ingress]
ingress:
  - from: [${from}]
    ports: [{protocol: UDP, port: 53}]`,
    );

  it("is medium where only some namespaces are kept away, and names them", () => {
    const text = documents(
      web,
      podText("lab/x"),
      coredns(),
      allow("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}"),
    );
    expect(linesOf(findingsOf("CW008", text))).toEqual([
      "medium NetworkPolicy kube-system/dns: NetworkPolicy kube-system/dns keeps the pods of 1 namespace (lab) away from kube-system/coredns[Pod] on UDP 53: their names do not resolve.",
    ]);
  });

  it("blames the cluster-wide policy that denies", () => {
    const guard = clusterPolicyText(
      "guard",
      `tier: Admin
priority: 1
subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}
ingress: [{name: a, action: Deny, from: [{namespaces: {}}]}]`,
    );
    expect(findingsOf("CW008", documents(web, coredns(), guard))).toMatchObject([
      { object: "ClusterNetworkPolicy guard", severity: "high" },
    ]);
  });
});

describe("CW009 named-port-unresolved", () => {
  it("says which protocol the name has", () => {
    const dns = documents(
      coredns(),
      policyText(
        "kube-system/a",
        "podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: dns}]}]",
      ),
    );
    expect(findingsOf("CW009", dns)).toMatchObject([
      { severity: "high", fix: "Write protocol: UDP; without it TCP is meant." },
    ]);
  });

  it("looks the name up on the destination: the peer of an egress rule, not the selected pod", () => {
    const rule = (name: string) => egress(`{${toApi}, ports: [{port: ${name}}]}`);
    expect(findingsOf("CW009", documents(web, api, rule("grpc")))).toEqual([]);
    expect(findingsOf("CW009", documents(web, api, rule("http")))).toMatchObject([
      { message: expect.stringContaining("no container of the peer's pods has") },
    ]);
  });

  it("is content when one of the selected pods has the name", () => {
    const text = documents(
      web,
      api,
      policyText(
        "shop/a",
        "podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: grpc}]}]",
      ),
    );
    expect(findingsOf("CW009", text)).toEqual([]);
  });

  it("says that addresses have no named ports", () => {
    const rule = egress("{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: http}]}");
    expect(findingsOf("CW009", documents(web, rule))[0]?.message).toContain(
      "to an address it matches nothing",
    );
  });

  it("offers the name that was meant", () => {
    const rule = ingress("ports: [{port: htttp}]");
    expect(findingsOf("CW009", documents(web, rule))).toMatchObject([
      { fix: "Did you mean http?" },
    ]);
  });
});

describe("CW010 named-port-ambiguous", () => {
  it("only mentions different numbers on different pods", () => {
    const other = podText("shop/old", { ports: [{ name: "http", containerPort: 80 }] });
    const rule = policyText(
      "shop/a",
      "podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: http}]}]",
    );
    expect(linesOf(findingsOf("CW010", documents(web, other, rule)))).toEqual([
      "info NetworkPolicy shop/a: The name http stands for different ports on different pods: 80, 8080.",
    ]);
  });
});

describe("CW011 port-protocol-mismatch", () => {
  it("finds well-known UDP ports that only TCP is allowed for", () => {
    const rule = (ports: string) => egress(`ports: [${ports}]`);
    expect(findingsOf("CW011", documents(web, rule("{port: 123}")))).toMatchObject([
      { severity: "medium", message: expect.stringContaining("NTP uses UDP 123") },
    ]);
    expect(
      findingsOf("CW011", documents(web, rule("{port: 53}, {port: 53, protocol: UDP}"))),
    ).toEqual([]);
    expect(
      findingsOf(
        "CW011",
        documents(web, egress("ports: [{port: 53}]", "ports: [{protocol: UDP, port: 53}]")),
      ),
    ).toEqual([]);
  });

  it("is quiet where some pod declares the port as the rule has it, or none declares it", () => {
    const both = podText("shop/web", {
      ports: [{ containerPort: 443 }, { containerPort: 443, protocol: "UDP" }],
    });
    expect(findingsOf("CW011", documents(both, ingress("ports: [{port: 443}]")))).toEqual([]);
    expect(findingsOf("CW011", documents(web, ingress("ports: [{port: 9999}]")))).toEqual([]);
  });
});

describe("CW012 port-range-trap", () => {
  it("finds very wide ranges, but not all ports of a protocol", () => {
    expect(
      findingsOf("CW012", documents(web, ingress("ports: [{port: 1024, endPort: 65535}]"))),
    ).toMatchObject([{ severity: "low", message: expect.stringContaining("opens 64512 ports") }]);
    expect(findingsOf("CW012", documents(web, ingress("ports: [{protocol: UDP}]")))).toEqual([]);
    expect(
      findingsOf("CW012", documents(web, ingress("ports: [{port: 8080, endPort: 8090}]"))),
    ).toEqual([]);
  });

  it("says that Weave Net applies the first port only", () => {
    const weave = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: weave-net, namespace: kube-system}
spec:
  selector: {matchLabels: {name: weave-net}}
  template: {metadata: {labels: {name: weave-net}}, spec: {hostNetwork: true, containers: [{name: weave, image: weave}]}}`;
    const text = documents(weave, web, ingress("ports: [{port: 8080, endPort: 8090}]"));
    expect(findingsOf("CW012", text)).toMatchObject([
      { severity: "high", message: expect.stringContaining("applies port 8080 only") },
    ]);
  });
});

describe("CW013 service-port-not-target-port", () => {
  const service = (spec: object) => serviceText("shop/web", { selector: { app: "web" }, ...spec });
  const rule = ingress("ports: [{port: 80}]");

  it("resolves a named target port on the pod", () => {
    const text = documents(web, service({ ports: [{ port: 80, targetPort: "http" }] }), rule);
    expect(findingsOf("CW013", text)[0]?.fix).toBe("Write port: 8080.");
  });

  it("knows node ports", () => {
    const node = service({
      type: "NodePort",
      ports: [{ port: 8080, nodePort: 30080, targetPort: 8080 }],
    });
    const text = documents(web, node, ingress("ports: [{port: 30080}]"));
    expect(findingsOf("CW013", text)[0]?.message).toContain("the node port of shop/web");
  });

  it("is quiet where the port is also one of the pods, or the right port is allowed as well", () => {
    const both = documents(
      web,
      service({ ports: [{ port: 80, targetPort: 8080 }] }),
      ingress("ports: [{port: 80}, {port: 8080}]"),
    );
    expect(findingsOf("CW013", both)).toEqual([]);
    const listening = podText("shop/web", { ports: [{ containerPort: 80 }] });
    expect(
      findingsOf(
        "CW013",
        documents(listening, service({ ports: [{ port: 80, targetPort: 8080 }] }), rule),
      ),
    ).toEqual([]);
    const straight = service({
      ports: [
        { port: 80, targetPort: 8080 },
        { name: "b", port: 81, targetPort: 80 },
      ],
    });
    expect(findingsOf("CW013", documents(web, straight, rule))).toEqual([]);
  });

  it("looks at the Services of the peers for egress, and not where everyone is a peer", () => {
    const api80 = serviceText("shop/api", {
      selector: { app: "api" },
      ports: [{ port: 80, targetPort: 9000 }],
    });
    expect(
      findingsOf("CW013", documents(web, api, api80, egress(`{${toApi}, ports: [{port: 80}]}`))),
    ).toHaveLength(1);
    expect(findingsOf("CW013", documents(web, api, api80, egress("ports: [{port: 80}]")))).toEqual(
      [],
    );
  });

  it("leaves headless Services alone, which translate nothing", () => {
    const headless = service({ clusterIP: "None", ports: [{ port: 80, targetPort: 8080 }] });
    expect(findingsOf("CW013", documents(web, headless, rule))).toEqual([]);
  });
});
