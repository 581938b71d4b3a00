import { describe, expect, it } from "vitest";
import { everything } from "../../../../server/analyzer/model/label-selector.js";
import { podObject, serviceObject, sliceObject } from "../../../support/cluster-objects.js";
import {
  apiPod,
  apiService,
  apiSlice,
  cluster,
  clusterWithout,
  codesOf,
  diagnosed,
  dnsPod,
  dnsService,
  isolating,
  modesOf,
  webPod,
} from "../../../support/diagnosis-cluster.js";
import { labelled, tcpPort } from "../../../support/policy-parts.js";

/** Goal: none of the naive rules that the first description of the check had. Method: one cluster for each of them. */

const notReady = { conditions: [{ type: "Ready", status: "False" }] } as const;
const dnsDown = [dnsPod("n1", notReady), dnsPod("n2", notReady)];

describe("E01: a policy selects by all labels and expressions", () => {
  it("leaves a pod alone that has only one of two labels of the selector", () => {
    const selector = { ...everything, ...labelled("app", "api") };
    const two = {
      ...selector,
      requirements: [
        ...labelled("app", "api").requirements,
        ...labelled("tier", "back").requirements,
      ],
      key: "app=api,tier=back",
    };
    const answer = diagnosed(cluster(isolating("both", { podSelector: two })));
    expect(answer.status).toBe("connected");
    expect(answer.policy.bIngressIsolated).toBe(false);
  });

  it("takes an empty selector for every pod of the namespace", () => {
    const answer = diagnosed(cluster(isolating("deny-all")));
    expect(answer.status).toBe("disconnected");
    expect(codesOf(answer)).toContain("NETPOL_INGRESS_DENIED");
  });
});

describe("E02: a Service selects by all labels, and without a selector nothing", () => {
  it("takes no pod that has one of two labels", () => {
    const service = apiService({ selector: { app: "api", tier: "back" } });
    const answer = diagnosed([
      ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"),
      service,
    ]);
    expect(codesOf(answer)).toContain("SERVICE_SELECTOR_MISMATCH");
  });

  it("takes no pod without a selector", () => {
    const { selector: _, ...bare } = apiService();
    const answer = diagnosed([
      ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"),
      bare,
    ]);
    expect(codesOf(answer)).toEqual(["POD_WITHOUT_SERVICE"]);
    expect(answer.status).toBe("connected");
  });
});

describe("E03: egress is judged by A's policies, ingress by B's", () => {
  it("lets a policy for ingress of A not stop A to B", () => {
    const answer = diagnosed(cluster(isolating("web-in", { podSelector: labelled("app", "web") })));
    expect(answer.status).toBe("connected");
    expect(answer.policy.policiesSelecting).toEqual([]);
  });

  it("lets a policy of another namespace with fitting labels not stop B", () => {
    const other = { ...isolating("deny-api", { podSelector: labelled("app", "api") }) };
    expect(diagnosed(cluster({ ...other, namespace: "other" })).status).toBe("connected");
  });

  it("wants both directions to allow", () => {
    const egress = isolating("web-out", {
      podSelector: labelled("app", "web"),
      isolates: ["egress"],
    });
    const answer = diagnosed(cluster(egress));
    expect(answer.status).toBe("disconnected");
    expect(answer.policy).toMatchObject({ aEgressIsolated: true, bIngressIsolated: false });
  });
});

describe("E04: peers, ports, types, blocks and names of ports count", () => {
  it("denies a port that the rule does not name, and says which it names", () => {
    const rule = { ports: [tcpPort(9090)] };
    const answer = diagnosed(cluster(isolating("other-port", { ingress: [rule] })), { port: 8080 });
    expect(codesOf(answer)).toContain("NETPOL_INGRESS_PORT_NOT_ALLOWED");
    expect(answer.issues[0]).toContain("TCP 9090");
  });

  it("ignores ingress rules of a policy that isolates for egress only", () => {
    const policy = isolating("egress-only", {
      podSelector: labelled("app", "api"),
      isolates: ["egress"],
      ingress: [],
    });
    expect(diagnosed(cluster(policy)).status).toBe("connected");
  });
});

