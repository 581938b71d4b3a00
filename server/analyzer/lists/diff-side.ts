import { workloadText } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { Direction } from "../policy/decision.js";
import type { ConnectionRow, PolicyEngine, PolicyUnit } from "../policy/engine.js";
import { type IpFamily, type IpRange, lastAddress } from "../sets/ip.js";
import { addCell, type RangeCell } from "./diff-ranges.js";
import { createSideText, noSide } from "./side-text.js";

/** A pair of workloads, and what it may do. */
export type UnitPair = {
  readonly source: string;
  readonly destination: string;
  readonly text: string;
};

/** What addresses a workload may reach, and which may reach it. */
export type RangeCells = Readonly<Record<Direction, RangeCell[]>>;

/** What a comparison shows by pod. */
export type ShownByPod = {
  readonly workloads: ReadonlySet<string>;
  /** Names of their pods in either model: a pod can be in such a workload in one, and on its own in the other. */
  readonly names: ReadonlySet<string>;
};

/** The workloads whose pods the policies of any of the models tell apart. */
export const shownByPod = (engines: readonly PolicyEngine[]): ShownByPod => {
  const units = engines.flatMap((engine) => engine.units());
  const workloads = new Set(
    units
      .filter(({ name, workload }) => name !== workloadText(workload))
      .map(({ workload }) => workloadText(workload)),
  );
  const pods = units
    .filter(({ workload }) => workloads.has(workloadText(workload)))
    .flatMap((unit) => unit.pods);
  return { workloads, names: new Set(pods.map(podName)) };
};

/** One model of a comparison, read once. */
export class DiffSide {
  readonly #engine: PolicyEngine;
  readonly #text = createSideText();
  /** The pods of units that are shown by pod. */
  readonly #expanded = new Map<PolicyUnit, readonly string[]>();
  readonly #cells = new Map<string, RangeCells>();

  constructor(engine: PolicyEngine, { workloads, names }: ShownByPod) {
    this.#engine = engine;
    for (const unit of engine.units()) {
      const isByPod = workloads.has(workloadText(unit.workload));
      const shown = isByPod ? unit.pods.map(podName) : [unit.name];
      if (shown.some((name) => names.has(name))) this.#expanded.set(unit, shown);
      for (const name of this.#namesOf(unit)) this.#cells.set(name, { egress: [], ingress: [] });
    }
  }

  /** Every name that is shown. */
  get names(): ReadonlySet<string> {
    return new Set(this.#cells.keys());
  }

  /** The pairs of units by name, those of `expandedPairs` left out. Cells are complete when it has been read. */
  *pairs(): Iterable<UnitPair> {
    for (const row of this.#engine.rows()) {
      if (!("pods" in row.source)) this.#addCell("ingress", row.destination, row.source, row);
      else if (!("pods" in row.destination)) {
        this.#addCell("egress", row.source, row.destination, row);
      } else if (!this.#isExpanded(row)) {
        const text = this.#text(row.allowed, row.undetermined);
        yield { source: row.source.name, destination: row.destination.name, text };
      }
    }
  }

  /** The pairs with an end that is shown by pod, by "source\ndestination". */
  expandedPairs(): ReadonlyMap<string, UnitPair> {
    const pairs = new Map<string, UnitPair>();
    if (this.#expanded.size === 0) return pairs;
    const add = (pair: UnitPair): void => {
      pairs.set(`${pair.source}\n${pair.destination}`, pair);
    };
    for (const row of this.#engine.rows()) {
      if (!("pods" in row.source && "pods" in row.destination) || !this.#isExpanded(row)) continue;
      const text = this.#text(row.allowed, row.undetermined);
      for (const source of this.#namesOf(row.source)) {
        for (const destination of this.#namesOf(row.destination)) {
          add({ source, destination, text });
        }
      }
    }
    for (const unit of this.#expanded.keys()) for (const pair of this.#pairsWithin(unit)) add(pair);
    return pairs;
  }

  /** The cells of a name; none of a workload that the model lacks. */
  cellsOf(name: string): RangeCells {
    return this.#cells.get(name) ?? { egress: [], ingress: [] };
  }

  /** Adds what holds for a family that this model does not show, which no policy cuts. */
  addFamily(family: IpFamily): void {
    const range = { family, first: 0n, last: lastAddress(family) };
    const outside = { kind: "addresses", range } as const;
    for (const unit of this.#engine.units()) {
      const end = { kind: "pod", pod: unit.pods[0] as PodObject } as const;
      this.#addCell("egress", unit, range, this.#engine.reach(end, outside));
      this.#addCell("ingress", unit, range, this.#engine.reach(outside, end));
    }
  }

  #isExpanded({ source, destination }: ConnectionRow): boolean {
    return (
      this.#expanded.size > 0 &&
      (this.#expanded.has(source as PolicyUnit) || this.#expanded.has(destination as PolicyUnit))
    );
  }

  #namesOf(unit: PolicyUnit): readonly string[] {
    return this.#expanded.get(unit) ?? [unit.name];
  }

  #addCell(
    direction: Direction,
    unit: ConnectionRow["source"],
    range: ConnectionRow["source"],
    reach: Pick<ConnectionRow, "allowed" | "undetermined">,
  ): void {
    const text = this.#text(reach.allowed, reach.undetermined);
    if (text === noSide) return;
    for (const name of this.#namesOf(unit as PolicyUnit)) {
      addCell(this.cellsOf(name)[direction], { range: range as IpRange, text });
    }
  }

  *#pairsWithin({ pods }: PolicyUnit): Iterable<UnitPair> {
    for (const from of pods) {
      for (const to of pods) {
        if (from === to) continue;
        const { allowed, undetermined } = this.#engine.reach(
          { kind: "pod", pod: from },
          { kind: "pod", pod: to },
        );
        const text = this.#text(allowed, undetermined);
        if (text !== noSide) yield { source: podName(from), destination: podName(to), text };
      }
    }
  }
}

const podName = ({ namespace, name }: PodObject): string =>
  workloadText({ namespace, name, kind: "Pod" });
