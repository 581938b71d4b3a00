import type {
  NetworkPolicyObject,
  NetworkPolicyRule,
  PodObject,
  TieredPolicyObject,
  TieredRule,
} from "../model/objects.js";
import { actionOf, closureOf } from "../policy/closed-rule.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PossibleAddresses } from "../policy/possible-addresses.js";
import { DecidedConnections, type Decision } from "./decided-connections.js";
import type { HypotheticalPeer } from "./hypothetical-peer.js";
import type { PeerCover } from "./peer-cover.js";
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
  podAddresses: readonly PossibleAddresses[],
): CompiledDeciders => {
  const rulesOf = (policy: EvaluatedPolicy): readonly Rule[] => {
    const scopes = scopesOf(policy, direction, podAddresses);
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

/** What rules let through with a peer. */
export type Potential = {
  readonly certain: PotentialConnections;
  /** With what a Deny for addresses that the peer may have or not does not take from it. */
  readonly possible: PotentialConnections;
  /** Whether a rule of a tier denies the peer something. */
  readonly isDenied: boolean;
};

/**
 * What the rules let through with a peer. A rule matches when it selects every pod that the peer can be: of a pod that is
 * not there nothing else is known.
 */
export const potentialConnections = (
  compiled: CompiledDeciders,
  peer: HypotheticalPeer,
  covers: PeerCover,
): Potential => {
  const holds = ({ scopes }: Rule): boolean =>
    scopes.some((scope) => holdsPeer(scope, peer, covers));
  const mayDeny = (rule: Rule): boolean => rule.action === "deny" && rule.scopes.includes("maybe");
  const possible = connectionsBy(compiled, holds);
  const tiers = tiersThatDecide(compiled);
  return {
    certain: tiers.some(mayDeny)
      ? connectionsBy(compiled, (rule) => holds(rule) || mayDeny(rule))
      : possible,
    possible,
    isDenied: tiers.some((rule) => rule.action === "deny" && holds(rule)),
  };
};

/** The rules of tiers that have a say. */
const tiersThatDecide = ({
  admin,
  networkPolicies,
  baseline,
}: CompiledDeciders): readonly Rule[] =>
  networkPolicies === undefined ? [...admin, ...baseline] : admin;

const connectionsBy = (
  { admin, networkPolicies, baseline }: CompiledDeciders,
  matches: (rule: Rule) => boolean,
): PotentialConnections => {
  const decided = new DecidedConnections();
  for (const rule of admin.filter(matches)) decided.decide(rule);
  decided.resumePassed();
  if (networkPolicies !== undefined) {
    for (const rule of networkPolicies.filter(matches)) decided.allow(rule.connections);
    return decided.allowed;
  }
  for (const rule of baseline.filter(matches)) decided.decide(rule);
  decided.resumePassed();
  decided.allow(everyConnection);
  return decided.allowed;
};

const holdsPeer = (scope: PeerScope, peer: HypotheticalPeer, covers: PeerCover): boolean =>
  typeof scope === "string" ? scope === "everything" : covers(scope, peer);
