import type { PodObject, PortRule } from "../model/objects.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../policy/rule-connections.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  type Protocol,
  protocols,
  unionConnections,
} from "../sets/connections.js";
import { portsText } from "../sets/port-set.js";

/**
 * Connections with a pod that is not there: a set, and the named ports ("TCP http") that only such a pod could resolve.
 */
export type PotentialConnections = {
  readonly set: ConnectionSet;
  readonly named: ReadonlySet<string>;
};

/** Every connection there is. */
export const everyConnection: PotentialConnections = { set: allConnections, named: new Set() };

/** The protocol of a named port. */
export const protocolOf = (name: string): Protocol => name.slice(0, name.indexOf(" ")) as Protocol;

/** The connections of a rule's ports; names are resolved on the destination where it is known. */
export const connectionsOfPorts = (
  ports: readonly PortRule[] | undefined,
  destination: PodObject | undefined,
): PotentialConnections => {
  const set = fixedConnections(ports);
  const names = namedPortsOf(ports);
  if (destination !== undefined) {
    return { set: unionConnections(set, namedConnections(names, destination)), named: new Set() };
  }
  // An ordered policy's name takes the container's protocol: TCP stands for it here, as np-guard has it.
  return { set, named: new Set(names.map(({ name, protocol = "TCP" }) => `${protocol} ${name}`)) };
};

/** Whether nothing is let through. */
export const isNothing = ({ set, named }: PotentialConnections): boolean =>
  isEmptyConnections(set) && named.size === 0;

/** "All Connections", "No Connections", "TCP 80,http,UDP 53": names after the numbers of their protocol. */
export const potentialText = ({ set, named }: PotentialConnections): string => {
  if (named.size === 0) return connectionsText(set);
  return protocols
    .map((protocol) => {
      const names = [...named].filter((name) => protocolOf(name) === protocol);
      const ports = [
        ...(set[protocol].length > 0 ? [portsText(set[protocol])] : []),
        ...names.map((name) => name.slice(protocol.length + 1)).sort(),
      ];
      return ports.length === 0 ? "" : `${protocol} ${ports.join(",")}`;
    })
    .filter((text) => text !== "")
    .join(",");
};
