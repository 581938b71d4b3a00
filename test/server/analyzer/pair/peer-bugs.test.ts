import { describe, expect, it } from "vitest";
import { askPair, verdictOf } from "../../../support/ask-pair.js";
import {
  namespaceText,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";

// Goal: what other tools got wrong stays right here. Method: the smallest manifests that show each fault.

const web = podText("shop/web");
const db = podText("shop/db");
const pair = "shop/web => shop/db";

describe("faults of KubeSkoop's policy evaluator", () => {
  it("1: policies are alternatives, not conditions that must all hold", () => {
    const one = policyText(
      "shop/a",
      "podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]",
    );
    const other = policyText(
      "shop/b",
      "podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]",
    );
    expect(verdictOf([web, db, one, other], pair, { port: 80 })).toBe("allowed");
  });

  it.each(["[{}]", "[{from: []}]", "[{ports: []}]"])(
    "2: ingress: %s allows everyone",
    (ingress) => {
      const policy = policyText("shop/a", `podSelector: {}\ningress: ${ingress}`);
      expect(verdictOf([web, db, policy], pair, { port: 80 })).toBe("allowed");
      expect(verdictOf([web, db, policy], "203.0.113.9 => shop/db", { port: 80 })).toBe("allowed");
    },
  );

  it("3: both selectors of one peer must hold", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: front}}, podSelector: {matchLabels: {app: web}}}]}]",
    );
    const all = [
      db,
      podText("front/web"),
      podText("front/other"),
      podText("shop/web"),
      namespaceText("front", { team: "front" }),
      policy,
    ];
    expect(verdictOf(all, "front/web => shop/db", { port: 80 })).toBe("allowed");
    expect(verdictOf(all, "front/other => shop/db", { port: 80 })).toBe("denied");
    expect(verdictOf(all, pair, { port: 80 })).toBe("denied");
  });

  it("4: ports of ingress are the destination's", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: 5432}]}]",
    );
    const client = podText("shop/web", { ports: [{ containerPort: 5432 }] });
    expect(verdictOf([client, db, policy], pair, { port: 5432 })).toBe("allowed");
    expect(verdictOf([client, db, policy], pair, { port: 80 })).toBe("denied");
  });

  it("5: an ingress namespaceSelector is asked about the peer's namespace", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: front}}}]}]",
    );
    const all = [db, podText("front/api"), namespaceText("front", { team: "front" }), policy];
    expect(verdictOf(all, "front/api => shop/db", { port: 80 })).toBe("allowed");
  });

  it("6: a protocol without a port is every port of that protocol", () => {
    const policy = policyText("shop/a", "podSelector: {}\ningress: [{ports: [{protocol: UDP}]}]");
    expect(verdictOf([web, db, policy], pair, { port: 53, protocol: "UDP" })).toBe("allowed");
    expect(verdictOf([web, db, policy], pair, { port: 53 })).toBe("denied");
  });

  it("7: a port by name is one of the pod's", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: pg}]}]",
    );
    const server = podText("shop/db", { ports: [{ name: "pg", containerPort: 5432 }] });
    expect(verdictOf([web, server, policy], pair, { port: 5432 })).toBe("allowed");
  });

  it("8: SCTP is not TCP", () => {
    const policy = policyText("shop/a", "podSelector: {}\ningress: [{ports: [{port: 80}]}]");
    expect(verdictOf([web, db, policy], pair, { port: 80, protocol: "SCTP" })).toBe("denied");
  });

  it("9: a pod and itself, a node and its pods, the host network, other policy kinds", () => {
    const sealed = policyText("shop/a", "podSelector: {}");
    const placed = podText("shop/db", {
      spec: { nodeName: "n1", containers: [{ name: "m", image: "m" }] },
    });
    expect(verdictOf([placed, sealed], "shop/db => shop/db", { port: 80 })).toBe("allowed");
    expect(verdictOf([placed, sealed], "node/n1 => shop/db", { port: 80 })).toBe("allowed");
    const host = podText("shop/web", {
      spec: { hostNetwork: true, nodeName: "n2", containers: [{ name: "m", image: "m" }] },
    });
    const open = policyText("shop/b", "podSelector: {}\ningress: [{from: [{podSelector: {}}]}]");
    expect(verdictOf([host, placed, open], pair, { port: 80 })).toBe("denied");
    const calico = `apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: c, namespace: shop}
spec: {selector: app == 'db', types: [Ingress]}`;
    const answer = askPair([web, db, calico], pair, { port: 80 });
    expect(answer.verdict).toBe("unknown");
    expect(answer.paths[0]?.doubts[0]?.text).toContain("NetworkPolicy 'shop/c' selects shop/db");
  });

  it("a rule with a list of ports does not break a healthy pair, nor does a named target port", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}, {port: 443}, {port: 5432}]}]",
    );
    const server = podText("shop/db", { ports: [{ name: "pg", containerPort: 5432 }] });
    const service = serviceText("shop/db", {
      selector: { app: "db" },
      ports: [{ port: 80, targetPort: "pg" }],
    });
    expect(verdictOf([web, server, service, policy], "shop/web => svc/shop/db", { port: 80 })).toBe(
      "allowed",
    );
  });
});

