import { assertNever } from "../../../common/assert.js";
import type { LabelSelector } from "../model/label-selector.js";
import type { UnmodelledPolicyObject } from "../model/objects.js";
import type { IpRange } from "../sets/ip.js";
import type { CompiledPolicy, PeerMatcher } from "./compiled-policy.js";
import { blocksOf } from "./external-ranges.js";

/** What policies tell ends apart by: two ends that agree in all of it are equal to every policy. */
export type PolicyTerms = {
  /** Label keys of pods that selectors name. */
  readonly podKeys: Set<string>;
  /** Label keys of nodes that selectors name. */
  readonly nodeKeys: Set<string>;
  /** Names of ports. */
  readonly portNames: Set<string>;
};

/** No terms yet. */
export const noTerms = (): PolicyTerms => ({
  podKeys: new Set(),
  nodeKeys: new Set(),
  portNames: new Set(),
});

/** Adds the terms of a policy. */
export const addTerms = (
  terms: PolicyTerms,
  { subject, egress, ingress }: CompiledPolicy,
): void => {
  addKeys(terms.podKeys, subject.podSelector);
  for (const { peers, named } of [...egress, ...ingress]) {
    for (const peer of peers) addPeer(terms, peer);
    for (const { name } of named) terms.portNames.add(name);
  }
};

/** Adds the terms of a policy that is not evaluated: whom it selects still matters. */
export const addUnmodelledTerms = (terms: PolicyTerms, policy: UnmodelledPolicyObject): void => {
  if (policy.podSelector !== undefined) addKeys(terms.podKeys, policy.podSelector);
};

const addPeer = (terms: PolicyTerms, peer: PeerMatcher): void => {
  switch (peer.kind) {
    case "pods":
      addKeys(terms.podKeys, peer.podSelector);
      break;
    case "nodes":
      addKeys(terms.nodeKeys, peer.selector);
      break;
    case "addresses":
    case "names":
    case "everyone":
      break;
    default:
      assertNever(peer);
  }
};

const addKeys = (keys: Set<string>, { requirements }: LabelSelector): void => {
  for (const { key } of requirements) keys.add(key);
};

/** Where the address blocks of a policy begin and end. */
export const rangesOf = ({ policy }: CompiledPolicy): readonly IpRange[] => {
  const ranges: IpRange[] = [];
  for (const { range, except } of blocksOf(policy)) ranges.push(range, ...except);
  return ranges;
};
