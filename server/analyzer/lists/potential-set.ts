import type { PodObject, PortRule } from "../model/objects.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../policy/rule-connections.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  isSubsetOfConnections,
  noConnections,
  type Protocol,
  protocols,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { allPorts, portsText, samePorts } from "../sets/port-set.js";

/**
 * Connections with a pod that is not there: a set, and the named ports ("TCP http") that only such a pod could resolve. A
 * name without a protocol is there once for each.
 */
export type PotentialConnections = {
  readonly set: ConnectionSet;
  readonly named: ReadonlySet<string>;
  /** Named ports that are not let through, though the set may hold their numbers. */
  readonly except: ReadonlySet<string>;
};

const none: ReadonlySet<string> = new Set();

/** Every connection there is. */
export const everyConnection: PotentialConnections = {
  set: allConnections,
  named: none,
  except: none,
};

/** The protocol of a named port. */
export const protocolOf = (name: string): Protocol => name.slice(0, name.indexOf(" ")) as Protocol;

/** Whether a set holds every port of a named port's protocol. */
export const takesAllOf = (set: ConnectionSet, name: string): boolean =>
  samePorts(set[protocolOf(name)], allPorts);

/** The connections of a rule's ports; names are resolved on the destination where it is known. */
export const connectionsOfPorts = (
  ports: readonly PortRule[] | undefined,
  destination: PodObject | undefined,
): PotentialConnections => {
  const set = fixedConnections(ports);
  const names = namedPortsOf(ports);
  if (destination !== undefined) {
    const resolved = unionConnections(set, namedConnections(names, destination));
    return { set: resolved, named: none, except: none };
  }
  // An ordered policy's name has no protocol: it is the port's own (ClusterNetworkPolicy, destinationNamedPort).
  const named = names.flatMap(({ name, protocol }) =>
    (protocol === undefined ? protocols : [protocol]).map((each) => `${each} ${name}`),
  );
  return { set, named: new Set(named), except: none };
};

/** Whether nothing is let through. */
export const isNothing = ({ set, named }: PotentialConnections): boolean =>
  isEmptyConnections(set) && named.size === 0;

/** Whether some of the second is not in the first. */
export const isCutDown = (one: PotentialConnections, from: PotentialConnections): boolean =>
  !isSubsetOfConnections(from.set, one.set) ||
  [...from.named].some((name) => !one.named.has(name) && !takesAllOf(one.set, name)) ||
  [...one.except].some((name) => !from.except.has(name));

/** What the first has beyond the second, which lies within it; names that only the second leaves out are part of it. */
export const beyond = (
  all: PotentialConnections,
  part: PotentialConnections,
): PotentialConnections => {
  const named = [
    ...[...all.named].filter((name) => !part.named.has(name)),
    ...[...part.except].filter((name) => !all.except.has(name)),
  ];
  return { set: subtractConnections(all.set, part.set), named: new Set(named), except: none };
};

/**
 * "All Connections", "No Connections", "TCP 80,http,UDP 53": names after the numbers of their protocol, those of any
 * protocol before all. "All Connections except http": not on the port that has the name.
 */
export const potentialText = ({ set, named, except }: PotentialConnections): string => {
  const text = named.size === 0 ? connectionsText(set) : portsAndNames(set, named);
  return except.size === 0 ? text : `${text} except ${portsAndNames(noConnections, except)}`;
};

const portsAndNames = (set: ConnectionSet, named: ReadonlySet<string>): string => {
  const ofAny = namesOf(named, "TCP").filter((name) =>
    protocols.every((protocol) => named.has(`${protocol} ${name}`)),
  );
  const texts = protocols.flatMap((protocol) => {
    const ports = [
      ...(set[protocol].length > 0 ? [portsText(set[protocol])] : []),
      ...namesOf(named, protocol).filter((name) => !ofAny.includes(name)),
    ];
    return ports.length === 0 ? [] : [`${protocol} ${ports.join(",")}`];
  });
  return [...ofAny, ...texts].join(",");
};

const namesOf = (named: ReadonlySet<string>, protocol: Protocol): readonly string[] =>
  [...named]
    .filter((name) => protocolOf(name) === protocol)
    .map((name) => name.slice(protocol.length + 1))
    .sort();
