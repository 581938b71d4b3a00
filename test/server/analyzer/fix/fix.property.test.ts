import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiffRowView } from "../../../../server/analyzer/answers.js";
import { suggestFix } from "../../../../server/analyzer/fix/suggest-fix.js";
import { diffWorlds } from "../../../../server/analyzer/lists/diff-worlds.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
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

/** A workload on the host network of several nodes is one end before a policy tells its addresses apart, and several after. */
const hasHostWorkload = (objects: readonly ClusterObject[]): boolean =>
  objects.some((each) => each.kind === "Pod" && each.hostNetwork && each.owner !== undefined);

describe("suggestFix()", () => {
  it("lets the pair through, takes nothing away and tells what else it changes, on any cluster", () => {
    const outcomes = new Map<string, number>();
    fc.assert(
      fc.property(randomObjects, question, (objects, asked) => {
        fc.pre(!hasHostWorkload(objects));
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
        const told = new Map(fix.blastRadius.map((row) => [keyOf(row), row]));
        const wanted = (fix.after?.paths ?? []).map(
          (path) => `${unitOf(path.source.name)} => ${unitOf(path.destination.name)}`,
        );
        for (const row of diffWorlds(before, after).rows) {
          expect(row.change).not.toBe("removed");
          const known = told.get(keyOf(row));
          if (known === undefined)
            expect(wanted.some((each) => covers(each, keyOf(row)))).toBe(true);
          else expect([known.before, known.after]).toEqual([row.before, row.after]);
        }
      }),
      { numRuns: 150 },
    );
    expect(outcomes.get("manifest") ?? 0).toBeGreaterThan(10);
  });
});

const keyOf = ({ source, destination }: Pick<DiffRowView, "source" | "destination">): string =>
  `${source} => ${destination}`;

const unitOf = (name: string): string => {
  if (name.includes("[")) return name;
  return /^[\d.]/.test(name)
    ? `${name.includes("-") ? name : `${name}-${name}`}[External]`
    : `${name}[Pod]`;
};

/** Whether a pair that was asked for is, or is part of, a pair of units. */
const covers = (wanted: string, pair: string): boolean => {
  const [from, to] = wanted.split(" => ");
  const [source, destination] = pair.split(" => ");
  const isPart = (one: string | undefined, unit: string | undefined): boolean =>
    one === unit ||
    (one?.endsWith("[External]") === true && unit?.endsWith("[External]") === true) ||
    (unit?.includes("[Deployment]") === true && one?.endsWith("[Pod]") === true);
  return isPart(from, source) && isPart(to, destination);
};
