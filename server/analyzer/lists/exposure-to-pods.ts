import type { NetworkPolicyObject, TieredPolicyObject } from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyUnit } from "../policy/engine.js";
import { allConnections, noConnections } from "../sets/connections.js";
import type { IpFamily } from "../sets/ip.js";
import { type ExposedPeer, entireClusterText } from "./exposed-peer.js";
import { entireCluster } from "./hypothetical-peer.js";
import type { HypotheticalPeers } from "./hypothetical-peers.js";
import { hypotheticalText } from "./hypothetical-text.js";
import { firstPod } from "./list-ends.js";
import {
  compileDeciders,
  type Deciders,
  namedScopes,
  potentialConnections,
} from "./potential-connections.js";
import { isNothing, potentialText } from "./potential-set.js";
import { createSideText } from "./side-text.js";
import type { SubjectPolicies } from "./subject-policies.js";

/** A unit in a direction, and what its exposure is made from. */
export type ExposureSubject = {
  readonly unit: PolicyUnit;
  readonly direction: Direction;
  readonly policies: SubjectPolicies;
  /** Those of all rules of the model. */
  readonly peers: HypotheticalPeers;
  /** Families of which a block of all addresses takes in every pod. */
  readonly podFamilies: readonly IpFamily[];
};

/**
 * The pods that are not there that a unit may reach, or be reached by: any pod of the cluster, and those of selectors for
 * which more or less is allowed. Where a policy that is not evaluated selects the unit, nothing can be told.
 */
export const exposureToPods = (subject: ExposureSubject): readonly ExposedPeer[] => {
  const { unit, direction, policies, peers, podFamilies } = subject;
  if (policies.unmodelled.length > 0) {
    return [{ peer: entireClusterText, connections: unknownText }];
  }
  const deciders = { direction, ...tiersOf(policies.evaluated) };
  const compiled = compileDeciders(deciders, firstPod(unit), podFamilies);
  const toAll = potentialConnections(compiled, entireCluster);
  const textToAll = potentialText(toAll);
  const named = new Set(namedScopes(compiled).flatMap((scope) => peers.coveredBy(scope)));
  const exposed: ExposedPeer[] = [];
  if (!isNothing(toAll)) exposed.push({ peer: entireClusterText, connections: textToAll });
  for (const peer of named) {
    const potential = potentialConnections(compiled, peer);
    const connections = potentialText(potential);
    if (isNothing(potential) || connections === textToAll) continue;
    exposed.push({ peer: hypotheticalText(peer), connections });
  }
  return exposed;
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
