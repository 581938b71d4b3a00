import type { RuleRef } from "../policy/decision.js";
import {
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
} from "../sets/connections.js";
import { type Unmet, unmetText } from "./peer-fit.js";
import { otherProtocols, portRuleText, soleConnection } from "./port-fit.js";
import type { RuleFit } from "./rule-fit.js";
import { policyTitle, ruleTitle } from "./views.js";

/** Port rules that a sentence names: more are counted. */
const portsNamedMax = 5;

/** "NetworkPolicy 'shop/db' selects shop/db-0 and has no ingress rules". */
export const noRulesText = (
  policy: RuleRef["policy"],
  { direction, subject }: { readonly direction: string; readonly subject: string },
): string => `${policyTitle(policy)} selects ${subject} and has no ${direction} rules`;

/** "… Ingress rule #1 does not select shop/web-1: it requires namespace team=a, pod app=web". */
export const peerMismatchText = (
  { ref, ports, fit }: RuleFit,
  {
    peer,
    unmet,
    missing,
  }: { readonly peer: string; readonly unmet: readonly Unmet[]; readonly missing: ConnectionSet },
): string => {
  const isPortToo = isEmptyConnections(intersectConnections(fit, missing));
  const also = isPortToo ? `; its ports, ${portsText(ports)}, do not fit either` : "";
  const requires = unmet.map(unmetText).join(", ");
  return `${ruleTitle(ref)} does not select ${peer}: it requires ${requires}${also}`;
};

/** "… Ingress rule #1 selects shop/web-1 and allows TCP 80 only, not TCP 8080". */
export const portMismatchText = (
  { ref, ports }: RuleFit,
  { peer, missing }: { readonly peer: string; readonly missing: ConnectionSet },
): string => {
  const sole = soleConnection(missing);
  const not = sole === undefined ? "" : `, not ${connectionsText(missing)}`;
  return `${ruleTitle(ref)} selects ${peer} and allows ${portsText(ports)} only${not}`;
};

/** "… selects shop/web-1 and allows port 53 for UDP, not for TCP". */
export const protocolMismatchText = (
  { ref, fit }: RuleFit,
  { peer, missing }: { readonly peer: string; readonly missing: ConnectionSet },
): string => {
  const sole = soleConnection(missing);
  if (sole === undefined) return "";
  const others = otherProtocols(fit, sole).join(" and ");
  return `${ruleTitle(ref)} selects ${peer} and allows port ${sole.port} for ${others}, not for ${sole.protocol}`;
};

/** "… selects shop/web-1, but shop/db-0 has no port called http". */
export const unresolvedText = (
  { ref, unresolved }: RuleFit,
  { peer, destination }: { readonly peer: string; readonly destination: string },
): string =>
  `${ruleTitle(ref)} selects ${peer}, but ${destination} has no port called ${unresolved.join(" or ")}`;

const portsText = (ports: RuleFit["ports"]): string => {
  const texts = (ports ?? []).map(portRuleText);
  const more = texts.length - portsNamedMax;
  const shown = texts.slice(0, portsNamedMax).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
};
