import type { IpBlock, NetworkPolicyPeer, TieredPeer } from "../model/objects.js";

/** The address blocks that a peer names. */
export const blocksOf = (peer: NetworkPolicyPeer | TieredPeer): readonly IpBlock[] => {
  if (peer.kind === "ipBlock") return [peer.block];
  return peer.kind === "networks" ? peer.blocks : [];
};
