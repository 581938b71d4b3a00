import { assertNever } from "../../../common/assert.js";
import { policyTitle, ruleTitle } from "../pair/views.js";
import type { Doubt } from "../policy/decision.js";

/** What makes a doubt, by name: "CiliumNetworkPolicy 'shop/web'", "NetworkPolicy 'shop/web' Ingress rule #1". */
export const doubtName = (doubt: Doubt): string => {
  switch (doubt.reason) {
    case "unmodelled-policy":
      return policyTitle(doubt.policy);
    case "unknown-address":
    case "domain-name":
      return ruleTitle(doubt.rule);
    case "equal-priority":
      return `${ruleTitle(doubt.rule)} and ${ruleTitle(doubt.other)}`;
    case "undefined-by-api":
      return `the API does not define ${doubt.what}`;
    case "model-incomplete":
      return `the model does not say ${doubt.what}`;
    default:
      return assertNever(doubt);
  }
};
