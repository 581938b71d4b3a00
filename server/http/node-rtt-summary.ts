import { type Registry, Summary } from "prom-client";
import type { NodeFigures } from "../mesh/node-figures.js";

const name = "causeway_node_rtt_seconds";
const help =
  "Round-trip times of the last minute's ICMP, UDP and TCP probes that leave a node, by quantile.";

type Value = {
  readonly labels: { readonly node: string; readonly quantile: string };
  readonly value: number;
};

/**
 * Quantiles that the matrix has worked out. A summary, because only summaries may have the label "quantile"; without
 * sum and count, which a window that moves can't have.
 */
export class NodeRttSummary extends Summary<"node" | "quantile"> {
  #values: Value[] = [];

  constructor(registers: Registry[]) {
    super({ name, help, labelNames: ["node"], registers });
  }

  /** Takes the place of what was shown. */
  show(nodes: readonly (readonly [node: string, figures: NodeFigures])[]): void {
    this.#values = nodes.flatMap(([node, { rtt }]) =>
      rtt === undefined
        ? []
        : [
            { labels: { node, quantile: "0.5" }, value: rtt.p50 / 1e6 },
            { labels: { node, quantile: "0.99" }, value: rtt.p99 / 1e6 },
          ],
    );
  }

  override async get() {
    return { ...(await super.get()), values: this.#values };
  }
}
