import type { IpBlock, NetworkPolicyObject } from "../../model/objects.js";
import type { IpRange } from "../../sets/ip.js";
import { isSubsetOfIps } from "../../sets/ip-set.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { PolicyCover } from "../policy-cover.js";
import {
  type PeerSite,
  peerSites,
  type RuleSite,
  rulesInForce,
  ruleText,
} from "../policy-rules.js";
import { coversRule, type RuleShape, shapeOfRule } from "../rule-cover.js";

/** An exception is one of its own block only: another block, rule or policy may allow the same addresses. */
export const exceptWithoutEffect: LintRule = {
  id: "CW022",
  title: "except-without-effect",
  severity: "medium",
  summary:
    "Addresses that a block leaves out are outside of it, or another rule allows them all the same.",
  *run(context) {
    const cover = new PolicyCover(context);
    for (const site of peerSites(context)) {
      if (site.peer.kind !== "ipBlock" || site.peer.block.except.length === 0) continue;
      const { block } = site.peer;
      for (const [index, hole] of block.except.entries()) {
        const message = faultOf(
          context,
          { site, block, hole, text: block.exceptTexts[index] ?? "" },
          cover,
        );
        if (message === undefined) continue;
        yield {
          message,
          fix: "Leave the addresses out there as well, or remove the exception.",
          object: site.policy,
          path: [...site.peerPath, "ipBlock", "except", index],
        };
      }
    }
  },
};

type Hole = {
  readonly site: PeerSite;
  readonly block: IpBlock;
  readonly hole: IpRange;
  readonly text: string;
};

const faultOf = (
  context: LintContext,
  { site, block, hole, text }: Hole,
  cover: PolicyCover,
): string | undefined => {
  if (!isSubsetOfIps([hole], [block.range])) {
    return `${text} lies outside ${block.text}, so leaving it out changes nothing.`;
  }
  const policies: readonly NetworkPolicyObject[] = [site.policy, ...cover.widerThan(site.policy)];
  const wanted = { ...shapeOfRule(site.rule, site.policy.namespace), ...onlyAddresses(hole) };
  const other = policies
    .flatMap(rulesInForce)
    .find((each) => each.direction === site.direction && allows(context, each, wanted));
  if (other === undefined) return undefined;
  const where = other.policy === site.policy ? "" : ` of ${objectText(other.policy)}`;
  const rule =
    other.rule === site.rule
      ? "another block of the rule"
      : `${ruleText(other).toLowerCase()}${where}`;
  return `${text} is left out of ${block.text}, but ${rule} allows the same addresses on the same ports.`;
};

const onlyAddresses = (hole: IpRange) =>
  ({ everyone: false, scopes: [], addresses: [hole], others: [] }) as const;

const allows = (context: LintContext, { policy, rule }: RuleSite, wanted: RuleShape): boolean =>
  coversRule(context, shapeOfRule(rule, policy.namespace), wanted);
