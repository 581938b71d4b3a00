import type { IpBlock } from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyEngine } from "../policy/engine.js";
import { type IpRange, ipRangeText, lastAddress } from "../sets/ip.js";
import { affects } from "./hypothetical-peers.js";
import { blocksOf } from "./peer-blocks.js";

/** Addresses outside that no rule of one direction tells apart. */
export type ListRange = {
  readonly range: IpRange;
  /** As np-guard writes it: "0.0.0.0-9.255.255.255[External]". */
  readonly text: string;
  /** The first of the engine's ranges in it, which stands for all of them. */
  readonly first: IpRange;
};

/** The addresses outside as rules of one direction cut them. */
export type ListRanges = {
  /** In order of addresses. */
  readonly all: readonly ListRange[];
  /** By the engine's range that stands for it; the others of the engine's ranges are not in it. */
  readonly byFirst: ReadonlyMap<IpRange, ListRange>;
};

/** "0.0.0.0-9.255.255.255[External]". */
export const externalText = (range: IpRange): string => `${ipRangeText(range)}[External]`;

/**
 * The addresses outside as np-guard lists them: as destinations cut by the blocks of egress rules alone, as sources by those
 * of ingress rules.
 */
export const listRanges = (engine: PolicyEngine, direction: Direction): ListRanges => {
  const cuts = cutsOf([...engine.model.networkPolicies, ...engine.model.tieredPolicies], direction);
  const all: ListRange[] = [];
  for (const range of engine.externalRanges()) {
    const before = all.at(-1);
    const isCut = before?.range.family !== range.family || cuts[range.family].has(range.first);
    if (isCut) all.push({ range, text: "", first: range });
    else all[all.length - 1] = { ...before, range: { ...before.range, last: range.last } };
  }
  const named = all.map((each) => ({ ...each, text: externalText(each.range) }));
  return { all: named, byFirst: new Map(named.map((each) => [each.first, each])) };
};

type Cuts = Readonly<Record<4 | 6, Set<bigint>>>;

const cutsOf = (policies: readonly EvaluatedPolicy[], direction: Direction): Cuts => {
  const cuts: Cuts = { 4: new Set(), 6: new Set() };
  for (const policy of policies) {
    if (!affects(policy, direction)) continue;
    for (const { range, except } of policyBlocks(policy, direction)) {
      for (const { family, first, last } of [range, ...except]) {
        cuts[family].add(first);
        if (last < lastAddress(family)) cuts[family].add(last + 1n);
      }
    }
  }
  return cuts;
};

function* policyBlocks(policy: EvaluatedPolicy, direction: Direction): Iterable<IpBlock> {
  for (const { peers = [] } of policy[direction]) {
    for (const peer of peers) yield* blocksOf(peer);
  }
}
