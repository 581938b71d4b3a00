import type { NetworkPolicyRule } from "../../model/objects.js";
import type { IpFamily } from "../../sets/ip.js";
import { cidrText, parseIp } from "../../sets/ip.js";
import type { LintRule } from "../finding.js";
import { blockSites, isWholeFamily } from "../ip-blocks.js";
import type { LintContext } from "../lint-context.js";
import { peerSites, ruleText } from "../policy-rules.js";

/** Host bits are masked away; some network plugins have ignored such a block as a whole. */
export const cidrHostBits: LintRule = {
  id: "CW023",
  title: "cidr-host-bits",
  severity: "low",
  summary: "A CIDR has bits set behind its prefix.",
  *run(context) {
    for (const { block, policy, path } of blockSites(context)) {
      const address = parseIp(block.text.split("/")[0] ?? "");
      if (address === undefined || address.value === block.range.first) continue;
      const meant = cidrText(block.range);
      const { family, value } = address;
      const only = cidrText({ family, first: value, last: value });
      yield {
        message: `${block.text} has bits set behind its prefix and means ${meant}; not every network plugin takes it.`,
        fix: `Write ${meant}, or ${only} if only that address is meant.`,
        object: policy,
        path,
      };
    }
  },
};

/** 0.0.0.0/0 says nothing of IPv6. */
export const oneFamilyOnly: LintRule = {
  id: "CW024",
  title: "one-family-only",
  severity: "medium",
  summary: "A rule holds every address of one IP family, in a cluster that has both.",
  *run(context) {
    if (!isDualStack(context)) return;
    for (const { policy, direction, peer, peerPath, index } of peerSites(context)) {
      if (peer.kind !== "ipBlock" || !isWholeFamily(peer.block)) continue;
      const { family } = peer.block.range;
      if (policy[direction].some((each) => isOpen(each))) continue;
      const others = policy[direction].flatMap(({ peers = [] }) => peers);
      const both = others.some(
        (other) =>
          other.kind === "ipBlock" &&
          other.block.range.family !== family &&
          isWholeFamily(other.block),
      );
      if (both) continue;
      yield {
        message: `${ruleText({ direction, index })} is for every IPv${family} address and for no IPv${otherFamily(family)} address, but this cluster has both: connections over IPv${otherFamily(family)} are denied.`,
        fix: `Add ${family === 4 ? "::/0" : "0.0.0.0/0"} as a second ipBlock.`,
        object: policy,
        path: [...peerPath, "ipBlock", "cidr"],
      };
    }
  },
};

const isOpen = ({ peers, ports }: NetworkPolicyRule): boolean =>
  peers === undefined && ports === undefined;

const otherFamily = (family: IpFamily): IpFamily => (family === 4 ? 6 : 4);

const isDualStack = ({ groups, model }: LintContext): boolean =>
  groups.some(({ pods }) => pods.some(({ ips }) => hasBoth(ips))) ||
  [...model.nodes].some(({ podCidrs }) => hasBoth(podCidrs)) ||
  [...model.services].some(({ ipFamilies }) => ipFamilies.length > 1);

const hasBoth = (addresses: readonly string[]): boolean =>
  addresses.some((address) => address.includes(":")) &&
  addresses.some((address) => !address.includes(":"));
