import { QuestionError } from "../question-error.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  noConnections,
  type Protocol,
  protocols,
} from "../sets/connections.js";
import { allPorts, portMax, portMin, portRange } from "../sets/port-set.js";

/** May A reach B? */
export type PairQuestion = {
  /** As interfaces name ends: "ns/pod", "ns/name[Kind]", "svc/ns/name", "node/name", "dns/name", an address or a CIDR. */
  readonly source: string;
  readonly destination: string;
  /** 1-65535; without one, every port. Of a Service: the Service's port. */
  readonly port?: number;
  /** TCP, UDP, SCTP in any case; ICMP is answered as far as the API defines it. TCP when only a port is given. */
  readonly protocol?: string;
  /** Whether the answer carries what each rule missed. */
  readonly explain: boolean;
};

/** The connections that a question is about. */
export type Asked = {
  /** 0: every port. */
  readonly port: number;
  /** Undefined: every protocol. */
  readonly protocol: Protocol | "ICMP" | undefined;
};

/**
 * The asked connections. Throws QuestionError `invalid` for a port outside 1-65535, an unknown protocol, or ICMP with a
 * port.
 */
export const parseAsked = ({ port, protocol }: Pick<PairQuestion, "port" | "protocol">): Asked => {
  if (port !== undefined && port !== 0 && !isPort(port)) {
    throw new QuestionError("invalid", `port ${port} is not in ${portMin}-${portMax}`);
  }
  const number = port ?? 0;
  const word = (protocol ?? "").toUpperCase();
  if (word === "") return { port: number, protocol: number === 0 ? undefined : "TCP" };
  if (word === "ICMP") {
    if (number !== 0) throw new QuestionError("invalid", "ICMP has no ports");
    return { port: 0, protocol: "ICMP" };
  }
  const known = protocols.find((each) => each === word);
  if (known === undefined) {
    throw new QuestionError("invalid", `protocol ${word} is none of TCP, UDP, SCTP, ICMP`);
  }
  return { port: number, protocol: known };
};

/** The set of the asked connections with a port in place of the asked one; empty for ICMP, which policies can't name. */
export const connectionsAsked = ({ port, protocol }: Asked): ConnectionSet => {
  if (protocol === undefined) return allConnections;
  if (protocol === "ICMP") return noConnections;
  return connectionsOf(protocol, port === 0 ? allPorts : portRange(port));
};

const isPort = (port: number): boolean =>
  Number.isInteger(port) && port >= portMin && port <= portMax;
