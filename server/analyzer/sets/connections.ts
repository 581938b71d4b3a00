import {
  allPorts,
  containsPort,
  intersectPorts,
  noPorts,
  type PortSet,
  portsText,
  samePorts,
  subtractPorts,
  unionPorts,
} from "./port-set.js";

/** The protocols that policies can name (Kubernetes NetworkPolicyPort); what they say of others is undefined. */
export const protocols = ["SCTP", "TCP", "UDP"] as const;

/** A transport protocol of a policy. */
export type Protocol = (typeof protocols)[number];

/** An exact set of (protocol, destination port). A value: never changed in place. */
export type ConnectionSet = Readonly<Record<Protocol, PortSet>>;

/** No connection at all. */
export const noConnections: ConnectionSet = Object.freeze({
  SCTP: noPorts,
  TCP: noPorts,
  UDP: noPorts,
});

/** Every port of every protocol. */
export const allConnections: ConnectionSet = Object.freeze({
  SCTP: allPorts,
  TCP: allPorts,
  UDP: allPorts,
});

/** The set with ports of one protocol. */
export const connectionsOf = (protocol: Protocol, ports: PortSet): ConnectionSet => ({
  ...noConnections,
  [protocol]: ports,
});

const combine = (
  one: ConnectionSet,
  other: ConnectionSet,
  ports: (one: PortSet, other: PortSet) => PortSet,
): ConnectionSet => ({
  SCTP: ports(one.SCTP, other.SCTP),
  TCP: ports(one.TCP, other.TCP),
  UDP: ports(one.UDP, other.UDP),
});

/** Connections in either set. */
export const unionConnections = (one: ConnectionSet, other: ConnectionSet): ConnectionSet =>
  combine(one, other, unionPorts);

/** Connections in both sets. */
export const intersectConnections = (one: ConnectionSet, other: ConnectionSet): ConnectionSet =>
  combine(one, other, intersectPorts);

/** Connections of the first set that are not in the second. */
export const subtractConnections = (from: ConnectionSet, other: ConnectionSet): ConnectionSet =>
  combine(from, other, subtractPorts);

/** Whether two sets hold the same connections. */
export const sameConnections = (one: ConnectionSet, other: ConnectionSet): boolean =>
  one === other || protocols.every((protocol) => samePorts(one[protocol], other[protocol]));

/** Whether nothing is in the set. */
export const isEmptyConnections = (set: ConnectionSet): boolean =>
  protocols.every((protocol) => set[protocol].length === 0);

/** Whether the set holds every port of every protocol. */
export const isAllConnections = (set: ConnectionSet): boolean =>
  protocols.every((protocol) => samePorts(set[protocol], allPorts));

/** Whether the first set lies within the second. */
export const isSubsetOfConnections = (set: ConnectionSet, of: ConnectionSet): boolean =>
  isEmptyConnections(subtractConnections(set, of));

/** Whether one connection is in the set. */
export const containsConnection = (set: ConnectionSet, protocol: Protocol, port: number): boolean =>
  containsPort(set[protocol], port);

/**
 * The set as np-guard writes it: "All Connections", "No Connections", or protocols in alphabetical order with their ports,
 * "SCTP 1-65535,TCP 80,443,UDP 53".
 */
export const connectionsText = (set: ConnectionSet): string => {
  if (isAllConnections(set)) return "All Connections";
  if (isEmptyConnections(set)) return "No Connections";
  return protocols
    .filter((protocol) => set[protocol].length > 0)
    .map((protocol) => `${protocol} ${portsText(set[protocol])}`)
    .join(",");
};
