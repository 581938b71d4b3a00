import { groupBy } from "../../../common/group-by.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
} from "../model/objects.js";
import { portText } from "./finding-text.js";
import type { LintContext } from "./lint-context.js";
import { rulesInForce } from "./policy-rules.js";

const found = new WeakMap<LintContext, ReadonlyMap<NetworkPolicyObject, NetworkPolicyObject>>();

/** Policies that say the same as one of an earlier name, with that one. */
export const duplicatesOf = (
  context: LintContext,
): ReadonlyMap<NetworkPolicyObject, NetworkPolicyObject> => {
  const known = found.get(context) ?? findDuplicates(context);
  found.set(context, known);
  return known;
};

const findDuplicates = (
  context: LintContext,
): ReadonlyMap<NetworkPolicyObject, NetworkPolicyObject> => {
  const duplicates = new Map<NetworkPolicyObject, NetworkPolicyObject>();
  for (const [first, ...others] of groupBy(context.policies, textOfPolicy).values()) {
    for (const other of others) duplicates.set(other, first as NetworkPolicyObject);
  }
  return duplicates;
};

/** Equal for policies that mean the same, in whatever order their rules, peers and ports are written. */
const textOfPolicy = (policy: NetworkPolicyObject): string => {
  const rules = rulesInForce(policy).map(({ direction, rule }) => `${direction} ${ruleKey(rule)}`);
  const { namespace, podSelector, isolates } = policy;
  return [namespace, podSelector.key, isolates.join(), ...new Set(rules.sort())].join("\n");
};

const ruleKey = ({ peers, ports }: NetworkPolicyRule): string =>
  `${peers?.map(peerKey).sort().join(" or ") ?? "everyone"} on ${ports?.map(portText).sort().join() ?? "everything"}`;

const peerKey = (peer: NetworkPolicyPeer): string =>
  peer.kind === "ipBlock"
    ? `${peer.block.text} except ${[...peer.block.exceptTexts].sort().join()}`
    : `${peer.namespaceSelector?.key ?? "-"} ${peer.podSelector?.key ?? ""}`;
