import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject, PortRule } from "../../../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { profileNames, profiles } from "../../../../server/analyzer/policy/profile.js";
import {
  containsConnection,
  isEmptyConnections,
  protocols,
} from "../../../../server/analyzer/sets/connections.js";
import type { IpAddress } from "../../../../server/analyzer/sets/ip.js";
import { isLetThrough, seenAddresses } from "../../../support/brute-force-policy.js";
import { completedObjects } from "../../../support/complete-cluster.js";
import { RandomCluster } from "../../../support/random-cluster.js";

/**
 * Goal: the engine says what the API documentation says. Method: random clusters, judged packet by packet by an evaluator
 * that shares nothing with the engine, at every port where a rule begins or ends and beside it.
 * CAUSEWAY_POLICY_CLUSTERS sets how many, CAUSEWAY_POLICY_SEED where to start.
 */

const env = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const clusters = env("CAUSEWAY_POLICY_CLUSTERS", 600);
const firstSeed = env("CAUSEWAY_POLICY_SEED", 1);
/** Pairs of one cluster that are judged; which ones goes by the seed. */
const pairsPerCluster = 30;

const portsOf = (objects: readonly ClusterObject[]): readonly number[] => {
  const edges = new Set([1, 65_535]);
  for (const object of objects) {
    if (!("ingress" in object) || !("egress" in object)) continue;
    const rules: readonly { readonly ports?: readonly PortRule[] }[] = [
      ...object.ingress,
      ...object.egress,
    ];
    for (const rule of rules.flatMap(({ ports = [] }) => ports)) {
      if (rule.kind !== "numbers") continue;
      for (const edge of [rule.first - 1, rule.first, rule.last, rule.last + 1]) edges.add(edge);
    }
  }
  for (const named of [53, 80, 81]) edges.add(named);
  return [...edges].filter((port) => port >= 1 && port <= 65_535);
};

const endpointsOf = (engine: PolicyEngine): readonly PolicyEndpoint[] => [
  ...engine.units().flatMap(({ pods }) => pods.map((pod) => ({ kind: "pod", pod }) as const)),
  ...[...engine.model.nodes].map((node) => ({ kind: "node", node }) as const),
  ...engine.externalRanges().map((range) => ({ kind: "addresses", range }) as const),
];

type Addresses = { readonly sourceIp?: IpAddress; readonly destinationIp?: IpAddress };

/**
 * The addresses that a connection can use: of one family where both ends have one in common. Where what was open turned
 * out so that they have none there is no connection.
 */
const addressPairs = (
  from: readonly IpAddress[],
  to: readonly IpAddress[],
  isOpen: boolean,
): readonly Addresses[] => {
  if (from.length === 0 && to.length === 0) return [{}];
  if (from.length === 0) return to.map((destinationIp) => ({ destinationIp }));
  if (to.length === 0) return from.map((sourceIp) => ({ sourceIp }));
  const all = from.flatMap((sourceIp) => to.map((destinationIp) => ({ sourceIp, destinationIp })));
  const shared = all.filter((pair) => pair.sourceIp.family === pair.destinationIp.family);
  return shared.length > 0 || isOpen ? shared : all;
};

/** Whether everything can be told of a cluster without unknown addresses: no equal priorities, one family, and the nodes of all pods are there. */
const isClear = (model: ClusterModel): boolean => {
  const lacksNode = [...model.pods].some(
    ({ nodeName }) => nodeName === undefined || model.node(nodeName) === undefined,
  );
  if (lacksNode) return false;
  const ranks = [...model.tieredPolicies].map(({ tier, priority }) => `${tier} ${priority}`);
  const texts = [...model.pods].flatMap(({ ips }) => ips);
  return new Set(ranks).size === ranks.length && !texts.some((text) => text.includes(":"));
};

/** Whether it is known which node an end is on. */
const isPlaced = (end: PolicyEndpoint): boolean =>
  end.kind !== "pod" || end.pod.nodeName !== undefined;

