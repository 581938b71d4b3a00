import type { IpBlock } from "../model/objects.js";
import { type IpFamily, type IpRange, lastAddress } from "../sets/ip.js";
import type { EvaluatedPolicy } from "./decision.js";

/** The address blocks that a policy names. */
export function* blocksOf(policy: EvaluatedPolicy): Iterable<IpBlock> {
  for (const direction of ["egress", "ingress"] as const) {
    for (const { peers = [] } of policy[direction]) {
      for (const peer of peers) {
        if (peer.kind === "ipBlock") yield peer.block;
        else if (peer.kind === "networks") yield* peer.blocks;
      }
    }
  }
}

/**
 * The addresses outside the cluster, cut wherever a block of a policy begins or ends, so that no policy tells two addresses
 * of one range apart. Of the given families those that the model shows in its addresses, or the policies in their blocks.
 */
export const externalRanges = (
  policies: Iterable<EvaluatedPolicy>,
  families: readonly IpFamily[],
  shownFamilies: readonly IpFamily[],
): readonly IpRange[] => {
  const starts = new Map<IpFamily, Set<bigint>>();
  for (const policy of policies) {
    for (const { range, except } of blocksOf(policy)) {
      for (const cut of [range, ...except]) addCut(starts, cut);
    }
  }
  const shown = new Set<IpFamily>([...shownFamilies, ...starts.keys()]);
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
