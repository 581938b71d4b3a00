import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  brokenMax,
  connectedMax,
  connectedMin,
  denyEnforcedMax,
  denyUnenforcedMax,
  denyUnknownMax,
  unknownCauseMin,
} from "../../../../server/analyzer/diagnose/verdict/confidence-table.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { nodeObject } from "../../../support/cluster-objects.js";
import {
  apiPod,
  calicoPod,
  cluster,
  clusterWithout,
  diagnosed,
  dnsPod,
  flannelPod,
  isolating,
  webPod,
} from "../../../support/diagnosis-cluster.js";
import { nodeCases } from "../../../support/diagnosis-node-cases.js";
import { podCases } from "../../../support/diagnosis-pod-cases.js";
import { serviceCases } from "../../../support/diagnosis-service-cases.js";

/** Goal: a confidence is a probability within its caps, and moves the right way. Method: examples and random subsets. */

const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
const denied = isolating("deny-all");
const calico = ["Pod/kube-system/calico-node-n1", "Pod/kube-system/calico-node-n2"];

const keyOf = ({ kind, namespace, name }: ClusterObject): string => `${kind}/${namespace}/${name}`;

describe("connected by objects alone", () => {
  it("is as sure as the share of faults that objects show lets it be", () => {
    expect(diagnosed(cluster())).toMatchObject({ status: "connected", confidence: connectedMax });
  });

  it("is less sure the less is known, down to a least", () => {
    const bare = [
      webPod({ phase: "", ips: [], conditions: [] }),
      apiPod({ phase: "", ips: [], conditions: [] }),
    ];
    const { confidence, status } = diagnosed(bare);
    expect(status).toBe("connected");
    expect(confidence).toBeLessThan(connectedMax - 0.1);
    expect(confidence).toBeGreaterThanOrEqual(connectedMin);
  });

  it("never grows when evidence is left out", () => {
    const droppable = cluster()
      .map(keyOf)
      .filter((key) => !/^(Pod|Service)\/shop/.test(key));
    fc.assert(
      fc.property(fc.subarray(droppable), fc.subarray(droppable), (some, more) => {
        const fewer = diagnosed(clusterWithout(...some));
        const fewest = diagnosed(clusterWithout(...some, ...more));
        if (fewer.status !== fewest.status) return;
        expect(fewest.confidence).toBeLessThanOrEqual(fewer.confidence);
      }),
      { numRuns: 40 },
    );
  });
});

describe("denied by policies", () => {
  it("is surest where a plugin that enforces is seen", () => {
    expect(diagnosed(cluster(denied)).confidence).toBe(denyEnforcedMax);
  });

  it("is a toss-up where none is seen", () => {
    const answer = diagnosed([...clusterWithout(...calico), denied]);
    expect(answer.confidence).toBe(denyUnknownMax);
    expect(answer.limits.map(({ what }) => what)).toContain("the network plugin");
  });

  it("is less than that where the plugin that is seen enforces none", () => {
    const answer = diagnosed([...clusterWithout(...calico), flannelPod("n1"), denied]);
    expect(answer.confidence).toBe(denyUnenforcedMax);
    expect(answer.endpoints.cni.enforcesPolicy).toBe(false);
  });
});

describe("broken by what objects show", () => {
  it("lies between a toss-up and the cap, whatever the code", () => {
    const broken = [...podCases, ...nodeCases, ...serviceCases].filter(
      ({ status }) => status === "disconnected",
    );
    expect(broken.length).toBeGreaterThan(25);
    for (const { code, shows } of broken) {
      const { confidence } = diagnosed(shows.objects, shows.question, shows.options);
      expect({ code, ok: confidence > 0.5 && confidence <= brokenMax }).toEqual({ code, ok: true });
    }
  });

  it("is weaker where the model is old", () => {
    const old = diagnosed(cluster(apiPod({ ips: [] })), {}, { ageS: 600 });
    expect(old.confidence).toBeLessThan(diagnosed(cluster(apiPod({ ips: [] }))).confidence);
    expect(old.limits.map(({ what }) => what)).toContain("changes of the last moments");
  });
});

describe("more that is wrong", () => {
  const faults: readonly (readonly ClusterObject[])[] = [
    [denied],
    [isolating("deny-out", { isolates: ["egress"] })],
    [dnsPod("n1", unready), dnsPod("n2", unready)],
    [apiPod(unready)],
    [webPod({ dnsPolicy: "Default" })],
    [nodeObject("n2", { conditions: [{ type: "Ready", status: "Unknown" }] })],
    [calicoPod("n2", unready)],
    [apiPod({ phase: "Pending", ips: [], conditions: [] })],
  ];

  it("never makes the same status less sure", () => {
    const indices = faults.map((_, index) => index);
    fc.assert(
      fc.property(fc.subarray(indices), fc.subarray(indices), (some, more) => {
        const all = [...new Set([...some, ...more])].sort();
        const objectsOf = (chosen: readonly number[]) =>
          cluster(...chosen.flatMap((index) => faults[index] ?? []));
        const fewer = diagnosed(objectsOf([...some].sort()));
        const most = diagnosed(objectsOf(all));
        if (fewer.status === "connected" || fewer.status !== most.status) return;
        expect(most.confidence).toBeGreaterThanOrEqual(fewer.confidence);
      }),
      { numRuns: 50 },
    );
  });

  it("leaves it alone where it is for information", () => {
    const healthy = diagnosed(cluster());
    const cordoned = diagnosed(cluster(nodeObject("n9", { unschedulable: true })));
    expect(cordoned.confidence).toBe(healthy.confidence);
    const marked = diagnosed(
      cluster(nodeObject("n2", { unschedulable: true, podCidrs: ["10.244.2.0/24"] })),
    );
    expect(marked.confidence).toBe(healthy.confidence);
    expect(marked.issues).toEqual([]);
  });
});

describe("probabilities of causes", () => {
  it("sum to one with the unknown cause and what is masked, and leave the unknown its part", () => {
    for (const { shows } of [...podCases, ...nodeCases, ...serviceCases]) {
      const answer = diagnosed(shows.objects, shows.question, shows.options);
      if (answer.status !== "disconnected") continue;
      const all = [...answer.causes, ...answer.latent];
      const sum = all.reduce((total, { probability }) => total + probability, 0);
      expect(sum).toBeGreaterThan(0.95);
      expect(sum).toBeLessThan(1.05);
      const unknown = answer.causes.find(({ code }) => code === "UNKNOWN_CAUSE");
      expect(unknown?.probability).toBeGreaterThanOrEqual(unknownCauseMin);
    }
  });

  it("put the first thing on the way before what it masks", () => {
    const both = isolating("deny-both", { isolates: ["ingress", "egress"] });
    const answer = diagnosed(cluster(both), { port: 8080 });
    expect(answer.causes[0]).toMatchObject({ code: "NETPOL_EGRESS_DENIED", blocks: true });
    const masked = answer.latent.find(({ code }) => code === "NETPOL_INGRESS_DENIED");
    expect(masked).toMatchObject({ blocks: false });
    expect(masked?.probability).toBeGreaterThan(0);
    expect(answer.issues).toHaveLength(3);
  });
});
