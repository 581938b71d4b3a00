import { describe, expect, it } from "vitest";
import {
  clusterPolicyText,
  documents,
  findingsOf,
  linesOf,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";

/** Goal: the cases of rules about selectors that their pages leave out. */

const denyIngress = (path: string, labels: string): string =>
  policyText(path, `podSelector: {matchLabels: {${labels}}}\npolicyTypes: [Ingress]`);

const allowFrom = (path: string, ...peers: readonly string[]): string =>
  policyText(
    path,
    `podSelector: {matchLabels: {app: web}}
policyTypes: [Ingress]
ingress:
  - from:
${peers.map((peer) => `      - ${peer}`).join("\n")}`,
  );

describe("CW001 policy-selects-nothing", () => {
  it("is high for a slip, and names what was meant", () => {
    const text = documents(podText("shop/frontend"), denyIngress("shop/a", "app: frontned"));
    expect(linesOf(findingsOf("CW001", text))).toEqual([
      "high NetworkPolicy shop/a: No pod of namespace shop has app=frontned, so the policy protects nothing. Did you mean app=frontend?",
    ]);
  });

  it("finds the same name under the label key of a chart", () => {
    const pod = podText("shop/web", { labels: { "app.kubernetes.io/name": "frontend" } });
    expect(
      findingsOf("CW001", documents(pod, denyIngress("shop/a", "app: frontend"))),
    ).toMatchObject([
      { severity: "high", message: expect.stringContaining("app.kubernetes.io/name=frontend?") },
    ]);
  });

  it("is info where the model has no pods to say otherwise", () => {
    expect(findingsOf("CW001", denyIngress("shop/a", "app: web"))).toMatchObject([
      { severity: "info" },
    ]);
  });

  it("points at the podSelector", () => {
    const [finding] = findingsOf(
      "CW001",
      documents(podText("shop/x"), denyIngress("shop/a", "app: web")),
    );
    expect(finding?.location).toEqual({ file: "in.yaml", line: 7 });
  });

  it("needs every requirement of matchExpressions, and takes NotIn as met by a pod without the label", () => {
    const text = (expression: string) =>
      documents(
        podText("shop/web"),
        policyText(
          "shop/a",
          `podSelector: {matchExpressions: [${expression}]}\npolicyTypes: [Ingress]`,
        ),
      );
    expect(findingsOf("CW001", text("{key: tier, operator: NotIn, values: [back]}"))).toEqual([]);
    expect(findingsOf("CW001", text("{key: tier, operator: DoesNotExist}"))).toEqual([]);
    expect(findingsOf("CW001", text("{key: tier, operator: Exists}"))).toHaveLength(1);
    expect(findingsOf("CW001", text("{key: app, operator: In, values: [web, api]}"))).toEqual([]);
  });
});

describe("CW028 selects-ended-pods", () => {
  it("names workloads without replicas", () => {
    const text = documents(
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}`,
      denyIngress("shop/a", "app: web"),
    );
    expect(linesOf(findingsOf("CW028", text))).toEqual([
      "info NetworkPolicy shop/a: The policy selects only shop/web[Deployment], which has no pods now: it has no effect now.",
    ]);
    expect(findingsOf("CW001", text)).toEqual([]);
  });
});

describe("CW002 peer-selects-nothing", () => {
  const web = podText("shop/web");

  it("says that a podSelector alone looks at the own namespace", () => {
    const text = documents(
      web,
      podText("ops/scraper"),
      allowFrom("shop/a", "podSelector: {matchLabels: {app: scraper}}"),
    );
    expect(findingsOf("CW002", text)).toMatchObject([
      { severity: "medium", fix: expect.stringContaining("kubernetes.io/metadata.name: ops") },
    ]);
  });

  it("suggests the automatic label for a namespace selected by a name label that it lacks", () => {
    const text = documents(
      web,
      namespaceText("monitoring"),
      podText("monitoring/scraper"),
      allowFrom("shop/a", "namespaceSelector: {matchLabels: {name: monitoring}}"),
    );
    expect(findingsOf("CW002", text)).toMatchObject([
      { message: expect.stringContaining("Did you mean kubernetes.io/metadata.name=monitoring?") },
    ]);
  });

  it("knows the labels of a workload from those of its pods", () => {
    const text = documents(
      web,
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, labels: {chart: api-1}}
spec:
  selector: {matchLabels: {app: api}}
  template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: api}]}}`,
      allowFrom("shop/a", "podSelector: {matchLabels: {chart: api-1}}"),
    );
    expect(findingsOf("CW002", text)).toMatchObject([
      { severity: "medium", message: expect.stringContaining("on shop/api[Deployment] itself") },
    ]);
  });

  it("says that pods on the host network are not matched by labels, where the profile has it so", () => {
    const text = documents(
      web,
      podText("ops/exporter", { spec: { hostNetwork: true } }),
      allowFrom("shop/a", "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}"),
    );
    expect(findingsOf("CW002", text)).toMatchObject([
      { message: expect.stringContaining("only pods on the host network (ops/exporter[Pod])") },
    ]);
    expect(findingsOf("CW002", text, { profile: "np-guard" })).toEqual([]);
  });

  it("also looks at peers of cluster-wide policies", () => {
    const text = documents(
      web,
      clusterPolicyText(
        "guard",
        `tier: Admin
priority: 1
subject: {namespaces: {}}
ingress:
  - {name: a, action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: gone}}}}]}`,
      ),
    );
    expect(findingsOf("CW002", text)).toMatchObject([{ object: "ClusterNetworkPolicy guard" }]);
  });

  it("leaves rules alone that have no effect", () => {
    const text = documents(
      web,
      policyText(
        "shop/a",
        `podSelector: {}
policyTypes: [Ingress]
egress:
  - to: [{podSelector: {matchLabels: {app: gone}}}]`,
      ),
    );
    expect(findingsOf("CW002", text)).toEqual([]);
  });
});

