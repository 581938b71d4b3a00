import { describe, expect, it } from "vitest";
import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  connectionsText,
  containsConnection,
  intersectConnections,
  isAllConnections,
  isEmptyConnections,
  isSubsetOfConnections,
  noConnections,
  protocols,
  sameConnections,
  subtractConnections,
  unionConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { portRange } from "../../../../server/analyzer/sets/port-set.js";
import { connectionPoints, connectionSets } from "../../../support/connection-sets.js";
import { describeSetLaws } from "../../../support/set-laws.js";

describeSetLaws("sets of connections", {
  sets: connectionSets,
  empty: noConnections,
  universe: allConnections,
  union: unionConnections,
  intersect: intersectConnections,
  subtract: subtractConnections,
  isSubset: isSubsetOfConnections,
  contains: (set, { protocol, port }) => containsConnection(set, protocol, port),
  pointsOf: connectionPoints,
  isCanonical: (set) => Object.keys(set).sort().join() === [...protocols].sort().join(),
});

describe("protocols", () => {
  it("are apart: every port of one is none of another", () => {
    const [tcp, udp] = [connectionsOf("TCP", [1, 65_535]), connectionsOf("UDP", [1, 65_535])];
    expect(isEmptyConnections(intersectConnections(tcp, udp))).toBe(true);
    expect(sameConnections(subtractConnections(tcp, udp), tcp)).toBe(true);
  });

  it("are all there only together", () => {
    const most = subtractConnections(allConnections, connectionsOf("SCTP", portRange(65_535)));
    expect([isAllConnections(allConnections), isAllConnections(most)]).toEqual([true, false]);
    expect([isEmptyConnections(noConnections), isEmptyConnections(most)]).toEqual([true, false]);
  });
});

describe("connectionsText()", () => {
  const of = (parts: Partial<ConnectionSet>): ConnectionSet => ({ ...noConnections, ...parts });

  it.each([
    [allConnections, "All Connections"],
    [noConnections, "No Connections"],
    [of({ TCP: [80, 80] }), "TCP 80"],
    [
      of({ UDP: [53, 53], TCP: [80, 80, 443, 443], SCTP: [1, 65_535] }),
      "SCTP 1-65535,TCP 80,443,UDP 53",
    ],
    [of({ TCP: [1, 65_535], UDP: [1, 65_535] }), "TCP 1-65535,UDP 1-65535"],
  ])("writes protocols in order, and words for everything and nothing", (set, text) => {
    expect(connectionsText(set)).toBe(text);
  });
});
