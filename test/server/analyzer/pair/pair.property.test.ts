import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PairAnswer } from "../../../../server/analyzer/answers.js";
import { isFinished } from "../../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject, PodObject } from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import type { PairQuestion } from "../../../../server/analyzer/pair/question.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
import { containsConnection } from "../../../../server/analyzer/sets/connections.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { randomAsked, randomName, randomObjects } from "../../../support/random-pair-model.js";

// Goal: answers about pairs hold on any cluster. Method: small random clusters, compared with the engine pod by pod.

const runs = { numRuns: 100 };

const ask = (objects: readonly ClusterObject[], question: PairQuestion): PairAnswer | string => {
  try {
    return evaluatePair(objectWorld(objects), question);
  } catch (error) {
    if (error instanceof QuestionError) return error.message;
    throw error;
  }
};

const question = fc
  .tuple(randomName, randomName, randomAsked, fc.boolean())
  .map(([source, destination, asked, explain]) => ({ source, destination, ...asked, explain }));

const livePods = (objects: readonly ClusterObject[]): readonly PodObject[] =>
  objects.filter((object) => object.kind === "Pod").filter((pod) => !isFinished(pod));

/** What the engine says of TCP 80 between two pods. */
const engineWord = (
  objects: readonly ClusterObject[],
  [from, to]: readonly [PodObject, PodObject],
  viaService = false,
): string => {
  const { engine } = objectWorld(objects);
  const { allowed, undetermined } = engine.decide(
    { kind: "pod", pod: from },
    { kind: "pod", pod: to },
    { viaService },
  );
  if (containsConnection(undetermined, "TCP", 80)) return "unknown";
  return containsConnection(allowed, "TCP", 80) ? "allowed" : "denied";
};

const rolledUp = (words: readonly string[]): string => {
  if (words.includes("allowed") && words.includes("denied")) return "partial";
  if (words.includes("unknown")) return "unknown";
  return words.includes("allowed") ? "allowed" : "denied";
};

describe("evaluatePair()", () => {
  it("answers any question of any cluster, or says what is wrong with it", () => {
    fc.assert(
      fc.property(randomObjects, question, (objects, asked) => {
        const answer = ask(objects, asked);
        if (typeof answer === "string") return;
        expect(["allowed", "denied", "partial", "unknown"]).toContain(answer.verdict);
        expect(answer.walkthrough).not.toBe("");
      }),
      runs,
    );
  });

  it("does not depend on the order of objects", () => {
    fc.assert(
      fc.property(randomObjects, question, (objects, asked) => {
        expect(ask([...objects].reverse(), asked)).toEqual(ask(objects, asked));
      }),
      runs,
    );
  });

  it("says of workloads what the engine says of all their pods", () => {
    fc.assert(
      fc.property(randomObjects, (objects) => {
        const pods = livePods(objects);
        const of = (name: string) =>
          pods.filter(({ namespace, owner }) => namespace === "a" && owner?.name === name);
        const [from, to] = [of("d-x"), of("d-y")];
        if (from.length === 0 || to.length === 0) return;
        const answer = ask(objects, {
          source: "a/d-x[Deployment]",
          destination: "a/d-y[Deployment]",
          port: 80,
          explain: false,
        });
        const words = from.flatMap((one) => to.map((other) => engineWord(objects, [one, other])));
        expect(typeof answer === "string" ? answer : answer.verdict).toBe(rolledUp(words));
      }),
      runs,
    );
  });

  it("says of a Service what the engine says of its ready pods on the target port", () => {
    fc.assert(
      fc.property(randomObjects, (objects) => {
        const pods = livePods(objects);
        const [from] = pods;
        if (from === undefined) return;
        const behind = pods.filter(
          ({ namespace, labels, conditions }) =>
            namespace === "a" && labels["app"] === "x" && conditions[0]?.status === "True",
        );
        const answer = ask(objects, {
          source: `${from.namespace}/${from.name}`,
          destination: "svc/a/web",
          port: 8000,
          explain: false,
        });
        const words = behind.map((pod) => engineWord(objects, [from, pod], true));
        expect(typeof answer === "string" ? answer : answer.verdict).toBe(rolledUp(words));
      }),
      runs,
    );
  });

  it("explains every denial by a miss of a direction that denies", () => {
    fc.assert(
      fc.property(randomObjects, (objects) => {
        const [from, to] = livePods(objects);
        if (from === undefined || to === undefined) return;
        const name = ({ namespace, name: own }: PodObject): string => `${namespace}/${own}`;
        const answer = ask(objects, {
          source: name(from),
          destination: name(to),
          port: 80,
          explain: true,
        });
        if (typeof answer === "string" || answer.verdict !== "denied") return;
        const misses = answer.paths.flatMap(({ egress, ingress }) => [
          ...egress.misses,
          ...ingress.misses,
        ]);
        expect(misses.length).toBeGreaterThan(0);
      }),
      runs,
    );
  });
});
