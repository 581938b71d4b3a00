import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allId,
  type ConnectionId,
  ConnectionTable,
  noneId,
} from "../../../../server/analyzer/sets/connection-table.js";
import {
  allConnections,
  connectionsOf,
  containsConnection,
  intersectConnections,
  noConnections,
  sameConnections,
  subtractConnections,
  unionConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { connectionMemoMax } from "../../../../server/analyzer/sets/limits.js";
import { portRange } from "../../../../server/analyzer/sets/port-set.js";
import {
  type ConnectionPoint,
  connectionPoints,
  connectionSets,
} from "../../../support/connection-sets.js";
import { describeSetLaws } from "../../../support/set-laws.js";

// One table for all laws, which remembers so little that it forgets all the time.
const table = new ConnectionTable(3);

describeSetLaws("numbers of sets of connections", {
  sets: connectionSets.map((set) => table.intern(set)),
  empty: noneId,
  universe: allId,
  union: (one, other) => table.union(one, other),
  intersect: (one, other) => table.intersect(one, other),
  subtract: (from, other) => table.subtract(from, other),
  isSubset: (set, of) => table.subtract(set, of) === noneId,
  contains: (set, { protocol, port }: ConnectionPoint) =>
    containsConnection(table.get(set), protocol, port),
  pointsOf: (sets) => connectionPoints(sets.map((id) => table.get(id))),
  isCanonical: (id) => table.intern(table.get(id)) === id,
});

describe("ConnectionTable", () => {
  it("gives the empty and the full set their numbers", () => {
    const fresh = new ConnectionTable();
    expect(fresh.size).toBe(2);
    expect([fresh.intern(noConnections), fresh.intern(allConnections)]).toEqual([noneId, allId]);
    expect([fresh.get(noneId), fresh.get(allId)]).toEqual([noConnections, allConnections]);
  });

  it("gives equal sets one number, and different sets different ones", () => {
    fc.assert(
      fc.property(connectionSets, connectionSets, (one, other) => {
        const fresh = new ConnectionTable();
        const [first, second] = [fresh.intern(one), fresh.intern(other)];
        expect(first === second).toBe(sameConnections(one, other));
        expect(fresh.intern({ ...one })).toBe(first);
        expect(sameConnections(fresh.get(first), one)).toBe(true);
      }),
    );
  });

  it("says the same when it remembers fewer results than it is asked for", () => {
    const small = new ConnectionTable(2);
    const large = new ConnectionTable(connectionMemoMax);
    fc.assert(
      fc.property(fc.array(connectionSets, { minLength: 3, maxLength: 6 }), (sets) => {
        for (const one of sets) {
          for (const other of sets) {
            for (const each of [small, large]) {
              const ids: readonly [ConnectionId, ConnectionId] = [
                each.intern(one),
                each.intern(other),
              ];
              // Asked twice: computed, then remembered or computed again.
              for (let time = 0; time < 2; time++) {
                expect(each.get(each.union(...ids))).toEqual(unionConnections(one, other));
                expect(each.get(each.intersect(...ids))).toEqual(intersectConnections(one, other));
                expect(each.get(each.subtract(...ids))).toEqual(subtractConnections(one, other));
              }
            }
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("goes on past the bound of what it remembers", () => {
    const full = new ConnectionTable();
    // As many single ports as make more pairs than are remembered; no two of them have a connection in common.
    const count = Math.ceil(Math.sqrt(2 * connectionMemoMax)) + 2;
    const ports = Array.from({ length: count }, (_, index) =>
      full.intern(connectionsOf("TCP", portRange(index + 1))),
    );
    const sizeBefore = full.size;
    let asked = 0;
    let isAnyCommon = false;
    for (const [index, one] of ports.entries()) {
      for (const other of ports.slice(index + 1)) {
        isAnyCommon ||= full.intersect(one, other) !== noneId;
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(connectionMemoMax);
    expect(isAnyCommon).toBe(false);
    expect(full.size).toBe(sizeBefore);
    const [first, second] = ports as [ConnectionId, ConnectionId];
    expect(full.intersect(full.union(first, second), second)).toBe(second);
  });
});
