import { describe, expect, it } from "vitest";
import { ClusterModel, type ModelChange } from "../../../../server/analyzer/model/cluster-model.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import {
  type EngineBounds,
  engineBounds,
} from "../../../../server/analyzer/policy/engine-bounds.js";
import {
  forEverySeed,
  objectsOf,
  openCluster,
  profileOfSeed,
  type RowEnd,
  reachText,
  rowEndText,
  rowTexts,
} from "../../../support/policy-rows.js";
import type { RandomCluster } from "../../../support/random-cluster.js";

/**
 * Goal: the engine's ways to one answer agree. Method: random clusters with everything that can be unknown, and random
 * changes.
 */

const changesPerCluster = 12;

const endpointsOf = (side: RowEnd): readonly PolicyEndpoint[] =>
  "family" in side
    ? [{ kind: "addresses", range: side }]
    : side.pods.map((pod) => ({ kind: "pod", pod }) as const);

/** The list, pair by pair from `decide`; pairs of units whose pods differ (own node) are named without a verdict. */
const askedList = (
  engine: PolicyEngine,
): { readonly rows: string[]; readonly mixed: Set<string> } => {
  const units = engine.units();
  const [from, to] = [engine.externalRanges(["ingress"]), engine.externalRanges(["egress"])];
  const rows: string[] = [];
  const mixed = new Set<string>();
  for (const source of [...units, ...from]) {
    for (const destination of [...units, ...("family" in source ? [] : to)]) {
      if (source === destination) continue;
      const texts = new Set<string>();
      for (const one of endpointsOf(source)) {
        for (const other of endpointsOf(destination)) {
          const text = reachText(engine.decide(one, other));
          expect(reachText(engine.reach(one, other))).toBe(text);
          texts.add(text);
        }
      }
      const pair = `${rowEndText(source)} => ${rowEndText(destination)}`;
      const [text = ""] = texts;
      if (texts.size > 1) mixed.add(pair);
      else if (text !== "No Connections ? No Connections") rows.push(`${pair} : ${text}`);
    }
  }
  return { rows, mixed };
};

/** Bounds that are reached by every few changes, for every second cluster. */
const boundsOf = (seed: number): EngineBounds =>
  seed % 2 === 0
    ? engineBounds
    : { ...engineBounds, pairMemoMax: 3, deadClassesMax: 1, staleEntriesMax: 20 };

/** The pods that each policy has as subject. */
const subjectsOf = (engine: PolicyEngine): readonly string[] =>
  [...engine.model.networkPolicies, ...engine.model.tieredPolicies]
    .map((policy) => {
      const pods = engine
        .podsSelectedBy(policy)
        .map(({ namespace, name }) => `${namespace}/${name}`);
      return `${policy.kind} ${policy.namespace}/${policy.name}: ${pods.sort().join()}`;
    })
    .sort();

const changeOf = (random: RandomCluster): ModelChange => ({
  kind: random.chance(0.3) ? "remove" : "upsert",
  object: random.object(),
});

describe("PolicyEngine", { timeout: 1_800_000 }, () => {
  it("lists what it decides pair by pair, before and after any change", () => {
    forEverySeed((seed) => {
      const random = openCluster(seed);
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const engine = new PolicyEngine(model, profileOfSeed(seed), boundsOf(seed));
      for (let step = 0; step < 3; step++) {
        const { rows, mixed } = askedList(engine);
        const listed = rowTexts(engine).filter((row) => !mixed.has(row.split(" : ")[0] ?? ""));
        expect(listed, `seed ${seed}, step ${step}`).toEqual(rows);
        const change = changeOf(random);
        model.apply(change);
        engine.apply(change);
      }
    });
  });

  it("answers after changes as an engine that never knew another state", () => {
    forEverySeed((seed) => {
      const random = openCluster(seed);
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const engine = new PolicyEngine(model, profileOfSeed(seed), boundsOf(seed));
      for (let step = 0; step < changesPerCluster; step++) {
        const change = changeOf(random);
        model.apply(change);
        engine.apply(change);
        // Asking between changes is what makes the index remember.
        if (random.chance(0.3)) continue;
        const fresh = new PolicyEngine(new ClusterModel(objectsOf(model)), profileOfSeed(seed));
        const where = `seed ${seed}, step ${step}`;
        expect(rowTexts(engine), where).toEqual(rowTexts(fresh));
        expect(engine.externalRanges(), where).toEqual(fresh.externalRanges());
        expect(subjectsOf(engine), where).toEqual(subjectsOf(fresh));
      }
    });
  });
});
