import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { suggestFix } from "../../../../server/analyzer/fix/suggest-fix.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
import {
  isSubsetOfConnections,
  sameConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";
import { objectWorld } from "../../../support/manifest-world.js";
import {
  randomAsked,
  randomName,
  randomObjects,
  randomPodName,
} from "../../../support/random-pair-model.js";

// Goal: a fix holds on any cluster. Method: small random clusters; the manifest is read as a cluster would read it, and
// every pair of pods is compared before and after.

const question = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: randomPodName }, randomName),
    fc.oneof({ weight: 2, arbitrary: randomPodName }, randomName),
    fc.oneof(fc.constant({ port: 80 }), randomAsked),
  )
  .map(([source, destination, asked]) => ({ source, destination, ...asked }));

const fixOf = (
  world: PolicyWorld,
  asked: { readonly source: string; readonly destination: string },
) => {
  try {
    return suggestFix(world, asked);
  } catch (error) {
    if (error instanceof QuestionError) return undefined;
    throw error;
  }
};

/** Pairs of units whose connections are others: "a/p0[Pod] => b/p1[Pod]". */
const changedPairs = (before: PolicyWorld, after: PolicyWorld): readonly string[] => {
  const units = after.engine.units();
  const changed: string[] = [];
  for (const from of units) {
    for (const to of units) {
      const [one, other] = [from.pods[0], to.pods[0]];
      if (from === to || one === undefined || other === undefined) continue;
      const ends = [
        { kind: "pod", pod: one },
        { kind: "pod", pod: other },
      ] as const;
      const was = before.engine.reach(...ends);
      const is = after.engine.reach(...ends);
      expect(isSubsetOfConnections(was.allowed, is.allowed)).toBe(true);
      if (!sameConnections(was.allowed, is.allowed)) changed.push(`${from.name} => ${to.name}`);
    }
  }
  return changed;
};

describe("suggestFix()", () => {
  it("lets the pair through, takes nothing away and tells what else it changes, on any cluster", () => {
    const outcomes = new Map<string, number>();
    fc.assert(
      fc.property(randomObjects, question, (objects, asked) => {
        const before = objectWorld(objects);
        const fix = fixOf(before, asked);
        if (fix === undefined) return;
        outcomes.set(fix.outcome, (outcomes.get(fix.outcome) ?? 0) + 1);
        const verdict = evaluatePair(before, { ...asked, explain: false }).verdict;
        if (fix.outcome === "none-needed") expect(verdict).toBe("allowed");
        if (fix.outcome === "refused") expect(fix.reason).not.toBe("");
        if (fix.outcome !== "manifest") return;
        const added = parseManifests([{ file: "fix.yaml", text: fix.manifest }]);
        expect(added.problems).toEqual([]);
        const after = objectWorld([...objects, ...(added.objects as readonly ClusterObject[])]);
        expect(evaluatePair(after, { ...asked, explain: false }).verdict).toBe("allowed");
        const told = new Set(
          fix.blastRadius.map(({ source, destination }) => `${source} => ${destination}`),
        );
        const wanted = new Set(
          fix.after?.paths.map(
            (path) => `${unitOf(path.source.name)} => ${unitOf(path.destination.name)}`,
          ),
        );
        for (const pair of changedPairs(before, after)) {
          if (!told.has(pair)) expect([...wanted].some((each) => covers(each, pair))).toBe(true);
        }
      }),
      { numRuns: 250 },
    );
    expect(outcomes.get("manifest") ?? 0).toBeGreaterThan(20);
  });
});

const unitOf = (name: string): string => (name.includes("[") ? name : `${name}[Pod]`);

/** Whether a pair that was asked for is, or is part of, a pair of units. */
const covers = (wanted: string, pair: string): boolean => {
  const [from, to] = wanted.split(" => ");
  const [source, destination] = pair.split(" => ");
  const isPart = (one: string | undefined, unit: string | undefined): boolean =>
    one === unit || (unit?.includes("[Deployment]") === true && one?.endsWith("[Pod]") === true);
  return isPart(from, source) && isPart(to, destination);
};