const nameOf = (end: PolicyEndpoint): string =>
  end.kind === "pod"
    ? `${end.pod.namespace}/${end.pod.name}`
    : end.kind === "node"
      ? `node/${end.node.name}`
      : `${end.range.family}:${end.range.first}-${end.range.last}`;

/** An end as it is in a cluster where everything is known; of a range one of its addresses. */
const endIn = (model: ClusterModel, end: PolicyEndpoint, random: RandomCluster): PolicyEndpoint => {
  switch (end.kind) {
    case "pod": {
      const pod = model.pod(end.pod.namespace, end.pod.name);
      return pod === undefined ? end : { kind: "pod", pod };
    }
    case "node": {
      const node = model.node(end.node.name);
      return node === undefined ? end : { kind: "node", node };
    }
    case "addresses": {
      const { family, first, last } = end.range;
      const inside = [0x0808_0808n, 0x0b00_0001n, 0xc0a8_00c8n].filter(
        (value) => family === 4 && first <= value && value <= last,
      );
      const value = random.pick([first, last, ...inside]);
      return { kind: "addresses", range: { family, first: value, last: value } };
    }
  }
};

/** What the engine and the brute force say differently of one cluster; the first few. */
const differencesOf = (seed: number, isOpen: boolean): readonly string[] => {
  const random = new RandomCluster(seed, { unknownAddresses: isOpen, unmodelled: isOpen });
  const profile = profiles[profileNames[seed % profileNames.length] ?? "upstream"];
  const objects = random.objects(6 + random.below(30));
  const model = new ClusterModel(objects);
  const engine = new PolicyEngine(model, profile);
  const endpoints = endpointsOf(engine);
  const ports = portsOf(objects);
  const clear = !isOpen && isClear(model);
  const known = isOpen ? new ClusterModel(completedObjects(model, random)) : model;
  const differences: string[] = [];
  const say = (text: string): void => {
    if (differences.length < 3) differences.push(`seed ${seed}, ${profile.name}: ${text}`);
  };
  for (let pair = 0; pair < pairsPerCluster && endpoints.length > 1; pair++) {
    const [source, destination] = [random.pick(endpoints), random.pick(endpoints)];
    if (source.kind === "addresses" && destination.kind === "addresses") continue;
    const decision = engine.decide(source, destination);
    const what = `${nameOf(source)} => ${nameOf(destination)}`;
    const reach = engine.reach(source, destination);
    if (JSON.stringify(reach) !== JSON.stringify(pick(decision))) say(`${what}: reach differs`);
    const isCertain = isEmptyConnections(decision.undetermined);
    if (clear && isPlaced(source) && isPlaced(destination) && !isCertain) say(`${what}: open`);
    const [from, to] = [endIn(known, source, random), endIn(known, destination, random)];
    const ways = addressPairs(
      seenAddresses(known, profile, from),
      seenAddresses(known, profile, to),
      isOpen,
    );
    for (const protocol of protocols) {
      for (const port of ports) {
        if (containsConnection(decision.undetermined, protocol, port)) continue;
        const allowed = containsConnection(decision.allowed, protocol, port);
        for (const way of ways) {
          const packet = { source: from, destination: to, protocol, port, ...way };
          if (isLetThrough(known, profile, packet) === allowed) continue;
          say(`${what} ${protocol}/${port}: engine ${allowed}`);
        }
      }
    }
  }
  return differences;
};

const everyDifference = (count: number, isOpen: boolean): readonly string[] => {
  const differences: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count && differences.length < 5; seed++) {
    differences.push(...differencesOf(seed, isOpen));
  }
  return differences;
};

const pick = ({ allowed, undetermined }: ReturnType<PolicyEngine["reach"]>) => ({
  allowed,
  undetermined,
});

describe("PolicyEngine and the brute force", { timeout: 1_800_000 }, () => {
  it(`agree on ${clusters} random clusters from seed ${firstSeed} on`, () => {
    expect(everyDifference(clusters, false)).toEqual([]);
  });

  it("agree on what is certain, however what the objects leave open turns out", () => {
    expect(everyDifference(Math.ceil(clusters / 2), true)).toEqual([]);
  });
});
