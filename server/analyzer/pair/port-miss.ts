import { type ConnectionSet, containsConnection } from "../sets/connections.js";
import { portNameHint } from "./miss-hints.js";
import { portMismatchText, protocolMismatchText, unresolvedText } from "./miss-text.js";
import type { MissQuestion } from "./misses.js";
import { otherProtocols, soleConnection } from "./port-fit.js";
import type { RuleFit } from "./rule-fit.js";

/** How the ports of a rule that selects the peer miss what is asked. */
export type PortMiss = {
  readonly kind: "named-port-unresolved" | "protocol-mismatch" | "port-mismatch";
  readonly text: string;
  readonly hint: string;
};

/** The port miss of a rule that selects the peer. */
export const portMiss = (
  { pair, direction, names, servicePort }: MissQuestion,
  rule: RuleFit,
  missing: ConnectionSet,
): PortMiss => {
  const { destination } = names;
  const peer = direction === "egress" ? destination : names.source;
  if (rule.unresolved.length > 0) {
    return {
      kind: "named-port-unresolved",
      text: unresolvedText(rule, { peer, destination }),
      hint: portNameHint(rule.unresolved, pair.destination),
    };
  }
  const sole = soleConnection(missing);
  if (sole !== undefined && otherProtocols(rule.fit, sole).length > 0) {
    const isDefault = containsConnection(rule.fit, "TCP", sole.port);
    return {
      kind: "protocol-mismatch",
      text: protocolMismatchText(rule, { peer, missing }),
      hint: isDefault ? "a port without a protocol means TCP" : "",
    };
  }
  const isServicePort =
    sole !== undefined &&
    servicePort !== undefined &&
    servicePort !== sole.port &&
    containsConnection(rule.fit, sole.protocol, servicePort);
  return {
    kind: "port-mismatch",
    text: portMismatchText(rule, { peer, missing }),
    hint: isServicePort
      ? `${servicePort} is the Service's port: policies see the target port, ${sole.port}`
      : "",
  };
};
