import type { ContainerPort, PortRule } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../policy/rule-connections.js";
import {
  type ConnectionSet,
  containsConnection,
  type Protocol,
  protocols,
  unionConnections,
} from "../sets/connections.js";
import { portMax, portMin } from "../sets/port-set.js";

/** The container ports of an end; none for nodes and addresses, which have no named ports. */
export const portsOfEnd = (end: PolicyEndpoint): readonly ContainerPort[] =>
  end.kind === "pod" ? end.pod.ports : [];

/** The connections to a destination that a rule's ports let through; every one for a rule without ports. */
export const portsFit = (
  rules: readonly PortRule[] | undefined,
  destination: PolicyEndpoint,
): ConnectionSet => {
  const fixed = fixedConnections(rules);
  return destination.kind === "pod"
    ? unionConnections(fixed, namedConnections(namedPortsOf(rules), destination.pod))
    : fixed;
};

/** The names among a rule's ports when it has no others and none stands for a port of the destination; else none. */
export const unresolvedNames = (
  rules: readonly PortRule[] | undefined,
  destination: PolicyEndpoint,
): readonly string[] => {
  const named = namedPortsOf(rules);
  if (rules === undefined || named.length < rules.length) return [];
  const resolved =
    destination.kind === "pod" &&
    protocols.some((protocol) => namedConnections(named, destination.pod)[protocol].length > 0);
  return resolved ? [] : named.map(({ name }) => name);
};

/** "TCP 80", "TCP 8000-8010", "UDP", "TCP http": a port rule in words. */
export const portRuleText = (rule: PortRule): string => {
  if (rule.kind === "named") {
    return rule.protocol === undefined ? rule.name : `${rule.protocol} ${rule.name}`;
  }
  const { protocol, first, last } = rule;
  if (first === portMin && last === portMax) return protocol;
  return `${protocol} ${first === last ? first : `${first}-${last}`}`;
};

/** The one connection that a set holds; undefined when it holds none or more. */
export const soleConnection = (
  set: ConnectionSet,
): { readonly protocol: Protocol; readonly port: number } | undefined => {
  const [protocol, ...others] = protocols.filter((each) => set[each].length > 0);
  if (protocol === undefined || others.length > 0) return undefined;
  const [first, last, ...more] = set[protocol];
  if (first === undefined || first !== last || more.length > 0) return undefined;
  return { protocol, port: first };
};

/** The protocols, other than the asked one, under which a rule lets the asked port through. */
export const otherProtocols = (
  fit: ConnectionSet,
  { protocol, port }: { readonly protocol: Protocol; readonly port: number },
): readonly Protocol[] =>
  protocols.filter((other) => other !== protocol && containsConnection(fit, other, port));
