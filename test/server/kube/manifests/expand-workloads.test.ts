import { describe, expect, it } from "vitest";
import { ClusterModel, workloadText } from "../../../../server/analyzer/model/cluster-model.js";
import type { PodObject } from "../../../../server/analyzer/model/objects.js";
import {
  expandedPodsMax,
  expandedPodsTotalMax,
  expandedReplicasMax,
} from "../../../../server/kube/limits.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";

const load = (...documents: readonly string[]) =>
  parseManifests([{ file: "a.yaml", text: documents.join("---\n") }]);
const podsOf = (...documents: readonly string[]): readonly PodObject[] =>
  load(...documents).objects.filter((object) => object.kind === "Pod");
const namesOf = (...documents: readonly string[]): readonly string[] =>
  podsOf(...documents).map(({ name }) => name);

const workload = (kind: string, rest = "", name = "web"): string => {
  const template =
    "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}";
  const apiVersion = kind.endsWith("Job")
    ? "batch/v1"
    : kind === "ReplicationController"
      ? "v1"
      : "apps/v1";
  const selector = kind.endsWith("Job")
    ? ""
    : kind === "ReplicationController"
      ? "selector: {app: web}, "
      : "selector: {matchLabels: {app: web}}, ";
  const spec = kind === "CronJob" ? `jobTemplate: {spec: {${template}}}` : `${selector}${template}`;
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\nspec: {${rest}${spec}}\n`;
};
const owned = (text: string, kind: string, name: string): string =>
  text.replace(
    "namespace: shop",
    `namespace: shop, ownerReferences: [{kind: ${kind}, name: ${name}, controller: true}]`,
  );
const pod = (name: string, kind: string, owner: string, labels = "{app: web}"): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: ${labels}, ownerReferences: [{kind: ${kind}, name: ${owner}, controller: true}]}\n`;
const node = (name: string): string => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\n`;

describe("pods of workloads", () => {
  it.each([
    ["Deployment", ["web-1"]],
    ["ReplicaSet", ["web-1"]],
    ["ReplicationController", ["web-1"]],
    ["StatefulSet", ["web-0"]],
    ["DaemonSet", ["web-1"]],
    ["Job", ["web-1"]],
    ["CronJob", ["web-1"]],
  ])("T64 are made of a %s", (kind, names) => {
    expect(namesOf(workload(kind))).toEqual(names);
  });

  it("T14 have the labels, ports and settings of the template, and no status", () => {
    expect(podsOf(workload("Deployment"))).toMatchObject([
      {
        namespace: "shop",
        labels: { app: "web" },
        ports: [{ port: 80 }],
        owner: { kind: "Deployment", name: "web" },
        expanded: true,
        ips: [],
        phase: "",
        origin: { file: "a.yaml", document: 0 },
      },
    ]);
  });

  it("T64 are none when none are wanted", () => {
    expect(namesOf(workload("Deployment", "replicas: 0, "))).toEqual([]);
    expect(namesOf(workload("StatefulSet", "replicas: 0, "))).toEqual([]);
    expect(
      namesOf(`${workload("Job")}status: {conditions: [{type: Complete, status: "True"}]}\n`),
    ).toEqual([]);
  });

  it("are expandedReplicasMax for more replicas, which are alike to every policy", () => {
    const { objects, problems } = load(workload("Deployment", "replicas: 50, "));
    expect(objects.filter(({ kind }) => kind === "Pod")).toHaveLength(expandedReplicasMax);
    expect(objects[0]).toMatchObject({ kind: "Deployment", replicas: 50 });
    expect(problems).toEqual([]);
  });

  it("have a name and labels each in a StatefulSet, since policies can tell them apart", () => {
    expect(podsOf(workload("StatefulSet", "replicas: 3, ")).map(({ labels }) => labels)).toEqual(
      [0, 1, 2].map((ordinal) => ({
        app: "web",
        "apps.kubernetes.io/pod-index": String(ordinal),
        "statefulset.kubernetes.io/pod-name": `web-${ordinal}`,
      })),
    );
  });

  it("have the labels that the Job controller gives", () => {
    expect(podsOf(workload("Job"))[0]?.labels).toEqual({
      app: "web",
      "batch.kubernetes.io/job-name": "web",
      "job-name": "web",
    });
  });

  it("are one a node for a DaemonSet, where there are nodes", () => {
    const pods = podsOf(node("n2"), workload("DaemonSet"), node("n1"));
    expect(pods.map(({ name, nodeName }) => [name, nodeName])).toEqual([
      ["web-n1", "n1"],
      ["web-n2", "n2"],
    ]);
  });

  it("do not take the name of another pod", () => {
    expect(
      namesOf(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop}\n",
        workload("Deployment"),
        workload("CronJob"),
      ),
    ).toEqual(["web-1", "web-1-2", "web-1-3"]);
  });

  it("are not more than expandedPodsMax of one StatefulSet", () => {
    const { objects, problems } = load(
      workload("StatefulSet", `replicas: ${expandedPodsMax + 1}, `),
    );
    expect(objects).toHaveLength(expandedPodsMax + 1);
    expect(problems).toMatchObject([
      {
        severity: "warning",
        code: "too-large",
        object: "StatefulSet shop/web",
        message: `wants ${expandedPodsMax + 1} pods: the model has the first ${expandedPodsMax} of them`,
        line: 1,
      },
    ]);
  });

  it("are not many more than expandedPodsTotalMax of all StatefulSets", () => {
    const sets = Math.ceil(expandedPodsTotalMax / expandedPodsMax) + 10;
    const documents = Array.from({ length: sets }, (_, index) =>
      workload("StatefulSet", `replicas: ${expandedPodsMax}, `, `web-${index}x`),
    );
    const { objects, problems } = load(...documents);
    expect(objects.length - sets).toBe(expandedPodsTotalMax + 10 * expandedReplicasMax);
    expect(problems).toHaveLength(10);
  });
});

describe("workloads that have pods", () => {
  it("are not expanded: a dump with Deployments, ReplicaSets and pods", () => {
    expect(
      namesOf(
        workload("Deployment"),
        owned(workload("ReplicaSet", "", "web-5f"), "Deployment", "web"),
        owned(workload("ReplicaSet", "replicas: 0, ", "web-4e"), "Deployment", "web"),
        pod("web-5f-abc", "ReplicaSet", "web-5f"),
      ),
    ).toEqual(["web-5f-abc"]);
  });

  it("are not expanded: a Job of a CronJob", () => {
    expect(
      namesOf(
        workload("CronJob"),
        owned(workload("Job", "", "web-123"), "CronJob", "web"),
        pod("web-123-abc", "Job", "web-123"),
      ),
    ).toEqual(["web-123-abc"]);
  });

  it.each([
    [
      "a ReplicaSet",
      "Deployment",
      pod("p", "ReplicaSet", "web-5f", "{app: web, pod-template-hash: 5f}"),
    ],
    ["a Job", "CronJob", pod("p", "Job", "web-28392840")],
  ])("are known by the names of %s that the input lacks", (_, kind, text) => {
    const { objects } = load(workload(kind), text);
    const model = new ClusterModel(objects);
    const pods = [...model.pods];
    expect(pods.map(({ name }) => name)).toEqual(["p"]);
    expect(pods.map((each) => workloadText(model.workloadOf(each)))).toEqual([`shop/web[${kind}]`]);
  });

  it.each([
    ["the hash is another", pod("p", "ReplicaSet", "web-5f", "{pod-template-hash: 6a}")],
    ["there is no hash", pod("p", "ReplicaSet", "web-5f")],
    ["the Deployment is another", pod("p", "ReplicaSet", "api-5f", "{pod-template-hash: 5f}")],
    ["the owner is of another kind", pod("p", "Widget", "web")],
  ])("are not guessed when %s", (_, text) => {
    expect(namesOf(workload("Deployment"), text)).toEqual(["p", "web-1"]);
  });
});

describe("workloads of others", () => {
  it("make no pods of their own beside the workload above them", () => {
    expect(
      namesOf(
        workload("Deployment"),
        owned(workload("ReplicaSet", "", "web-5f"), "Deployment", "web"),
      ),
    ).toEqual(["web-1"]);
  });

  it("are named by an owner that the input lacks", () => {
    const { objects } = load(owned(workload("ReplicaSet", "", "web-5f"), "Deployment", "web"));
    const model = new ClusterModel(objects);
    expect([...model.pods].map((each) => workloadText(model.workloadOf(each)))).toEqual([
      "shop/web[Deployment]",
    ]);
  });

  it("may own each other in a circle without end", () => {
    const one = owned(workload("ReplicaSet", "", "a"), "ReplicaSet", "b");
    const two = owned(workload("ReplicaSet", "", "b"), "ReplicaSet", "a");
    expect(namesOf(one, two, pod("p", "ReplicaSet", "a"))).toEqual(["p"]);
  });
});
