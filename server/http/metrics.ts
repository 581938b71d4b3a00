import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../../common/clock.js";
import { outcomeFromNumber } from "../../common/probe.js";
import type { IngestCounter } from "../ingest/protocol.js";
import {
  metricLabelsMax,
  metricNodesMax,
  metricsRenderedMs,
  metricWorstPairsMax,
  windowDefaultS,
} from "../limits.js";
import type { LegacyClients } from "../mesh/legacy-clients.js";
import type { LiveMesh } from "../mesh/live-mesh.js";
import { worstCells } from "../mesh/matrix-frame.js";
import { meshFigures } from "../mesh/node-figures.js";
import type { PolicyFigures, PolicyObserver } from "../policy/policy-observer.js";
import type { ControlCounter, LoadState } from "../session/protocol.js";
import type { HttpHandler } from "./handler.js";
import { sendText } from "./handler.js";
import { NodeRttSummary } from "./node-rtt-summary.js";
import { createPolicyMetrics } from "./policy-metrics.js";
import { TallyHistogram } from "./tally-histogram.js";

/** What the metrics are read from. */
export type MetricsDeps = {
  readonly mesh: LiveMesh;
  readonly legacy: LegacyClients;
  readonly clock: Clock;
  /** Version of the product. */
  readonly version: string;
  /** Records handed to the results log and not yet accepted. */
  readonly pendingAppends: () => number;
  /** Questions about policies and the live model; undefined where there are none. */
  readonly policy?: () => PolicyFigures | undefined;
};

/** Counters by the names of those who count. */
export type CounterName =
  | ControlCounter
  | IngestCounter
  | "connections_refused"
  | "streams_refused"
  | "stream_faults";

/** What /metrics shows, and where counts go. */
export interface Metrics {
  /** Adds to a counter. The label is a reason; counters without reasons ignore it. */
  count(event: { readonly name: CounterName; readonly label: string; readonly by: number }): void;
  /** The results log took a record after so many seconds. */
  committed(seconds: number): void;
  /** The largest event-loop delay since the last tick. */
  loopDelay(ms: number): void;
  /** Share of the time since the last tick that the event loop was busy, 0 to 1. */
  loopUtilization(share: number): void;
  /** How much the server has to do changed. */
  load(state: LoadState): void;
  /** Where questions about policies are counted. */
  readonly policy: PolicyObserver;
  /** The text that Prometheus reads. */
  render(): Promise<string>;
  /** Answers GET /metrics. */
  readonly handler: HttpHandler;
}