describe("CW003 peers-or-not-and", () => {
  const ops = [namespaceText("ops", { team: "ops" }), podText("ops/scraper"), podText("ops/shell")];
  const byNamespace = "namespaceSelector: {matchLabels: {team: ops}}";
  const byPod = "podSelector: {matchLabels: {app: scraper}}";

  it("is found in either order of the two items, once, and the dead half is not told a second time", () => {
    for (const peers of [
      [byNamespace, byPod],
      [byPod, byNamespace],
    ]) {
      const text = documents(...ops, podText("shop/web"), allowFrom("shop/a", ...peers));
      expect(findingsOf("CW003", text)).toMatchObject([{ severity: "high" }]);
      expect(findingsOf("CW002", text)).toEqual([]);
    }
  });

  it("is low where the own namespace has such pods, so that either may be meant", () => {
    const text = documents(
      ...ops,
      podText("shop/web"),
      podText("shop/scraper"),
      allowFrom("shop/a", byNamespace, byPod),
    );
    expect(findingsOf("CW003", text)).toMatchObject([{ severity: "low" }]);
  });

  it("is not found where one item would mean the same", () => {
    const text = documents(
      namespaceText("ops", { team: "ops" }),
      podText("ops/scraper"),
      podText("shop/web"),
      allowFrom("shop/a", byNamespace, byPod),
    );
    expect(findingsOf("CW003", text)).toEqual([]);
  });

  it("is not found between a namespace and all pods of the own one", () => {
    const text = documents(
      ...ops,
      podText("shop/web"),
      allowFrom("shop/a", byNamespace, "podSelector: {}"),
    );
    expect(findingsOf("CW003", text)).toEqual([]);
  });

  it("says let out for egress", () => {
    const text = documents(
      ...ops,
      podText("shop/web"),
      policyText(
        "shop/a",
        `podSelector: {}
policyTypes: [Egress]
egress:
  - to:
      - ${byNamespace}
      - ${byPod}`,
      ),
    );
    expect(findingsOf("CW003", text)[0]?.message).toMatch(
      /^Two list items mean OR: the rule lets out to all 2 pods/,
    );
  });
});

describe("CW004 peers-and-not-or", () => {
  it("takes the place of the finding that the peer is empty", () => {
    const text = documents(
      podText("shop/web"),
      podText("shop/api"),
      podText("ops/scraper"),
      allowFrom(
        "shop/a",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: api}}}",
      ),
    );
    expect(findingsOf("CW004", text)).toHaveLength(1);
    expect(findingsOf("CW002", text)).toEqual([]);
  });
});

