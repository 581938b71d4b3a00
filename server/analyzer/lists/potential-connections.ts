import type {
  NetworkPolicyObject,
  NetworkPolicyRule,
  PodObject,
  TieredPolicyObject,
  TieredRule,
} from "../model/objects.js";
import { actionOf, closureOf } from "../policy/closed-rule.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { IpFamily } from "../sets/ip.js";
import { DecidedConnections, type Decision } from "./decided-connections.js";
import type { HypotheticalPeer } from "./hypothetical-peer.js";
import { type PeerScope, scopesOf } from "./peer-scopes.js";
import { connectionsOfPorts, everyConnection, type PotentialConnections } from "./potential-set.js";

/** What decides one direction of a workload, in the order in which it is asked. */
export type Deciders = {
  readonly direction: Direction;
  readonly admin: readonly TieredPolicyObject[];
  readonly networkPolicies: readonly NetworkPolicyObject[];
  readonly baseline: readonly TieredPolicyObject[];
};

type Rule = Decision & { readonly scopes: readonly PeerScope[] };

/** The rules of one direction, compiled for a workload. */
export type CompiledDeciders = {
  readonly admin: readonly Rule[];
  /** Undefined when no NetworkPolicy isolates. */
  readonly networkPolicies: readonly Rule[] | undefined;
  readonly baseline: readonly Rule[];
};

/** Compiles the rules that decide a direction. Named ports are the subject's own for ingress, else not resolved. */
export const compileDeciders = (
  { direction, admin, networkPolicies, baseline }: Deciders,
  subject: PodObject,
  podFamilies: readonly IpFamily[],
): CompiledDeciders => {
  const rulesOf = (policy: EvaluatedPolicy): readonly Rule[] => {
    const scopes = scopesOf(policy, direction, podFamilies);
    const destination = direction === "ingress" ? subject : undefined;
    return policy[direction].map((rule, index) => ({
      scopes: scopes[index] ?? [],
      ...decisionOf(rule, destination),
    }));
  };
  return {
    admin: admin.flatMap(rulesOf),
    networkPolicies: networkPolicies.length === 0 ? undefined : networkPolicies.flatMap(rulesOf),
    baseline: baseline.flatMap(rulesOf),
  };
};

const decisionOf = (
  rule: NetworkPolicyRule | TieredRule,
  destination: PodObject | undefined,
): Decision => {
  if (!("action" in rule)) {
    return { action: "accept", connections: connectionsOfPorts(rule.ports, destination) };
  }
  return {
    action: actionOf(rule),
    connections:
      closureOf(rule) === undefined ? connectionsOfPorts(rule.ports, destination) : everyConnection,
  };
};

/** Pairs of selectors that the rules name. */
export const namedScopes = (compiled: CompiledDeciders): readonly HypotheticalPeer[] =>
  [...compiled.admin, ...(compiled.networkPolicies ?? []), ...compiled.baseline]
    .flatMap(({ scopes }) => scopes)
    .filter((scope) => typeof scope === "object");

/**
 * What the rules let through with a peer. A rule matches when it selects everything or by the peer's very selectors: of
 * a pod that is not there nothing else is known.
 */
export const potentialConnections = (
  { admin, networkPolicies, baseline }: CompiledDeciders,
  peer: HypotheticalPeer,
): PotentialConnections => {
  const matching = (rules: readonly Rule[]): readonly Rule[] =>
    rules.filter(({ scopes }) => scopes.some((scope) => covers(scope, peer)));
  const tier = new DecidedConnections();
  for (const rule of matching(admin)) tier.decide(rule);
  tier.resumePassed();
  if (networkPolicies !== undefined) {
    for (const rule of matching(networkPolicies)) tier.allow(rule.connections);
    return tier.allowed;
  }
  for (const rule of matching(baseline)) tier.decide(rule);
  tier.resumePassed();
  tier.allow(everyConnection);
  return tier.allowed;
};

const covers = (scope: PeerScope, peer: HypotheticalPeer): boolean => {
  if (typeof scope === "string") return scope === "everything";
  const { namespaces, pods } = scope;
  return (
    (namespaces.key === "" || namespaces.key === peer.namespaces.key) &&
    (pods.key === "" || pods.key === peer.pods.key)
  );
};