/** Metrics in a registry of their own. Names are an interface; per-pair series only for the worst pairs. */
export const createMetrics = (deps: MetricsDeps): Metrics => {
  const registry = new Registry();
  const counters = createCounters(registry);
  const commit = new Histogram({
    name: "causeway_ingest_commit_seconds",
    help: "How long the results log took to accept a record.",
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  const readAll = createReaders(registry, deps);
  const policy = createPolicyMetrics(registry);
  collectDefaultMetrics({ register: registry });
  // Gauges that are named like counters: promtool refuses them, and nobody needs them here.
  for (const kind of ["handles", "requests", "resources"]) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }
  const render = oncePer(metricsRenderedMs, deps.clock, () => {
    readAll();
    const figures = deps.policy?.();
    if (figures !== undefined) policy.show(figures);
    return registry.metrics();
  });
  return {
    count: counters,
    committed: (seconds) => commit.observe(seconds),
    ...createLoopGauges(registry),
    policy: policy.observer,
    render,
    handler: {
      access: "open",
      handle: async (_request, response) => {
        const text = await render();
        sendText(response, { status: 200, contentType: registry.contentType, text });
      },
    },
  };
};

const createLoopGauges = (
  registry: Registry,
): Pick<Metrics, "loopDelay" | "loopUtilization" | "load"> => {
  const registers = [registry];
  const delay = new Gauge({
    name: "causeway_event_loop_delay_seconds",
    help: "Largest event-loop delay between the last two ticks.",
    registers,
  });
  const utilization = new Gauge({
    name: "causeway_event_loop_utilization_ratio",
    help: "Share of the time between the last two ticks that the event loop was busy.",
    registers,
  });
  const load = new Gauge({
    name: "causeway_server_load_state",
    help: "1 for the state that the server's load is in, 0 for the others; it is not ready while it is overloaded.",
    labelNames: ["state"],
    registers,
  });
  const show = (now: LoadState): void => {
    for (const state of ["normal", "busy", "overloaded"] as const) {
      load.set({ state }, state === now ? 1 : 0);
    }
  };
  show("normal");
  return {
    loopDelay: (ms) => delay.set(ms / 1000),
    loopUtilization: (share) => utilization.set(share),
    load: show,
  };
};

/** Repeats the last answer for a while. */
const oncePer = (
  ms: number,
  clock: Clock,
  make: () => Promise<string>,
): (() => Promise<string>) => {
  let last: { readonly madeMs: number; readonly text: Promise<string> } | undefined;
  return () => {
    const nowMs = clock.nowMs();
    if (last === undefined || nowMs - last.madeMs >= ms) last = { madeMs: nowMs, text: make() };
    return last.text;
  };
};

type CounterSpec = {
  readonly metric: string;
  readonly help: string;
  readonly label?: string;
  readonly fixed?: Readonly<Record<string, string>>;
};

const ingested = (result: string): CounterSpec => ({
  metric: "causeway_ingest_results_total",
  help: "Results that agents sent, or said to have lost, by what became of them.",
  label: "reason",
  fixed: { result },
});

const counterSpecs: Readonly<Record<CounterName, CounterSpec>> = {
  results_accepted: ingested("accepted"),
  results_duplicate: ingested("duplicate"),
  results_rejected: ingested("rejected"),
  results_lost: ingested("lost"),
  batches_lost: {
    metric: "causeway_ingest_lost_batches_total",
    help: "Batches that a former server had acknowledged and that no log has.",
    label: "reason",
  },
  sessions_opened: {
    metric: "causeway_sessions_opened_total",
    help: "Agent sessions that began.",
    label: "reason",
  },
  sessions_closed: {
    metric: "causeway_sessions_closed_total",
    help: "Agent sessions that ended, by reason.",
    label: "reason",
  },
  sessions_refused: {
    metric: "causeway_sessions_refused_total",
    help: "Agent sessions that were refused, by reason.",
    label: "reason",
  },
  plans_pushed: {
    metric: "causeway_plans_pushed_total",
    help: "Plans pushed to agents.",
    label: "reason",
  },
  plans_nacked: {
    metric: "causeway_plans_nacked_total",
    help: "Plans that agents refused, by reason.",
    label: "reason",
  },
  messages_unsupported: {
    metric: "causeway_messages_unsupported_total",
    help: "Messages of a kind that one end does not know.",
    label: "reason",
  },
  connections_refused: {
    metric: "causeway_agent_connections_refused_total",
    help: "Connections that the agent port refused, by reason.",
    label: "reason",
  },
  streams_refused: {
    metric: "causeway_agent_streams_refused_total",
    help: "Streams that the agent port refused, by status.",
    label: "reason",
  },
  stream_faults: {
    metric: "causeway_agent_stream_faults_total",
    help: "Streams that the agent port ended for a fault of the agent, by fault.",
    label: "reason",
  },
};

const createCounters = (registry: Registry): Metrics["count"] => {
  const counters = new Map<string, Counter>();
  const labels = new Map<string, Set<string>>();
  for (const { metric, help, label, fixed = {} } of Object.values(counterSpecs)) {
    if (counters.has(metric)) continue;
    const labelNames = [...Object.keys(fixed), ...(label === undefined ? [] : [label])];
    counters.set(metric, new Counter({ name: metric, help, labelNames, registers: [registry] }));
    labels.set(metric, new Set());
  }
  return ({ name, label: value, by }) => {
    const { metric, label, fixed = {} } = counterSpecs[name];
    const known = labels.get(metric);
    const shown = known === undefined || known.has(value) || known.size < metricLabelsMax;
    known?.add(shown ? value : "other");
    const labelled = label === undefined ? fixed : { ...fixed, [label]: shown ? value : "other" };
    counters.get(metric)?.inc(labelled, by);
  };
};

/** Gauges and counters that are read from the mesh when they are scraped. */
const createReaders = (registry: Registry, deps: MetricsDeps): (() => void) => {
  const registers = [registry];
  const { mesh, version } = deps;
  new Gauge({
    name: "causeway_build_info",
    help: "1; the labels say what runs.",
    labelNames: ["version", "node_version"],
    registers,
  }).set({ version, node_version: process.versions.node }, 1);
  registry.registerMetric(new TallyHistogram(mesh.tally));
  const probes = new Counter({
    name: "causeway_probes_total",
    help: "Probes, by source node, zone of the target, kind and result.",
    labelNames: ["src_node", "dst_zone", "kind", "result"],
    registers,
  });
  const readers = [nodeReader(registers), worstReader(registers), stateReader(registers)];
  return () => {
    mesh.refresh();
    probes.reset();
    for (const { labels, results } of mesh.tally.rows()) {
      const { srcNode, dstZone, kind } = labels;
      for (let outcome = 1; outcome < results.length; outcome++) {
        const count = results[outcome] ?? 0;
        const result = outcomeFromNumber(outcome);
        if (count > 0) probes.inc({ src_node: srcNode, dst_zone: dstZone, kind, result }, count);
      }
    }
    for (const read of readers) read(deps);
  };
};

type Reader = (deps: MetricsDeps) => void;

const queryOf = ({ clock }: MetricsDeps) => ({
  nowUnixUs: Math.floor(clock.wallMs() * 1000),
  windowS: windowDefaultS,
});

const nodeReader = (registers: Registry[]): Reader => {
  const loss = new Gauge({
    name: "causeway_node_loss_ratio",
    help: "Share of the last minute's probes that leave or reach a node without a good answer.",
    labelNames: ["node", "direction"],
    registers,
  });
  const rtt = new NodeRttSummary(registers);
  const coverage = new Gauge({
    name: "causeway_mesh_coverage_ratio",
    help: "Share of the planned measurements that are not older than three periods.",
    registers,
  });
  const oldest = new Gauge({
    name: "causeway_mesh_oldest_pair_age_seconds",
    help: "Age of the oldest newest probe of a planned measurement.",
    registers,
  });
  return (deps) => {
    loss.reset();
    const figures = meshFigures(deps.mesh.view, queryOf(deps));
    const nodes = [...figures.nodes].slice(0, metricNodesMax);
    for (const [node, one] of nodes) {
      if (one.out.sent > 0) loss.set({ node, direction: "out" }, one.out.lost / one.out.sent);
      if (one.in.sent > 0) loss.set({ node, direction: "in" }, one.in.lost / one.in.sent);
    }
    rtt.show(nodes);
    const { plannedCount, freshCount, oldestAgeUs } = figures;
    coverage.set(plannedCount === 0 ? 0 : freshCount / plannedCount);
    oldest.set(oldestAgeUs / 1e6);
  };
};

const worstReader = (registers: Registry[]): Reader => {
  const rtt = new Gauge({
    name: "causeway_worst_pair_rtt_seconds",
    help: "Round-trip time of the newest answer of the worst pairs that answer.",
    labelNames: ["src", "dst", "kind"],
    registers,
  });
  return (deps) => {
    rtt.reset();
    const query = { ...queryOf(deps), kind: undefined, plane: undefined };
    const answering = worstCells(deps.mesh.view, query).filter(
      ({ view }) => view.rttUs !== undefined,
    );
    for (const { cell, view } of answering.slice(0, metricWorstPairsMax)) {
      const labels = { src: cell.source.agentId, dst: cell.target, kind: cell.kind };
      rtt.set(labels, (view.rttUs ?? 0) / 1e6);
    }
  };
};

const stateReader = (registers: Registry[]): Reader => {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const agents = gauge("causeway_agents", "Agents by state.", ["state"]);
  const legacy = gauge("causeway_legacy_clients", "Clients of /api/v1 by state.", ["state"]);
  const spooled = gauge(
    "causeway_agents_spooled_batches",
    "Batches that wait in all agents' spools.",
  );
  const cells = gauge("causeway_matrix_cells", "Measured cells of the live matrix.");
  const pending = gauge(
    "causeway_ingest_pending_appends",
    "Records handed to the results log and not yet accepted.",
  );
  const dropped = new Counter({
    name: "causeway_matrix_results_dropped_total",
    help: "Results that found no room in the live matrix.",
    registers,
  });
  return (deps) => {
    const { mesh, clock, pendingAppends } = deps;
    const listed = mesh.view.agents();
    for (const state of ["up", "suspect", "lost"] as const) {
      agents.set({ state }, listed.filter((agent) => agent.state === state).length);
    }
    deps.legacy.expire(clock.nowMs());
    const clients = deps.legacy.clients();
    for (const state of ["up", "lost"] as const) {
      legacy.set({ state }, clients.filter((client) => client.state === state).length);
    }
    spooled.set(listed.reduce((sum, { spooledBatches }) => sum + spooledBatches, 0));
    cells.set(mesh.matrix.cellCount);
    pending.set(pendingAppends());
    dropped.reset();
    dropped.inc(mesh.matrix.droppedCount);
  };
};
