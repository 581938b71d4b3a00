import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type IpAddress,
  type IpFamily,
  type IpRange,
  lastAddress,
  parseCidr,
} from "../../../../server/analyzer/sets/ip.js";
import {
  allAddresses,
  containsIp,
  type IpSet,
  intersectIps,
  ipSetOf,
  isSubsetOfIps,
  overlapOf,
  subtractIps,
  unionIps,
} from "../../../../server/analyzer/sets/ip-set.js";
import { describeSetLaws } from "../../../support/set-laws.js";

/** Few numbers at both ends of a family, so that ranges touch and overlap. */
const ranges: fc.Arbitrary<IpRange> = fc.constantFrom<IpFamily>(4, 6).chain((family) => {
  const near = fc.oneof(
    fc.bigInt({ min: 0n, max: 12n }),
    fc.bigInt({ min: 0n, max: 12n }).map((below) => lastAddress(family) - below),
  );
  return fc
    .tuple(near, near)
    .map(([one, other]) =>
      one < other ? { family, first: one, last: other } : { family, first: other, last: one },
    );
});
const rangeLists = fc.array(ranges, { maxLength: 6 });
const ipSets = rangeLists.map(ipSetOf);

const pointsOf = (sets: readonly IpSet[]): readonly IpAddress[] =>
  sets
    .flat()
    .flatMap(({ family, first, last }) =>
      [first - 1n, first, last, last + 1n]
        .filter((value) => value >= 0n && value <= lastAddress(family))
        .map((value) => ({ family, value })),
    );

const isCanonical = (set: IpSet): boolean =>
  set.every(({ family, first, last }, at) => {
    const before = set[at - 1];
    if (first > last || first < 0n || last > lastAddress(family)) return false;
    if (before === undefined || before.family < family) return true;
    return before.family === family && first > before.last + 1n;
  });

describeSetLaws("sets of addresses", {
  sets: ipSets,
  empty: [],
  universe: allAddresses(),
  union: unionIps,
  intersect: intersectIps,
  subtract: subtractIps,
  isSubset: isSubsetOfIps,
  contains: containsIp,
  pointsOf: (sets) => pointsOf([...sets, allAddresses()]),
  isCanonical,
});

describe("ipSetOf()", () => {
  it("holds what one of the ranges holds, in whatever order they come", () => {
    fc.assert(
      fc.property(rangeLists, (list) => {
        const set = ipSetOf(list);
        expect(ipSetOf([...list].reverse())).toEqual(set);
        for (const point of pointsOf([list])) {
          const isIn = list.some(
            ({ family, first, last }) =>
              family === point.family && first <= point.value && point.value <= last,
          );
          expect(containsIp(set, point)).toBe(isIn);
        }
      }),
    );
  });
});

describe("overlapOf()", () => {
  it("tells all, none and a part", () => {
    fc.assert(
      fc.property(ipSets, ipSets, (set, other) => {
        const common = intersectIps(set, other);
        const isAll = set.length > 0 && subtractIps(set, other).length === 0;
        expect(overlapOf(set, other)).toBe(isAll ? "all" : common.length === 0 ? "none" : "part");
      }),
    );
  });

  it("finds an empty set nowhere", () => {
    expect(overlapOf([], allAddresses())).toBe("none");
  });
});

describe("families", () => {
  it("are apart: the whole of one holds nothing of the other", () => {
    const [four, six] = [allAddresses([4]), allAddresses([6])];
    expect(intersectIps(four, six)).toEqual([]);
    expect(subtractIps(four, six)).toEqual(four);
    expect(containsIp(four, { family: 6, value: 1n })).toBe(false);
  });
});

describe("subtractIps()", () => {
  it("cuts holes out of a block", () => {
    const cidr = (text: string): IpRange => parseCidr(text) as IpRange;
    const left = subtractIps(
      [cidr("10.0.0.0/8")],
      [cidr("10.0.0.0/16"), cidr("10.5.0.0/16"), cidr("10.255.255.255/32")],
    );
    expect(left).toEqual([
      { family: 4, first: cidr("10.1.0.0/32").first, last: cidr("10.4.255.255/32").last },
      { family: 4, first: cidr("10.6.0.0/32").first, last: cidr("10.255.255.254/32").last },
    ]);
  });
});
