import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptRowsMax } from "../../../../server/analyzer/lists/limits.js";
import {
  listConnections,
  pageConnections,
} from "../../../../server/analyzer/lists/list-connections.js";
import { endpointsOf, endText, listEnds } from "../../../../server/analyzer/lists/list-ends.js";
import { orderedRows } from "../../../../server/analyzer/lists/ordered-rows.js";
import { doubtNames } from "../../../../server/analyzer/lists/row-doubts.js";
import { profileNames } from "../../../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import {
  connectionsText,
  isEmptyConnections,
  subtractConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { randomListObjects } from "../../../support/random-list-model.js";

// Goal: the list says what each pair's decision says, however it is made. Method: random small clusters, every pair decided
// by itself.

const worlds = fc
  .tuple(randomListObjects, fc.constantFrom(...profileNames))
  .map(([objects, profile]) => objectWorld(objects, { profile }));

const decidedRows = ({ engine }: PolicyWorld) => {
  const { units, sources, destinations } = listEnds(engine);
  const pairs = [
    ...units.flatMap((source) => [
      ...units.filter((unit) => unit !== source).map((destination) => ({ source, destination })),
      ...destinations.map((destination) => ({ source, destination })),
    ]),
    ...sources.flatMap((source) => units.map((destination) => ({ source, destination }))),
  ];
  return pairs
    .map(({ source, destination }) => {
      const decision = engine.decide(...endpointsOf(source, destination));
      const { allowed, undetermined } = decision;
      const isOpen = !isEmptyConnections(undetermined);
      return {
        source: "text" in source ? source.text : source.name,
        destination: "text" in destination ? destination.text : destination.name,
        connections: connectionsText(subtractConnections(allowed, undetermined)),
        undetermined: isOpen ? connectionsText(undetermined) : "",
        because: isOpen ? doubtNames(decision) : [],
      };
    })
    .filter((row) => row.connections !== "No Connections" || row.undetermined !== "")
    .sort((one, other) => (key(one) < key(other) ? -1 : 1));
};

const key = ({ source, destination }: { source: string; destination: string }): string =>
  `${source} => ${destination}`;

describe("listConnections() on random clusters", () => {
  it("says of every pair what its decision says, sorted as lines are", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect([...listConnections(world)]).toEqual(decidedRows(world));
      }),
      { numRuns: 100 },
    );
  });

  it("gives the same rows whether pairs are asked, kept or read", () => {
    fc.assert(
      fc.property(worlds, ({ engine }) => {
        const ends = listEnds(engine);
        const rows = (bounds: { askedPairsMax: number; keptRowsMax: number }) =>
          [...orderedRows(engine, ends, {}, bounds)].map(
            ({ source, destination, allowed, undetermined }) =>
              [
                endText(source),
                endText(destination),
                connectionsText(allowed),
                connectionsText(undetermined),
              ].join(" "),
          );
        const read = rows({ askedPairsMax: 0, keptRowsMax });
        expect(rows({ askedPairsMax: 0, keptRowsMax: 0 })).toEqual(read);
        expect(rows({ askedPairsMax: Number.MAX_SAFE_INTEGER, keptRowsMax: 0 })).toEqual(read);
      }),
      { numRuns: 40 },
    );
  });

  it("cuts pages that are the list together", () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: 7 }), (world, limit) => {
        const all = [...listConnections(world)];
        const rows = [];
        for (let offset = 0; offset < all.length; offset += limit) {
          const page = pageConnections(world, {}, { offset, limit });
          expect(page.total).toBe(all.length);
          rows.push(...page.rows);
        }
        expect(rows).toEqual(all);
      }),
      { numRuns: 20 },
    );
  });

  it("drops by a filter exactly what lies outside of it", () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom("a", "b"), (world, namespace) => {
        if (!world.model.namespaceNames().has(namespace)) return;
        const isIn = (name: string): boolean => name.startsWith(`${namespace}/`);
        const wanted = [...listConnections(world)].filter(
          ({ source, destination }) => isIn(source) || isIn(destination),
        );
        expect([...listConnections(world, { namespace })]).toEqual(wanted);
        for (const source of new Set(wanted.map((row) => row.source))) {
          if (source.endsWith("[External]")) continue;
          const rows = [...listConnections(world, { source })];
          const own = [...listConnections(world)].filter((row) => row.source === source);
          if (!source.endsWith("[Pod]")) expect(rows).toEqual(expect.arrayContaining(own));
          else expect(rows).toEqual(own);
        }
      }),
      { numRuns: 40 },
    );
  });
});
