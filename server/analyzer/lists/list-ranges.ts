import type { Direction } from "../policy/decision.js";
import type { PolicyEngine } from "../policy/engine.js";
import { type IpRange, ipRangeText } from "../sets/ip.js";

/** Addresses outside that no rule of one direction tells apart. */
export type ListRange = {
  readonly range: IpRange;
  /** As np-guard writes it: "0.0.0.0-9.255.255.255[External]". */
  readonly text: string;
};

/** "0.0.0.0-9.255.255.255[External]". */
export const externalText = (range: IpRange): string => `${ipRangeText(range)}[External]`;

/** The addresses outside as rows of the engine have them: those of its destinations for egress, of its sources for ingress. */
export const listRanges = (engine: PolicyEngine, direction: Direction): readonly ListRange[] => {
  const ranges = engine.externalRanges([direction]);
  return ranges.map((range) => ({ range, text: externalText(range) }));
};
