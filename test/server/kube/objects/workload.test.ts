import { describe, expect, it } from "vitest";
import { faultsOf, objectOf } from "../../../support/raw-objects.js";

const template =
  "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}";
const deployment = (spec: string, rest = ""): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: other}}\nspec: {template: ${template}, ${spec}}\n${rest}`;
const selector = "selector: {matchLabels: {app: web}}";

describe("workloads", () => {
  it("T14 have the labels of their template apart from their own", () => {
    const workload = objectOf("Deployment", deployment(selector));
    expect(workload.labels).toEqual({ app: "other" });
    expect(workload.template.labels).toEqual({ app: "web" });
    expect(workload.template.ports).toHaveLength(1);
  });

  it("T64 want one pod when they do not say", () => {
    expect(objectOf("Deployment", deployment(selector)).replicas).toBe(1);
    expect(objectOf("Deployment", deployment(`replicas: 0, ${selector}`)).replicas).toBe(0);
    expect(faultsOf(deployment(`replicas: -1, ${selector}`))).toEqual([
      "error spec.replicas -1 must not be negative",
    ]);
  });

  it("say how many pods are ready once a controller has written so", () => {
    const ready = (status: string) =>
      objectOf("Deployment", deployment(selector, status)).readyReplicas;
    expect(ready("status: {readyReplicas: 2}")).toBe(2);
    expect(ready("status: {observedGeneration: 1, replicas: 3}")).toBe(0);
    expect(ready("status: {}")).toBeUndefined();
  });

  it.each([
    ["StatefulSet", "apps/v1", `spec: {${selector}, template: ${template}}`, 1],
    ["ReplicaSet", "apps/v1", `spec: {${selector}, template: ${template}}`, 1],
    ["ReplicationController", "v1", `spec: {selector: {app: web}, template: ${template}}`, 1],
    ["DaemonSet", "apps/v1", `spec: {${selector}, template: ${template}}`, undefined],
    ["Job", "batch/v1", `spec: {template: ${template}}`, undefined],
    ["CronJob", "batch/v1", `spec: {jobTemplate: {spec: {template: ${template}}}}`, undefined],
  ] as const)("include %s", (kind, apiVersion, spec, replicas) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web}\n${spec}`;
    expect(faultsOf(text)).toEqual([]);
    const workload = objectOf(kind, text);
    expect(workload.replicas).toBe(replicas);
    expect(workload.template.labels).toEqual({ app: "web" });
  });

  it.each(["Complete", "Failed"])("want no pod as a Job that is %s", (type) => {
    const text = `apiVersion: batch/v1\nkind: Job\nmetadata: {name: web}\nspec: {template: ${template}}\nstatus: {conditions: [{type: ${type}, status: "True"}]}`;
    expect(objectOf("Job", text).replicas).toBe(0);
  });

  it("are refused without a template", () => {
    expect(
      faultsOf(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {a: b}}}",
      )[0],
    ).toBe("error spec.template is required");
  });

  it.each([
    ["is missing", "replicas: 1"],
    ["is empty", "selector: {}"],
    ["does not match the labels of the template", "selector: {matchLabels: {app: other}}"],
  ])("are used although their selector %s, which the API server would refuse", (fault, spec) => {
    expect(faultsOf(deployment(spec))).toEqual([
      `warning spec.selector ${fault}; the API server would refuse this`,
    ]);
  });

  it("of versions that are gone are read, and told to be old", () => {
    const text = deployment("replicas: 2").replace("apps/v1", "extensions/v1beta1");
    expect(objectOf("Deployment", text).replicas).toBe(2);
    expect(faultsOf(text)).toEqual([
      "warning apiVersion extensions/v1beta1 Deployment is no longer served by API servers: write apps/v1",
    ]);
  });
});
