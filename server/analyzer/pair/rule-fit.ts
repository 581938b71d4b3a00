import type { NetworkPolicyPeer, PortRule } from "../model/objects.js";
import type { Direction, EvaluatedPolicy, PolicyEndpoint, RuleRef } from "../policy/decision.js";
import type { ConnectionSet } from "../sets/connections.js";
import { type FitContext, networkPolicyPeerFit, type PeerFit, tieredPeerFits } from "./peer-fit.js";
import { portsFit, unresolvedNames } from "./port-fit.js";

/** How far a rule that accepts is from letting a peer through. */
export type RuleFit = {
  readonly ref: RuleRef;
  /** Undefined where the rule holds the peer; else the peer of the rule that comes nearest. */
  readonly nearest: PeerFit | undefined;
  /** What the rule's ports let through to the destination. */
  readonly fit: ConnectionSet;
  readonly ports: readonly PortRule[] | undefined;
  /** Its ports by name, where it has no others and none stands for a port of the destination. */
  readonly unresolved: readonly string[];
};

/** The ends that a rule is compared with. */
export type FitEnds = {
  readonly peer: PolicyEndpoint;
  /** Where ports are named: the pod that is reached. */
  readonly destination: PolicyEndpoint;
};

/** The accepting rules of a policy in a direction, each with how far it is from letting the peer through. */
export const ruleFits = (
  context: FitContext,
  policy: EvaluatedPolicy,
  direction: Direction,
  ends: FitEnds,
): readonly RuleFit[] => {
  if (policy.kind === "NetworkPolicy") {
    return policy[direction].map(({ peers, ports }, index) => {
      const { namespace } = policy;
      const fits = peers?.map((peer: NetworkPolicyPeer) =>
        networkPolicyPeerFit(context, ends.peer, { peer, namespace }),
      );
      return ruleFit({ policy, direction, index }, { fits, ports, ends });
    });
  }
  return policy[direction].flatMap(({ peers, ports, action }, index) => {
    if (action !== "accept") return [];
    const fits = tieredPeerFits(context, ends.peer, peers);
    return [ruleFit({ policy, direction, index }, { fits, ports, ends })];
  });
};

const ruleFit = (
  ref: RuleRef,
  {
    fits,
    ports,
    ends,
  }: {
    readonly fits: readonly PeerFit[] | undefined;
    readonly ports: readonly PortRule[] | undefined;
    readonly ends: FitEnds;
  },
): RuleFit => ({
  ref,
  nearest: fits === undefined ? undefined : nearestOf(fits),
  fit: portsFit(ports, ends.destination),
  ports,
  unresolved: unresolvedNames(ports, ends.destination),
});

/** Undefined where one holds the end. */
const nearestOf = (fits: readonly PeerFit[]): PeerFit | undefined => {
  let nearest: PeerFit | undefined;
  for (const fit of fits) {
    if (fit.unmet.length === 0) return undefined;
    if (nearest === undefined || distanceOf(fit) < distanceOf(nearest)) nearest = fit;
  }
  return nearest;
};

/** A selector that a few labels away would select the end is nearer than an address that it has not. */
const distanceOf = ({ unmet }: PeerFit): number =>
  unmet.reduce((sum, one) => sum + ("requirement" in one ? 1 : 10), 0);
