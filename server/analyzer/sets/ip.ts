import ipaddr from "ipaddr.js";

/** An address family. */
export type IpFamily = 4 | 6;

/** An IP address: its family and its value as an unsigned number. */
export type IpAddress = { readonly family: IpFamily; readonly value: bigint };

/** The addresses from first to last, both included, of one family. */
export type IpRange = { readonly family: IpFamily; readonly first: bigint; readonly last: bigint };

/** Highest address of a family. */
export const lastAddress = (family: IpFamily): bigint =>
  family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n;

/**
 * Parses an IPv4 address in dotted decimal (leading zeros are decimal, as Kubernetes' legacy parser has it) or an IPv6
 * address without a zone; an IPv4-mapped IPv6 address is IPv4, as Go has it. Undefined for anything else.
 */
export const parseIp = (text: string): IpAddress | undefined => {
  const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dotted !== null) {
    const bytes = dotted.slice(1).map(Number);
    if (bytes.some((byte) => byte > 255)) return undefined;
    return { family: 4, value: valueOfBytes(bytes) };
  }
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    return { family: 4, value: valueOfBytes(address.toIPv4Address().octets) };
  }
  return { family: 6, value: valueOfBytes(address.toByteArray()) };
};

/** Whether a text is an IPv4 address in the clothes of IPv6: "::ffff:10.0.0.1", "::ffff:a00:1". */
export const isMappedIp = (text: string): boolean =>
  text.includes(":") && parseIp(text)?.family === 4;

/**
 * Parses a CIDR; host bits are masked, as every CNI does with legacy input such as 10.1.2.3/8. The prefix of an IPv4-mapped
 * address counts bits of IPv6, as Go has it: ::ffff:10.0.0.0/104 is 10.0.0.0/8, and ::ffff:10.0.0.0/8 is ::/8, which holds
 * no IPv4 address. Undefined for anything else.
 */
export const parseCidr = (text: string): IpRange | undefined => {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (parts === null) return undefined;
  const [, addressText = "", prefixText] = parts;
  const address = parseIp(addressText);
  if (address === undefined) return undefined;
  const prefix = Number(prefixText);
  if (!isMappedIp(addressText)) return rangeOfPrefix(address, prefix);
  return prefix >= mappedPrefix
    ? rangeOfPrefix(address, prefix - mappedPrefix)
    : rangeOfPrefix({ family: 6, value: mappedBase + address.value }, prefix);
};

/** IPv4-mapped addresses are ::ffff:0:0/96. */
const mappedPrefix = 96;
const mappedBase = 0xffffn << 32n;

const rangeOfPrefix = ({ family, value }: IpAddress, prefix: number): IpRange | undefined => {
  const bits = family === 4 ? 32 : 128;
  if (prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = (value / size) * size;
  return { family, first, last: first + size - 1n };
};

/** "10.0.0.0/8": a range that parseCidr gave, as it is written best. */
export const cidrText = ({ family, first, last }: IpRange): string => {
  const bits = family === 4 ? 32 : 128;
  return `${ipText({ family, value: first })}/${bits - ((last - first + 1n).toString(2).length - 1)}`;
};

/** "10.0.0.1", or the short form of IPv6 (RFC 5952). */
export const ipText = ({ family, value }: IpAddress): string => {
  const bytes: number[] = [];
  for (let shift = family === 4 ? 24n : 120n; shift >= 0n; shift -= 8n) {
    bytes.push(Number((value >> shift) & 0xffn));
  }
  return family === 4 ? bytes.join(".") : new ipaddr.IPv6(bytes).toRFC5952String();
};

/** "10.0.0.0-10.0.0.255"; a single address is written twice, as np-guard does. */
export const ipRangeText = ({ family, first, last }: IpRange): string =>
  `${ipText({ family, value: first })}-${ipText({ family, value: last })}`;

/** Whether an address lies in a range. */
export const rangeContains = (range: IpRange, { family, value }: IpAddress): boolean =>
  range.family === family && range.first <= value && value <= range.last;

const valueOfBytes = (bytes: readonly number[]): bigint =>
  bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
