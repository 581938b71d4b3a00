import type { NetworkPolicyRule } from "../../model/objects.js";
import { parseIp } from "../../sets/ip.js";
import { containsIp } from "../../sets/ip-set.js";
import type { LintRule } from "../finding.js";
import { isWholeFamily, setOfBlock } from "../ip-blocks.js";
import { ruleSites, ruleText } from "../policy-rules.js";
import { holdsPort } from "../port-lists.js";

/** Where clouds hand out the credentials of a machine to whoever asks from it. */
const metadataText = "169.254.169.254";

/** A rule without peers on every port, or one that holds every address, lets pods out to everything. */
export const egressToEverywhere: LintRule = {
  id: "CW018",
  title: "egress-to-everywhere",
  severity: "low",
  summary: "A rule lets pods out to everything, the metadata service of the cloud included.",
  *run(context) {
    for (const site of ruleSites(context)) {
      if (site.direction !== "egress") continue;
      const what = openText(site.rule);
      if (what === undefined) continue;
      yield {
        message: `${ruleText(site)} ${what}.`,
        fix: `List the peers and ports that are needed; for the internet write 0.0.0.0/0 except ${metadataText}/32 and the private ranges.`,
        object: site.policy,
        path: site.path,
      };
    }
  },
};

const openText = ({ peers, ports }: NetworkPolicyRule): string | undefined => {
  if (peers === undefined) {
    return ports === undefined
      ? "lets the pods out to everyone on every port: they are isolated for egress in name only"
      : undefined;
  }
  const metadata = parseIp(metadataText);
  const block = peers.find((peer) => peer.kind === "ipBlock" && isWholeFamily(peer.block));
  if (block?.kind !== "ipBlock" || metadata === undefined) return undefined;
  if (!holdsPort(ports, { protocol: "TCP", number: 80 })) return undefined;
  return containsIp(setOfBlock(block.block), metadata)
    ? `lets the pods out to every address (${block.block.text}), also to the cloud's metadata service at ${metadataText}, which hands out the node's credentials`
    : undefined;
};
