import { describe, expect, it } from "vitest";
import { ClusterModel, type ModelChange } from "../../../../server/analyzer/model/cluster-model.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
} from "../../../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { type ConnectionRow, PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import {
  type Profile,
  profileNames,
  profiles,
} from "../../../../server/analyzer/policy/profile.js";
import {
  connectionsText,
  isSubsetOfConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { ipRangeText } from "../../../../server/analyzer/sets/ip.js";
import { RandomCluster } from "../../../support/random-cluster.js";

/**
 * Goal: the engine's ways to one answer agree. Method: random clusters with everything that can be unknown, and random
 * changes. CAUSEWAY_POLICY_CHANGES sets how many clusters, CAUSEWAY_POLICY_SEED where to start.
 */

const clusters = Number(process.env["CAUSEWAY_POLICY_CHANGES"] ?? 120);
const firstSeed = Number(process.env["CAUSEWAY_POLICY_SEED"] ?? 1);
const changesPerCluster = 12;

type Side = ConnectionRow["source"];

const nameOf = (side: Side): string => ("family" in side ? ipRangeText(side) : side.name);

const reachText = ({ allowed, undetermined }: ReturnType<PolicyEngine["reach"]>): string =>
  `${connectionsText(allowed)} ? ${connectionsText(undetermined)}`;

const listOf = (engine: PolicyEngine): readonly string[] =>
  [...engine.rows()].map(
    (row) => `${nameOf(row.source)} => ${nameOf(row.destination)} : ${reachText(row)}`,
  );

const endpointsOf = (side: Side): readonly PolicyEndpoint[] =>
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
      const pair = `${nameOf(source)} => ${nameOf(destination)}`;
      const [text = ""] = texts;
      if (texts.size > 1) mixed.add(pair);
      else if (text !== "No Connections ? No Connections") rows.push(`${pair} : ${text}`);
    }
  }
  return { rows, mixed };
};

const profileOf = (seed: number): Profile =>
  profiles[profileNames[seed % profileNames.length] ?? "upstream"];

const randomOf = (seed: number): RandomCluster =>
  new RandomCluster(seed, { unknownAddresses: true, unmodelled: true });

const everySeed = (check: (seed: number) => void): void => {
  for (let seed = firstSeed; seed < firstSeed + clusters; seed++) check(seed);
};

const shuffled = <T>(items: readonly T[], random: RandomCluster): readonly T[] =>
  items
    .map((item) => ({ item, place: random.below(1_000_000) }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);

const objectsOf = (model: ClusterModel): readonly ClusterObject[] => [
  ...model.pods,
  ...model.nodes,
  ...model.services,
  ...[...model.namespaceNames()]
    .filter((name) => model.hasNamespaceObject(name))
    .map((name) => model.namespace(name)),
  ...model.networkPolicies,
  ...model.tieredPolicies,
  ...model.unmodelledPolicies,
];

const changeOf = (random: RandomCluster): ModelChange => ({
  kind: random.chance(0.3) ? "remove" : "upsert",
  object: random.object(),
});

describe("PolicyEngine", { timeout: 1_800_000 }, () => {
  it("lists what it decides pair by pair, before and after any change", () => {
    everySeed((seed) => {
      const random = randomOf(seed);
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const engine = new PolicyEngine(model, profileOf(seed));
      for (let step = 0; step < 3; step++) {
        const { rows, mixed } = askedList(engine);
        const listed = listOf(engine).filter((row) => !mixed.has(row.split(" : ")[0] ?? ""));
        expect(listed, `seed ${seed}, step ${step}`).toEqual(rows);
        const change = changeOf(random);
        model.apply(change);
        engine.apply(change);
      }
    });
  });

  it("answers after changes as an engine that never knew another state", () => {
    everySeed((seed) => {
      const random = randomOf(seed);
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const engine = new PolicyEngine(model, profileOf(seed));
      for (let step = 0; step < changesPerCluster; step++) {
        const change = changeOf(random);
        model.apply(change);
        engine.apply(change);
        // Asking between changes is what makes the index remember.
        if (random.chance(0.3)) continue;
        const fresh = new PolicyEngine(new ClusterModel(objectsOf(model)), profileOf(seed));
        expect(listOf(engine), `seed ${seed}, step ${step}`).toEqual(listOf(fresh));
      }
    });
  });

  it("answers the same whatever the order of objects, rules' peers and ports", () => {
    everySeed((seed) => {
      const random = randomOf(seed);
      const objects = objectsOf(new ClusterModel(random.objects(6 + random.below(25))));
      const mixed = shuffled(objects, random).map((object) =>
        object.kind === "NetworkPolicy" ? withMixedRules(object, random) : object,
      );
      const list = (of: readonly ClusterObject[]) =>
        listOf(new PolicyEngine(new ClusterModel(of), profileOf(seed)));
      expect(list(mixed), `seed ${seed}`).toEqual(list(objects));
    });
  });

  it("takes nothing away when a rule is added to a NetworkPolicy", () => {
    everySeed((seed) => {
      const random = new RandomCluster(seed, { unknownAddresses: false, unmodelled: false });
      const model = new ClusterModel(random.objects(6 + random.below(25)));
      const [policy] = model.networkPolicies;
      if (policy === undefined) return;
      const before = new PolicyEngine(model, profileOf(seed));
      const [direction = "ingress"] = policy.isolates;
      const wider = { ...policy, [direction]: [...policy[direction], random.rule()] };
      const after = new PolicyEngine(
        new ClusterModel([...objectsOf(model), wider]),
        profileOf(seed),
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

  it("answers the same when each rule stands in a policy of its own", () => {
    everySeed((seed) => {
      const random = randomOf(seed);
      const objects = objectsOf(new ClusterModel(random.objects(6 + random.below(25))));
      const split = objects.flatMap((object): readonly ClusterObject[] =>
        object.kind === "NetworkPolicy" ? policiesOfRules(object) : [object],
      );
      const list = (of: readonly ClusterObject[]) =>
        listOf(new PolicyEngine(new ClusterModel(of), profileOf(seed)));
      expect(list(split), `seed ${seed}`).toEqual(list(objects));
    });
  });
});

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
