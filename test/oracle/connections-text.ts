import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  connectionsText,
  noConnections,
  type Protocol,
  protocols,
  unionConnections,
} from "../../server/analyzer/sets/connections.js";
import { portRange } from "../../server/analyzer/sets/port-set.js";

/** Connections as an expected file states them: a set, and names of ports that could not be resolved ("TCP http"). */
export type StatedConnections = { readonly set: ConnectionSet; readonly named: readonly string[] };

const isProtocol = (word: string): word is Protocol =>
  (protocols as readonly string[]).includes(word);

/**
 * Parses "All Connections", "No Connections" or "SCTP 1-9002,9004-65535,TCP http,443": a comma parts ports as well as
 * protocols, a token that starts with a protocol's name opens the next one. Only a name may be of any protocol.
 */
export const parseConnections = (text: string): StatedConnections => {
  if (text === "All Connections") return { set: allConnections, named: [] };
  if (text === "No Connections") return { set: noConnections, named: [] };
  const [allowed = "", except] = text.split(" except ");
  if (except !== undefined) {
    const { set, named } = parseConnections(allowed);
    return { set, named: [...named, `except ${except}`].sort() };
  }
  let set = noConnections;
  const named: string[] = [];
  let protocol: Protocol | undefined;
  for (const token of text.split(",")) {
    const [first = "", second] = token.trim().split(" ");
    if (second !== undefined && isProtocol(first)) protocol = first;
    const port = second ?? first;
    const range = /^(\d+)(?:-(\d+))?$/.exec(port);
    if (range === null) {
      named.push(`${protocol ?? "any"} ${port}`);
      continue;
    }
    if (protocol === undefined) throw new Error(`no protocol before "${token}" in "${text}"`);
    const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (from < 1 || to < from || to > 65_535) throw new Error(`not ports: "${port}" in "${text}"`);
    set = unionConnections(set, connectionsOf(protocol, portRange(from, to)));
  }
  return { set, named: named.sort() };
};

/** One text for one meaning, whatever the way it was written. */
export const canonicalConnections = (text: string): string => {
  const { set, named } = parseConnections(text);
  return [connectionsText(set), ...named].join(" + ");
};