describe("rules about namespaces and pods", () => {
  it("CW027 tells a policy for hidden pods from one that also has others", () => {
    const exporter = podText("shop/exporter", { spec: { hostNetwork: true } });
    const all = policyText("shop/all", "podSelector: {}\npolicyTypes: [Ingress]");
    const text = documents(
      exporter,
      podText("shop/web"),
      all,
      denyIngress("shop/one", "app: exporter"),
    );
    expect(findingsOf("CW027", text)).toMatchObject([
      { severity: "medium", object: "NetworkPolicy shop/one" },
      { severity: "info", object: "NetworkPolicy shop/all" },
    ]);
    expect(findingsOf("CW027", text, { profile: "np-guard" })).toEqual([]);
    expect(findingsOf("CW001", text)).toEqual([]);
  });

  it("CW029 names the namespace that was meant, and is quiet without any Namespace object", () => {
    const policy = denyIngress("shpo/a", "app: web");
    expect(findingsOf("CW029", documents(namespaceText("shop"), policy))[0]?.message).toContain(
      "Did you mean shop?",
    );
    expect(findingsOf("CW029", policy)).toEqual([]);
    expect(
      findingsOf("CW029", documents(namespaceText("shop"), denyIngress("default/a", "app: web"))),
    ).toEqual([]);
  });

  it("CW030 leaves out namespaces of the system and those under a cluster-wide policy", () => {
    const guard = clusterPolicyText(
      "guard",
      `tier: Baseline
priority: 1
subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
ingress: [{name: a, action: Deny, from: [{namespaces: {}}]}]`,
    );
    const text = documents(
      podText("kube-system/proxy"),
      podText("shop/web"),
      podText("lab/x"),
      guard,
    );
    expect(findingsOf("CW030", text).map(({ object }) => object)).toEqual(["Namespace lab"]);
  });

  it("CW031 counts pods that a cluster-wide denial protects as closed", () => {
    const policy = denyIngress("shop/a", "app: web");
    const guard = clusterPolicyText(
      "guard",
      `tier: Baseline
priority: 1
subject: {namespaces: {}}
ingress: [{name: a, action: Deny, from: [{namespaces: {}}]}]`,
    );
    const pods = [podText("shop/web"), podText("shop/api")];
    expect(linesOf(findingsOf("CW031", documents(...pods, policy)))).toEqual([
      "low Namespace shop: Namespace shop has policies but no default deny: everyone may reach shop/api[Pod].",
    ]);
    expect(findingsOf("CW031", documents(...pods, policy, guard))).toEqual([]);
  });

  it("CW032 says whether namespaces or pods are missing", () => {
    const guard = (subject: string) =>
      clusterPolicyText(
        "guard",
        `tier: Admin
priority: 1
subject: ${subject}
ingress: [{name: a, action: Deny, from: [{namespaces: {}}]}]`,
      );
    const pods = (labels: string) =>
      `{pods: {namespaceSelector: {}, podSelector: {matchLabels: {${labels}}}}}`;
    const said = (subject: string) =>
      linesOf(findingsOf("CW032", documents(podText("shop/frontend"), guard(subject))));
    expect(said(pods("app: frontned"))).toEqual([
      "high ClusterNetworkPolicy guard: No pod of the subject's 1 namespace has app=frontned, so the policy decides nothing. Did you mean app=frontend?",
    ]);
    expect(said("{namespaces: {matchLabels: {zone: x}}}")).toEqual([
      "medium ClusterNetworkPolicy guard: No namespace has zone=x, so the policy decides nothing.",
    ]);
    expect(said(pods("app: frontend"))).toEqual([]);
  });

  it("CW047 looks at peers too, and not at the mere presence of a label", () => {
    const hash = (peer: string) => documents(podText("shop/web"), allowFrom("shop/a", peer));
    expect(
      findingsOf("CW047", hash("podSelector: {matchLabels: {helm.sh/chart: web-1.2}}")),
    ).toMatchObject([{ severity: "medium" }]);
    expect(
      findingsOf(
        "CW047",
        hash("podSelector: {matchExpressions: [{key: pod-template-hash, operator: Exists}]}"),
      ),
    ).toEqual([]);
  });
});
