import type { ServiceObject } from "../../model/objects.js";
import { addressBookOf } from "../address-book.js";
import type { LintRule } from "../finding.js";
import { isWholeFamily, setOfBlock } from "../ip-blocks.js";
import type { LintContext } from "../lint-context.js";
import { type RuleSite, ruleSites, ruleText } from "../policy-rules.js";
import { servicesOf } from "../services-index.js";

/** With externalTrafficPolicy Cluster a node may put its own address in place of the client's. */
export const sourceAddressHidden: LintRule = {
  id: "CW025",
  title: "source-address-hidden",
  severity: "low",
  summary:
    "A rule lets in addresses outside the cluster, and the Service before the pods hides the address of clients.",
  *run(context) {
    for (const site of ruleSites(context)) {
      if (site.direction !== "ingress" || !goesByOuterAddress(context, site)) continue;
      const service = hidingService(context, site);
      if (service === undefined) continue;
      yield {
        message: `${ruleText(site)} goes by the address of clients, but Service ${service.namespace}/${service.name} (${service.type}, externalTrafficPolicy Cluster) may show the address of a node instead.`,
        fix: "Set externalTrafficPolicy: Local on the Service, or restrict clients with loadBalancerSourceRanges.",
        object: site.policy,
        path: [...site.path, "from"],
      };
    }
  },
};

/** Whether a rule has blocks, none of which is everything or holds the nodes. */
const goesByOuterAddress = (context: LintContext, { rule }: RuleSite): boolean => {
  const blocks = (rule.peers ?? []).flatMap((peer) =>
    peer.kind === "ipBlock" ? [peer.block] : [],
  );
  const { nodes } = addressBookOf(context);
  return (
    blocks.length > 0 &&
    !blocks.some((block) => isWholeFamily(block) || nodes.countIn(setOfBlock(block)) > 0)
  );
};

const hidingService = (context: LintContext, { policy }: RuleSite): ServiceObject | undefined => {
  for (const pod of context.subjectsOf(policy)) {
    const service = servicesOf(context, pod).find(
      ({ type, externalTrafficPolicy }) =>
        (type === "LoadBalancer" || type === "NodePort") && externalTrafficPolicy === "Cluster",
    );
    if (service !== undefined) return service;
  }
  return undefined;
};
