import type { FindingView, LintAnswer } from "../../server/analyzer/answers.js";
import { createWorld } from "../../server/analyzer/create-world.js";
import { type LintOptions, lint } from "../../server/analyzer/lint/lint.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import { parseManifests } from "../../server/kube/manifests/parse-manifests.js";

/** Lints the manifests of one text, as the command line does with a file named in.yaml. */
export const lintText = (
  text: string,
  { profile, ...options }: LintOptions & { readonly profile?: ProfileName } = {},
): LintAnswer => {
  const { objects, problems, locate } = parseManifests([{ file: "in.yaml", text }]);
  const world = createWorld({
    model: new ClusterModel(objects),
    locate,
    problems,
    ...(profile === undefined ? {} : { profile }),
  });
  return lint(world, options);
};

/** The findings of one rule. */
export const findingsOf = (
  rule: string,
  text: string,
  options: LintOptions & { readonly profile?: ProfileName } = {},
): readonly FindingView[] =>
  lintText(text, options).findings.filter((finding) => finding.rule === rule);

/** Manifests of several objects as one text. */
export const documents = (...texts: readonly string[]): string => texts.join("\n---\n");

type Words = Readonly<Record<string, unknown>>;

/** A pod "ns/name" with label app=name; parts of metadata, spec and status replace or add. */
export const podText = (
  path: string,
  parts: {
    readonly labels?: Words;
    readonly ports?: readonly Words[];
    readonly spec?: Words;
    readonly status?: Words;
  } = {},
): string => {
  const [namespace, name] = path.split("/");
  const { labels = { app: name }, ports = [], spec = {}, status = {} } = parts;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: "main", image: "main", ports }], ...spec },
    status,
  });
};

/** A namespace with labels. */
export const namespaceText = (name: string, labels: Words = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });

/** A Service "ns/name". */
export const serviceText = (path: string, spec: Words): string => {
  const [namespace, name] = path.split("/");
  return JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec });
};

/** A NetworkPolicy "ns/name" with a spec in YAML. */
export const policyText = (path: string, spec: string): string => {
  const [namespace, name] = path.split("/");
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec:
${spec.trim().replace(/^/gm, "  ")}`;
};

/** A ClusterNetworkPolicy with a spec in YAML. */
export const clusterPolicyText = (name: string, spec: string): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: ${name}}
spec:
${spec.trim().replace(/^/gm, "  ")}`;

/** What a finding says, for tests of several at once: "high NetworkPolicy shop/web: message". */
export const linesOf = (findings: readonly FindingView[]): readonly string[] =>
  findings.map(({ severity, object, message }) => `${severity} ${object}: ${message}`);
