import type { NetworkPolicyObject, TieredPolicyObject } from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyUnit } from "../policy/engine.js";
import { addressesFromTexts, type PossibleAddresses } from "../policy/possible-addresses.js";
import { allConnections, noConnections } from "../sets/connections.js";
import { type ExposedPeer, entireClusterText } from "./exposed-peer.js";
import { entireCluster, type HypotheticalPeer } from "./hypothetical-peer.js";
import type { HypotheticalPeers } from "./hypothetical-peers.js";
import { hypotheticalText } from "./hypothetical-text.js";
import { firstPod } from "./list-ends.js";
import { mayBeBoth, type PeerCover } from "./peer-cover.js";
import {
  compileDeciders,
  type Deciders,
  namedScopes,
  type Potential,
  potentialConnections,
} from "./potential-connections.js";
import { beyond, isCutDown, isNothing, potentialText } from "./potential-set.js";
import { createSideText } from "./side-text.js";
import type { SubjectPolicies } from "./subject-policies.js";

/** What the exposures of a model are made from. */
export type ExposureContext = {
  /** Whether what a tier shuts out is left out where the profile has it so. */
  readonly isSparse: boolean;
  /** Those of all rules of the model. */
  readonly peers: HypotheticalPeers;
  /** What the address of a pod that is not there can be; none where blocks do not match pods. */
  readonly podAddresses: readonly PossibleAddresses[];
  readonly covers: PeerCover;
};

/** A unit in a direction, and the policies that have it as subject there. */
export type ExposureSubject = {
  readonly unit: PolicyUnit;
  readonly direction: Direction;
  readonly policies: SubjectPolicies;
};

type PeerPotential = Potential & { readonly peer: HypotheticalPeer };

/**
 * The pods that are not there that a unit may reach, or be reached by: any pod of the cluster, and those of selectors for
 * which more or less is allowed, nothing included. Where a policy that is not evaluated selects the unit, nothing can be
 * told.
 */
export const exposureToPods = (
  context: ExposureContext,
  { unit, direction, policies }: ExposureSubject,
): readonly ExposedPeer[] => {
  const { peers, podAddresses, covers } = context;
  if (policies.unmodelled.length > 0) {
    return [{ peer: entireClusterText, connections: unknownText }];
  }
  const deciders = { direction, ...tiersOf(policies.evaluated) };
  const subject = firstPod(unit);
  const compiled = compileDeciders(deciders, subject, ofFamilies(podAddresses, subject.ips));
  const potentialOf = (peer: HypotheticalPeer): PeerPotential => ({
    peer,
    ...potentialConnections(compiled, peer, covers),
  });
  const toAll = potentialOf(entireCluster);
  const named = new Set(namedScopes(compiled).flatMap((scope) => peers.coveredBy(scope)));
  const exposed = isClosed(toAll) ? [] : [{ peer: entireClusterText, connections: textOf(toAll) }];
  for (const each of listed(context, toAll, [...named].map(potentialOf))) {
    exposed.push({ peer: hypotheticalText(each.peer), connections: textOf(each) });
  }
  return exposed;
};

/** What is of the families of a pod, which are those of all its connections; all where its addresses are not known. */
const ofFamilies = (
  addresses: readonly PossibleAddresses[],
  ips: readonly string[],
): readonly PossibleAddresses[] => {
  const families = new Set(addressesFromTexts(ips).map(({ family }) => family));
  return families.size === 0 ? addresses : addresses.filter(({ family }) => families.has(family));
};

/** The peers of which something else is to be said than of any pod. */
const listed = (
  { isSparse, peers }: ExposureContext,
  toAll: PeerPotential,
  named: readonly PeerPotential[],
): readonly PeerPotential[] => {
  const textToAll = textOf(toAll);
  const different = named.filter(
    (each) =>
      textOf(each) !== textToAll &&
      (!peers.isPresent(each.peer) || isCutDown(each.certain, toAll.certain)),
  );
  if (isSparse || !isClosed(toAll)) return different;
  // Others get in: what a tier denies to some of them has to be said too.
  const shutOut = named.filter(
    (each) =>
      isClosed(each) && each.isDenied && different.some(({ peer }) => mayBeBoth(peer, each.peer)),
  );
  return [...different, ...shutOut];
};

const isClosed = ({ possible }: Potential): boolean => isNothing(possible);

const textOf = ({ certain, possible }: Potential): string => {
  const open = beyond(possible, certain);
  return isNothing(open)
    ? potentialText(certain)
    : `${potentialText(certain)} (undetermined: ${potentialText(open)})`;
};

const unknownText = createSideText()(noConnections, allConnections);

/** The order in which tiers ask; of equal priorities the name decides, as in the engine. */
const tiersOf = (policies: readonly EvaluatedPolicy[]): Omit<Deciders, "direction"> => {
  const tiered = policies
    .filter((policy): policy is TieredPolicyObject => policy.kind !== "NetworkPolicy")
    .sort((one, other) => one.priority - other.priority || (one.name < other.name ? -1 : 1));
  return {
    admin: tiered.filter(({ tier }) => tier === "admin"),
    networkPolicies: policies.filter(
      (policy): policy is NetworkPolicyObject => policy.kind === "NetworkPolicy",
    ),
    baseline: tiered.filter(({ tier }) => tier === "baseline"),
  };
};
