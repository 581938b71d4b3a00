import type { Direction } from "../policy/decision.js";
import type { ConnectionRow, PolicyEngine, PolicyUnit } from "../policy/engine.js";
import { addCell, type RangeCell } from "./diff-ranges.js";
import type { ExposedPeer } from "./exposed-peer.js";
import { externalText } from "./list-ranges.js";
import { createSideText } from "./side-text.js";

/** The addresses outside that units may reach, or be reached by; neighbours that are alike are one range. */
export class ExposedRanges {
  readonly #cells = {
    egress: new Map<PolicyUnit, RangeCell[]>(),
    ingress: new Map<PolicyUnit, RangeCell[]>(),
  };

  constructor(engine: PolicyEngine) {
    const textOf = createSideText();
    for (const { source, destination, allowed, undetermined } of engine.rows()) {
      const text = () => textOf(allowed, undetermined);
      if (!("pods" in destination)) {
        this.#add("egress", source, { range: destination, text: text() });
      } else if (!("pods" in source)) {
        this.#add("ingress", destination, { range: source, text: text() });
      }
    }
  }

  /** In order of addresses. */
  of(unit: PolicyUnit, direction: Direction): readonly ExposedPeer[] {
    return (this.#cells[direction].get(unit) ?? []).map(({ range, text }) => ({
      peer: externalText(range),
      connections: text,
    }));
  }

  #add(direction: Direction, unit: ConnectionRow["source"], cell: RangeCell): void {
    const cells = this.#cells[direction].get(unit as PolicyUnit);
    if (cells === undefined) this.#cells[direction].set(unit as PolicyUnit, [cell]);
    else addCell(cells, cell);
  }
}
