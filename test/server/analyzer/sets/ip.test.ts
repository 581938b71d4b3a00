import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cidrText,
  type IpAddress,
  type IpFamily,
  ipRangeText,
  ipText,
  lastAddress,
  parseCidr,
  parseIp,
  rangeContains,
} from "../../../../server/analyzer/sets/ip.js";

const families = fc.constantFrom<IpFamily>(4, 6);
const addresses: fc.Arbitrary<IpAddress> = families.chain((family) =>
  fc.bigInt({ min: 0n, max: lastAddress(family) }).map((value) => ({ family, value })),
);

/** ::ffff:0:0/96 is IPv4 in the clothes of IPv6. */
const isMapped = ({ family, value }: IpAddress): boolean =>
  family === 6 && value >> 32n === 0xffffn;

describe("parseIp()", () => {
  it.each([
    ["0.0.0.0", 4, 0n],
    ["10.0.0.1", 4, 0x0a00_0001n],
    ["255.255.255.255", 4, 0xffff_ffffn],
    ["::", 6, 0n],
    ["::1", 6, 1n],
    ["fd00::a:1", 6, (0xfd00n << 112n) + 0xa_0001n],
    ["FD00:0:0:0:0:0:A:1", 6, (0xfd00n << 112n) + 0xa_0001n],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6, lastAddress(6)],
    ["64:ff9b::10.0.0.1", 6, (0x64_ff9bn << 96n) + 0x0a00_0001n],
  ])("reads %s", (text, family, value) => {
    expect(parseIp(text)).toEqual({ family, value });
  });

  it("reads leading zeros as decimal, as Kubernetes does where it always did", () => {
    expect(parseIp("010.001.000.08")).toEqual(parseIp("10.1.0.8"));
  });

  it("reads an IPv4-mapped address as IPv4, as Go does", () => {
    expect(parseIp("::ffff:10.0.0.1")).toEqual(parseIp("10.0.0.1"));
    expect(parseIp("::ffff:a00:1")).toEqual(parseIp("10.0.0.1"));
  });

  it.each([
    "",
    " 10.0.0.1",
    "10.0.0.1 ",
    "10.0.0",
    "10.0.0.0.1",
    "10.0.0.256",
    "10.0.0.0001",
    "10.0.0.-1",
    "10..0.1",
    "0x0a.0.0.1",
    "167772161",
    "10.0.0.1/32",
    "10.0.0.1:80",
    "[::1]",
    "::1%eth0",
    ":::",
    "1::2::3",
    "fd00:0:0:0:0:0:0:0:1",
    "fd00::g",
    "localhost",
    "१०.0.0.1",
  ])("refuses %j", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it("reads what ipText writes", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        fc.pre(!isMapped(address));
        expect(parseIp(ipText(address))).toEqual(address);
      }),
    );
  });

  it("gives an address of its family or nothing, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789abf:./% ") }), (text) => {
        const address = parseIp(text);
        if (address === undefined) return;
        expect(address.value >= 0n && address.value <= lastAddress(address.family)).toBe(true);
      }),
    );
  });
});

describe("parseCidr()", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0-10.255.255.255"],
    ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
    ["192.0.2.7/32", "192.0.2.7-192.0.2.7"],
    ["fd00::/8", "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fd00::1/128", "fd00::1-fd00::1"],
  ])("reads %s", (text, range) => {
    expect(ipRangeText(parseCidr(text) ?? fail(text))).toBe(range);
  });

  it.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["10.1.2.3/31", "10.1.2.2/31"],
    ["fd00::1234/112", "fd00::/112"],
  ])("T30 masks the host bits of %s", (text, network) => {
    expect(parseCidr(text)).toEqual(parseCidr(network));
  });

  it.each([
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:a00:0/104", "10.0.0.0/8"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["::ffff:192.0.2.7/128", "192.0.2.7/32"],
    ["::ffff:0.0.0.0/96", "0.0.0.0/0"],
    ["::ffff:10.0.0.0/95", "::fffe:0:0/95"],
    ["::ffff:10.0.0.0/8", "::/8"],
    ["::ffff:10.0.0.0/24", "::/24"],
    ["::ffff:10.0.0.0/0", "::/0"],
  ])("reads %s by its bits of IPv6, as Go does: %s", (text, meant) => {
    const range = parseCidr(text) ?? fail(text);
    expect(cidrText(range)).toBe(meant);
    expect(range).toEqual(parseCidr(meant));
  });

  it.each([
    "",
    "::ffff:10.0.0.0/129",
    "10.0.0.0",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/8 ",
    "10.0.0/8",
    "fd00::/129",
    "fd00::/1000",
    "fd00::%eth0/64",
    "web/8",
  ])("refuses %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("holds the address that it is written with, and as many as the prefix leaves", () => {
    const cidrs = addresses.chain((address) =>
      fc.record({
        address: fc.constant(address),
        prefix: fc.integer({ min: 0, max: address.family === 4 ? 32 : 128 }),
      }),
    );
    fc.assert(
      fc.property(cidrs, ({ address, prefix }) => {
        fc.pre(!isMapped(address));
        const range = parseCidr(`${ipText(address)}/${prefix}`) ?? fail(ipText(address));
        const bits = BigInt((address.family === 4 ? 32 : 128) - prefix);
        expect(rangeContains(range, address)).toBe(true);
        expect(range.last - range.first + 1n).toBe(1n << bits);
        expect(range.first % (1n << bits)).toBe(0n);
        fc.pre(!isMapped({ family: range.family, value: range.first }));
        expect(parseCidr(cidrText(range))).toEqual(range);
      }),
    );
  });
});

describe("ipText()", () => {
  it.each(["0.0.0.0", "10.0.0.1", "::", "::1", "fd00::1:0:0:1", "2001:db8::ff00:42:8329"])(
    "writes %s in its short form",
    (text) => {
      expect(ipText(parseIp(text) ?? fail(text))).toBe(text);
    },
  );
});

describe("rangeContains()", () => {
  it("has both ends, and no address of the other family", () => {
    const range = { family: 4, first: 10n, last: 12n } as const;
    const inside = [9n, 10n, 12n, 13n].map((value) => rangeContains(range, { family: 4, value }));
    expect(inside).toEqual([false, true, true, false]);
    expect(rangeContains(range, { family: 6, value: 11n })).toBe(false);
  });
});

const fail = (text: string): never => {
  throw new Error(`${text} was not read`);
};
