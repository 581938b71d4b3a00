import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  TieredPeer,
  TieredPolicyObject,
  TieredRule,
} from "../model/objects.js";
import type { Direction } from "../policy/decision.js";
import type { ObjectPath } from "./finding.js";
import type { LintContext } from "./lint-context.js";

/** Where a rule stands in its policy. */
export type RulePlace = {
  readonly direction: Direction;
  readonly index: number;
  /** To the rule: spec, ingress, 0. */
  readonly path: ObjectPath;
  /** Name of its list of peers. */
  readonly listKey: "from" | "to";
};

/** A rule of a NetworkPolicy and where it stands. */
export type RuleSite = RulePlace & {
  readonly policy: NetworkPolicyObject;
  readonly rule: NetworkPolicyRule;
};

/** A peer of a rule of a NetworkPolicy; `peerPath` leads to it. */
export type PeerSite = RuleSite & {
  readonly peer: NetworkPolicyPeer;
  readonly peerPath: ObjectPath;
};

/** A rule of an ordered policy and where it stands. */
export type TieredRuleSite = RulePlace & {
  readonly policy: TieredPolicyObject;
  readonly rule: TieredRule;
};

/** A peer of a rule of an ordered policy; `peerPath` leads to it. */
export type TieredPeerSite = TieredRuleSite & {
  readonly peer: TieredPeer;
  readonly peerPath: ObjectPath;
};

const directions = ["ingress", "egress"] as const;

/** The rules of a policy that have an effect: those of the directions that it isolates. */
export const rulesInForce = (policy: NetworkPolicyObject): readonly RuleSite[] =>
  policy.isolates.flatMap((direction) =>
    policy[direction].map((rule, index) => ({ policy, rule, ...placeOf(direction, index) })),
  );

/** The rules in force of every NetworkPolicy. */
export const ruleSites = function* (context: LintContext): Iterable<RuleSite> {
  for (const policy of context.policies) yield* rulesInForce(policy);
};

/** The peers of the rules in force of every NetworkPolicy. */
export const peerSites = function* (context: LintContext): Iterable<PeerSite> {
  for (const site of ruleSites(context)) {
    for (const [index, peer] of (site.rule.peers ?? []).entries()) {
      yield { ...site, peer, peerPath: [...site.path, site.listKey, index] };
    }
  }
};

/** The rules of every ordered policy, in the order of their evaluation. */
export const tieredRuleSites = function* (context: LintContext): Iterable<TieredRuleSite> {
  for (const policy of context.tieredPolicies) {
    for (const direction of directions) {
      for (const [index, rule] of policy[direction].entries()) {
        yield { policy, rule, ...placeOf(direction, index) };
      }
    }
  }
};

/** The peers of the rules of every ordered policy. */
export const tieredPeerSites = function* (context: LintContext): Iterable<TieredPeerSite> {
  for (const site of tieredRuleSites(context)) {
    for (const [index, peer] of site.rule.peers.entries()) {
      yield { ...site, peer, peerPath: [...site.path, site.listKey, index] };
    }
  }
};

const placeOf = (direction: Direction, index: number): RulePlace => ({
  direction,
  index,
  path: ["spec", direction, index],
  listKey: direction === "ingress" ? "from" : "to",
});

/** "Ingress rule #1", as people count. */
export const ruleText = ({ direction, index }: Pick<RulePlace, "direction" | "index">): string =>
  `${direction === "ingress" ? "Ingress" : "Egress"} rule #${index + 1}`;
