import type { PodObject, PortRule } from "../model/objects.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  noConnections,
  type Protocol,
  unionConnections,
} from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import type { CompiledRule } from "./compiled-policy.js";

/** A port that a rule gives by name; without a protocol it is that of the container's port. */
export type NamedPort = { readonly name: string; readonly protocol?: Protocol };

/** The part of a rule's ports that holds for every destination. No list at all is everything. */
export const fixedConnections = (ports: readonly PortRule[] | undefined): ConnectionSet => {
  if (ports === undefined) return allConnections;
  let connections = noConnections;
  for (const port of ports) {
    if (port.kind === "named") continue;
    connections = unionConnections(
      connections,
      connectionsOf(port.protocol, portRange(port.first, port.last)),
    );
  }
  return connections;
};

/** The part of a rule's ports that a destination pod has to resolve. */
export const namedPortsOf = (ports: readonly PortRule[] | undefined): readonly NamedPort[] =>
  (ports ?? []).filter((port) => port.kind === "named");

/**
 * What named ports stand for on a destination pod: every port of every container that has the name and the protocol.
 * A name that the pod does not have stands for nothing (NetworkPolicyPort.port).
 */
export const namedConnections = (
  named: readonly NamedPort[],
  destination: PodObject,
): ConnectionSet => {
  let connections = noConnections;
  for (const { name, protocol } of named) {
    for (const port of destination.ports) {
      if (port.name !== name || (protocol !== undefined && port.protocol !== protocol)) continue;
      connections = unionConnections(
        connections,
        connectionsOf(port.protocol, portRange(port.port)),
      );
    }
  }
  return connections;
};

/** The connections that a rule names for a destination; without a pod its named ports stand for nothing. */
export const ruleConnectionsOf = (
  { fixed, named }: Pick<CompiledRule, "fixed" | "named">,
  pod: PodObject | undefined,
): ConnectionSet =>
  named.length === 0 || pod === undefined
    ? fixed
    : unionConnections(fixed, namedConnections(named, pod));
