import { describe, expect, it } from "vitest";
import { objectKey } from "../../../../server/analyzer/model/objects.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";

const parse = (text: string, file = "a.yaml") => parseManifests([{ file, text }]);
const keysOf = (text: string): readonly string[] => parse(text).objects.map(objectKey);
/** Problems as "severity code file:line:column object: message". */
const problemsOf = (...texts: readonly string[]): readonly string[] =>
  parseManifests(texts.map((text, index) => ({ file: `${"abc"[index]}.yaml`, text }))).problems.map(
    ({ severity, code, file, line, column, object, message }) =>
      `${severity} ${code} ${file}:${line}:${column} ${object}: ${message}`,
  );

const namespace = (name: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;
const policy = (name: string, spec = "{}"): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: ${name}\nspec: ${spec}\n`;
const both = ["Namespace//one", "Namespace//two"];

describe("parseManifests()", () => {
  it.each([
    ["documents", `${namespace("one")}---\n${namespace("two")}`],
    [
      "line ends of Windows",
      `${namespace("one")}---\n${namespace("two")}`.replaceAll("\n", "\r\n"),
    ],
    ["a byte order mark", `\ufeff${namespace("one")}---\n${namespace("two")}`],
    [
      "empty documents",
      `---\n---\n# nothing\n---\n${namespace("one")}---\n\n---\n${namespace("two")}---\n`,
    ],
    [
      "a List",
      `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: one}}\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: two\n`,
    ],
    [
      "T62 a list whose items have no kind",
      "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: one}\n- metadata:\n    name: two\n",
    ],
    [
      "a list in one line",
      "{apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: one}}, {metadata: {name: two}}]}",
    ],
    [
      "a List of lists",
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: one}}, {metadata: {name: two}}]}\n",
    ],
    [
      "a list with aliases between its items",
      "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: &m {name: one}\n- metadata: {<<: *m, name: two}\n",
    ],
    [
      "JSON",
      '{"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": "one"}}, {"metadata": {"name": "two"}}]}',
    ],
    [
      "JSON objects one after the other",
      '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}\n{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "two"}}\n',
    ],
    [
      "JSON and YAML",
      `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}\n---\n${namespace("two")}`,
    ],
    [
      "JSON with the commas and comments of YAML",
      '{"apiVersion": "v1", "kind": "NamespaceList", # all\n"items": [{"metadata": {"name": "one"}}, {"metadata": {"name": "two"}},]}',
    ],
  ])("reads %s", (_, text) => {
    expect(keysOf(text)).toEqual(both);
    expect(problemsOf(text)).toEqual([]);
  });

  it("keeps where an object stands", () => {
    const { objects } = parse(
      `${namespace("one")}---\n---\napiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: two}\n- metadata: {name: three}\n`,
    );
    expect(objects.map(({ origin }) => origin)).toEqual([
      { file: "a.yaml", document: 0 },
      { file: "a.yaml", document: 1, item: 0 },
      { file: "a.yaml", document: 1, item: 1 },
    ]);
  });

  it("reads nothing from nothing", () => {
    expect(parseManifests([])).toMatchObject({ objects: [], problems: [], unreadable: 0 });
    expect(parse("")).toMatchObject({ objects: [], problems: [] });
  });

  it("counts what it leaves out", () => {
    expect(parse(`a: [\n---\n${policy("x", "[]")}---\n${namespace("one")}`).unreadable).toBe(2);
    expect(parse(policy("x", "{podSelectors: {}}")).unreadable).toBe(0);
  });
});

