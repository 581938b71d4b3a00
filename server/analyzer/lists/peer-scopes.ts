import { assertNever } from "../../../common/assert.js";
import { namespaceNameLabel } from "../model/cluster-model.js";
import { everything, type LabelSelector, labelSelectorOf } from "../model/label-selector.js";
import type { NetworkPolicyPeer, TieredPeer, TieredRule } from "../model/objects.js";
import { closureOf } from "../policy/closed-rule.js";
import { setOfBlocks } from "../policy/compiled-policy.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import { blocksOfPeer } from "../policy/external-ranges.js";
import { matchAddresses, type PossibleAddresses } from "../policy/possible-addresses.js";
import type { HypotheticalPeer } from "./hypothetical-peer.js";

/**
 * What a rule's peer says of pods that are not there: it selects none, all, those of a pair of selectors, or by address,
 * so that it depends on the one that a pod gets.
 */
export type PeerScope = "none" | "everything" | "maybe" | HypotheticalPeer;

const scopeOf = (peer: HypotheticalPeer): PeerScope =>
  peer.namespaces.key === "" && peer.pods.key === "" ? "everything" : peer;

const namespaceNamed = (name: string): LabelSelector =>
  labelSelectorOf([{ key: namespaceNameLabel, operator: "In", values: [name] }]);

/** What a peer of a NetworkPolicy in a namespace says of pods by their labels. */
const networkPolicyScope = (peer: NetworkPolicyPeer, namespace: string): PeerScope =>
  peer.kind === "ipBlock"
    ? "none"
    : scopeOf({
        namespaces: peer.namespaceSelector ?? namespaceNamed(namespace),
        pods: peer.podSelector ?? everything,
      });

/** What a peer of an ordered policy says of pods. */
const tieredScope = (peer: TieredPeer): PeerScope => {
  switch (peer.kind) {
    case "namespaces":
      return scopeOf({ namespaces: peer.selector, pods: everything });
    case "pods":
      return scopeOf({ namespaces: peer.namespaceSelector, pods: peer.podSelector });
    case "unknown":
    case "networks":
    case "nodes":
    case "domainNames":
      return "none";
    default:
      return assertNever(peer);
  }
};

/**
 * The scopes of every rule of a policy in one direction; no peers at all are everything. Blocks are compared with the
 * addresses that a pod can have which is not there; none are given where blocks do not match pods.
 */
export const scopesOf = (
  policy: EvaluatedPolicy,
  direction: Direction,
  podAddresses: readonly PossibleAddresses[] = [],
): readonly (readonly PeerScope[])[] =>
  policy.kind === "NetworkPolicy"
    ? policy[direction].map(({ peers }): readonly PeerScope[] =>
        peers === undefined
          ? ["everything"]
          : [
              ...peers.map((peer) => networkPolicyScope(peer, policy.namespace)),
              blocksScope(peers, podAddresses),
            ],
      )
    : policy[direction].map((rule) => tieredScopes(rule, direction, podAddresses));

const tieredScopes = (
  rule: TieredRule,
  direction: Direction,
  podAddresses: readonly PossibleAddresses[],
): readonly PeerScope[] => {
  const closure = closureOf(rule);
  if (closure !== undefined) return closure === "accepts-nothing" ? [] : ["everything"];
  const scopes = rule.peers.map(tieredScope);
  // Sources can only be pods by their labels (ClusterNetworkPolicyIngressPeer).
  return direction === "ingress" ? scopes : [...scopes, blocksScope(rule.peers, podAddresses)];
};

const blocksScope = (
  peers: readonly (NetworkPolicyPeer | TieredPeer)[],
  podAddresses: readonly PossibleAddresses[],
): PeerScope => {
  const blocks = peers.flatMap(blocksOfPeer);
  if (blocks.length === 0) return "none";
  const match = matchAddresses(setOfBlocks(blocks), podAddresses);
  switch (match) {
    case "yes":
      return "everything";
    case "maybe":
      return "maybe";
    case "no":
      return "none";
    default:
      return assertNever(match);
  }
};
