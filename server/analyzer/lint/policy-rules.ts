import type { NetworkPolicyObject, NetworkPolicyRule } from "../model/objects.js";
import type { Direction } from "../policy/decision.js";
import type { ObjectPath } from "./finding.js";

/** A rule of a NetworkPolicy and where it stands. */
export type PlacedRule = {
  readonly direction: Direction;
  readonly index: number;
  readonly rule: NetworkPolicyRule;
  /** To the rule: spec, ingress, 0. */
  readonly path: ObjectPath;
  /** Name of its list of peers. */
  readonly listKey: "from" | "to";
};

/** Name of the list of peers of a direction. */
export const peersKey = (direction: Direction): "from" | "to" =>
  direction === "ingress" ? "from" : "to";

/** The rules that have an effect: those of the directions that the policy isolates. */
export const rulesInForce = function* (policy: NetworkPolicyObject): Iterable<PlacedRule> {
  for (const direction of ["ingress", "egress"] as const) {
    if (!policy.isolates.includes(direction)) continue;
    for (const [index, rule] of policy[direction].entries()) {
      const path = ["spec", direction, index];
      yield { direction, index, rule, path, listKey: peersKey(direction) };
    }
  }
};

/** "Ingress rule #1", as people count. */
export const ruleText = (direction: Direction, index: number): string =>
  `${direction === "ingress" ? "Ingress" : "Egress"} rule #${index + 1}`;
