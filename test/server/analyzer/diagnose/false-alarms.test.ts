import { describe, expect, it } from "vitest";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { serviceObject, sliceObject } from "../../../support/cluster-objects.js";
import {
  apiPod,
  cluster,
  clusterWithout,
  corefileMap,
  diagnosed,
} from "../../../support/diagnosis-cluster.js";

/** Goal: what real clusters have and what works is no fault. Method: each adds one such thing to the healthy cluster. */

const calm = (objects: readonly ClusterObject[], question = {}): void => {
  const { status, issues } = diagnosed(objects, question);
  expect({ status, issues }).toEqual({ status: "connected", issues: [] });
};

describe("a healthy cluster", () => {
  it.each([
    ["serves every name by its kubernetes plugin", ".:53 {\n kubernetes\n forward . 1.1.1.1\n}\n"],
    [
      "has its domain from a variable",
      ".:53 {\n kubernetes {$CLUSTER_DOMAIN} in-addr.arpa\n forward . 1.1.1.1\n}\n",
    ],
    ["imports a snippet", "(k8s) {\n kubernetes cluster.local\n}\n.:53 {\n import k8s\n}\n"],
    [
      "imports files between its blocks",
      ".:53 {\n kubernetes cluster.local\n import custom/*.override\n}\nimport custom/*.server\n",
    ],
    ["has a Corefile too large to be read", `# ${"x".repeat(1_100_000)}\n`],
  ])("is calm where CoreDNS %s", (_, corefile) => {
    calm(cluster(corefileMap(corefile)), { podB: "svc/shop/api" });
    calm(cluster(corefileMap(corefile)), { podB: "dns/example.com" });
  });

  it("is calm where a StatefulSet has a Service and a headless one, with target ports by name", () => {
    const port = { name: "http", port: 8080, protocol: "TCP" } as const;
    const ports = [{ ...port, targetPort: "http" }];
    const slice = (service: string) =>
      sliceObject(`shop/${service}-1`, {
        service,
        endpoints: [
          {
            addresses: ["10.244.2.20"],
            ready: true,
            serving: true,
            terminating: false,
            pod: "shop/api",
          },
        ],
        ports: [port],
      });
    const objects = [
      ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1", "Pod/shop/api"),
      apiPod({ hostname: "api", subdomain: "api-headless" }),
      serviceObject("shop/api", { selector: { app: "api" }, clusterIps: ["10.96.0.20"], ports }),
      serviceObject("shop/api-headless", {
        selector: { app: "api" },
        clusterIps: ["None"],
        ports,
      }),
      slice("api"),
      slice("api-headless"),
    ];
    for (const podB of ["shop/api", "svc/shop/api-headless", "dns/api.api-headless"]) {
      calm(objects, { podB });
    }
  });

  it("is calm where a container was killed once and is up again", () => {
    const container = { name: "api", ready: true, restartCount: 1, exitCode: 137 };
    const answer = diagnosed(
      cluster(apiPod({ containers: [{ ...container, lastTerminated: "OOMKilled" }] })),
    );
    expect(answer).toMatchObject({ status: "connected", issues: [] });
    expect(answer.latent).toMatchObject([{ code: "POD_OOMKILLED", severity: "medium" }]);
  });
});
