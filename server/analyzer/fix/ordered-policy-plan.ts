import { namespaceNameLabel } from "../model/cluster-model.js";
import type { TieredPeer, TieredPolicyObject } from "../model/objects.js";
import type { RuleRef } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { isAllConnections } from "../sets/connections.js";
import type { DraftPeer, DraftPods } from "./fix-draft.js";
import { type Draft, portRulesOf } from "./fix-drafts.js";
import { FixRefusal } from "./fix-refusal.js";
import { freeName } from "./policy-name.js";
import { selectorOfLabels } from "./stable-labels.js";

/** The highest priority number of an ordered policy: it goes last. */
const priorityMax = 1000;

type Kind = Pick<TieredPolicyObject, "kind" | "tier">;

/**
 * A draft as an ordered policy, for a pod that the baseline tier denies and no NetworkPolicy isolates: it accepts exactly
 * what is lacking and isolates nothing. Of the kind that denies, where that has room before it; else of the Admin tier.
 */
export const orderedPolicyOf = (
  { model }: Pick<PolicyWorld, "model">,
  draft: Draft,
  taken: ReadonlySet<string>,
): TieredPolicyObject => {
  const { direction, subject, rules } = draft;
  const { kind, tier, priority } = placeOf(model, draft);
  const existing = new Set([...model.tieredPolicies].map(({ name }) => name));
  const name = freeName(draft, (each) => existing.has(each) || taken.has(`/${each}`));
  const own = rules.map(({ peers, connections }) => {
    const ports = portRulesOf(connections);
    return {
      name: "allow",
      action: "accept" as const,
      peers: peers.map((peer) => peerOf(peer, direction)),
      ...(isAllConnections(connections) || ports === undefined ? {} : { ports }),
    };
  });
  return {
    kind,
    namespace: "",
    name,
    labels: {},
    annotations: {},
    tier,
    priority,
    subject: { kind: "pods", ...selectorsOf(subject) },
    ingress: direction === "ingress" ? own : [],
    egress: direction === "egress" ? own : [],
  };
};

const placeOf = (
  model: PolicyWorld["model"],
  { needs }: Draft,
): Kind & { readonly priority: number } => {
  const denying = needs.map(({ baseline }) => baseline).filter((rule) => rule !== undefined);
  const isNew = denying.some(({ policy }) => policy.kind === "ClusterNetworkPolicy");
  if (isNew) {
    const kind = { kind: "ClusterNetworkPolicy", tier: "baseline" } as const;
    const before = freePriority(model, kind, firstPriority(denying));
    if (before !== undefined) return { ...kind, priority: before };
  }
  const kind: Kind = isNew
    ? { kind: "ClusterNetworkPolicy", tier: "admin" }
    : { kind: "AdminNetworkPolicy", tier: "admin" };
  const passing = needs.flatMap((need) => need.passing);
  const priority = freePriority(
    model,
    kind,
    passing.length === 0 ? priorityMax + 1 : firstPriority(passing),
  );
  if (priority !== undefined) return { ...kind, priority };
  throw new FixRefusal("no priority is free for a policy that would come before those that decide");
};

const firstPriority = (rules: readonly RuleRef[]): number =>
  Math.min(...rules.map(({ policy }) => (policy.kind === "NetworkPolicy" ? 0 : policy.priority)));

/** The last priority before a bound that no policy of the tier has: equal ones are in no defined order. */
const freePriority = (
  model: PolicyWorld["model"],
  { tier }: Kind,
  bound: number,
): number | undefined => {
  const used = new Set(
    [...model.tieredPolicies].filter((policy) => policy.tier === tier).map((each) => each.priority),
  );
  for (let priority = Math.min(bound - 1, priorityMax); priority >= 0; priority--) {
    if (!used.has(priority)) return priority;
  }
  return undefined;
};

const selectorsOf = ({ namespace, labels }: DraftPods) => ({
  namespaceSelector: selectorOfLabels({ [namespaceNameLabel]: namespace }),
  podSelector: selectorOfLabels(labels),
});

/** Ingress rules of ordered policies hold pods only. */
const peerOf = (peer: DraftPeer, direction: Draft["direction"]): TieredPeer => {
  if (peer.kind === "pods") return { kind: "pods", ...selectorsOf(peer) };
  if (direction === "egress") return { kind: "networks", blocks: [peer.block] };
  throw new FixRefusal("ordered policies have no ingress rules by address");
};
