import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiffAnswer, DiffRowView } from "../../../../server/analyzer/answers.js";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { diffWorlds } from "../../../../server/analyzer/lists/diff-worlds.js";
import { endpointsOf } from "../../../../server/analyzer/lists/list-ends.js";
import { createSideText, noSide } from "../../../../server/analyzer/lists/side-text.js";
import { whatIf } from "../../../../server/analyzer/lists/what-if.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { type ClusterObject, objectKey } from "../../../../server/analyzer/model/objects.js";
import type { PolicyUnit } from "../../../../server/analyzer/policy/engine.js";
import { profileNames } from "../../../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import {
  type IpRange,
  ipText,
  lastAddress,
  parseIp,
  rangeContains,
} from "../../../../server/analyzer/sets/ip.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { randomListObjects } from "../../../support/random-list-model.js";

// Goal: a difference names exactly what differs. Method: random pairs of small clusters, and what is asked of each by itself.

const pairs = fc
  .tuple(randomListObjects, randomListObjects, fc.constantFrom(...profileNames))
  .map(([one, other, profile]) => ({
    before: objectWorld(one, { profile }),
    after: objectWorld(other, { profile }),
  }));

const counts = ({ added, removed, changed, unchanged }: DiffAnswer) => ({
  added,
  removed,
  changed,
  unchanged,
});

const mirrored = (row: DiffRowView): DiffRowView => ({
  ...row,
  change: row.change === "added" ? "removed" : row.change === "removed" ? "added" : row.change,
  before: row.after,
  after: row.before,
  info: row.info.replaceAll(/ (added|removed)/g, (_, word) =>
    word === "added" ? " removed" : " added",
  ),
});

const addresses = [
  "0.0.0.0",
  "10.0.0.1",
  "10.0.0.2",
  "192.0.2.1",
  "203.0.113.77",
  "255.255.255.255",
];

const rangeOf = (text: string): IpRange => {
  const address = parseIp(text);
  if (address === undefined) throw new Error(text);
  return { family: address.family, first: address.value, last: address.value };
};

/** What each unit may do with each other unit and with some addresses, by "source => destination". */
const sideOf = ({ engine }: PolicyWorld): Map<string, string> => {
  const text = createSideText();
  const side = new Map<string, string>();
  const units = engine.units();
  for (const unit of units) {
    for (const other of units) {
      if (unit === other) continue;
      const { allowed, undetermined } = engine.reach(...endpointsOf(unit, other));
      side.set(`${unit.name} => ${other.name}`, text(allowed, undetermined));
    }
    for (const address of addresses) {
      const outside = { kind: "addresses", range: rangeOf(address) } as const;
      const pod = { kind: "pod", pod: unit.pods[0] as PolicyUnit["pods"][number] } as const;
      const out = engine.reach(pod, outside);
      const into = engine.reach(outside, pod);
      side.set(`${unit.name} => ${address}`, text(out.allowed, out.undetermined));
      side.set(`${address} => ${unit.name}`, text(into.allowed, into.undetermined));
    }
  }
  return side;
};

const rowFor = (rows: readonly DiffRowView[], key: string): DiffRowView | undefined => {
  const [source = "", destination = ""] = key.split(" => ");
  const isAt = (name: string, end: string): boolean => {
    const address = parseIp(end);
    if (address === undefined || !name.endsWith("[External]")) return name === end;
    const [first, last] = name
      .replace("[External]", "")
      .split("-")
      .map((each) => parseIp(each));
    return (
      first?.family === address.family &&
      rangeContains({ family: first.family, first: first.value, last: last?.value ?? 0n }, address)
    );
  };
  return rows.find((row) => isAt(row.source, source) && isAt(row.destination, destination));
};

describe("diffWorlds() on random clusters", () => {
  it("finds nothing between a model and itself", () => {
    fc.assert(
      fc.property(randomListObjects, (objects) => {
        const answer = diffWorlds(objectWorld(objects), objectWorld([...objects].reverse()));
        expect(answer.rows).toEqual([]);
        expect(answer.added + answer.removed + answer.changed).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("is its own mirror the other way round", () => {
    fc.assert(
      fc.property(pairs, ({ before, after }) => {
        const forth = diffWorlds(before, after);
        const back = diffWorlds(after, before);
        expect(back.rows).toEqual(forth.rows.map(mirrored));
        expect(counts(back)).toEqual({
          ...counts(forth),
          added: forth.removed,
          removed: forth.added,
        });
      }),
      { numRuns: 40 },
    );
  });

  it("has a row for exactly the pairs and addresses that differ", () => {
    fc.assert(
      fc.property(pairs, ({ before, after }) => {
        const { rows } = diffWorlds(before, after);
        const [one, other] = [sideOf(before), sideOf(after)];
        for (const [key, text] of one) {
          const now = other.get(key);
          if (now === undefined) continue;
          const row = rowFor(rows, key);
          const found = row === undefined ? undefined : { before: row.before, after: row.after };
          expect({ key, found }).toEqual({
            key,
            found: text === now ? undefined : { before: text, after: now },
          });
        }
        expect(rows.every((row) => row.before !== row.after)).toBe(true);
        expect(rows.some((row) => row.before === noSide && row.change !== "added")).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("merges ranges that change alike", () => {
    fc.assert(
      fc.property(pairs, ({ before, after }) => {
        const { rows } = diffWorlds(before, after);
        const ofRanges = rows.filter(({ source }) => source.endsWith("[External]"));
        for (const row of ofRanges) {
          const last = parseIp(row.source.replace(/^.*-(.*)\[External\]$/, "$1"));
          if (last === undefined || last.value === lastAddress(last.family)) continue;
          const next = `${ipText({ ...last, value: last.value + 1n })}-`;
          const isAlike = (each: DiffRowView): boolean =>
            each.destination === row.destination &&
            each.before === row.before &&
            each.after === row.after;
          expect(ofRanges.filter(isAlike).some(({ source }) => source.startsWith(next))).toBe(
            false,
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Objects of the first, those of the second in the place of their likes. */
const applied = (
  objects: readonly ClusterObject[],
  changes: readonly ClusterObject[],
): readonly ClusterObject[] => {
  const changed = new Set(changes.map(objectKey));
  return [...objects.filter((object) => !changed.has(objectKey(object))), ...changes];
};

describe("whatIf() on random clusters", () => {
  it("differs as a model that is built anew, and leaves the first alone", () => {
    fc.assert(
      fc.property(randomListObjects, randomListObjects, (objects, changes) => {
        const world = objectWorld(objects);
        const { revision } = world.model;
        const { diff } = whatIf(world, changes);
        const fresh = createWorld({ model: new ClusterModel(applied(objects, changes)) });
        expect(diff).toEqual(diffWorlds(objectWorld(objects), fresh));
        expect(world.model.revision).toBe(revision);
      }),
      { numRuns: 40 },
    );
  });
});
