import { assertNever } from "../../../common/assert.js";
import type { IpBlock, NetworkPolicyPeer, TieredPeer } from "../model/objects.js";
import { type IpFamily, type IpRange, lastAddress } from "../sets/ip.js";
import { type Direction, directions, type EvaluatedPolicy } from "./decision.js";

/** The address blocks that a policy names in the given directions, in rules that have an effect. */
export const blocksOf = (
  policy: EvaluatedPolicy,
  of: readonly Direction[] = directions,
): readonly IpBlock[] =>
  of
    .filter((each) => policy.kind !== "NetworkPolicy" || policy.isolates.includes(each))
    .flatMap((each) => [...policy[each]] as readonly AnyRule[])
    .flatMap(({ peers = [] }) => peers.flatMap(blocksOfPeer));

type AnyRule = { readonly peers?: readonly (NetworkPolicyPeer | TieredPeer)[] };

/** The address blocks that a peer names. */
export const blocksOfPeer = (peer: NetworkPolicyPeer | TieredPeer): readonly IpBlock[] => {
  switch (peer.kind) {
    case "ipBlock":
      return [peer.block];
    case "networks":
      return peer.blocks;
    case "pods":
    case "namespaces":
    case "nodes":
    case "domainNames":
    case "unknown":
      return [];
    default:
      return assertNever(peer);
  }
};

/** What ranges are made from. */
export type RangeSources = {
  readonly policies: readonly EvaluatedPolicy[];
  /** Families that may be listed. */
  readonly families: readonly IpFamily[];
  /** Families that addresses of the model show; blocks show theirs themselves. */
  readonly shownFamilies: readonly IpFamily[];
};

/**
 * The addresses outside the cluster, cut wherever a block that a policy names in the given directions begins or ends, so
 * that in them no policy tells two addresses of one range apart.
 */
export const externalRanges = (
  { policies, families, shownFamilies }: RangeSources,
  of: readonly Direction[],
): readonly IpRange[] => {
  const starts = new Map<IpFamily, Set<bigint>>();
  const shown = new Set<IpFamily>(shownFamilies);
  for (const policy of policies) {
    for (const { range } of blocksOf(policy)) shown.add(range.family);
    for (const { range, except } of blocksOf(policy, of)) {
      for (const cut of [range, ...except]) addCut(starts, cut);
    }
  }
  return families
    .filter((family) => shown.has(family))
    .flatMap((family) => rangesFrom(family, starts.get(family) ?? new Set()));
};

const addCut = (starts: Map<IpFamily, Set<bigint>>, { family, first, last }: IpRange): void => {
  let set = starts.get(family);
  if (set === undefined) {
    set = new Set();
    starts.set(family, set);
  }
  set.add(first);
  if (last < lastAddress(family)) set.add(last + 1n);
};

const rangesFrom = (family: IpFamily, starts: ReadonlySet<bigint>): readonly IpRange[] => {
  const sorted = [...new Set([0n, ...starts])].sort((one, other) => (one < other ? -1 : 1));
  return sorted.map((first, index) => ({
    family,
    first,
    last: (sorted[index + 1] ?? lastAddress(family) + 1n) - 1n,
  }));
};
