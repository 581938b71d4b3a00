import { QuestionError } from "../question-error.js";
import { type Protocol, protocols } from "../sets/connections.js";
import { portMax, portMin } from "../sets/port-set.js";

/** Why can't A reach B? */
export type DiagnosisQuestion = {
  /** As interfaces name ends: "ns/pod", "ns/name[Kind]", "node/name", an address or a CIDR. */
  readonly podA: string;
  /** The same, or "svc/ns/name", "dns/name". */
  readonly podB: string;
  /** 1-65535, of a Service the Service's port; without one, or 0, the ports that B declares. */
  readonly port?: number;
  /** TCP, UDP or SCTP in any case; without one TCP, or what B declares where that is no TCP. */
  readonly protocol?: string;
  /** "seed": status and confidence in the words of the first clients; "" or left out: as they are. */
  readonly compat?: string;
};

/** What a diagnosis is labelled with; the analyzer has no clock and no ids of its own. */
export type DiagnosisContext = {
  readonly analysisId: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** 0 when left out. */
  readonly durationMs?: number;
};

/** The connections that a diagnosis is asked about. */
export type AskedConnection = {
  /** 0: none was named. */
  readonly port: number;
  /** Undefined: none was named. */
  readonly protocol: Protocol | undefined;
  readonly isSeedCompatible: boolean;
};

/** Reads port, protocol and compat. Throws QuestionError `invalid`. */
export const parseAskedConnection = ({
  port = 0,
  protocol = "",
  compat = "",
}: DiagnosisQuestion): AskedConnection => {
  if (port !== 0 && !(Number.isInteger(port) && port >= portMin && port <= portMax)) {
    throw new QuestionError("invalid", `port ${port} is not in ${portMin}-${portMax}`);
  }
  const word = protocol.trim().toUpperCase();
  const known = protocols.find((each) => each === word);
  if (word !== "" && known === undefined) {
    throw new QuestionError(
      "invalid",
      `protocol ${word.slice(0, 20)} is none of TCP, UDP, SCTP: a diagnosis judges what policies can name`,
    );
  }
  if (compat !== "" && compat !== "seed") {
    throw new QuestionError(
      "invalid",
      `compat "${compat.slice(0, 20)}" is neither "seed" nor empty`,
    );
  }
  return { port, protocol: known, isSeedCompatible: compat === "seed" };
};
