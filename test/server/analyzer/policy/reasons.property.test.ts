import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import type {
  DirectionDecision,
  Part,
  PolicyEndpoint,
} from "../../../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import { fixedConnections } from "../../../../server/analyzer/policy/rule-connections.js";
import {
  allConnections,
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
  isSubsetOfConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { forEverySeed, profileOfSeed } from "../../../support/policy-rows.js";
import { RandomCluster } from "../../../support/random-cluster.js";

/**
 * Goal: what a decision names as its reasons is the whole decision, no more and no less. Method: random clusters with everything that
 * can be unknown; the parts and doubts of every direction are put together again.
 */

const sum = (sets: readonly ConnectionSet[]): ConnectionSet =>
  sets.reduce(unionConnections, noConnections);

const isDenial = (part: Part): boolean => "action" in part && part.action === "deny";
const isPassing = (part: Part): boolean => "action" in part && part.action === "pass";

const connectionsOf = (parts: readonly { readonly connections: ConnectionSet }[]): ConnectionSet =>
  sum(parts.map(({ connections }) => connections));

const endpointsOf = (engine: PolicyEngine): readonly PolicyEndpoint[] => [
  ...[...engine.model.pods].map((pod) => ({ kind: "pod", pod }) as const),
  ...[...engine.model.nodes].map((node) => ({ kind: "node", node }) as const),
  ...engine.externalRanges().map((range) => ({ kind: "addresses", range }) as const),
];

/** A direction that was decided, and the words that name it. */
type Decided = readonly [DirectionDecision, string];

/** Both directions of some pairs of ends. */
function* directionsOf(seed: number): Iterable<Decided> {
  // Policies of other kinds leave so much open that other doubts are seldom seen beside them.
  const random = new RandomCluster(seed, { unknownAddresses: true, unmodelled: seed % 4 === 0 });
  const model = new ClusterModel(random.objects(10 + random.below(25)));
  const engine = new PolicyEngine(model, profileOfSeed(seed));
  const ends = endpointsOf(engine);
  for (let pair = 0; pair < 40 && ends.length > 0; pair++) {
    const { egress, ingress } = engine.decide(random.pick(ends), random.pick(ends));
    yield [egress, `seed ${seed}, egress`];
    yield [ingress, `seed ${seed}, ingress`];
  }
}

const decided: Decided[] = [];

/** The directions of every seed, decided once for all tests. */
const everyDirection = (): readonly Decided[] => {
  if (decided.length === 0) forEverySeed((seed) => decided.push(...directionsOf(seed)));
  return decided;
};

describe("the reasons of a decision", { timeout: 1_800_000 }, () => {
  it("are parts that let through what is allowed, and deny the rest", () => {
    for (const [{ allowed, parts, undetermined }, where] of everyDirection()) {
      const passing = connectionsOf(parts.filter(isPassing));
      const denied = connectionsOf(parts.filter(isDenial));
      const accepted = connectionsOf(parts.filter((part) => !isDenial(part) && !isPassing(part)));
      // What a baseline policy passes is left to the default, which then has no part of its own.
      const open = unionConnections(accepted, passing);
      expect(isSubsetOfConnections(allowed, open), where).toBe(true);
      expect(sum([open, denied]), where).toEqual(allConnections);
      // Two families of addresses may be judged differently: then it can't be told.
      const both = intersectConnections(accepted, denied);
      expect(isSubsetOfConnections(both, undetermined), where).toBe(true);
      const certain = subtractConnections(denied, undetermined);
      expect(isEmptyConnections(intersectConnections(certain, allowed)), where).toBe(true);
    }
  });

  it("are doubts that together name everything that can't be told, and nothing else", () => {
    for (const [{ doubts, undetermined }, where] of everyDirection()) {
      expect(connectionsOf(doubts), where).toEqual(undetermined);
      for (const { connections } of doubts) {
        expect(isEmptyConnections(connections), where).toBe(false);
      }
    }
  });

  it("are disagreements of two policies of one tier with one priority", () => {
    for (const [{ doubts }, where] of everyDirection()) {
      for (const doubt of doubts) {
        if (doubt.reason !== "equal-priority") continue;
        const [one, other] = [doubt.rule.policy, doubt.other.policy].map((policy) =>
          "tier" in policy ? policy : undefined,
        );
        expect(one?.name, where).not.toBe(other?.name);
        expect([one?.tier, one?.priority], where).toEqual([other?.tier, other?.priority]);
      }
    }
  });

  it("name the policies that isolate, and those alone", () => {
    for (const [{ direction, isolated, parts, policies }, where] of everyDirection()) {
      const named = policies.filter(({ kind }) => kind === "NetworkPolicy");
      expect(where.endsWith(direction), where).toBe(true);
      expect(isolated, where).toBe(named.length > 0);
      const judged = parts.some(({ by }) => by === "networkpolicy");
      const byDefault = parts.some(({ by }) => by === "default");
      expect(judged && !isolated, where).toBe(false);
      expect(byDefault && isolated, where).toBe(false);
      for (const part of parts) {
        if (part.by === "networkpolicy" && part.action === "deny") {
          expect(part.policies, where).toEqual(named);
        }
        if ("rule" in part) expect(policies, where).toContain(part.rule.policy);
      }
    }
  });

  it("name rules for connections that their ports hold, and no part for none", () => {
    for (const [{ direction, parts }, where] of everyDirection()) {
      for (const part of parts) {
        expect(isEmptyConnections(part.connections), where).toBe(false);
        if (!("rule" in part)) continue;
        const rule = part.rule.policy[direction][part.rule.index];
        const isFailingClosed = rule?.peers?.some(({ kind }) => kind === "unknown") === true;
        const isNamed = rule?.ports?.some(({ kind }) => kind === "named") === true;
        if (isFailingClosed || isNamed) continue;
        const own = fixedConnections(rule?.ports);
        expect(isSubsetOfConnections(part.connections, own), where).toBe(true);
      }
    }
  });
});