describe("faults of other tools", () => {
  it("kubescape #3903: no port given and no common port is not reachable", () => {
    const out = policyText(
      "shop/out",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{ports: [{port: 443}]}]",
    );
    const into = policyText(
      "shop/in",
      "podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: 5432}]}]",
    );
    expect(verdictOf([web, db, out, into], pair)).toBe("denied");
  });

  it("kubescape #3904: a pod reaches itself", () => {
    const sealed = policyText("shop/a", "podSelector: {}\npolicyTypes: [Ingress, Egress]");
    expect(verdictOf([db, sealed], "shop/db => shop/db")).toBe("allowed");
  });

  it("k8sgpt: an empty podSelector selects every pod and allows nothing", () => {
    const sealed = policyText("shop/a", "podSelector: {}");
    const answer = askPair([web, db, sealed], pair, { port: 80 });
    expect(answer.verdict).toBe("denied");
    expect(answer.paths[0]?.ingress.misses).toMatchObject([
      { kind: "no-rules", text: "NetworkPolicy 'shop/a' selects shop/db and has no ingress rules" },
    ]);
  });

  it("k8sgpt #1746: the same labels in another namespace are not selected", () => {
    const sealed = policyText("other/a", "podSelector: {matchLabels: {app: db}}");
    expect(verdictOf([web, db, podText("other/db"), sealed], pair, { port: 80 })).toBe("allowed");
    expect(
      verdictOf([web, db, podText("other/db"), sealed], "shop/web => other/db", { port: 80 }),
    ).toBe("denied");
    const within = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]",
    );
    expect(
      verdictOf([podText("other/web"), db, within], "other/web => shop/db", { port: 80 }),
    ).toBe("denied");
  });

  it("popeye #311: a policy that selects a pod isolates it, whatever its rules match and whatever other kind has its name", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]",
    );
    const calico = `apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec: {selector: app == 'cache', types: [Ingress]}`;
    for (const all of [
      [web, db, policy, calico],
      [web, db, calico, policy],
    ]) {
      const answer = askPair(all, pair, { port: 80 });
      expect(answer.verdict).toBe("allowed");
      expect(answer.paths[0]?.ingress).toMatchObject({
        isolated: true,
        policies: [{ kind: "NetworkPolicy", namespace: "shop", name: "a", tier: "networkpolicy" }],
      });
    }
  });

  it("selects by expressions as by labels", () => {
    const policy = policyText(
      "shop/a",
      "podSelector: {matchExpressions: [{key: app, operator: In, values: [db, cache]}]}\ningress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}]}]",
    );
    expect(verdictOf([web, db, policy], pair, { port: 80 })).toBe("allowed");
    const unlabelled = podText("shop/x", { labels: { b: "c" } });
    expect(verdictOf([unlabelled, db, policy], "shop/x => shop/db")).toBe("denied");
  });
});
