import { type LabelSelector, labelSelectorOf } from "../../server/analyzer/model/label-selector.js";
import type { NetworkPolicyPeer, PortRule } from "../../server/analyzer/model/objects.js";
import { type IpRange, parseCidr } from "../../server/analyzer/sets/ip.js";

// Parts of policies, for models built by hand.

/** The selector of one label. */
export const labelled = (key: string, value: string): LabelSelector =>
  labelSelectorOf([{ key, operator: "In", values: [value] }]);

/** One TCP port. */
export const tcpPort = (port: number): PortRule => ({
  kind: "numbers",
  protocol: "TCP",
  first: port,
  last: port,
});

/** A CIDR as a peer, with holes. */
export const blockPeer = (
  text: string,
  exceptTexts: readonly string[] = [],
): NetworkPolicyPeer => ({
  kind: "ipBlock",
  block: { text, range: rangeOf(text), except: exceptTexts.map(rangeOf), exceptTexts },
});

const rangeOf = (text: string): IpRange => {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`${text} is no CIDR`);
  return range;
};
