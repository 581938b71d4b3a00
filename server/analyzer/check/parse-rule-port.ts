import { type Protocol, protocols } from "../sets/connections.js";
import { portMax, portMin } from "../sets/port-set.js";
import type { RulePort } from "./check-rule.js";

/** Parses "TCP/80", "UDP/8000-8010" or "SCTP" (all its ports); a message for anything else. */
export const parseRulePort = (text: string): RulePort | string => {
  const parts = /^([A-Za-z]+)(?:\/(\d{1,6})(?:-(\d{1,6}))?)?$/.exec(text.trim());
  const word = parts?.[1]?.toUpperCase();
  if (parts === null || word === undefined) {
    return `port "${text}" is not of the form TCP/80, UDP/8000-8010 or SCTP`;
  }
  const protocol = protocols.find((each) => each === word);
  if (protocol === undefined) {
    return `protocol ${word} is none of ${protocols.join(", ")}`;
  }
  if (parts[2] === undefined) return portOf(protocol, portMin, portMax, protocol);
  const first = Number(parts[2]);
  const last = Number(parts[3] ?? parts[2]);
  const odd = [first, last].find((port) => port < portMin || port > portMax);
  if (odd !== undefined) return `port ${odd} is not in ${portMin}-${portMax}`;
  if (first > last) return `the range ${first}-${last} ends before it begins`;
  const numbers = first === last ? `${first}` : `${first}-${last}`;
  return portOf(protocol, first, last, `${protocol}/${numbers}`);
};

const portOf = (protocol: Protocol, first: number, last: number, text: string): RulePort => ({
  protocol,
  first,
  last,
  text,
});
