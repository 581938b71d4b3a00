import { Histogram } from "prom-client";
import { type ProbeTally, rttBucketsUs } from "../mesh/probe-tally.js";

const name = "causeway_probe_rtt_seconds";
const help =
  "Round-trip times of good answers, by source node, zone of the target and kind of probe.";
const labelNames = ["src_node", "dst_zone", "kind"] as const;

type Label = (typeof labelNames)[number] | "le";

type Line = {
  readonly metricName: string;
  readonly labels: Partial<Record<Label, string | number>>;
  readonly value: number;
};

/**
 * The histogram of round-trip times, read from the tally when it is scraped: results come by the hundred thousand a
 * second, and observing each through a label map would cost more than all the rest of their way.
 */
export class TallyHistogram extends Histogram<(typeof labelNames)[number]> {
  readonly #tally: ProbeTally;

  constructor(tally: ProbeTally) {
    super({
      name,
      help,
      labelNames,
      buckets: rttBucketsUs.map((us) => us / 1e6),
      registers: [],
    });
    this.#tally = tally;
  }

  /** What the registry and get() read: prom-client's own values, which nobody observes, are left aside. */
  getForPromString() {
    const values = [...this.#lines()];
    return Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values });
  }

  *#lines(): Generator<Line> {
    for (const { labels, buckets, rttUsSum } of this.#tally.rows()) {
      const shared = { src_node: labels.srcNode, dst_zone: labels.dstZone, kind: labels.kind };
      let count = 0;
      for (const [index, us] of rttBucketsUs.entries()) {
        count += buckets[index] ?? 0;
        const le = us / 1e6;
        yield { metricName: `${name}_bucket`, labels: { le, ...shared }, value: count };
      }
      count += buckets[rttBucketsUs.length] ?? 0;
      yield { metricName: `${name}_bucket`, labels: { le: "+Inf", ...shared }, value: count };
      yield { metricName: `${name}_sum`, labels: shared, value: rttUsSum / 1e6 };
      yield { metricName: `${name}_count`, labels: shared, value: count };
    }
  }
}
