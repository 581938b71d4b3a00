import { describe, expect, it } from "vitest";
import { podObject } from "../../../support/cluster-objects.js";
import { apiPod, cluster, diagnosed, webPod } from "../../../support/diagnosis-cluster.js";

/** Goal: what is said of pods is what is so of them. Method: one state of a pod each. */

describe("a pod that its scheduling gates hold back", () => {
  it("is not told to lack room", () => {
    const { nodeName: _, ...unplaced } = apiPod({
      phase: "Pending",
      ips: [],
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
        },
      ],
    });
    const objects = cluster().filter(({ kind, name }) => kind !== "Pod" || name !== "api");
    const [cause] = diagnosed([...objects, unplaced]).causes;
    expect(cause).toMatchObject({
      code: "POD_PENDING_UNSCHEDULABLE",
      remediation: {
        summary: "Find out which controller is to take the scheduling gates off shop/api",
        steps: ["kubectl -n shop describe pod api", "kubectl -n shop get pod api -o yaml"],
      },
    });
  });
});

describe("two pods with one address", () => {
  it("are told of once where they are both ends", () => {
    const answer = diagnosed(cluster(webPod({ ips: ["10.244.2.20"] })), { port: 8080 });
    expect(answer.issues.filter((text) => text.includes("same address"))).toEqual([
      "Pods shop/api and shop/web have the same address 10.244.2.20",
    ]);
  });

  it("are told of whatever their order", () => {
    const twin = podObject("shop/zwin", { ips: ["10.244.2.20"], nodeName: "n3" });
    expect(diagnosed(cluster(twin)).issues).toContain(
      "Pods shop/api and shop/zwin have the same address 10.244.2.20",
    );
  });
});
