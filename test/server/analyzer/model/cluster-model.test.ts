import { describe, expect, it } from "vitest";
import {
  ClusterModel,
  isFinished,
  workloadText,
} from "../../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject, OwnerRef } from "../../../../server/analyzer/model/objects.js";
import {
  configMapObject,
  namespaceObject,
  networkPolicyObject,
  podObject,
  serviceObject,
  sliceObject,
  unmodelledPolicyObject,
  workloadObject,
} from "../../../support/cluster-objects.js";

const remove = (model: ClusterModel, object: ClusterObject): void =>
  model.apply({ kind: "remove", object });

describe("ClusterModel", () => {
  it("keeps the last of two objects of one kind, namespace and name", () => {
    const model = new ClusterModel([
      podObject("shop/web", { phase: "Pending" }),
      podObject("shop/web", { phase: "Running" }),
      podObject("other/web"),
      serviceObject("shop/web"),
    ]);
    expect(model.podCount).toBe(2);
    expect(model.pod("shop", "web")?.phase).toBe("Running");
    remove(model, podObject("shop/web"));
    expect(model.podCount).toBe(1);
    expect(model.pod("shop", "web")).toBeUndefined();
    expect(model.service("shop", "web")).toBeDefined();
  });

  it("takes policies of one kind and name in two API groups for different ones", () => {
    const calico = unmodelledPolicyObject("shop/a", {
      apiVersion: "projectcalico.org/v3",
      policyKind: "NetworkPolicy",
    });
    const antrea = { ...calico, apiVersion: "crd.antrea.io/v1beta1" };
    const newer = { ...antrea, apiVersion: "crd.antrea.io/v1" };
    const model = new ClusterModel([calico, antrea, networkPolicyObject("shop/a")]);
    expect([...model.unmodelledPolicies]).toEqual([calico, antrea]);
    model.apply({ kind: "upsert", object: newer });
    expect([...model.unmodelledPolicies]).toEqual([calico, newer]);
    remove(model, calico);
    expect([...model.unmodelledPolicies]).toEqual([newer]);
    expect(model.networkPolicyCount).toBe(1);
  });

  it("gives back every object that it was given", () => {
    const objects: readonly ClusterObject[] = [
      namespaceObject("shop", { "kubernetes.io/metadata.name": "shop" }),
      podObject("shop/web"),
      workloadObject("shop/web"),
      workloadObject("shop/web", { kind: "ReplicaSet" }),
      serviceObject("shop/web"),
      sliceObject("shop/web-1", { service: "web" }),
      networkPolicyObject("shop/a"),
      unmodelledPolicyObject("shop/a"),
      configMapObject("kube-system/coredns", {}),
    ];
    const copy = new ClusterModel(objects);
    expect(new Set(copy.objects())).toEqual(new Set(objects));
    expect(new Set(new ClusterModel(copy.objects()).objects())).toEqual(new Set(objects));
  });

  it("finds the slices of a Service, also after a change", () => {
    const [one, two] = ["shop/web-1", "shop/web-2"].map((name) =>
      sliceObject(name, { service: "web" }),
    ) as [ClusterObject, ClusterObject];
    const model = new ClusterModel([one]);
    expect(model.slicesOf("shop", "web")).toEqual([one]);
    model.apply({ kind: "upsert", object: two });
    expect(model.slicesOf("shop", "web")).toEqual([one, two]);
    remove(model, one);
    expect(model.slicesOf("shop", "web")).toEqual([two]);
    expect(model.slicesOf("other", "web")).toEqual([]);
  });

  it("knows names that mean something to the language", () => {
    const model = new ClusterModel([podObject("__proto__/constructor")]);
    expect(model.pod("__proto__", "constructor")).toBeDefined();
    expect(model.pod("shop", "constructor")).toBeUndefined();
    expect(model.namespace("constructor").labels).toEqual({
      "kubernetes.io/metadata.name": "constructor",
    });
  });
});

describe("namespaces", () => {
  it("T12 carry their name as label, whatever is written, and without an object", () => {
    const model = new ClusterModel([
      namespaceObject("shop", { team: "a", "kubernetes.io/metadata.name": "forged" }),
    ]);
    expect(model.namespace("shop").labels).toEqual({
      team: "a",
      "kubernetes.io/metadata.name": "shop",
    });
    expect(model.namespace("other").labels).toEqual({ "kubernetes.io/metadata.name": "other" });
    expect([model.hasNamespaceObject("shop"), model.hasNamespaceObject("other")]).toEqual([
      true,
      false,
    ]);
  });

  it("are there as soon as something is in them", () => {
    const model = new ClusterModel([
      namespaceObject("a"),
      podObject("b/x"),
      serviceObject("c/x"),
      networkPolicyObject("d/x"),
      unmodelledPolicyObject("e/x"),
      workloadObject("f/x", { replicas: 0 }),
    ]);
    model.apply({
      kind: "upsert",
      object: { ...unmodelledPolicyObject("x"), namespace: "" },
    });
    expect([...model.namespaceNames()].sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
    remove(model, podObject("b/x"));
    expect(model.namespaceNames().has("b")).toBe(false);
  });
});

describe("workloadOf()", () => {
  const nameOf = (owner: OwnerRef | undefined, ...workloads: readonly ClusterObject[]): string => {
    const pod = podObject("shop/p", owner === undefined ? {} : { owner });
    return workloadText(new ClusterModel([pod, ...workloads]).workloadOf(pod));
  };
  const owned = (kind: "ReplicaSet" | "Job" | "Deployment" | "StatefulSet", owner: OwnerRef) =>
    workloadObject("shop/x", { kind, owner });

  it("is the pod itself without an owner, and the owner that the model lacks", () => {
    expect(nameOf(undefined)).toBe("shop/p[Pod]");
    expect(nameOf({ kind: "ReplicaSet", name: "x" })).toBe("shop/x[ReplicaSet]");
    expect(nameOf({ kind: "StrimziPodSet", name: "kafka" })).toBe("shop/kafka[StrimziPodSet]");
  });

  it.each([
    ["ReplicaSet", { kind: "Deployment", name: "web" }, "shop/web[Deployment]"],
    ["ReplicaSet", { kind: "Rollout", name: "web" }, "shop/web[Rollout]"],
    ["Job", { kind: "CronJob", name: "web" }, "shop/web[CronJob]"],
  ] as const)("is the owner of a %s: %o", (kind, owner, expected) => {
    expect(nameOf({ kind, name: "x" }, owned(kind, owner))).toBe(expected);
  });

  it.each(["Deployment", "StatefulSet"] as const)(
    "is a %s that an operator made, not what the operator made it of",
    (kind) => {
      const csv = { kind: "ClusterServiceVersion", name: "operator.v1" };
      expect(nameOf({ kind, name: "x" }, owned(kind, csv))).toBe(`shop/x[${kind}]`);
    },
  );
});

describe("isFinished()", () => {
  it.each([
    ["Succeeded", true],
    ["Failed", true],
    ["Running", false],
    ["Pending", false],
    ["Unknown", false],
    ["", false],
  ])("T36 %s: %s", (phase, expected) => {
    expect(isFinished(podObject("a", { phase }))).toBe(expected);
  });
});
