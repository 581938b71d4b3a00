import { assertNever } from "../../../common/assert.js";
import { namespaceNameLabel } from "../model/cluster-model.js";
import { everything, type LabelSelector, labelSelectorOf } from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  TieredPeer,
  TieredRule,
} from "../model/objects.js";
import { closureOf } from "../policy/closed-rule.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import { type IpFamily, lastAddress } from "../sets/ip.js";
import type { HypotheticalPeer } from "./hypothetical-peer.js";
import { blocksOf } from "./peer-blocks.js";

/** What a rule's peer says of pods: it selects none, all of the cluster, or those of a pair of selectors. */
export type PeerScope = "none" | "everything" | HypotheticalPeer;

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
 * The scopes of every rule of a policy in one direction; no peers at all are everything. Blocks of all addresses of
 * `podFamilies` take in every pod; none are given where blocks do not match pods.
 */
export const scopesOf = (
  policy: EvaluatedPolicy,
  direction: Direction,
  podFamilies: readonly IpFamily[] = [],
): readonly (readonly PeerScope[])[] => {
  const scopes = (rule: NetworkPolicyRule | TieredRule): readonly PeerScope[] => {
    const closure = "action" in rule ? closureOf(rule) : undefined;
    if (closure !== undefined) return closure === "accepts-nothing" ? [] : ["everything"];
    const { peers } = rule;
    if (peers === undefined || areAllPods(peers, podFamilies)) return ["everything"];
    return peers.map((peer) =>
      "action" in rule
        ? tieredScope(peer as TieredPeer)
        : networkPolicyScope(peer as NetworkPolicyPeer, policy.namespace),
    );
  };
  return policy[direction].map(scopes);
};

const areAllPods = (
  peers: readonly (NetworkPolicyPeer | TieredPeer)[],
  families: readonly IpFamily[],
): boolean => {
  if (families.length === 0) return false;
  const whole = new Set(
    peers
      .flatMap(blocksOf)
      .filter(isWholeFamily)
      .map(({ range }) => range.family),
  );
  return families.every((family) => whole.has(family));
};

const isWholeFamily = ({ range, except }: IpBlock): boolean =>
  range.first === 0n && range.last === lastAddress(range.family) && except.length === 0;
