import { describe, expect, it } from "vitest";
import { nodeObject, podObject } from "../../../support/cluster-objects.js";
import { apiPod, cluster, codesOf, diagnosed } from "../../../support/diagnosis-cluster.js";

/** Goal: a node without addresses left is seen without an event. Method: a range of sixteen, three of them reserved. */

const waiting = apiPod({
  phase: "Pending",
  ips: [],
  conditions: [],
  containers: [{ name: "api", ready: false, restartCount: 0, waiting: "ContainerCreating" }],
});
const node = nodeObject("n2", { podCidrs: ["10.244.2.0/28"] });
const neighbours = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    podObject(`shop/n${index}`, { nodeName: "n2", ips: [`10.244.2.${index + 3}`] }),
  );

describe("a pod that waits for its network", () => {
  it("is put down to addresses when its node has as many pods as addresses", () => {
    const answer = diagnosed(cluster(waiting, node, ...neighbours(12)));
    expect(codesOf(answer)).toContain("CNI_IPAM_EXHAUSTED");
    expect(answer.causes[0]?.proof).toBe("inferred");
  });

  it("is put down to the plugin when there are addresses left, and others are not ruled out", () => {
    const answer = diagnosed(cluster(waiting, node, ...neighbours(6)));
    expect(answer.causes[0]).toMatchObject({
      code: "POD_SANDBOX_FAILED",
      equivalentTo: ["CNI_IPAM_EXHAUSTED", "POD_CONFIG_ERROR", "POD_IMAGE_PULL"],
    });
  });
});
