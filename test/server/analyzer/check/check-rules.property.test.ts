import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRules } from "../../../../server/analyzer/check/check-rules.js";
import { parseRules } from "../../../../server/analyzer/check/parse-rules.js";
import { listEnds } from "../../../../server/analyzer/lists/list-ends.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import { profileNames } from "../../../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { randomListObjects } from "../../../support/random-list-model.js";

// Goal: a rule about two names says what a question about them answers. Method: random small clusters, each rule asked as a
// question besides. Pods on the host network are left out: a question takes them node by node, a list does not.

const worlds = fc
  .tuple(randomListObjects, fc.constantFrom(...profileNames))
  .map(([objects, profile]) =>
    objectWorld(
      objects.map((object) => (object.kind === "Pod" ? { ...object, hostNetwork: false } : object)),
      { profile },
    ),
  );

const outcomeOf = (world: PolicyWorld, kind: string, rule: string): string | undefined =>
  checkRules(world, parseRules(`${kind}: [${rule}]`, "r")).results[0]?.outcome;

const permitOutcome = {
  allowed: "passed",
  denied: "failed",
  partial: "failed",
  unknown: "unknown",
};

describe("checkRules() on random clusters", () => {
  it.each([
    ["workloads", (): string[] => [], 80],
    ["Services", (): string[] => ["svc/a/web", "svc/b/web"], 8000],
  ] as const)("agrees with questions about %s", (_, services, port) => {
    fc.assert(
      fc.property(worlds, (world) => {
        const units = listEnds(world.engine).units.map(({ name }) => name);
        const destinations = services().length > 0 ? services() : units;
        for (const source of units.slice(0, 3)) {
          for (const destination of destinations.slice(0, 3)) {
            if (source === destination) continue;
            const rule = `{from: "${source}", to: "${destination}", ports: [TCP/${port}]}`;
            const { verdict, paths } = evaluatePair(world, {
              source,
              destination,
              port,
              explain: false,
            });
            const permit = outcomeOf(world, "permit", rule);
            const forbid = outcomeOf(world, "forbid", rule);
            if (permit === "vacuous") {
              expect(forbid).toBe("vacuous");
              expect(verdict).toBe("denied");
              continue;
            }
            const found = { source, destination, verdict, permit };
            const some = paths.some((path) => path.ready && path.verdict === "unknown");
            const expected =
              verdict === "unknown" || some
                ? [permitOutcome[verdict as keyof typeof permitOutcome], "failed"]
                : [permitOutcome[verdict as keyof typeof permitOutcome]];
            expect(expected, JSON.stringify(found)).toContain(permit);
            if (verdict === "denied") expect(forbid).toBe("passed");
            if (verdict === "allowed") expect(forbid).toBe("failed");
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
