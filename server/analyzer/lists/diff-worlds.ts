import type { DiffAnswer, DiffRowView } from "../answers.js";
import type { PolicyEngine } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import { compareCells } from "./diff-ranges.js";
import { DiffSide, shownByPod, type UnitPair } from "./diff-side.js";
import { externalText } from "./list-ranges.js";
import { noSide } from "./side-text.js";

/**
 * What differs between two models in connections, by pair of workloads and by range of addresses: not how policies are
 * written, but what they do. Rows are by source and destination. Ranges that the models cut differently are compared on
 * common cuts, and neighbours that change alike are one row. Both models are to be of one profile.
 */
export const diffWorlds = (before: PolicyWorld, after: PolicyWorld): DiffAnswer => {
  const byPod = shownByPod([before.engine, after.engine]);
  const sides = {
    before: new DiffSide(before.engine, byPod),
    after: new DiffSide(after.engine, byPod),
  };
  const rows = new DiffRows(sides.before.names, sides.after.names);
  join(sides.before.pairs(), sides.after.pairs(), (one, other) => rows.addPair(one, other));
  addExpanded(rows, sides);
  addMissingFamilies(before.engine, after.engine, sides);
  addRanges(rows, sides);
  return {
    ...rows.counts,
    rows: rows.sorted(),
    profile: after.engine.profile.name,
    before: before.view,
    after: after.view,
  };
};

type Sides = { readonly before: DiffSide; readonly after: DiffSide };

const addExpanded = (rows: DiffRows, sides: Sides): void => {
  const [before, after] = [sides.before.expandedPairs(), sides.after.expandedPairs()];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    rows.addPair(before.get(key), after.get(key));
  }
};

/** A family that only one model shows is there in the other as well. */
const addMissingFamilies = (before: PolicyEngine, after: PolicyEngine, sides: Sides): void => {
  for (const family of [4, 6] as const) {
    const [inBefore, inAfter] = [before, after].map((engine) =>
      engine.externalRanges().some((range) => range.family === family),
    );
    if (inBefore === inAfter) continue;
    if (inBefore === true) sides.after.addFamily(family);
    else sides.before.addFamily(family);
  }
};

const addRanges = (rows: DiffRows, { before, after }: Sides): void => {
  for (const name of new Set([...before.names, ...after.names])) {
    const [one, other] = [before.cellsOf(name), after.cellsOf(name)];
    for (const { range, ...texts } of compareCells(one.egress, other.egress)) {
      rows.add({ ...texts, source: name, destination: range });
    }
    for (const { range, ...texts } of compareCells(one.ingress, other.ingress)) {
      rows.add({ ...texts, source: range, destination: name });
    }
  }
};

type End = string | Parameters<typeof externalText>[0];

type Change = {
  readonly source: End;
  readonly destination: End;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** Counts what it is given, and keeps what has changed. */
class DiffRows {
  readonly #names: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> };
  readonly #rows: DiffRowView[] = [];
  readonly counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };

  constructor(before: ReadonlySet<string>, after: ReadonlySet<string>) {
    this.#names = { before, after };
  }

  /** One of both is there. */
  addPair(before: UnitPair | undefined, after: UnitPair | undefined): void {
    if (before?.text === after?.text) {
      this.counts.unchanged++;
      return;
    }
    const { source, destination } = (before ?? after) as UnitPair;
    this.add({ source, destination, before: before?.text, after: after?.text });
  }

  add({ source, destination, before = noSide, after = noSide }: Change): void {
    if (before === after) {
      this.counts.unchanged++;
      return;
    }
    const change = before === noSide ? "added" : after === noSide ? "removed" : "changed";
    this.counts[change]++;
    const infos = [this.#infoOf(source), this.#infoOf(destination)].filter((info) => info !== "");
    this.#rows.push({
      change,
      source: textOf(source),
      destination: textOf(destination),
      before,
      after,
      info: infos.join(", "),
    });
  }

  sorted(): readonly DiffRowView[] {
    return this.#rows.sort(
      (one, other) =>
        compareTexts(one.source, other.source) || compareTexts(one.destination, other.destination),
    );
  }

  #infoOf(end: End): string {
    if (typeof end !== "string") return "";
    if (!this.#names.before.has(end)) return `workload ${end} added`;
    return this.#names.after.has(end) ? "" : `workload ${end} removed`;
  }
}

const textOf = (end: End): string => (typeof end === "string" ? end : externalText(end));

/** Brings pairs of one source and destination together; both sides are in order of these. */
const join = (
  before: Iterable<UnitPair>,
  after: Iterable<UnitPair>,
  take: (one: UnitPair | undefined, other: UnitPair | undefined) => void,
): void => {
  const [one, other] = [before[Symbol.iterator](), after[Symbol.iterator]()];
  let left = one.next();
  let right = other.next();
  while (left.done !== true || right.done !== true) {
    const order = left.done ? 1 : right.done ? -1 : comparePairs(left.value, right.value);
    take(order <= 0 ? left.value : undefined, order >= 0 ? right.value : undefined);
    if (order <= 0) left = one.next();
    if (order >= 0) right = other.next();
  }
};

const comparePairs = (one: UnitPair, other: UnitPair): number =>
  compareTexts(one.source, other.source) || compareTexts(one.destination, other.destination);

const compareTexts = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;
