import { type IpRange, ipText, lastAddress } from "../sets/ip.js";

/** A block of addresses by its CIDR. */
export type Cidr = { readonly text: string; readonly range: IpRange };

/** The fewest CIDRs that hold exactly the addresses of a range; at most twice as many as an address has bits. */
export const cidrsOf = ({ family, first, last }: IpRange): readonly Cidr[] => {
  const bits = family === 4 ? 32 : 128;
  const cidrs: Cidr[] = [];
  let next = first;
  while (next <= last) {
    let size = next === 0n ? lastAddress(family) + 1n : next & -next;
    while (next + size - 1n > last) size /= 2n;
    const prefix = bits - (size.toString(2).length - 1);
    const text = `${ipText({ family, value: next })}/${prefix}`;
    cidrs.push({ text, range: { family, first: next, last: next + size - 1n } });
    next += size;
  }
  return cidrs;
};
