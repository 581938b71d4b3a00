import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allPorts,
  containsPort,
  intersectPorts,
  noPorts,
  type PortSet,
  portMax,
  portMin,
  portRange,
  portsText,
  samePorts,
  subtractPorts,
  unionPorts,
} from "../../../../server/analyzer/sets/port-set.js";
import { describeSetLaws } from "../../../support/set-laws.js";

/** Few numbers, so that ranges touch and overlap, and both ends of what there is. */
const ports = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 65_525, max: 65_535 }),
  fc.integer({ min: portMin, max: portMax }),
);
const portSets = fc
  .array(fc.tuple(ports, ports), { maxLength: 5 })
  .map((ranges) =>
    ranges.map(([first, last]) => portRange(first, last)).reduce(unionPorts, noPorts),
  );

const isCanonical = (set: PortSet): boolean =>
  set.length % 2 === 0 &&
  set.every((bound, at) => {
    const before = set[at - 1];
    if (bound < portMin || bound > portMax) return false;
    if (before === undefined) return true;
    return at % 2 === 0 ? bound > before + 1 : bound >= before;
  });

describeSetLaws("sets of ports", {
  sets: portSets,
  empty: noPorts,
  universe: allPorts,
  union: unionPorts,
  intersect: intersectPorts,
  subtract: subtractPorts,
  isSubset: (set, of) => subtractPorts(set, of).length === 0,
  contains: containsPort,
  pointsOf: (sets) =>
    [...new Set([portMin, portMax, ...sets.flat().flatMap((at) => [at - 1, at, at + 1])])].filter(
      (port) => port >= portMin && port <= portMax,
    ),
  isCanonical,
});

describe("portRange()", () => {
  it("has both ends", () => {
    expect(portRange(80, 90)).toEqual([80, 90]);
    expect(portRange(80)).toEqual([80, 80]);
    expect(portRange(1, 65_535)).toEqual(allPorts);
  });

  it("keeps to the ports that there are", () => {
    expect(portRange(0, 70_000)).toEqual(allPorts);
    expect(portRange(0)).toEqual(noPorts);
    expect(portRange(65_536, 70_000)).toEqual(noPorts);
  });

  it("is empty where the last comes before the first", () => {
    expect(portRange(90, 80)).toEqual(noPorts);
  });
});

describe("unionPorts()", () => {
  it("joins ranges that touch", () => {
    expect(unionPorts([80, 80], [81, 90])).toEqual([80, 90]);
    expect(unionPorts([80, 80], [82, 90])).toEqual([80, 80, 82, 90]);
  });

  it("leaves its arguments as they are", () => {
    const [one, other] = [Object.freeze([80, 80]), Object.freeze([81, 90])];
    unionPorts(one, other);
    intersectPorts(one, other);
    subtractPorts(one, other);
    expect([one, other]).toEqual([
      [80, 80],
      [81, 90],
    ]);
  });
});

describe("samePorts()", () => {
  it("compares sets by what is in them", () => {
    fc.assert(
      fc.property(portSets, portSets, (one, other) => {
        const differs = [...subtractPorts(one, other), ...subtractPorts(other, one)].length > 0;
        expect(samePorts(one, other)).toBe(!differs);
        expect(samePorts(one, [...one])).toBe(true);
      }),
    );
  });
});

describe("portsText()", () => {
  it.each([
    [noPorts, ""],
    [[80, 80], "80"],
    [[80, 80, 443, 443, 8000, 8010], "80,443,8000-8010"],
    [allPorts, "1-65535"],
  ])("writes %j", (set, text) => {
    expect(portsText(set)).toBe(text);
  });
});
