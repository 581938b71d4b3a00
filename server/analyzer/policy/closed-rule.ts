import type { TieredAction, TieredRule } from "../model/objects.js";

/** What is left of a rule that fails closed: it matches nothing, or denies everything whatever its peers and ports are. */
export type Closure = "accepts-nothing" | "denies-everything";

/**
 * How a rule is judged that has a peer which this version does not know: it fails closed as a whole, one that accepts
 * matches nothing, any other denies everything (ClusterNetworkPolicyIngressPeer, "fail closed"). Undefined for a rule
 * whose peers are all known.
 */
export const closureOf = ({ action, peers }: TieredRule): Closure | undefined => {
  if (!peers.some(({ kind }) => kind === "unknown")) return undefined;
  return action === "accept" ? "accepts-nothing" : "denies-everything";
};

/** What a rule does, which is not what it says where it fails closed. */
export const actionOf = (rule: TieredRule): TieredAction =>
  closureOf(rule) === "denies-everything" ? "deny" : rule.action;
