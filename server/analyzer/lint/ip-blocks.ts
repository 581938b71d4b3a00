import type { IpBlock, NetworkPolicyPeer, TieredPeer } from "../model/objects.js";
import type { EvaluatedPolicy } from "../policy/decision.js";
import { lastAddress } from "../sets/ip.js";
import { type IpSet, ipSetOf, subtractIps } from "../sets/ip-set.js";
import type { ObjectPath } from "./finding.js";
import type { LintContext } from "./lint-context.js";
import { type PeerSite, peerSites, type TieredPeerSite, tieredPeerSites } from "./policy-rules.js";

/** Whether a block is 0.0.0.0/0 or ::/0, whatever it leaves out. */
export const isWholeFamily = ({ range }: IpBlock): boolean =>
  range.first === 0n && range.last === lastAddress(range.family);

const sets = new WeakMap<IpBlock, IpSet>();

/** The addresses of a block without its holes. */
export const setOfBlock = (block: IpBlock): IpSet => {
  const known = sets.get(block) ?? subtractIps([block.range], ipSetOf(block.except));
  sets.set(block, known);
  return known;
};

/** A block of addresses in a rule, and where it stands. */
export type BlockSite = {
  readonly block: IpBlock;
  readonly site: PeerSite | TieredPeerSite;
  readonly policy: EvaluatedPolicy;
  readonly path: ObjectPath;
};

/** Every block of addresses of every rule in force. */
export const blockSites = function* (context: LintContext): Iterable<BlockSite> {
  for (const site of peerSites(context)) yield* blocksOfPeer(site);
  for (const site of tieredPeerSites(context)) yield* blocksOfPeer(site);
};

const blocksOfPeer = (site: PeerSite | TieredPeerSite): readonly BlockSite[] =>
  placedBlocks(site.peer).map(({ block, path }) => ({
    block,
    site,
    policy: site.policy,
    path: [...site.peerPath, ...path],
  }));

const placedBlocks = (
  peer: NetworkPolicyPeer | TieredPeer,
): readonly { readonly block: IpBlock; readonly path: ObjectPath }[] => {
  if (peer.kind === "ipBlock") return [{ block: peer.block, path: ["ipBlock", "cidr"] }];
  if (peer.kind !== "networks") return [];
  return peer.blocks.map((block, index) => ({ block, path: ["networks", index] }));
};