describe("problems", () => {
  it("T62 tell a document that can't be read; those before and after it load", () => {
    const text = `${namespace("one")}---\na: b: c\n---\n${namespace("two")}`;
    expect(keysOf(text)).toEqual(both);
    expect(problemsOf(text)).toEqual([
      "error unreadable a.yaml:6:5 : is not YAML: bad indentation of a mapping entry",
    ]);
  });

  it("tell an item that can't be read; the others load", () => {
    const text =
      "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: one}\n- metadata: [\n- metadata: {name: two}\n";
    expect(keysOf(text)).toEqual(both);
    expect(problemsOf(text)).toEqual([
      "error unreadable a.yaml:5:14 : is not YAML: unexpected end of the stream within a flow collection",
    ]);
  });

  it("tell a key that is there twice, in YAML and in JSON", () => {
    expect(
      problemsOf("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\nspec: {}\n"),
    ).toEqual(["error unreadable a.yaml:5:1 : is not YAML: duplicated mapping key"]);
    expect(problemsOf('{"apiVersion": "v1",\n "kind": "Pod",\n "kind": "Pod"}')).toEqual([
      "error unreadable a.yaml:3:2 : has the same key twice in one map",
    ]);
  });

  it("T65 tell what the API server would refuse, at its place, and leave it out", () => {
    const text = `${namespace("one")}---\n${policy("web", "\n  ingress:\n  - from:\n    - podSelector: {}\n      ipBlock: {cidr: 10.0.0.0/8}")}`;
    expect(keysOf(text)).toEqual(["Namespace//one"]);
    expect(problemsOf(text)).toEqual([
      "error invalid a.yaml:13:7 NetworkPolicy default/web: spec.ingress[0].from[0] must not have ipBlock together with podSelector or namespaceSelector: make them two entries of the list",
    ]);
  });

  it("tell a missing field at the nearest place around it", () => {
    expect(
      problemsOf(
        policy("web", "\n  ingress:\n  - from:\n    - ipBlock:\n        except: [10.0.0.0/8]"),
      ),
    ).toEqual([
      "error invalid a.yaml:8:7 NetworkPolicy default/web: spec.ingress[0].from[0].ipBlock.cidr is required: write a CIDR such as 10.0.0.0/8",
    ]);
  });

  it("tell two objects of one identity with both places; the last is used", () => {
    const first = policy("web", "{policyTypes: [Ingress]}");
    const second = policy("web", "{policyTypes: [Egress]}");
    expect(problemsOf(first, `${namespace("one")}---\n${second}`)).toEqual([
      "warning duplicate b.yaml:6:1 NetworkPolicy default/web: is there twice: this one is used, not that of a.yaml:1",
    ]);
    const { objects } = parse(`${first}---\n${second}`);
    expect(objects).toMatchObject([{ isolates: ["egress"] }]);
  });

  it("take kinds of one name in two API groups for different objects", () => {
    const calico =
      "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: web}\nspec: {}\n";
    const { objects, problems } = parse(
      `${policy("web")}---\n${calico}---\n${calico.replace("projectcalico.org/v3", "example.com/v1")}`,
    );
    expect(objects).toHaveLength(3);
    expect(problems.filter(({ code }) => code === "duplicate")).toEqual([]);
  });

  it("count kinds that are not part of the model, one note a kind", () => {
    const monitor =
      "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\n";
    expect(problemsOf(`${namespace("one")}---\n${monitor}---\n${monitor}`, monitor)).toEqual([
      "info unknown-kind a.yaml:6:1 : monitoring.coreos.com/v1 ServiceMonitor is not part of the model (3 objects)",
    ]);
  });

  it("say nothing of Kubernetes' own kinds without a part in the network", () => {
    const kinds = [
      ["v1", "Secret"],
      ["rbac.authorization.k8s.io/v1", "Role"],
      ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
      ["v1", "ConfigMap"],
    ];
    const text = kinds
      .map(
        ([apiVersion, kind]) => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`,
      )
      .join("---\n");
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    ["argoproj.io/v1alpha1", "Rollout"],
    ["apps.openshift.io/v1", "DeploymentConfig"],
    ["apps.kruise.io/v1beta1", "StatefulSet"],
    ["batch.volcano.sh/v1alpha1", "Job"],
    ["serving.knative.dev/v1", "Service"],
  ])("warn of kinds that make pods: %s %s", (apiVersion, kind) => {
    expect(problemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`)).toEqual([
      `warning unknown-kind a.yaml:1:1 : ${apiVersion} ${kind} is not read (1 object): the pods that it makes are missing from the model`,
    ]);
  });

  it("warn of policies that are not evaluated, one note a kind", () => {
    const cilium = (name: string) =>
      `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${name}}\nspec: {endpointSelector: {}, ingress: [{}]}\n`;
    expect(problemsOf(`${cilium("a")}---\n${cilium("b")}`)).toEqual([
      "warning unsupported a.yaml:1:1 : cilium.io/v2 CiliumNetworkPolicy is not evaluated (2 objects): what it says of the pods that it selects is unknown",
    ]);
  });

  it("say nothing of policies without effect", () => {
    const audit =
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {action: AUDIT}\n";
    expect(problemsOf(audit)).toEqual([]);
  });

  it.each([
    ["security.istio.io/v1", "PeerAuthentication"],
    ["networking.istio.io/v1", "Sidecar"],
    ["policy.linkerd.io/v1beta3", "Server"],
    ["kuma.io/v1alpha1", "MeshTrafficPermission"],
    ["consul.hashicorp.com/v1alpha1", "ServiceIntentions"],
    ["access.smi-spec.io/v1alpha3", "TrafficTarget"],
    ["crd.nsx.vmware.com/v1alpha1", "SecurityPolicy"],
    ["k8s.ovn.org/v1", "ClusterUserDefinedNetwork"],
  ])("warn of others that may refuse connections: %s %s", (apiVersion, kind) => {
    expect(problemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`)).toEqual([
      `warning unsupported a.yaml:1:1 : ${apiVersion} ${kind} is not evaluated (1 object): it may refuse connections that policies allow`,
    ]);
  });

  it.each([
    ["networking.k8s.io/v1", "NetPol"],
    ["policy.networking.k8s.io/v1alpha2", "Gate"],
    ["apps/v1", "Replicator"],
    ["v1", "Widget"],
  ])("warn of kinds that Kubernetes does not have: %s %s", (apiVersion, kind) => {
    expect(problemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`)).toEqual([
      `warning unknown-kind a.yaml:1:1 : ${apiVersion} ${kind} is not known and not read (1 object)`,
    ]);
  });

  it("warn of templates of OpenShift, whose objects are not read", () => {
    const text =
      "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: a}\nobjects: []\n";
    expect(problemsOf(text)).toEqual([
      "warning unsupported a.yaml:1:1 : template.openshift.io/v1 Template is not rendered here (1 object): pass the output of oc process",
    ]);
  });

  it("count documents that are no Kubernetes objects", () => {
    expect(problemsOf("replicas: 1\n", "- a\n---\ntext\n")).toEqual([
      "info unknown-kind a.yaml:1:1 : 3 documents without apiVersion and kind: no Kubernetes objects, not read",
    ]);
  });

  it.each([
    [
      "an action in a line of its own",
      "{{- if .Values.on }}\napiVersion: v1\nkind: Service\n{{- end }}\n",
    ],
    ["an action for a value", `${namespace("{{ .Release.Namespace }}")}`],
    [
      "an action for a number",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: {{ .Values.replicas }}\n  template: {}\n",
    ],
    ["an action in a name", `${namespace("x-{{ .Values.name }}")}`],
  ])("say of a Helm template to render it: %s", (_, text) => {
    const [problem, ...others] = problemsOf(text);
    expect(problem).toMatch(
      /^error .*: is a template, not a manifest: render it first, for example with helm template/,
    );
    expect(others).toEqual([]);
  });

  it("do not take an action in a text for a template", () => {
    const text = `${policy("web", "{podSelectors: {}}").replace("  name: web", "  name: web\n  annotations: {summary: 'up {{ $labels.job }}'}")}`;
    expect(problemsOf(text)[0]).toMatch(/spec.podSelectors is no field/);
  });

  it.each([
    [
      "a kustomization",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
      "kustomization.yaml",
    ],
    ["one without a kind", "resources: [a.yaml]\n", "base/kustomization.yml"],
  ])("say that kustomize is not run: %s", (_, text, file) => {
    expect(parse(text, file).problems).toMatchObject([
      {
        severity: "warning",
        code: "unsupported",
        file,
        message:
          "1 document of kustomize, which is not run here: pass the output of kubectl kustomize instead of the folder",
      },
    ]);
  });

  it("are in order of files and lines", () => {
    const bad = policy("x", "[]");
    expect(
      problemsOf("a: [\n", `${bad}---\n${bad.replace("x", "z")}`).map((line) => line.split(" ")[2]),
    ).toEqual(["a.yaml:1:5", "b.yaml:5:1", "b.yaml:11:1"]);
  });

  it("tell texts of one name apart", () => {
    const { objects, problems } = parseManifests([
      { file: "-", text: namespace("one") },
      { file: "-", text: "a: [\n" },
    ]);
    expect(objects[0]?.origin?.file).toBe("-");
    expect(problems[0]?.file).toBe("- (2)");
  });
});

describe("objects that stand for others", () => {
  it("are Endpoints only where a Service has no slices", () => {
    const endpoints = (name: string) =>
      `apiVersion: v1\nkind: Endpoints\nmetadata: {name: ${name}}\nsubsets: [{addresses: [{ip: 10.0.0.1}]}]\n`;
    const slice =
      "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-x, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: []\n";
    expect(keysOf(`${endpoints("web")}---\n${slice}---\n${endpoints("api")}`)).toEqual([
      "EndpointSlice/default/web-x",
      "EndpointSlice/default/api",
    ]);
  });

  it("have names of their own when a generateName makes them", () => {
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}\n";
    expect(keysOf(`${pod}---\n${pod}---\n${pod}`)).toEqual([
      "Pod/default/web",
      "Pod/default/web-2",
      "Pod/default/web-3",
    ]);
  });
});