describe("E05: a pod without a Service is no fault", () => {
  it("is connected by address, for information only", () => {
    const answer = diagnosed(clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"));
    expect(answer.status).toBe("connected");
    expect(answer.issues).toEqual([]);
    expect(answer.latent).toMatchObject([{ code: "POD_WITHOUT_SERVICE", severity: "info" }]);
    expect(answer.latent[0]?.remediation?.summary).toBe("Create a service to expose Pod shop/api");
  });
});

describe("E06: every Service that the caller may use is judged, with its port and endpoints", () => {
  it("finds the broken one of two Services of a pod", () => {
    const second = serviceObject("shop/api-old", {
      selector: { app: "api" },
      clusterIps: ["10.96.0.21"],
      ports: [{ port: 80, protocol: "TCP", targetPort: "web" }],
    });
    const answer = diagnosed(cluster(second));
    expect(answer.causes[0]).toMatchObject({
      code: "SERVICE_NAMED_PORT_UNRESOLVED",
      component: "Service shop/api-old",
    });
    expect(answer.status).toBe("degraded");
  });

  it("judges the Service's own port, not the pod's", () => {
    const answer = diagnosed(cluster(), { podB: "svc/shop/api", port: 8080 });
    expect(codesOf(answer)).toEqual(["SERVICE_PORT_NOT_DEFINED"]);
  });
});

describe("E07: DNS is what pods ask, whatever it is called", () => {
  const renamed = [
    dnsService({ namespace: "kube-system", name: "rke2-coredns-rke2-coredns" }),
    ...clusterWithout("Service/kube-system/kube-dns"),
  ];

  it("finds the Service of another name by its marks", () => {
    const down = renamed.map((object) =>
      object.kind === "Pod" && object.name.startsWith("coredns")
        ? { ...object, ...notReady }
        : object,
    );
    const answer = diagnosed(down, { podB: "svc/shop/api" });
    expect(answer.causes[0]?.component).toBe("Service kube-system/rke2-coredns-rke2-coredns");
    expect(diagnosed(renamed, { podB: "svc/shop/api" }).status).toBe("connected");
  });

  it("finds OpenShift's dns-default in its namespace, and names that namespace", () => {
    const openshift = [
      dnsService({
        namespace: "openshift-dns",
        name: "dns-default",
        labels: { "dns.operator.openshift.io/owning-dns": "default" },
        selector: { "dns.operator.openshift.io/daemonset-dns": "default" },
      }),
      podObject("openshift-dns/dns-default-x", {
        labels: { "dns.operator.openshift.io/daemonset-dns": "default" },
        ports: [{ name: "dns", port: 5353, protocol: "UDP", container: "dns" }],
        ...notReady,
      }),
      ...clusterWithout("Service/kube-system/kube-dns"),
    ];
    const answer = diagnosed(openshift, { podB: "svc/shop/api" });
    expect(answer.solutions[0]).toBe("Check CoreDNS pods in openshift-dns namespace");
  });

  it("does not take a running autoscaler of CoreDNS for a server", () => {
    const scaler = podObject("kube-system/coredns-autoscaler-1", {
      labels: { "k8s-app": "kube-dns-autoscaler" },
    });
    const answer = diagnosed(cluster(...dnsDown, scaler), { podB: "svc/shop/api" });
    expect(codesOf(answer)).toContain("DNS_PODS_DOWN");
  });

  it("takes a running server that is not ready for down", () => {
    const answer = diagnosed(cluster(...dnsDown), { podB: "svc/shop/api" });
    expect(answer.issues).toEqual(["CoreDNS is not running properly"]);
    expect(answer.solutions[0]).toBe("Check CoreDNS pods in kube-system namespace");
  });
});

describe("E08: DNS faults never change the verdict by address", () => {
  it("keeps the address connected and breaks the name", () => {
    const answer = diagnosed(cluster(...dnsDown));
    expect(modesOf(answer)).toEqual([
      "podIP connected",
      "serviceIP connected",
      "name disconnected",
    ]);
    expect(answer.status).toBe("degraded");
  });

  it("is connected where no name is in question, and still says that DNS is down", () => {
    const answer = diagnosed([
      ...cluster(...dnsDown).filter(
        ({ namespace, kind }) => !(namespace === "shop" && kind !== "Pod"),
      ),
    ]);
    expect(answer.status).toBe("connected");
    expect(answer.issues).toEqual(["CoreDNS is not running properly"]);
    expect(answer.confidence).toBe(diagnosed(cluster()).confidence);
  });
});

describe("E09: confidence is a probability", () => {
  it("does not fall with more issues, and is capped for objects alone", () => {
    const one = diagnosed(cluster(isolating("deny-all")));
    const two = diagnosed(cluster(isolating("deny-all"), ...dnsDown));
    const three = diagnosed(cluster(isolating("deny-all"), ...dnsDown, apiPod({ ...notReady })));
    expect(one.issues.length).toBeLessThan(two.issues.length);
    expect(two.issues.length).toBeLessThan(three.issues.length);
    expect(two.confidence).toBeGreaterThanOrEqual(one.confidence);
    expect(three.confidence).toBeGreaterThanOrEqual(two.confidence);
    expect(diagnosed(cluster()).confidence).toBeLessThanOrEqual(0.7);
  });
});

describe("E10: what can't be read makes a limit, not a guess", () => {
  it("is unknown where a policy that is not evaluated selects the pod", () => {
    const answer = diagnosed(
      cluster({
        kind: "UnmodelledPolicy",
        apiVersion: "cilium.io/v2",
        policyKind: "CiliumNetworkPolicy",
        namespace: "shop",
        name: "api",
        labels: {},
        annotations: {},
        selectorUnderstood: true,
        podSelector: labelled("app", "api"),
        directions: ["ingress"],
      }),
    );
    expect(answer).toMatchObject({ status: "unknown", confidence: 0 });
    expect(answer.causes[0]).toMatchObject({
      code: "POLICY_CRD_UNMODELLED",
      component: "CiliumNetworkPolicy shop/api",
    });
  });

  it("names documents that could not be read, and is less sure", () => {
    const problem = {
      severity: "error",
      code: "unreadable",
      message: "no YAML",
      file: "a.yaml",
      line: 1,
      column: 1,
      object: "",
    };
    const answer = diagnosed(cluster(), {}, { problems: [problem] });
    expect(answer.limits.map(({ what }) => what)).toContain("1 document of the input");
    expect(answer.confidence).toBeLessThan(diagnosed(cluster()).confidence);
  });
});

describe("E11: nodes, ports, resolution and plugin are looked at", () => {
  it("walks pod, node, look-up, policies and Service", () => {
    const path = diagnosed(cluster()).path;
    expect(path.map(({ check }) => check)).toEqual([
      "pod state",
      "node state",
      "name lookup",
      "egress policies",
      "Service and endpoints",
      "node state",
      "ingress policies",
      "pod state",
    ]);
    expect(path.map(({ result }) => result)).toEqual(Array(8).fill("ok"));
    expect(diagnosed(cluster()).endpoints.cni).toEqual({
      name: "calico",
      mode: "",
      enforcesPolicy: true,
    });
  });
});

describe("E12: a phase of Running is not enough", () => {
  it("sees a pod that is not ready, one that is going away, one that has ended, one without an address", () => {
    const codes = [
      { conditions: [{ type: "Ready", status: "False" }] } as const,
      { terminating: true },
      { phase: "Succeeded" },
      { ips: [] },
    ].map(
      (parts) =>
        codesOf(
          diagnosed(
            clusterWithout("EndpointSlice/shop/api-1").map((object) =>
              object.kind === "Pod" && object.name === "api" ? apiPod(parts) : object,
            ),
          ),
        )[0],
    );
    expect(codes).toEqual(["POD_NOT_READY", "POD_TERMINATING", "POD_COMPLETED", "POD_IP_MISSING"]);
  });

  it("names the phase of a pod that does not run in the words of the first clients", () => {
    const answer = diagnosed(cluster(webPod({ phase: "Pending", ips: [], conditions: [] })));
    expect(answer.issues[0]).toBe("Pod shop/web is not running (status: Pending)");
    expect(answer.solutions[0]).toBe("Check Pod shop/web logs and events for issues");
  });
});

describe("E13: what is said of a healthy pair is kept", () => {
  it("has no issues and the known solution", () => {
    const answer = diagnosed(cluster());
    expect(answer).toMatchObject({
      podA: "shop/web",
      podB: "shop/api",
      status: "connected",
      issues: [],
      solutions: ["No obvious issues detected"],
    });
  });
});

describe("E14: the answer is about one direction and says so", () => {
  it("judges A to B, and lists the way back among what was not looked at", () => {
    const answer = diagnosed(cluster());
    expect(answer.request.direction).toBe("a_to_b");
    expect(answer.limits.map(({ what }) => what)).toContain("the way back");
    expect(answer.nextActions.map(({ action }) => action)).toContain(
      "causeway diagnose shop/api shop/web",
    );
  });
});

describe("E15: a verdict is for a port", () => {
  const rule = { ports: [tcpPort(8080)] };
  const twoPorts = apiPod({
    ports: [
      { name: "http", port: 8080, protocol: "TCP", container: "api" },
      { name: "metrics", port: 9090, protocol: "TCP", container: "api" },
    ],
  });

  it("judges the ports that B declares where none was asked", () => {
    const answer = diagnosed(cluster(twoPorts, isolating("one", { ingress: [rule] })));
    expect(answer.status).toBe("degraded");
    expect(answer.issues[0]).toContain("TCP/9090");
    expect(
      diagnosed(cluster(twoPorts, isolating("one", { ingress: [rule] })), { port: 8080 }).status,
    ).toBe("connected");
  });

  it("judges the Service's ports of a Service", () => {
    const service = apiService({
      ports: [
        { name: "http", port: 80, protocol: "TCP", targetPort: 8080 },
        { name: "metrics", port: 9090, protocol: "TCP", targetPort: 9090 },
      ],
    });
    const answer = diagnosed(
      [
        ...clusterWithout("EndpointSlice/shop/api-1").filter(
          ({ name, kind }) => !(name === "api" && kind !== "Node"),
        ),
        twoPorts,
        service,
        isolating("one", { ingress: [rule] }),
      ],
      { podB: "svc/shop/api" },
    );
    expect(answer.status).toBe("degraded");
  });

  it("says that no port is known where B declares none", () => {
    const answer = diagnosed(cluster(apiPod({ ports: [] })));
    expect(answer.limits.map(({ what }) => what)).toContain("a port");
    expect(answer.request.port).toBeUndefined();
  });
});

describe("E16: resolution depends on the pod that asks", () => {
  it("breaks names for a pod with the node's resolver and not for another", () => {
    const answer = diagnosed(cluster(webPod({ dnsPolicy: "Default" })), { podB: "svc/shop/api" });
    expect(codesOf(answer)).toEqual(["DNS_POLICY_DEFAULT"]);
    expect(
      diagnosed(cluster(webPod({ dnsPolicy: "Default" })), { podA: "shop/api", podB: "shop/web" })
        .status,
    ).toBe("connected");
  });
});

describe("E17: DNS is looked at in one way", () => {
  it("says the same of DNS whatever end the question names", () => {
    const byPod = diagnosed(cluster(...dnsDown));
    const byService = diagnosed(cluster(...dnsDown), { podB: "svc/shop/api" });
    expect(codesOf(byPod)).toEqual(codesOf(byService));
    expect(byPod.issues).toEqual(byService.issues);
  });

  it("finds the stale endpoint of a slice that is kept by hand once", () => {
    const slice = sliceObject("shop/api-1", {
      service: "api",
      endpoints: [{ addresses: ["10.244.2.99"], ready: true, serving: true, terminating: false }],
      ports: [{ port: 8080, protocol: "TCP" }],
    });
    const { selector: _, ...bare } = apiService();
    const answer = diagnosed(
      [...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"), bare, slice],
      { podB: "svc/shop/api" },
    );
    expect(codesOf(answer)).toEqual(["SERVICE_MANUAL_ENDPOINTS_STALE"]);
    expect(apiSlice().kind).toBe("EndpointSlice");
  });
});
