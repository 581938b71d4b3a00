import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import {
  type LabelSelector,
  type Labels,
  labelSelectorOf,
} from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
} from "../../../../server/analyzer/model/objects.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { isSubsetOfConnections } from "../../../../server/analyzer/sets/connections.js";
import {
  forEverySeed,
  objectsOf,
  openCluster,
  profileOfSeed,
  rowTexts,
} from "../../../support/policy-rows.js";
import { RandomCluster } from "../../../support/random-cluster.js";

/** Goal: what can't matter to policies does not. Method: random clusters, each in two forms that mean the same. */

describe("PolicyEngine", { timeout: 1_800_000 }, () => {
  it("answers the same whatever the order of objects, rules' peers and ports", () => {
    forEverySeed((seed) => {
      const random = openCluster(seed);
      const objects = objectsOf(new ClusterModel(random.objects(6 + random.below(25))));
      const mixed = shuffled(objects, random).map((object) =>
        object.kind === "NetworkPolicy" ? withMixedRules(object, random) : object,
      );
      const list = (of: readonly ClusterObject[]) =>
        rowTexts(new PolicyEngine(new ClusterModel(of), profileOfSeed(seed)));
      expect(list(mixed), `seed ${seed}`).toEqual(list(objects));
    });
  });

  it("takes nothing away when a rule is added to a NetworkPolicy", () => {
    forEverySeed((seed) => {
      const random = new RandomCluster(seed, { unknownAddresses: false, unmodelled: false });
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const [policy] = model.networkPolicies;
      if (policy === undefined) return;
      const before = new PolicyEngine(model, profileOfSeed(seed));
      const [direction = "ingress"] = policy.isolates;
      const wider = { ...policy, [direction]: [...policy[direction], random.rule()] };
      const after = new PolicyEngine(
        new ClusterModel([...objectsOf(model), wider]),
        profileOfSeed(seed),
      );
      const pods = [...model.pods].map((pod) => ({ kind: "pod", pod }) as const);
      for (const source of pods) {
        for (const destination of pods) {
          const [one, other] = [
            before.reach(source, destination),
            after.reach(source, destination),
          ];
          expect(isSubsetOfConnections(one.allowed, other.allowed), `seed ${seed}`).toBe(true);
        }
      }
    });
  });

  it("answers the same when labels are called otherwise", () => {
    forEverySeed((seed) => {
      const random = openCluster(seed);
      const objects = objectsOf(new ClusterModel(random.objects(6 + random.below(25))));
      const list = (of: readonly ClusterObject[]) =>
        rowTexts(new PolicyEngine(new ClusterModel(of), profileOfSeed(seed)));
      expect(list(objects.map(renamed)), `seed ${seed}`).toEqual(list(objects));
    });
  });

  it("answers the same when each rule stands in a policy of its own", () => {
    forEverySeed((seed) => {
      const random = openCluster(seed);
      const objects = objectsOf(new ClusterModel(random.objects(6 + random.below(25))));
      const split = objects.flatMap((object): readonly ClusterObject[] =>
        object.kind === "NetworkPolicy" ? policiesOfRules(object) : [object],
      );
      const list = (of: readonly ClusterObject[]) =>
        rowTexts(new PolicyEngine(new ClusterModel(of), profileOfSeed(seed)));
      expect(list(split), `seed ${seed}`).toEqual(list(objects));
    });
  });
});

const shuffled = <T>(items: readonly T[], random: RandomCluster): readonly T[] =>
  items
    .map((item) => ({ item, place: random.below(1_000_000) }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);

/** Other words for the same labels, those that every object inherits among them. */
const words: ReadonlyMap<string, string> = new Map([
  ["a", "__proto__"],
  ["b", "constructor"],
  ["c", "a"],
  ["1", "toString"],
  ["2", ""],
  ["3", "1"],
]);

const word = (text: string): string => words.get(text) ?? text;

const renamedSelector = ({ requirements }: LabelSelector): LabelSelector =>
  labelSelectorOf(
    requirements.map(({ key, operator, values }) => ({
      key: word(key),
      operator,
      values: values.map(word),
    })),
  );

/** An object in which every label and every selector is renamed. */
const renamed = (object: ClusterObject): ClusterObject => renamedPart(object) as ClusterObject;

const renamedPart = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(renamedPart);
  if (typeof value !== "object" || value === null) return value;
  if ("requirements" in value) return renamedSelector(value as LabelSelector);
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === "labels"
        ? Object.fromEntries(
            Object.entries(part as Labels).map(([name, text]) => [word(name), word(text)]),
          )
        : renamedPart(part),
    ]),
  );
};

const withMixedRules = (
  policy: NetworkPolicyObject,
  random: RandomCluster,
): NetworkPolicyObject => {
  const mix = (rules: NetworkPolicyObject["ingress"]) =>
    shuffled(rules, random).map((rule) => ({
      ...rule,
      ...(rule.peers === undefined ? {} : { peers: shuffled(rule.peers, random) }),
      ...(rule.ports === undefined ? {} : { ports: shuffled(rule.ports, random) }),
    }));
  return { ...policy, ingress: mix(policy.ingress), egress: mix(policy.egress) };
};

const policiesOfRules = (policy: NetworkPolicyObject): readonly NetworkPolicyObject[] => {
  const bare = { ...policy, ingress: [], egress: [] };
  const parts = policy.isolates.flatMap((direction) =>
    policy[direction].map((rule, index) => ({
      ...bare,
      name: `${policy.name}-${direction}-${index}`,
      isolates: [direction],
      [direction]: [rule],
    })),
  );
  return [bare, ...parts];
};
