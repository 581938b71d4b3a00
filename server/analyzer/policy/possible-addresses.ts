import { type IpFamily, type IpRange, parseIp } from "../sets/ip.js";
import { type IpSet, ipSetOf, overlapOf } from "../sets/ip-set.js";

/** What the address of one family can be: one address where it is known. */
export type PossibleAddresses = { readonly family: IpFamily; readonly possible: IpSet };

/** Whether an address is in a set: for certain, not at all, or it depends on which one it is. */
export type AddressMatch = "yes" | "no" | "maybe";

/** Compares what an address can be with a set. Where there is no address, nothing matches. */
export const matchAddresses = (
  set: IpSet,
  addresses: readonly PossibleAddresses[],
): AddressMatch => {
  let all = 0;
  let none = 0;
  for (const { possible } of addresses) {
    const overlap = overlapOf(possible, set);
    if (overlap === "all") all++;
    else if (overlap === "none") none++;
  }
  if (none === addresses.length) return "no";
  return all === addresses.length ? "yes" : "maybe";
};

/** The addresses of one range. */
export const addressesOfRange = (range: IpRange): readonly PossibleAddresses[] => [
  { family: range.family, possible: [range] },
];

/** The addresses that texts give; what is no address is left out. */
export const addressesFromTexts = (texts: readonly string[]): readonly PossibleAddresses[] => {
  const ranges = texts.flatMap((text) => {
    const address = parseIp(text);
    return address === undefined
      ? []
      : [{ family: address.family, first: address.value, last: address.value }];
  });
  return ([4, 6] as const).flatMap((family) => {
    const possible = ipSetOf(ranges.filter((range) => range.family === family));
    return possible.length > 0 ? [{ family, possible }] : [];
  });
};

/** A text that is equal for equal addresses. */
export const addressesText = (addresses: readonly PossibleAddresses[]): string =>
  addresses
    .map(({ possible }) => possible.map(({ family, first, last }) => `${family}:${first}-${last}`))
    .join(";");
