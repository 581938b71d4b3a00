import { describe, expect, it } from "vitest";
import { faultsPerObjectMax } from "../../../../server/kube/limits.js";
import { decodeObject } from "../../../../server/kube/objects/decode-object.js";
import { listOf } from "../../../../server/kube/objects/list-items.js";
import { decodeYaml, faultsOf } from "../../../support/raw-objects.js";

const named = (apiVersion: string, kind: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}`;

describe("decodeObject()", () => {
  it.each([
    [
      "a misspelt kind",
      "networking.k8s.io/v1",
      "NetworkPolcy",
      "kind networking.k8s.io/v1 has no NetworkPolcy: did you mean NetworkPolicy?",
    ],
    ["a kind in small letters", "v1", "pod", "kind v1 has no pod: did you mean Pod?"],
    [
      "a wrong version",
      "v1",
      "NetworkPolicy",
      "apiVersion v1 has no NetworkPolicy: write networking.k8s.io/v1",
    ],
    [
      "a version that never was",
      "apps/v3",
      "Deployment",
      "apiVersion apps/v3 has no Deployment: write apps/v1",
    ],
    [
      "a tier policy of the wrong version",
      "policy.networking.k8s.io/v1alpha1",
      "ClusterNetworkPolicy",
      "apiVersion policy.networking.k8s.io/v1alpha1 has no ClusterNetworkPolicy: write policy.networking.k8s.io/v1alpha2",
    ],
    [
      "a kind in the plural",
      "networking.k8s.io/v1",
      "NetworkPolicies",
      "kind networking.k8s.io/v1 has no NetworkPolicies: did you mean NetworkPolicy?",
    ],
    ["a list in small letters", "v1", "list", "kind v1 has no list: did you mean List?"],
  ])("refuses %s", (_, apiVersion, kind, message) => {
    expect(faultsOf(named(apiVersion, kind))).toEqual([`error ${message}`]);
  });

  it.each([
    ["v1", "Secret", true],
    ["rbac.authorization.k8s.io/v1", "Role", true],
    ["apiextensions.k8s.io/v1", "CustomResourceDefinition", true],
    ["networking.k8s.io/v1", "Ingress", true],
    ["gateway.networking.k8s.io/v1", "HTTPRoute", true],
    ["kustomize.config.k8s.io/v1beta1", "Kustomization", true],
    ["monitoring.coreos.com/v1", "ServiceMonitor", false],
    ["v1", "List", true],
    ["v1", "PodList", true],
    ["example.com/v1", "AllowList", false],
    ["serving.knative.dev/v1", "Service", false],
    ["apps.kruise.io/v1alpha1", "StatefulSet", false],
    ["batch.volcano.sh/v1alpha1", "Job", false],
  ])("passes over %s %s", (apiVersion, kind, builtIn) => {
    expect(decodeYaml(named(apiVersion, kind))).toMatchObject({ kind: "ignored", builtIn });
  });

  it.each([
    ["a text", "hello"],
    ["a number", 7],
    ["nothing", null],
    ["a list", []],
    ["values of a chart", { replicaCount: 1, image: { tag: "x" } }],
    ["the file of a chart", { apiVersion: "v2", name: "chart", version: "1.0.0" }],
    ["a kind and a version that are no texts", { apiVersion: 1, kind: {} }],
    ["a list of other things", [{ name: "a" }, { kind: "x" }, 7, null]],
    ["values with a list of items", { items: [{ name: "a" }] }],
    ["values with metadata", { metadata: { labels: {} }, spec: {} }],
  ])("takes %s for no Kubernetes object", (_, raw) => {
    expect(decodeObject(raw)).toEqual({ kind: "foreign" });
  });

  it("asks for what an object lacks", () => {
    expect(faultsOf("kind: NetworkPolicy\nmetadata: {name: a}")).toEqual([
      "error apiVersion is required: write networking.k8s.io/v1",
    ]);
    expect(faultsOf("apiVersion: v1\nmetadata: {name: a}")).toEqual(["error kind is required"]);
  });

  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "a" },
    spec: {},
  };

  it.each([
    [
      "a list of objects without a kind of its own",
      [7, policy],
      "error  is a list of objects: make it the items of a List, or write the objects as documents",
    ],
    ["a List without its kind", { apiVersion: "v1", items: [policy] }, "error kind is required"],
    ["items without anything else", { items: [policy] }, "error kind is required"],
    [
      "a List whose items are a map",
      { apiVersion: "v1", kind: "List", items: { a: policy } },
      "error items must be a list, not a map",
    ],
    [
      "a list of policies whose items are a map",
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicyList", items: { a: policy } },
      "error items must be a list, not a map",
    ],
    [
      "an object whose kind is written in capitals",
      { apiVersion: policy.apiVersion, Kind: policy.kind, spec: {} },
      "error kind is required: Kind is another field",
    ],
    [
      "an object whose kind and version are written in capitals",
      { ApiVersion: policy.apiVersion, Kind: policy.kind, metadata: policy.metadata },
      "error kind is required: Kind is another field",
    ],
    [
      "an object with all but its kind and version",
      { metadata: policy.metadata, spec: policy.spec },
      "error kind is required",
    ],
  ])("refuses %s: it may hold policies", (_, raw, message) => {
    const decoded = decodeObject(raw);
    const faults = decoded.kind === "refused" ? decoded.faults : [];
    expect(
      faults.map(({ severity, path, message: text }) => `${severity} ${path.join(".")} ${text}`),
    ).toEqual([message]);
  });

  it("names the object of a fault", () => {
    expect(
      decodeYaml("apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}"),
    ).toMatchObject({ kind: "refused", title: "Service shop/web" });
    expect(decodeYaml("apiVersion: v1\nkind: Service\nmetadata: {name: web}")).toMatchObject({
      title: "Service default/web",
    });
    expect(decodeYaml("apiVersion: v1\nkind: Node\nmetadata: {}")).toMatchObject({
      title: "Node ?",
    });
  });

  it("keeps where an object came from", () => {
    const origin = { file: "a.yaml", document: 2, item: 3 };
    const raw = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } };
    expect(decodeObject(raw, { origin })).toMatchObject({ objects: [{ origin }] });
    expect(decodeObject(raw)).not.toHaveProperty("objects.0.origin");
  });

  it("tells no more than faultsPerObjectMax faults of an object", () => {
    const ports = Array.from({ length: faultsPerObjectMax + 5 }, () => ({ port: 0 }));
    const raw = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { ports } };
    const decoded = decodeObject(raw);
    expect(decoded.kind === "refused" && decoded.faults.length).toBe(faultsPerObjectMax);
  });
});

describe("listOf()", () => {
  it("says what items are that do not say so", () => {
    expect(listOf({ apiVersion: "v1", kind: "PodList", items: [{}] })).toEqual({
      items: [{}],
      implied: { apiVersion: "v1", kind: "Pod" },
    });
    expect(listOf({ apiVersion: "v1", kind: "List", items: [1] })).toEqual({ items: [1] });
    expect(listOf({ kind: "PodList", items: null })).toEqual({ items: [] });
  });

  it("takes nothing else for a list", () => {
    expect(listOf({ kind: "AllowList", spec: {} })).toBeUndefined();
    expect(listOf({ kind: "Pod", items: [] })).toBeUndefined();
    expect(listOf([{ kind: "PodList" }])).toBeUndefined();
    expect(listOf({ kind: "PodList", items: { a: 1 } })).toBeUndefined();
  });

  it("gives its kind to items without one", () => {
    const raw = { metadata: { name: "a" } };
    const implied = { apiVersion: "v1", kind: "Pod" };
    expect(decodeObject(raw, { implied })).toMatchObject({ objects: [{ kind: "Pod" }] });
    const cilium = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy" };
    const spec = { endpointSelector: {}, ingress: [{}] };
    expect(decodeObject({ ...raw, spec }, { implied: cilium })).toMatchObject({
      objects: [{ apiVersion: "cilium.io/v2", policyKind: "CiliumNetworkPolicy" }],
    });
  });
});
