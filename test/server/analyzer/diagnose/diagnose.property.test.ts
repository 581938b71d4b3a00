import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiagnosisAnswer } from "../../../../server/analyzer/answers.js";
import type { DiagnosisQuestion } from "../../../../server/analyzer/diagnose/diagnose.js";
import type {
  ClusterObject,
  ContainerStatus,
  PodObject,
} from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
import { configMapObject, sliceObject } from "../../../support/cluster-objects.js";
import { diagnosed, dnsPod, dnsService } from "../../../support/diagnosis-cluster.js";
import { objectWorld } from "../../../support/manifest-world.js";
import {
  randomAsked,
  randomName,
  randomObjects,
  randomPodName,
} from "../../../support/random-pair-model.js";

/** Goal: a diagnosis never fails and never depends on order, on clusters that are broken in any way. */

const oneOf = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

const containers: fc.Arbitrary<readonly ContainerStatus[]> = fc.array(
  fc.record(
    {
      name: oneOf("c", "__proto__", "sidecar"),
      ready: fc.boolean(),
      restartCount: fc.nat(20),
      waiting: oneOf("CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", "constructor"),
      lastTerminated: oneOf("OOMKilled", "Error"),
    },
    { requiredKeys: ["name", "ready", "restartCount"] },
  ),
  { maxLength: 2 },
);

const brokenParts: fc.Arbitrary<Partial<PodObject>> = fc.record(
  {
    phase: oneOf("", "Pending", "Running", "Succeeded", "Failed", "Unknown", "Odd"),
    reason: oneOf("Evicted", "Odd"),
    ips: oneOf<readonly string[]>([], ["10.0.0.1"], ["fd00::1"], ["no address"]),
    terminating: fc.boolean(),
    containers,
    dnsPolicy: oneOf("ClusterFirst", "Default", "None", "Odd"),
    dnsNameservers: oneOf<readonly string[]>([], ["10.96.0.10"], ["1.1.1.1", "x"]),
    dnsSearches: oneOf<readonly string[]>([], ["a.svc.cluster.local", "svc.cluster.local"]),
    readinessGates: oneOf<readonly string[]>([], ["g"]),
    labels: oneOf<PodObject["labels"]>({ app: "x" }, { ["__proto__"]: "x", constructor: "y" }),
  },
  { requiredKeys: [] },
);

const dns: fc.Arbitrary<readonly ClusterObject[]> = oneOf(
  [],
  [dnsService()],
  [dnsService({ ports: [] })],
);

const extras: fc.Arbitrary<readonly ClusterObject[]> = fc.subarray<ClusterObject>([
  dnsPod("n1"),
  dnsPod("n2", { conditions: [] }),
  configMapObject("kube-system/coredns", { Corefile: "{ {{ kubernetes }" }),
  configMapObject("kube-system/kubelet-config", { kubelet: "clusterDNS: [10.96.0.99, ]" }),
  sliceObject("a/web-1", {
    service: "web",
    endpoints: [
      {
        addresses: ["10.0.0.1", "x"],
        ready: true,
        serving: true,
        terminating: false,
        pod: "a/gone",
      },
    ],
  }),
]);

const brokenObjects: fc.Arbitrary<readonly ClusterObject[]> = fc
  .tuple(randomObjects, fc.array(brokenParts, { minLength: 6, maxLength: 6 }), dns, extras)
  .map(([objects, parts, servers, more]) => {
    let index = 0;
    const broken = objects.map((object) =>
      object.kind === "Pod" ? { ...object, ...parts[index++ % parts.length] } : object,
    );
    return [...broken, ...servers, ...more];
  });

const question: fc.Arbitrary<DiagnosisQuestion> = fc
  .tuple(
    randomName,
    fc.oneof(randomName, oneOf("dns/web", "dns/web.b", "dns/x.y.z.svc")),
    randomAsked,
  )
  .map(([podA, podB, asked]) => ({ podA, podB, ...asked }));

const ask = (
  objects: readonly ClusterObject[],
  asked: DiagnosisQuestion,
): DiagnosisAnswer | string => {
  try {
    return diagnosed(objects, asked);
  } catch (error) {
    if (error instanceof QuestionError) return error.message;
    throw error;
  }
};

describe("diagnose()", () => {
  it("answers any question of any broken cluster, or says what is wrong with it", () => {
    fc.assert(
      fc.property(brokenObjects, question, (objects, asked) => {
        const answer = ask(objects, asked);
        if (typeof answer === "string") return;
        expect(answer.verdicts.length).toBeGreaterThan(0);
        expect(answer.confidence).toBeGreaterThanOrEqual(0);
        expect(answer.confidence).toBeLessThanOrEqual(0.85);
        expect(answer.status === "connected" ? answer.confidence <= 0.7 : true).toBe(true);
        if (answer.status === "disconnected") expect(answer.issues).not.toEqual([]);
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
      }),
      { numRuns: 120 },
    );
  });

  it("answers the same whatever the order of the objects", () => {
    fc.assert(
      fc.property(brokenObjects, question, (objects, asked) => {
        // Which of several holders an address means is not for the diagnosis to say.
        fc.pre([asked.podA, asked.podB].every((name) => !/^[\d.]+$/.test(name)));
        const forward = ask(objects, asked);
        const backward = ask([...objects].reverse(), asked);
        if (typeof forward === "string") expect(typeof backward).toBe("string");
        else expect(backward).toEqual(forward);
      }),
      { numRuns: 50 },
    );
  });

  it("says by address what the pair answer says of pods that run", () => {
    fc.assert(
      fc.property(randomObjects, randomPodName, randomPodName, (objects, podA, podB) => {
        const exist = [podA, podB].every((name) =>
          objects.some((object) => `${object.namespace}/${object.name}` === name),
        );
        const apart = objects.every((object) => object.kind !== "Pod" || !object.hostNetwork);
        if (!exist || !apart) return;
        const pair = evaluatePair(objectWorld(objects), {
          source: podA,
          destination: podB,
          port: 80,
          protocol: "TCP",
          explain: false,
        });
        const answer = diagnosed(objects, { podA, podB, port: 80 });
        const byAddress = answer.verdicts.find(({ mode }) => mode === "podIP");
        const words: Readonly<Record<string, string>> = {
          allowed: "allow",
          denied: "deny",
          unknown: "unknown",
        };
        expect(byAddress?.static.verdict).toBe(words[pair.verdict]);
      }),
      { numRuns: 50 },
    );
  });

  it("says by a Service what the pair answer says of endpoints that take connections", () => {
    const clients = oneOf("a/p0", "b/p1", "node/n1", "203.0.113.9");
    const targets = oneOf("svc/a/web", "svc/b/web", "10.96.0.1", "node/n2");
    const words: Readonly<Record<string, string>> = {
      allowed: "connected",
      denied: "disconnected",
      partial: "degraded",
      unknown: "unknown",
    };
    fc.assert(
      fc.property(randomObjects, clients, targets, (objects, podA, podB) => {
        fc.pre(objects.every((object) => object.kind !== "Pod" || !object.hostNetwork));
        const port = podB === "node/n2" ? 30000 : 8000;
        const pair = evaluatePair(objectWorld(objects), {
          source: podA,
          destination: podB,
          port,
          protocol: "TCP",
          explain: false,
        });
        const answer = diagnosed(objects, { podA, podB, port });
        const isBroken = answer.causes.some(({ layer }) => layer === "service");
        const byService = answer.verdicts.find(({ mode }) => mode === "serviceIP");
        if (!isBroken) expect(byService?.status).toBe(words[pair.verdict]);
      }),
      { numRuns: 80 },
    );
  });
});
