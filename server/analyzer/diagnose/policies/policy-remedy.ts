import type { Remedy } from "../findings/finding.js";
import { remedyOf } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import type { Denial } from "./policy-denial.js";
import type { DeniedConnection } from "./rule-miss.js";

/** What to do about a connection that policies deny: a narrow policy beside those that deny. */
export const policyRemedy = (
  _situation: Situation,
  {
    denial,
    connection,
  }: { readonly way: Way; readonly denial: Denial; readonly connection: DeniedConnection },
): Remedy => {
  const [policy] = denial.policies;
  const namespace = policy?.namespace ?? "";
  return remedyOf({
    summary: `Add a policy that allows this connection for ${connection.direction}`,
    why: "NetworkPolicies add up: a further one that allows the connection is enough, and none has to be removed.",
    steps: [kubectl(namespace, "get", "networkpolicies", "-o", "yaml")],
    risk: "low",
  });
};
