import { assertNever } from "../../../common/assert.js";
import type {
  ConnectionsView,
  DirectionView,
  MissView,
  PartView,
  PolicyView,
  RuleView,
} from "../answers.js";
import type { TieredRule, UnmodelledPolicyObject } from "../model/objects.js";
import type { DirectionDecision, EvaluatedPolicy, Part, RuleRef } from "../policy/decision.js";
import type { Locate } from "../policy-world.js";
import {
  type ConnectionSet,
  connectionsText,
  isAllConnections,
  protocols,
} from "../sets/connections.js";

/** A set of connections as answers show it. */
export const connectionsView = (set: ConnectionSet): ConnectionsView => ({
  text: connectionsText(set),
  all: isAllConnections(set),
  protocols: protocols
    .filter((protocol) => set[protocol].length > 0)
    .map((protocol) => ({ protocol, ports: intervals(set[protocol]) })),
});

const intervals = (ports: readonly number[]): { first: number; last: number }[] => {
  const list: { first: number; last: number }[] = [];
  for (let i = 0; i + 1 < ports.length; i += 2) {
    list.push({ first: ports[i] ?? 0, last: ports[i + 1] ?? 0 });
  }
  return list;
};

/** A policy as answers show it. */
export const policyView = (
  locate: Locate,
  policy: EvaluatedPolicy | UnmodelledPolicyObject,
): PolicyView => ({
  kind: policy.kind === "UnmodelledPolicy" ? policy.policyKind : policy.kind,
  namespace: policy.namespace,
  name: policy.name,
  tier: tierOf(policy),
  location: locate(policy.origin, []),
});

const tierOf = (policy: EvaluatedPolicy | UnmodelledPolicyObject): string => {
  if (policy.kind === "NetworkPolicy") return "networkpolicy";
  return policy.kind === "UnmodelledPolicy" ? "unmodelled" : policy.tier;
};

/** The rule that a reference points to, of an ordered policy; undefined for a NetworkPolicy's. */
export const tieredRule = ({ policy, direction, index }: RuleRef): TieredRule | undefined =>
  policy.kind === "NetworkPolicy" ? undefined : policy[direction][index];

/** A rule as answers show it. */
export const ruleView = (locate: Locate, ref: RuleRef): RuleView => ({
  policy: policyView(locate, ref.policy),
  direction: ref.direction,
  number: ref.index + 1,
  name: tieredRule(ref)?.name ?? "",
  location: locate(ref.policy.origin, ["spec", ref.direction, ref.index]),
});

/** What decided a part of a direction, as answers show it. */
const partView = (locate: Locate, part: Part): PartView => {
  const connections = connectionsView(part.connections);
  const plain = { connections, policies: [], reason: "" };
  switch (part.by) {
    case "exemption":
      return { ...plain, by: "exemption", action: "accept", reason: part.reason };
    case "tier":
      return { ...plain, by: part.tier, action: part.action, rule: ruleView(locate, part.rule) };
    case "networkpolicy":
      return part.action === "accept"
        ? { ...plain, by: part.by, action: part.action, rule: ruleView(locate, part.rule) }
        : {
            ...plain,
            by: part.by,
            action: part.action,
            policies: part.policies.map((policy) => policyView(locate, policy)),
          };
    case "default":
      return { ...plain, by: "default", action: "accept" };
    default:
      return assertNever(part);
  }
};

/** One direction of a decision, as answers show it. */
export const directionView = (
  locate: Locate,
  decision: DirectionDecision,
  { misses, walkthrough }: { readonly misses: readonly MissView[]; readonly walkthrough: string },
): DirectionView => ({
  direction: decision.direction,
  isolated: decision.isolated,
  policies: decision.policies.map((policy) => policyView(locate, policy)),
  allowed: connectionsView(decision.allowed),
  undetermined: connectionsView(decision.undetermined),
  parts: decision.parts.map((part) => partView(locate, part)),
  misses,
  walkthrough,
});

/** "NetworkPolicy 'shop/web'", "AdminNetworkPolicy 'base'": as np-guard writes it. */
export const policyTitle = (policy: EvaluatedPolicy | UnmodelledPolicyObject): string => {
  const kind = policy.kind === "UnmodelledPolicy" ? policy.policyKind : policy.kind;
  return `${kind} '${policyName(policy)}'`;
};

/** "shop/web", or the plain name of a cluster-scoped policy. */
export const policyName = ({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): string => (namespace === "" ? name : `${namespace}/${name}`);

/** "Ingress rule #1", or "Ingress rule NAME" for a named rule of an ordered policy. */
export const ruleText = (ref: RuleRef): string => {
  const word = ref.direction === "ingress" ? "Ingress" : "Egress";
  const name = tieredRule(ref)?.name ?? "";
  return `${word} rule ${name === "" ? `#${ref.index + 1}` : name}`;
};

/** "NetworkPolicy 'shop/web' Ingress rule #1". */
export const ruleTitle = (ref: RuleRef): string => `${policyTitle(ref.policy)} ${ruleText(ref)}`;
